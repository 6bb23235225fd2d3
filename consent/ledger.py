"""The ledger: append-only, hash-chained, and the only issuer of grants (the third lock is its schema).

What a person answered stands in it sealed: the chain holds a salted commitment alone. In clear are the calls in
progress, for the time of the call, and records that concern nobody in person. See `consent.chain` and `consent.seals`.
"""

from __future__ import annotations

import json
import sqlite3
import uuid
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any, Final
from weakref import WeakValueDictionary

from consent import live_rows, sealed_rows
from consent.chain import Checkpoint, canonical, sign
from consent.database import Database
from consent.entry import ENDINGS, Entry, Standing
from consent.errors import NotGranted
from consent.grant import ConsentGrant, Life
from consent.keyring import BURIED, GONE, Keyring, Record
from consent.keys import Keys
from consent.notice import Notice
from consent.parties import Party
from consent.purposes import PERMITTED, Purpose
from consent.retention import Retention, stamp
from consent.states import Answer

_SHORTEST: Final = Retention(1)
"""Of a yes to a notice that we do not know, which is never granted."""


class Ledger:
    """Records answers, strikes grants and ends them. What raises DatabaseUnavailable has changed nothing."""

    def __init__(
        self,
        database: Database,
        keyring: Keyring,
        keys: Keys,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.database = database
        self.keyring = keyring
        self.keys = keys
        self._now = now
        # One life for a call, so that an ending reaches whatever was admitted under it, a grant in the making too.
        self._lives: WeakValueDictionary[str, Life] = WeakValueDictionary()
        # What ended and is not in the file yet: no grant is struck meanwhile, though nobody may hold a life of it.
        self._ended: dict[str, Answer] = {}
        self._taken_back: set[str] = set()  # likewise, of agents' acknowledgements
        self._retentions: dict[str, Retention] = {}

    async def announce(self, notices: Iterable[Notice]) -> None:
        """Write down the notices that people will hear; one that is there already stays as it is."""
        wanted = list(notices)
        self._retentions |= {one.notice_id: one.retention for one in wanted}
        await self.database.write(
            lambda c: c.executemany(
                "INSERT OR IGNORE INTO notices VALUES (?, ?, ?, ?, ?, ?, ?)", [_notice_row(one) for one in wanted]
            )
        )

    # Answers of callers.

    def end(self, call_id: str, answer: Answer) -> None:
        """End whatever was struck for a call, and is being struck now, in memory; `record` does it in the file."""
        self._ended.setdefault(call_id, answer)
        life = self._lives.get(call_id)
        if life is not None:
            life.end(answer)

    async def record(self, entry: Entry) -> bool:
        """Append an answer; False when the call has it already. An ending ends the call's grants with it.

        A caller's withdrawal of a call that is over erases what was derived of it.

        Raises:
            DatabaseUnavailable: it is not recorded; the grants are ended in memory all the same.
        """
        if entry.answer in ENDINGS:
            self.end(entry.call_id, entry.answer)
        retention = await self._retention(entry.notice_id)
        mac = self.keys.mac("call", entry.call_id)
        record = await self.keyring.open(mac, "call", entry.number_tag, retention, self._now().date())
        if entry.answer in ENDINGS:
            # First where an older copy of the file cannot take it back.
            await self.keyring.end(record.record_id)
        is_new = None
        if not record.closed:
            is_new = await self.database.write(lambda connection: live_rows.append_answer(connection, record, entry))
        if is_new is None:
            is_new = await self._record_late(record, entry)
        if entry.answer in ENDINGS:
            self._ended.pop(entry.call_id, None)
        return is_new

    async def strike(self, call_id: str, party: Party, endpoint: str = "") -> ConsentGrant:
        """The grant of one party of a call, struck now or as it was struck before; `endpoint` is the agent's.

        Raises:
            NotGranted: the ledger holds no yes for this call, to a notice that we know, or the yes has ended; or the
                agent has not acknowledged the notice to staff.
            DatabaseUnavailable: nothing was struck.
        """
        if party is Party.AGENT and endpoint in self._taken_back:
            raise NotGranted(f"the agent of call {call_id} no longer acknowledges the notice to staff")
        life = self._lives.setdefault(call_id, Life())
        now = await self._moment()
        row = await self.database.write(lambda c: _strike(c, call_id, party, endpoint, now))
        ended_by = self._ended.get(call_id) or life.ended_by
        if ended_by is not None:
            raise NotGranted(f"call {call_id} was {ended_by} in the meantime")
        return _as_grant(row, life)

    async def heard_in(self, call_id: str, conversation: str) -> None:
        """Note the conversation (a fingerprint of who is bridged with whom) in which a call's forks run."""
        await self.database.write(
            lambda c: c.execute(
                "UPDATE grants SET heard_in = ? WHERE call_id = ? AND ended_at IS NULL", (conversation, call_id)
            )
        )

    async def standing(self, call_id: str) -> Standing:
        """What is recorded of a call in progress."""

        def query(connection: sqlite3.Connection) -> Standing:
            answers = connection.execute("SELECT answer FROM answers WHERE call_id = ?", (call_id,)).fetchall()
            heard = connection.execute("SELECT max(heard_in) FROM grants WHERE call_id = ?", (call_id,)).fetchone()
            return Standing(frozenset(Answer(a) for (a,) in answers), heard[0] or "")

        return await self.database.read(query)

    async def open_calls(self) -> frozenset[str]:
        """The calls that are not sealed yet: after a restart those that are gone expire and are sealed."""
        rows = await self.database.read(lambda c: c.execute("SELECT call_id FROM calls").fetchall())
        return frozenset(call_id for (call_id,) in rows)

    async def stopped_elsewhere(self) -> dict[str, Answer]:
        """The calls in progress that were stopped past the bridge: withdrawn on the page, on the line or at the command
        line, or of an agent who took the acknowledgement back.
        """
        return await self.database.read(live_rows.stopped_elsewhere)

    async def grant_ids(self, call_id: str) -> dict[str, Party]:
        """The ids of a call's grants, live or ended, each with its party."""
        rows = await self.database.read(
            lambda c: c.execute("SELECT grant_id, party FROM grants WHERE call_id = ?", (call_id,)).fetchall()
        )
        return {grant_id: Party(party) for grant_id, party in rows}

    async def close(self, call_id: str, gather: sealed_rows.Gather) -> bool:
        """Seal a call that is over: nothing of it stays in clear. Whether anything that was derived is kept.

        `gather` runs in the same transaction: it deletes what was derived and returns it as bytes.
        """
        self.end(call_id, Answer.EXPIRED)
        record = await self.keyring.of(self.keys.mac("call", call_id))
        is_kept = await self.database.erase(lambda c: sealed_rows.close_call(c, call_id, record, gather))
        self._ended.pop(call_id, None)
        if record is not None:
            if not is_kept:
                await self.keyring.forget_derived([record.record_id])
            await self.keyring.close(record.record_id)
        return is_kept

    # Answers of staff to the notice to staff.

    async def acknowledge(self, endpoint: str, notice_id: str, at: datetime) -> None:
        """Record that an agent heard the notice to staff and agrees; it holds for as long as its record is kept."""
        since, retention = stamp(at), await self._retention(notice_id)
        until = retention.records_go_on(at.date()).isoformat()
        record = await self._staff_record(endpoint, since, retention)

        def change(connection: sqlite3.Connection) -> None:
            live_rows.count_opened(connection, record)
            sealed_rows.append(connection, record, live_rows.staff_fields(endpoint, Answer.GRANTED, notice_id, since))
            connection.execute(
                "UPDATE staff SET notice_id = ?, since = ?, until = ?, withdrawn_on = '' WHERE endpoint = ?",
                (notice_id, since, until, endpoint),
            )

        await self.database.write(change)
        self._taken_back.discard(endpoint)

    async def withdraw_acknowledgement(self, endpoint: str, at: datetime) -> bool:
        """Record that an agent took it back; False where there was none. From now on that leg is never heard."""
        row = await self.database.read(
            lambda c: c.execute("SELECT notice_id, since FROM staff WHERE endpoint = ?", (endpoint,)).fetchone()
        )
        if row is None or not row[0]:
            return False
        self._taken_back.add(endpoint)
        notice_id, since = row
        record = await self._staff_record(endpoint, since, await self._retention(notice_id))
        await self.keyring.end(record.record_id)
        fields = live_rows.staff_fields(endpoint, Answer.WITHDRAWN, notice_id, stamp(at))

        def change(connection: sqlite3.Connection) -> None:
            sealed_rows.append(connection, record, fields)
            connection.execute(
                "UPDATE staff SET notice_id = '', since = '', until = '', withdrawn_on = ? WHERE endpoint = ?",
                (at.date().isoformat(), endpoint),
            )

        await self.database.write(change)
        self._taken_back.discard(endpoint)
        await self.keyring.close(record.record_id)
        return True

    # Records without personal data, and the chain.

    async def note(self, what: str, body: Mapping[str, Any]) -> int:
        """Append a public record (what was set, deleted, held, restored); its place in the chain."""
        fields = {"what": what, "at": stamp(self._now()), **body}
        return await self.database.write(lambda c: sealed_rows.append_public(c, fields))

    async def notes(self, what: str = "") -> list[dict[str, Any]]:
        """The public records in their order; those of one kind where one is named."""
        rows = await self.database.read(
            lambda c: c.execute("SELECT body FROM ledger WHERE kind = 'public' ORDER BY seq").fetchall()
        )
        found = [json.loads(body) for (body,) in rows]
        return [one for one in found if what in ("", one["what"])]

    async def last_note(self, what: str) -> dict[str, Any] | None:
        """The newest public record of one kind."""
        found = await self.notes(what)
        return found[-1] if found else None

    async def checkpoint(self) -> Checkpoint:
        """Sign the head of the chain, and keep the signature beside it and with the keys.

        Raises:
            KeysMissing: the folder of the keys cannot be written.
        """
        at, key = stamp(self._now()), self.keys.signing

        def change(connection: sqlite3.Connection) -> Checkpoint:
            seq, head = sealed_rows.head(connection)
            made = sign(seq, head, at, key)
            connection.execute(
                "INSERT OR REPLACE INTO checkpoints VALUES (?, ?, ?, ?, ?)",
                (made.seq, made.hash, made.at, made.key, made.signature),
            )
            return made

        made = await self.database.write(change)
        self.keys.keep_checkpoint(made.to_json())
        return made

    async def _record_late(self, record: Record, entry: Entry) -> bool:
        if record.kind == GONE:
            return False

        def change(connection: sqlite3.Connection) -> bool:
            known = {fields["answer"] for fields in sealed_rows.answers_of(connection, record)}
            if entry.answer in known:
                return False
            sealed_rows.append(connection, record, entry.fields)
            return True

        is_new = await self.database.write(change)
        # What a legal hold keeps goes when the hold ends: see consent.forgetting.
        if entry.answer is Answer.WITHDRAWN and not record.is_held(self._now().date()):
            await self.erase_derived([record])
        return is_new

    async def erase_derived(self, records: Iterable[Record]) -> int:
        """Erase what was derived under these records: the keys first; how many had any."""
        wanted = [one for one in records if one.derived is not None]
        await self.keyring.forget_derived([one.record_id for one in wanted])
        await self.database.erase(lambda c: [sealed_rows.delete_derived(c, one) for one in wanted])
        return len(wanted)

    async def erase(self, records: Iterable[Record], what: str, body: Mapping[str, Any]) -> int:
        """Erase records whole: what was derived, and what was answered, whose commitments stay; how many answers.

        The same transaction appends the public record `what` that certifies it, with `body` and the number of answers.
        """
        wanted, at = list(records), stamp(self._now())
        today = await self.keyring.today(self._now().date())
        # The PBX may tell the answers of a young call once more: that it is over must be known, and nothing else.
        young = {one.record_id for one in wanted if one.kind == "call" and one.opened_on >= str(today - BURIED)}
        await self.keyring.bury(young, today + BURIED)
        await self.keyring.forget([one.record_id for one in wanted if one.record_id not in young])

        def change(connection: sqlite3.Connection) -> int:
            answers = sum(sealed_rows.delete_record(connection, one) for one in wanted)
            sealed_rows.append_public(connection, {"what": what, "at": at, **body, "answers": answers})
            return answers

        return await self.database.erase(change)

    async def _moment(self) -> str:
        # A clock that was set back makes no acknowledgement that has run out hold again.
        now = self._now()
        today = await self.keyring.today(now.date())
        return stamp(now) if now.date() >= today else f"{today.isoformat()}T00:00:00.000Z"

    async def _staff_record(self, endpoint: str, since: str, retention: Retention) -> Record:
        mac = self.keys.acknowledgement(endpoint, since)
        return await self.keyring.open(mac, "staff", "", retention, date.fromisoformat(since[:10]))

    async def _retention(self, notice_id: str) -> Retention:
        if notice_id not in self._retentions:
            row = await self.database.read(
                lambda c: c.execute(
                    "SELECT scores_days, records_days FROM notices WHERE notice_id = ?", (notice_id,)
                ).fetchone()
            )
            if row is None:
                return _SHORTEST
            self._retentions[notice_id] = Retention(*row)
        return self._retentions[notice_id]


def _strike(connection: sqlite3.Connection, call_id: str, party: Party, endpoint: str, now: str) -> sqlite3.Row:
    cursor = connection.cursor()
    cursor.row_factory = sqlite3.Row
    query = "SELECT * FROM grants WHERE call_id = ? AND party = ? AND endpoint = ?"
    found = cursor.execute(query, (call_id, party.value, endpoint)).fetchone()
    if found is None:
        _insert_grant(cursor, call_id, party, endpoint, now)
        found = cursor.execute(query, (call_id, party.value, endpoint)).fetchone()
    if found["ended_at"] is not None:
        raise NotGranted(f"the grant of call {call_id} has ended: {found['ended_by']}")
    if party is Party.AGENT and not _holds(cursor, endpoint, found["notice_id"], now):
        raise NotGranted(f"the agent of call {call_id} no longer acknowledges the notice to staff")
    row: sqlite3.Row = found
    return row


def _holds(cursor: sqlite3.Cursor, endpoint: str, notice_id: str, now: str) -> bool:
    query = "SELECT 1 FROM staff WHERE endpoint = ? AND notice_id = ? AND until > ?"
    return cursor.execute(query, (endpoint, notice_id, now)).fetchone() is not None


def _insert_grant(cursor: sqlite3.Cursor, call_id: str, party: Party, endpoint: str, now: str) -> None:
    yes = cursor.execute(
        "SELECT a.at, a.language, a.notice_id, n.purposes, n.scores_days, n.records_days FROM answers a"
        " LEFT JOIN notices n ON n.notice_id = a.notice_id AND json_extract(n.told, '$.party') = 'caller'"
        " WHERE a.call_id = ? AND a.answer = 'granted'",
        (call_id,),
    ).fetchone()
    if yes is None:
        raise NotGranted(f"the ledger holds no yes for call {call_id}")
    if yes["purposes"] is None:
        raise NotGranted(f"the yes of call {call_id} answers a notice that we never announced")
    told, struck_at = yes["notice_id"], yes["at"]
    if party is Party.AGENT:
        own = cursor.execute("SELECT notice_id FROM staff WHERE endpoint = ?", (endpoint,)).fetchone()
        told, struck_at = (own["notice_id"] if own else ""), now
    purposes = _joined(frozenset(Purpose(p) for p in yes["purposes"].split()) & PERMITTED[party])
    kept = (yes["scores_days"], yes["records_days"])
    values = (uuid.uuid4().hex, call_id, party.value, endpoint, purposes, told, yes["language"], struck_at, *kept)
    try:
        cursor.execute(
            "INSERT INTO grants (grant_id, call_id, party, endpoint, purposes, notice_id, language, struck_at,"
            " scores_days, records_days) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            values,
        )
    except sqlite3.IntegrityError as error:
        raise NotGranted(f"call {call_id}: {error}") from error


def _as_grant(row: sqlite3.Row, life: Life) -> ConsentGrant:
    return ConsentGrant(
        grant_id=row["grant_id"],
        call_id=row["call_id"],
        party=Party(row["party"]),
        purposes=frozenset(Purpose(p) for p in row["purposes"].split()),
        notice_id=row["notice_id"],
        language=row["language"],
        struck_at=datetime.fromisoformat(row["struck_at"]),
        retention=Retention(row["scores_days"], row["records_days"]),
        _life=life,
    )


def _notice_row(notice: Notice) -> tuple[object, ...]:
    kept = (notice.retention.scores_days, notice.retention.records_days)
    told = canonical(notice.told)
    return (notice.notice_id, notice.language, notice.version, _joined(notice.purposes), *kept, told)


def _joined(purposes: Iterable[Purpose]) -> str:
    return " ".join(sorted(purposes))
