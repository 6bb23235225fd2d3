"""Brings the file and the keyring in line before anything is served: after a restored backup what was erased since is
erased again, and a call that was in progress then yields nothing.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from consent import sealed_rows
from consent.errors import KeysMissing
from consent.keyring import BURIED, GONE, Record
from consent.ledger import Ledger
from consent.retention import stamp
from consent.sealed_rows import Gather
from consent.shelf import ANSWERS, PIECES

_ENDED: Final = "SELECT call_id FROM answers WHERE answer IN ('refused', 'withdrawn', 'objected', 'expired')"
_COUNT: Final = "INSERT INTO counts VALUES ('opened', ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
_TAKE_BACK: Final = "UPDATE staff SET notice_id = '', since = '', until = '', withdrawn_on = ? WHERE endpoint = ?"
GatherOf = Callable[[str], Gather]
"""What takes the derived rows of the call with that id out of the file."""


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What was found: seals without a key (erased again), keys without a seal, calls in progress of an older copy."""

    seals: int
    keys: int
    calls: int

    @property
    def is_nothing(self) -> bool:
        """All was in line."""
        return not (self.seals or self.keys or self.calls)


async def reconcile(ledger: Ledger, gather: GatherOf) -> Reconciled:
    """Do it. `gather` deletes what was derived of a call, for calls of which nothing may stay.

    Raises:
        KeysMissing: the keyring is lost, or an older copy than the file: a person must decide.
        DatabaseUnavailable: nothing was changed.
    """
    counted = await ledger.database.read(_opened)
    if counted > await ledger.keyring.opened():
        raise KeysMissing(
            f"the keyring in {ledger.keys.folder} is lost, or older than {ledger.database.path}: put the newest one "
            "back, or decide with `ouidire keys renew` to go on without what it opens"
        )
    records, at = await ledger.keyring.all(), stamp(datetime.now(UTC))
    found = await ledger.database.erase(lambda c: _bring_in_line(c, records, gather, at))
    await _take_back(ledger, records, at[:10])
    orphans = await ledger.database.read(lambda c: _orphans(c, records))
    # A call may still be in progress, or its answers be told once more: this older copy of the file knows of no stop.
    calls = [one.record_id for one in orphans if one.kind == "call"]
    today = await ledger.keyring.today(datetime.now(UTC).date())
    await ledger.keyring.bury(calls, today + BURIED)
    await ledger.keyring.forget({one.record_id for one in orphans} - {*calls})
    counted = await ledger.keyring.opened()
    # What this copy of the file never saw counts too, or an older keyring would pass for the newest.
    await ledger.database.write(lambda c: c.execute(_COUNT, (counted,)))
    for record_id in await ledger.database.read(lambda c: _left_open(c, records)):
        await ledger.keyring.close(record_id)
    return found


async def _take_back(ledger: Ledger, records: list[Record], today: str) -> None:
    """Acknowledgements of staff that this copy of the file still holds, and the keyring knows to have ended."""
    holding = {one.record_id for one in records if not one.ended and not one.closed}
    rows = await ledger.database.read(
        lambda c: c.execute("SELECT endpoint, since FROM staff WHERE since != ''").fetchall()
    )
    for endpoint, since in rows:
        record = await ledger.keyring.of(ledger.keys.acknowledgement(endpoint, since))
        if record is None or record.record_id not in holding:
            await ledger.database.write(lambda c, who=endpoint: c.execute(_TAKE_BACK, (today, who)))  # type: ignore[misc]


def _opened(connection: sqlite3.Connection) -> int:
    found = connection.execute("SELECT value FROM counts WHERE name = 'opened'").fetchone()
    return int(found[0]) if found else 0


def _bring_in_line(connection: sqlite3.Connection, records: list[Record], gather: GatherOf, at: str) -> Reconciled:
    known = {ident for record in records for ident in sealed_rows.ids_of(connection, record)}
    answers, pieces = (shelf.sweep(connection, known) for shelf in (ANSWERS, PIECES))
    ended = {c for (c,) in connection.execute(_ENDED)}
    live = {record.record_id for record in records if not record.closed}
    lost = {record.record_id for record in records if record.ended}  # stopped, and this copy does not know
    stale = [
        c
        for c, r in connection.execute("SELECT call_id, record_id FROM calls").fetchall()
        if r not in live or (r in lost and c not in ended)
    ]
    for call_id in stale:
        sealed_rows.close_call(connection, call_id, None, gather(call_id))
    found = Reconciled(answers + pieces, len(_orphans(connection, records)), len(stale))
    if not found.is_nothing:
        counts = {"seals": found.seals, "keys": found.keys, "calls": found.calls, "answers": answers}
        sealed_rows.append_public(connection, {"what": "restored", "at": at, **counts})
    return found


def _orphans(connection: sqlite3.Connection, records: list[Record]) -> list[Record]:
    return [one for one in records if one.kind != GONE and not sealed_rows.has_answers(connection, one)]


def _left_open(connection: sqlite3.Connection, records: list[Record]) -> list[str]:
    live = {record_id for (record_id,) in connection.execute("SELECT record_id FROM calls")}
    return [r.record_id for r in records if r.kind == "call" and not r.closed and r.record_id not in live]
