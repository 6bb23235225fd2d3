"""The secrets under which records are sealed: a file of its own, apart from the one that holds the seals.

A row knows neither number, nor call, nor answer, nor moment: a random id, secrets, macs that only find what somebody
names, and the days on which it goes. Deleting a row makes what it sealed noise, in every copy of the other file.
"""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Final

import sqlite_utils
from sqlite_utils import Migrations

from consent.database import Database
from consent.errors import NothingKept
from consent.retention import Retention
from consent.seals import new_secret

MIGRATIONS: Final = Migrations("keyring")
GONE: Final = "gone"
"""The kind of a record of which nothing is left but that it is over."""
BURIED: Final = timedelta(days=2)
"""How long it is known of a call, of which nothing is left, that it is over: longer than any call, and any journal."""
_COLUMNS: Final = (
    "record_id",
    "secret",
    "derived",
    "kind",
    "opened_on",
    "number_tag",
    "derived_goes_on",
    "goes_on",
    "held_until",
    "ended",
    "closed",
)
_FLAGS: Final = ("ended", "closed")


@MIGRATIONS()
def records(db: sqlite_utils.Database) -> None:
    """One row a record; `counts` holds how many were ever opened, by which an older copy is known."""
    db.conn.execute("""
        CREATE TABLE records (
            record_id TEXT PRIMARY KEY,
            secret BLOB NOT NULL CHECK (length(secret) = 32),
            derived BLOB CHECK (length(derived) = 32),
            kind TEXT NOT NULL CHECK (kind IN ('call', 'staff', 'gone')),
            mac TEXT NOT NULL UNIQUE,
            reference TEXT UNIQUE,
            number_tag TEXT NOT NULL DEFAULT '',
            opened_on TEXT NOT NULL,
            derived_goes_on TEXT NOT NULL,
            goes_on TEXT NOT NULL CHECK (goes_on >= derived_goes_on),
            held_until TEXT NOT NULL DEFAULT '',
            ended INTEGER NOT NULL DEFAULT 0 CHECK (ended IN (0, 1)),
            closed INTEGER NOT NULL DEFAULT 0 CHECK (closed IN (0, 1))
        ) STRICT, WITHOUT ROWID""")
    db.conn.execute("CREATE INDEX records_go ON records (goes_on)")
    db.conn.execute("CREATE INDEX records_opened ON records (opened_on)")
    db.conn.execute("CREATE TABLE counts (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID")


@dataclass(frozen=True, slots=True)
class Record:
    """The secrets of one record. `derived` is None once what was derived has been erased, or never was.

    `kind` is call, staff, or gone: of a record whose seals a restored file lacks there remains that it is over.
    `ended`: the yes, if there was one, has ended, whatever an older copy of the file says.
    `opened_on`, `derived_goes_on` and `goes_on` are days (UTC) as ISO 8601; `held_until` too, "" where nobody holds it.
    """

    record_id: str
    secret: bytes = field(repr=False)
    derived: bytes | None = field(repr=False)
    kind: str
    opened_on: str
    number_tag: str = field(repr=False)
    derived_goes_on: str
    goes_on: str
    held_until: str
    ended: bool
    closed: bool

    def is_held(self, today: date) -> bool:
        """Whether a legal hold keeps it today, whatever its dates say."""
        return self.held_until > today.isoformat()


class Keyring:
    """The records' secrets. Every method may raise DatabaseUnavailable: then nothing was changed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @property
    def trouble(self) -> str:
        """Why the last change could not be written, "" since one could."""
        return self._database.trouble

    @property
    def waiting(self) -> int:
        """Changes and questions that were handed in and are not done yet."""
        return self._database.waiting

    async def open(self, mac: str, kind: str, number_tag: str, retention: Retention, today: date) -> Record:
        """The record of what `mac` stands for, made now if there is none."""
        values = (
            uuid.uuid4().hex,
            new_secret(),
            new_secret() if kind == "call" else None,
            kind,
            mac,
            number_tag,
            today.isoformat(),
            retention.scores_go_on(today).isoformat(),
            retention.records_go_on(today).isoformat(),
        )

        def change(connection: sqlite3.Connection) -> Record:
            found = _one(connection, "mac = ?", mac)
            if found is None:
                connection.execute(
                    "INSERT INTO records (record_id, secret, derived, kind, mac, number_tag, opened_on,"
                    " derived_goes_on, goes_on) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    values,
                )
                connection.execute(
                    "INSERT INTO counts VALUES ('opened', 1) ON CONFLICT (name) DO UPDATE SET value = value + 1"
                )
                found = _one(connection, "mac = ?", mac)
            elif number_tag and not found.number_tag:
                connection.execute("UPDATE records SET number_tag = ? WHERE mac = ?", (number_tag, mac))
                found = replace(found, number_tag=number_tag)
            assert found is not None  # noqa: S101 - it was inserted a line above
            return found

        return await self._database.write(change)

    async def of(self, mac: str) -> Record | None:
        """The record of what `mac` stands for, None if it is erased or never was."""
        return await self._database.read(lambda c: _one(c, "mac = ?", mac))

    async def of_reference(self, reference_mac: str) -> Record | None:
        """The record that a reference was given for."""
        return await self._database.read(lambda c: _one(c, "reference = ?", reference_mac))

    async def give_reference(self, record_id: str, reference_mac: str) -> bool:
        """Bind a reference to a record; False where the record has one, or another record has this one."""

        def change(connection: sqlite3.Connection) -> bool:
            cursor = connection.execute(
                "UPDATE OR IGNORE records SET reference = ? WHERE record_id = ? AND reference IS NULL",
                (reference_mac, record_id),
            )
            return cursor.rowcount == 1

        return await self._database.write(change)

    async def referenced_on(self, day: date) -> int:
        """How many records opened on a day have a reference that could be guessed."""
        return await self._database.read(
            lambda c: int(
                c.execute(
                    "SELECT count(*) FROM records WHERE opened_on = ? AND reference IS NOT NULL", (day.isoformat(),)
                ).fetchone()[0]
            )
        )

    async def all(self) -> list[Record]:
        """Every record, in no order that tells anything."""
        return await self._database.read(lambda c: _many(c, "1", ()))

    async def due(self, today: date) -> tuple[list[Record], list[Record]]:
        """The records of which what was derived must be gone by `today`, and those that must be gone as a whole."""
        day = today.isoformat()
        free = "(closed OR kind = 'staff') AND held_until <= ?"
        return await self._database.read(
            lambda c: (
                _many(c, f"{free} AND derived IS NOT NULL AND derived_goes_on <= ?", (day, day)),
                _many(c, f"{free} AND goes_on <= ?", (day, day)),
            )
        )

    async def end(self, record_id: str) -> None:
        """Note that nothing is heard under a record any more, whatever becomes of the other file."""
        await self._database.write(
            lambda c: c.execute("UPDATE records SET ended = 1 WHERE record_id = ? AND NOT ended", (record_id,))
        )

    async def bury(self, record_ids: Iterable[str], until: date) -> None:
        """Leave of records nothing but that they are over, until a day: no id, no secret, no reference and no tag."""
        values = [(uuid.uuid4().hex, new_secret(), *[until.isoformat()] * 2, one) for one in record_ids]
        await self._database.erase(
            lambda c: c.executemany(
                "UPDATE records SET kind = 'gone', record_id = ?, secret = ?, derived = NULL, reference = NULL,"
                " number_tag = '', held_until = '', ended = 1, closed = 1, derived_goes_on = ?, goes_on = ?"
                " WHERE record_id = ?",
                values,
            )
        )

    async def close(self, record_id: str) -> None:
        """Note that nothing is to come: what it covers is sealed."""
        await self._database.write(
            lambda c: c.execute("UPDATE records SET closed = 1 WHERE record_id = ?", (record_id,))
        )

    async def hold(self, record_id: str, until: date | None) -> None:
        """Keep a record until a day whatever its dates say; None lets go of it."""
        text = "" if until is None else until.isoformat()
        await self._database.write(
            lambda c: c.execute("UPDATE records SET held_until = ? WHERE record_id = ?", (text, record_id))
        )

    async def bring_forward(self, record_id: str, day: date) -> None:
        """Have a record go on a day, as a whole, instead of on its own."""
        await self._database.write(
            lambda c: c.execute(
                "UPDATE records SET derived_goes_on = ?, goes_on = ? WHERE record_id = ?",
                (*[day.isoformat()] * 2, record_id),
            )
        )

    async def renew_derived(self, record: Record) -> Record:
        """A new secret for what is derived under a record, in place of the one whose seals nobody shall open again."""
        secret = new_secret()

        def change(connection: sqlite3.Connection) -> int:
            return connection.execute(
                "UPDATE records SET derived = ? WHERE record_id = ? AND derived = ?",
                (secret, record.record_id, record.derived),
            ).rowcount

        if not await self._database.erase(change):
            raise NothingKept("what was measured is erased")
        return replace(record, derived=secret)

    async def holds_over(self, today: date) -> list[Record]:
        """The records whose legal hold ends by `today`."""
        return await self._database.read(
            lambda c: _many(c, "held_until != '' AND held_until <= ?", (today.isoformat(),))
        )

    async def forget_derived(self, record_ids: Iterable[str]) -> int:
        """Delete the secrets of what was derived; how many there were."""
        ids = [(one,) for one in record_ids]

        def change(connection: sqlite3.Connection) -> int:
            return connection.executemany(
                "UPDATE records SET derived = NULL WHERE record_id = ? AND derived IS NOT NULL", ids
            ).rowcount

        return await self._database.erase(change)

    async def forget(self, record_ids: Iterable[str]) -> int:
        """Delete records with all their secrets; how many there were."""
        ids = [(one,) for one in record_ids]
        return await self._database.erase(
            lambda c: c.executemany("DELETE FROM records WHERE record_id = ?", ids).rowcount
        )

    async def opened(self) -> int:
        """How many records were ever opened."""
        return await self._count("opened", None)

    async def skip_to(self, opened: int) -> None:
        """Count as if so many had been opened: a person has decided to go on without those that are lost."""
        await self._count("opened", opened)

    async def today(self, clock: date) -> date:
        """The latest day that was ever seen here: a clock that was set back delays no deletion."""
        return date.fromordinal(await self._count("latest_day", clock.toordinal()))

    async def _count(self, name: str, at_least: int | None) -> int:
        def change(connection: sqlite3.Connection) -> int:
            if at_least is not None:
                connection.execute(
                    "INSERT INTO counts VALUES (?, ?)"
                    " ON CONFLICT (name) DO UPDATE SET value = excluded.value WHERE excluded.value > value",
                    (name, at_least),
                )
            found = connection.execute("SELECT value FROM counts WHERE name = ?", (name,)).fetchone()
            return int(found[0]) if found else 0

        if at_least is None:
            return await self._database.read(change)
        return await self._database.write(change)


def _one(connection: sqlite3.Connection, condition: str, value: str) -> Record | None:
    found = _many(connection, condition, (value,))
    return found[0] if found else None


def _many(connection: sqlite3.Connection, condition: str, values: tuple[str, ...]) -> list[Record]:
    rows = connection.execute(
        f"SELECT {', '.join(_COLUMNS)} FROM records WHERE {condition} ORDER BY record_id",  # noqa: S608
        values,
    ).fetchall()
    flags = (dict(zip(_FLAGS, map(bool, row[-2:]), strict=True)) for row in rows)
    return [Record(**dict(zip(_COLUMNS, row, strict=True)) | flag) for row, flag in zip(rows, flags, strict=True)]
