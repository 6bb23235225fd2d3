"""The ledger: append-only, hash-chained, and the only issuer of grants (the third lock is its schema).

Each row holds the SHA-256 of its own content and of the row before it, so that a row that was changed, removed or
put in between is named by `verify`.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from weakref import WeakValueDictionary

import sqlite_utils
from sqlite_utils import Migrations

from consent.database import Database
from consent.errors import InvalidValue, LedgerBroken, NotGranted
from consent.grant import ConsentGrant, Life
from consent.notice import Notice
from consent.parties import Party
from consent.purposes import PERMITTED, Purpose
from consent.retention import Retention, stamp
from consent.states import Answer, Why

MIGRATIONS: Final = Migrations("consent")
GENESIS: Final = "0" * 64
"""What the first row names as the hash before it."""

ENDINGS: Final = frozenset({Answer.REFUSED, Answer.WITHDRAWN, Answer.OBJECTED, Answer.EXPIRED})
"""After one of these a call is never granted (again)."""

_COLUMNS: Final = ("seq", "at", "answer", "why", "call_id", "party", "notice_id", "language", "source", "previous")


@MIGRATIONS()
def tables(db: sqlite_utils.Database) -> None:
    """Notices, the chain and the grants, with the triggers that hold the laws where no code of ours looks."""
    db.conn.execute("""
        CREATE TABLE notices (
            notice_id TEXT PRIMARY KEY, language TEXT NOT NULL, version INTEGER NOT NULL, text TEXT NOT NULL,
            audio_sha256 TEXT NOT NULL, purposes TEXT NOT NULL, scores_days INTEGER NOT NULL
        ) STRICT""")
    db.conn.execute("""
        CREATE TABLE ledger (
            seq INTEGER PRIMARY KEY CHECK (seq > 0),
            at TEXT NOT NULL,
            answer TEXT NOT NULL
                CHECK (answer IN ('asked', 'granted', 'refused', 'withdrawn', 'objected', 'expired')),
            why TEXT NOT NULL,
            call_id TEXT NOT NULL,
            party TEXT NOT NULL CHECK (party IN ('caller', 'agent')),
            notice_id TEXT NOT NULL,
            language TEXT NOT NULL,
            source TEXT NOT NULL CHECK (source IN ('event', 'journal', 'keys', 'bridge')),
            previous TEXT NOT NULL,
            hash TEXT NOT NULL UNIQUE,
            UNIQUE (call_id, answer)
        ) STRICT""")
    db.conn.execute("""
        CREATE TABLE grants (
            grant_id TEXT PRIMARY KEY,
            seq INTEGER NOT NULL REFERENCES ledger (seq),
            call_id TEXT NOT NULL,
            party TEXT NOT NULL CHECK (party IN ('caller', 'agent')),
            purposes TEXT NOT NULL CHECK (party = 'caller' OR purposes = 'facts'),
            notice_id TEXT NOT NULL REFERENCES notices (notice_id),
            language TEXT NOT NULL,
            struck_at TEXT NOT NULL,
            scores_days INTEGER NOT NULL,
            heard_in TEXT NOT NULL DEFAULT '',
            ended_at TEXT,
            ended_by TEXT CHECK ((ended_by IS NULL) = (ended_at IS NULL)),
            UNIQUE (call_id, party)
        ) STRICT""")
    for table in ("ledger", "notices"):
        for change in ("UPDATE", "DELETE"):
            db.conn.execute(f"""
                CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table}
                BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END""")
    db.conn.execute("""
        CREATE TRIGGER grants_need_a_yes BEFORE INSERT ON grants
        WHEN NOT EXISTS (SELECT 1 FROM ledger WHERE seq = NEW.seq AND call_id = NEW.call_id AND answer = 'granted')
          OR EXISTS (SELECT 1 FROM ledger WHERE call_id = NEW.call_id
                     AND answer IN ('refused', 'withdrawn', 'objected', 'expired'))
        BEGIN SELECT RAISE(ABORT, 'no live yes in the ledger'); END""")
    db.conn.execute("""
        CREATE TRIGGER grants_end_once BEFORE UPDATE ON grants
        WHEN OLD.ended_at IS NOT NULL OR NEW.grant_id != OLD.grant_id OR NEW.seq != OLD.seq
          OR NEW.call_id != OLD.call_id OR NEW.party != OLD.party OR NEW.purposes != OLD.purposes
          OR NEW.scores_days != OLD.scores_days OR NEW.struck_at != OLD.struck_at
        BEGIN SELECT RAISE(ABORT, 'a grant can only end, once'); END""")


@dataclass(frozen=True, slots=True)
class Entry:
    """One answer of a call, before it is in the chain. `source`: event, journal, keys (seen by us) or bridge.

    Raises:
        InvalidValue: no call id, a call id that is too long, or an unknown source.
    """

    at: datetime
    answer: Answer
    why: Why
    call_id: str
    party: Party
    notice_id: str
    language: str
    source: str

    def __post_init__(self) -> None:
        if not 0 < len(self.call_id) <= 150:
            raise InvalidValue("an entry needs a call id of at most 150 characters")
        if self.source not in ("event", "journal", "keys", "bridge"):
            raise InvalidValue(f"unknown source: {self.source}")
        if (self.answer is Answer.OBJECTED) != (self.party is Party.AGENT):
            raise InvalidValue("the agent objects, every other answer is the caller's")


@dataclass(frozen=True, slots=True)
class Standing:
    """What the ledger holds of a call: its answers, and the conversation in which it was last heard ("" for none)."""

    answers: frozenset[Answer]
    heard_in: str

    @property
    def is_granted(self) -> bool:
        """A yes and nothing that ended it."""
        return Answer.GRANTED in self.answers and not self.answers & ENDINGS


class Ledger:
    """Records answers, strikes grants and ends them."""

    def __init__(self, database: Database) -> None:
        self._database = database
        # One life for a call, so that an ending reaches whatever was admitted under it, a grant in the making too.
        self._lives: WeakValueDictionary[str, Life] = WeakValueDictionary()

    async def announce(self, notices: Iterable[Notice]) -> None:
        """Write down the notices that calls will hear; one that is there already stays as it is."""
        rows = [
            (n.notice_id, n.language, n.version, n.text, n.audio_sha256, _joined(n.purposes), n.retention.scores_days)
            for n in notices
        ]
        await self._database.write(
            lambda c: c.executemany("INSERT OR IGNORE INTO notices VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
        )

    def end(self, call_id: str, answer: Answer) -> None:
        """End whatever was struck for a call, and is being struck now, in memory; `record` does it in the file."""
        life = self._lives.get(call_id)
        if life is not None:
            life.end(answer)

    async def record(self, entry: Entry) -> bool:
        """Append an answer; False when the call has it already. An ending ends the call's grants with it.

        Raises:
            DatabaseUnavailable: it is not recorded; the grants are ended in memory all the same.
        """
        if entry.answer in ENDINGS:
            self.end(entry.call_id, entry.answer)
        return await self._database.write(lambda connection: _append(connection, entry))

    async def strike(self, call_id: str, party: Party) -> ConsentGrant:
        """The grant of one party of a call, struck now or as it was struck before.

        Raises:
            NotGranted: the ledger holds no yes for this call, to a notice that we know, or the yes has ended.
            DatabaseUnavailable: nothing was struck.
        """
        life = self._lives.setdefault(call_id, Life())
        row = await self._database.write(lambda connection: _strike(connection, call_id, party))
        if life.ended_by is not None:
            raise NotGranted(f"call {call_id} was {life.ended_by} in the meantime")
        return _as_grant(row, life)

    async def heard_in(self, call_id: str, conversation: str) -> None:
        """Note the conversation (a fingerprint of who is bridged with whom) in which a call's forks run."""
        await self._database.write(
            lambda c: c.execute(
                "UPDATE grants SET heard_in = ? WHERE call_id = ? AND ended_at IS NULL", (conversation, call_id)
            )
        )

    async def standing(self, call_id: str) -> Standing:
        """What is recorded of a call. Raises DatabaseUnavailable."""

        def query(connection: sqlite3.Connection) -> Standing:
            answers = connection.execute("SELECT answer FROM ledger WHERE call_id = ?", (call_id,)).fetchall()
            heard = connection.execute("SELECT max(heard_in) FROM grants WHERE call_id = ?", (call_id,)).fetchone()
            return Standing(frozenset(Answer(a) for (a,) in answers), heard[0] or "")

        return await self._database.read(query)

    async def open_calls(self) -> frozenset[str]:
        """The calls with a yes that has not ended, heard already or not: after a restart those that are gone expire."""
        query = (
            "SELECT call_id FROM ledger WHERE answer = 'granted' AND call_id NOT IN"
            " (SELECT call_id FROM ledger WHERE answer IN ('refused', 'withdrawn', 'objected', 'expired'))"
        )
        return await self._database.read(lambda c: frozenset(i for (i,) in c.execute(query)))

    async def grant_ids(self, call_id: str) -> dict[Party, str]:
        """The ids of the grants of a call, live or ended."""
        rows = await self._database.read(
            lambda c: c.execute("SELECT party, grant_id FROM grants WHERE call_id = ?", (call_id,)).fetchall()
        )
        return {Party(party): grant_id for party, grant_id in rows}

    async def verify(self) -> int:
        """Check the whole chain; how many records it holds.

        Raises:
            LedgerBroken: names the first record that does not hold.
        """
        return await self._database.read(verify_chain)


def verify_chain(connection: sqlite3.Connection) -> int:
    """The records of a ledger's chain, counted and checked on any connection. Raises LedgerBroken."""
    previous, expected = GENESIS, 1
    for row in connection.execute(f"SELECT {', '.join(_COLUMNS)}, hash FROM ledger ORDER BY seq"):  # noqa: S608
        values, digest = row[:-1], row[-1]
        if values[0] != expected:
            raise LedgerBroken(f"record {expected} is missing")
        if values[-1] != previous:
            raise LedgerBroken(f"record {expected} does not follow the one before it")
        if _digest(values) != digest:
            raise LedgerBroken(f"record {expected} was changed")
        previous, expected = digest, expected + 1
    return expected - 1


def _digest(values: tuple[object, ...]) -> str:
    canonical = json.dumps(dict(zip(_COLUMNS, values, strict=True)), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _append(connection: sqlite3.Connection, entry: Entry) -> bool:
    known = connection.execute(
        "SELECT 1 FROM ledger WHERE call_id = ? AND answer = ?", (entry.call_id, entry.answer.value)
    ).fetchone()
    if known:
        return False
    last = connection.execute("SELECT seq, hash FROM ledger ORDER BY seq DESC LIMIT 1").fetchone() or (0, GENESIS)
    values = (
        last[0] + 1,
        stamp(entry.at),
        entry.answer.value,
        entry.why.value,
        entry.call_id,
        entry.party.value,
        entry.notice_id,
        entry.language,
        entry.source,
        last[1],
    )
    connection.execute("INSERT INTO ledger VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", (*values, _digest(values)))
    if entry.answer in ENDINGS:
        connection.execute(
            "UPDATE grants SET ended_at = ?, ended_by = ? WHERE call_id = ? AND ended_at IS NULL",
            (stamp(entry.at), entry.answer.value, entry.call_id),
        )
    return True


def _strike(connection: sqlite3.Connection, call_id: str, party: Party) -> sqlite3.Row:
    cursor = connection.cursor()
    cursor.row_factory = sqlite3.Row
    found = cursor.execute("SELECT * FROM grants WHERE call_id = ? AND party = ?", (call_id, party.value)).fetchone()
    if found is None:
        _insert_grant(cursor, call_id, party)
        found = cursor.execute(
            "SELECT * FROM grants WHERE call_id = ? AND party = ?", (call_id, party.value)
        ).fetchone()
    if found["ended_at"] is not None:
        raise NotGranted(f"the grant of call {call_id} has ended: {found['ended_by']}")
    row: sqlite3.Row = found
    return row


def _insert_grant(cursor: sqlite3.Cursor, call_id: str, party: Party) -> None:
    yes = cursor.execute(
        "SELECT l.seq, l.at, l.language, n.notice_id, n.purposes, n.scores_days FROM ledger l"
        " LEFT JOIN notices n USING (notice_id) WHERE l.call_id = ? AND l.answer = 'granted'",
        (call_id,),
    ).fetchone()
    if yes is None:
        raise NotGranted(f"the ledger holds no yes for call {call_id}")
    if yes["notice_id"] is None:
        raise NotGranted(f"the yes of call {call_id} answers a notice that we never announced")
    announced = frozenset(Purpose(p) for p in yes["purposes"].split())
    purposes = _joined(announced & PERMITTED[party])
    values = (
        uuid.uuid4().hex,
        yes["seq"],
        call_id,
        party.value,
        purposes,
        yes["notice_id"],
        yes["language"],
        yes["at"],
        yes["scores_days"],
    )
    try:
        cursor.execute(
            "INSERT INTO grants (grant_id, seq, call_id, party, purposes, notice_id, language, struck_at, scores_days)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
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
        retention=Retention(row["scores_days"]),
        _life=life,
    )


def _joined(purposes: Iterable[Purpose]) -> str:
    return " ".join(sorted(purposes))
