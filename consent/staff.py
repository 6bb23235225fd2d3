"""Agents: who may say with a PIN that they heard the notice to staff, and whether they still do.

An agent is an endpoint with a PIN. What the agent answers is a record of the ledger; the table has only what is needed
to know whether that leg may be heard. The functions work on any connection, the command line's too.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import re
import secrets
import sqlite3
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from consent.errors import InvalidValue, TooManyTries
from consent.keyring import Record
from consent.keys import Keys
from consent.ledger import Ledger
from consent.retention import stamp
from consent.staff_line import PIN_DIGITS

MAX_WRONG: Final = 5
"""Tries in a row that a PIN may be wrong; then none is taken for LOCK. A PIN of six digits and five tries an hour let a
stranger at an agent's own phone in with a chance of 0.012 % a day."""
LOCK: Final = timedelta(hours=1)
_ENDPOINT: Final = re.compile(r"[A-Za-z0-9._@+~-]{1,100}")
_SALT_BYTES: Final = 16
# OWASP's least for scrypt with 16 MiB (Password Storage Cheat Sheet: N = 2^14, r = 8, p = 5); the pepper of lookup.key
# stands before it.
_COST, _BLOCK, _LANES = 2**14, 8, 5


@dataclass(frozen=True, slots=True)
class Agent:
    """An agent as the admin may see one. Days are ISO 8601, "" where there is none."""

    endpoint: str
    added_on: str
    notice_id: str
    since: str
    until: str
    withdrawn_on: str
    is_locked: bool


def add(connection: sqlite3.Connection, keys: Keys, endpoint: str, today: date) -> str:
    """Make an agent; the PIN, which nobody can read again.

    Raises:
        InvalidValue: no such name of an endpoint, or there is this agent already.
    """
    if not _ENDPOINT.fullmatch(endpoint):
        raise InvalidValue(f"not the name of an endpoint: {endpoint[:100]!r}")
    pin = _fresh_pin()
    added = connection.execute(
        "INSERT OR IGNORE INTO staff (endpoint, pin, added_on) VALUES (?, ?, ?)",
        (endpoint, _hashed(keys, endpoint, pin), today.isoformat()),
    )
    if added.rowcount != 1:
        raise InvalidValue(f"there is an agent {endpoint!r} already: `ouidire agent reset {endpoint}` makes a new PIN")
    return pin


def reset(connection: sqlite3.Connection, keys: Keys, endpoint: str) -> str:
    """Give an agent a new PIN and forget wrong tries; the PIN. Raises InvalidValue: no such agent."""
    pin = _fresh_pin()
    found = connection.execute(
        "UPDATE staff SET pin = ?, wrong_tries = 0, locked_until = '' WHERE endpoint = ?",
        (_hashed(keys, endpoint, pin), endpoint),
    )
    if found.rowcount != 1:
        raise InvalidValue(f"there is no agent {endpoint!r}")
    return pin


def remove(connection: sqlite3.Connection, endpoint: str) -> None:
    """From now on that leg is not heard any more; what the agent answered stays on record until its own date.

    Raises:
        InvalidValue: no such agent.
    """
    if connection.execute("DELETE FROM staff WHERE endpoint = ?", (endpoint,)).rowcount != 1:
        raise InvalidValue(f"there is no agent {endpoint!r}")


async def record_of(ledger: Ledger, endpoint: str) -> Record | None:
    """The record of an agent's acknowledgement, None where there is none."""
    row = await ledger.database.read(
        lambda c: c.execute("SELECT since FROM staff WHERE endpoint = ? AND since != ''", (endpoint,)).fetchone()
    )
    return None if row is None else await ledger.keyring.of(ledger.keys.acknowledgement(endpoint, row[0]))


async def leave(ledger: Ledger, endpoint: str) -> None:
    """Remove an agent, so that no older copy of the file brings the acknowledgement back: the keyring knows its end.

    Raises:
        InvalidValue: no such agent.
        DatabaseUnavailable: the agent is still there.
    """
    record = await record_of(ledger, endpoint)
    if record is not None:
        await ledger.keyring.end(record.record_id)
    await ledger.database.write(lambda connection: remove(connection, endpoint))


def agents(connection: sqlite3.Connection, now: datetime) -> list[Agent]:
    """All of them, by name."""
    rows = connection.execute(
        "SELECT endpoint, added_on, notice_id, since, until, withdrawn_on, locked_until > ? FROM staff"
        " ORDER BY endpoint",
        (stamp(now),),
    ).fetchall()
    return [
        Agent(endpoint, added_on, notice_id, since[:10], until, withdrawn_on, bool(is_locked))
        for endpoint, added_on, notice_id, since, until, withdrawn_on, is_locked in rows
    ]


class Staff:
    """The desk for staff. `notices` are today's notices to staff: the id of each by its language.

    `site_facts` tells the site's days; `obey` has the calls of an agent who took the word back stopped, now. What
    raises DatabaseUnavailable has changed nothing.
    """

    def __init__(
        self,
        ledger: Ledger,
        notices: Mapping[str, str],
        site_facts: Callable[[], Awaitable[Mapping[str, date]]],
        obey: Callable[[], Awaitable[None]],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._ledger = ledger
        self._notices = notices
        self._site_facts = site_facts
        self._obey = obey
        self._now = now

    async def lapse_outdated(self) -> int:
        """Void acknowledgements of notices that are not today's: what was not heard is not agreed to. How many."""
        current = sorted(set(self._notices.values()))
        marks = ", ".join("?" * len(current))

        def change(connection: sqlite3.Connection) -> int:
            return connection.execute(
                f"UPDATE staff SET until = '' WHERE until != '' AND notice_id NOT IN ({marks})",  # noqa: S608
                current,
            ).rowcount

        return await self._ledger.database.write(change)

    async def check_pin(self, endpoint: str, pin: str) -> bool:
        """Whether it is the agent's PIN. A try counts before it is looked at, so that many at once gain nothing.

        Raises:
            TooManyTries: MAX_WRONG wrong tries in a row, less than LOCK ago.
        """
        now = self._now()
        known = await self._ledger.database.write(lambda connection: _count_try(connection, endpoint, now))
        if known is None:
            raise TooManyTries("too many wrong PINs")
        is_right = await asyncio.to_thread(_is_right, self._ledger.keys, endpoint, pin, known)
        if is_right:
            await self._ledger.database.write(
                lambda c: c.execute(
                    "UPDATE staff SET wrong_tries = 0, locked_until = '' WHERE endpoint = ?", (endpoint,)
                )
            )
        return is_right

    async def has_acknowledged(self, endpoint: str) -> bool:
        """Whether the agent acknowledged a notice of today, and that still holds."""
        held = await self._held(endpoint)
        return held is not None and held[0] in self._notices.values()

    async def acknowledge(self, endpoint: str, language: str) -> None:
        """Record that the agent heard the notice to staff in that language, and agrees.

        Raises:
            InvalidValue: there is no notice to staff in that language.
        """
        notice_id = self._notices.get(language.replace("_", "-").partition("-")[0].lower())
        if notice_id is None:
            raise InvalidValue(f"there is no notice to staff in {language!r}")
        await self._ledger.acknowledge(endpoint, notice_id, self._now())

    async def withdraw(self, endpoint: str) -> bool:
        """Take it back, and stop what is heard of that agent now; False where nothing was acknowledged."""
        is_done = await self._ledger.withdraw_acknowledgement(endpoint, self._now())
        await self._obey()
        return is_done

    async def receipt(self, endpoint: str) -> date | None:
        """The day of the acknowledgement that holds."""
        held = await self._held(endpoint)
        return None if held is None else date.fromisoformat(held[1][:10])

    async def site_facts(self) -> Mapping[str, date]:
        """The days of the site's `assessment`, `council` and last `change`."""
        return await self._site_facts()

    async def _held(self, endpoint: str) -> tuple[str, str] | None:
        """Notice and moment of the acknowledgement that holds."""
        row: tuple[str, str] | None = await self._ledger.database.read(
            lambda c: c.execute(
                "SELECT notice_id, since FROM staff WHERE endpoint = ? AND notice_id != '' AND until > ?",
                (endpoint, self._now().date().isoformat()),
            ).fetchone()
        )
        return row


def _count_try(connection: sqlite3.Connection, endpoint: str, now: datetime) -> str | None:
    """The hash of the PIN, "" for nobody's; None where no try is taken now."""
    row = connection.execute(
        "SELECT pin, wrong_tries, locked_until FROM staff WHERE endpoint = ?", (endpoint,)
    ).fetchone()
    if row is None:
        return ""
    pin, tries, locked_until = row
    if locked_until > stamp(now):
        return None
    is_last = tries + 1 >= MAX_WRONG
    connection.execute(
        "UPDATE staff SET wrong_tries = ?, locked_until = ? WHERE endpoint = ?",
        (0 if is_last else tries + 1, stamp(now + LOCK) if is_last else "", endpoint),
    )
    return str(pin)


def _fresh_pin() -> str:
    return f"{secrets.randbelow(10**PIN_DIGITS):0{PIN_DIGITS}d}"


def _hashed(keys: Keys, endpoint: str, pin: str) -> str:
    salt = secrets.token_bytes(_SALT_BYTES)
    return f"{salt.hex()}:{_digest(keys, endpoint, pin, salt).hex()}"


def _is_right(keys: Keys, endpoint: str, pin: str, known: str) -> bool:
    salt, colon, digest = known.partition(":")
    if not colon:  # nobody's: as long as somebody's
        _digest(keys, endpoint, pin, bytes(_SALT_BYTES))
        return False
    return hmac.compare_digest(_digest(keys, endpoint, pin, bytes.fromhex(salt)).hex(), digest)


def _digest(keys: Keys, endpoint: str, pin: str, salt: bytes) -> bytes:
    peppered = keys.mac("pin", f"{endpoint}\n{pin}").encode()
    return hashlib.scrypt(peppered, salt=salt, n=_COST, r=_BLOCK, p=_LANES)
