"""What the product holds of a call, wherever it holds it: in clear while the call is in progress, sealed afterwards.

Read by somebody else who has both the file and the folder of keys: read-only, fresh connections each time.
"""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from consent import sealed_rows
from consent.keyring import Record
from consent.keys import KEYRING, read_keys

_ANSWERS = "SELECT answer, at, why, party, notice_id, language, source, seq, call_id FROM answers"


@dataclass(frozen=True, slots=True)
class Kept:
    """All of one call. `grants`: what ended each party's (None: it is live), of calls in progress alone.

    `scores` are rows by column, `facts` by party.
    """

    call_id: str
    answers: list[dict[str, Any]] = field(default_factory=list)
    grants: dict[str, str | None] = field(default_factory=dict)
    scores: list[dict[str, Any]] = field(default_factory=list)
    facts: dict[str, dict[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class KeptFile:
    """The file at `database`, and the keys in `keys`."""

    database: Path
    keys: Path

    def of(self, call_id: str) -> Kept:
        """What there is of a call now; nothing in it where there is none."""
        with self.opened() as connection:
            if connection.execute("SELECT 1 FROM calls WHERE call_id = ?", (call_id,)).fetchone():
                return _in_progress(connection, call_id)
            mac = read_keys(self.keys).mac("call", call_id)
            found = self.records("mac = ?", mac)
            return _sealed(connection, found[0], call_id) if found else Kept(call_id)

    def all(self) -> list[Kept]:
        """Every call that is kept, in the order in which they were asked."""
        with self.opened() as connection:
            live = [call_id for (call_id,) in connection.execute("SELECT call_id FROM calls")]
            found = [_in_progress(connection, call_id) for call_id in live]
            opened = [_sealed(connection, record) for record in self.records("kind = 'call'")]
        found += [one for one in opened if one.answers and one.call_id not in live]
        return sorted((one for one in found if one.answers), key=lambda one: int(one.answers[0]["seq"]))

    def calls_in_clear(self) -> int:
        """How many calls stand in the file in clear: those in progress, and those that are being sealed."""
        with self.opened() as connection:
            return int(connection.execute("SELECT count(*) FROM calls").fetchone()[0])

    def record_of(self, call_id: str) -> Record | None:
        """The secrets of a call; None once they are erased."""
        found = self.records("mac = ? AND kind != 'gone'", read_keys(self.keys).mac("call", call_id))
        return found[0] if found else None

    def records(self, condition: str = "1", *values: str) -> list[Record]:
        """Rows of the keyring."""
        names = [one.name for one in fields(Record)]
        if not (self.keys / KEYRING).is_file():
            return []
        with closing(_read_only(self.keys / KEYRING)) as connection:
            rows = connection.execute(f"SELECT {', '.join(names)} FROM records WHERE {condition}", values).fetchall()
        flags = {one.name for one in fields(Record) if one.type in (bool, "bool")}
        named = [dict(zip(names, row, strict=True)) for row in rows]
        return [Record(**{key: bool(one) if key in flags else one for key, one in row.items()}) for row in named]

    @contextmanager
    def opened(self) -> Iterator[sqlite3.Connection]:
        """The file, as it is at one moment."""
        with closing(_read_only(self.database)) as connection:
            connection.execute("BEGIN")
            yield connection


def _read_only(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=5, isolation_level=None)


def _in_progress(connection: sqlite3.Connection, call_id: str) -> Kept:
    answers = _dicts(connection, f"{_ANSWERS} WHERE call_id = ? ORDER BY seq", call_id)
    grants = connection.execute("SELECT party, ended_by FROM grants WHERE call_id = ?", (call_id,)).fetchall()
    of_call = "JOIN grants USING (grant_id) WHERE call_id = ?"
    scores = _dicts(connection, f"SELECT scores.* FROM scores {of_call} ORDER BY start_s", call_id)
    facts = _dicts(connection, f"SELECT party, facts.* FROM facts {of_call}", call_id)
    by_party = {one.pop("party"): one for one in facts}
    return Kept(call_id, answers, dict(grants), scores, by_party)


def _sealed(connection: sqlite3.Connection, record: Record, call_id: str = "") -> Kept:
    answers = sealed_rows.answers_of(connection, record)
    derived = json.loads(sealed_rows.derived_of(connection, record) or b"{}")
    facts = {"caller": derived["facts"]} if derived.get("facts") else {}
    named = call_id or (str(answers[0].get("call_id", "")) if answers else "")
    return Kept(named, answers, {}, derived.get("scores", []), facts)


def _dicts(connection: sqlite3.Connection, query: str, value: str) -> list[dict[str, Any]]:
    cursor = connection.cursor()
    cursor.row_factory = sqlite3.Row
    return [dict(row) for row in cursor.execute(query, (value,))]
