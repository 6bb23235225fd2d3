"""A shelf of sealed blobs of one size, on which no place tells when one came: not its row, not its page, not its byte.

SQLite appends: in any table of its own the order of pages and cells is the order of time, and time is in the PBX's call
records. So each blob that comes takes a place drawn by lot, and what stood there moves to the end (Fisher and Yates's
shuffle, inside out): after every step each order is as likely as any other. Rows are of one size and change in place.
Where an id stands is found in buckets that are sorted, padded and changed in place too.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

from consent.envelopes import ENVELOPE_BYTES
from consent.seals import ANSWER_BYTES, ID_BYTES, PIECE_BYTES, sealed_bytes

_SLOT_BYTES: Final = 4
_ENTRY_BYTES: Final = ID_BYTES + _SLOT_BYTES
_ROOM: Final = 32
"""Entries of a bucket. One that is full has all buckets split in two."""
_FIRST_BUCKETS: Final = 64
_Entries = dict[bytes, int]


@dataclass(frozen=True, slots=True)
class Shelf:
    """The blobs of one size, on an open transaction. `name` is a table; a second one beside it finds the places."""

    name: str
    size: int

    def make(self, connection: sqlite3.Connection) -> None:
        """Its tables, empty."""
        connection.execute(f"""
            CREATE TABLE {self.name} (
                slot INTEGER PRIMARY KEY CHECK (slot > 0),
                seal_id BLOB NOT NULL CHECK (length(seal_id) = {ID_BYTES}),
                body BLOB NOT NULL CHECK (length(body) = {self.size})
            ) STRICT""")
        connection.execute(f"""
            CREATE TABLE {self.name}_places (
                bucket INTEGER PRIMARY KEY, entries BLOB NOT NULL CHECK (length(entries) = {_ROOM * _ENTRY_BYTES})
            ) STRICT""")
        self._lay_out(connection)

    def clear(self, connection: sqlite3.Connection) -> None:
        """Take every blob away."""
        connection.execute(f"DELETE FROM {self.name}")  # noqa: S608
        connection.execute(f"DELETE FROM {self.name}_places")  # noqa: S608
        self._lay_out(connection)

    def bodies(self, connection: sqlite3.Connection) -> list[bytes]:
        """Every blob, by its place."""
        return [body for (body,) in connection.execute(f"SELECT body FROM {self.name} ORDER BY slot")]  # noqa: S608

    def find(self, connection: sqlite3.Connection, seal_id: bytes) -> bytes | None:
        """The blob under an id, None where there is none."""
        slot = self._entries(connection, self._bucket(connection, seal_id)).get(seal_id)
        found = None if slot is None else self._row(connection, slot)
        return found[1] if found is not None and found[0] == seal_id else None

    def put(self, connection: sqlite3.Connection, seal_id: bytes, body: bytes) -> None:
        """Put a blob where the lot falls. Raises sqlite3.IntegrityError: the id is taken, or the size is another."""
        if self.find(connection, seal_id) is not None:
            raise sqlite3.IntegrityError(f"{self.name} has this id already")
        last = self._last(connection) + 1
        slot = secrets.randbelow(last) + 1
        moved = self._row(connection, slot)
        if moved is not None:
            self._set(connection, slot, (seal_id, body))
            self._add(connection, last, moved)
        else:
            self._add(connection, last, (seal_id, body))
        self._point(connection, seal_id, slot)

    def remove(self, connection: sqlite3.Connection, seal_id: bytes) -> None:
        """Take a blob away, if it is there; the last one takes its place."""
        bucket = self._bucket(connection, seal_id)
        slot = self._entries(connection, bucket).get(seal_id)
        if slot is not None:
            self._clear(connection, slot, seal_id)

    def sweep(self, connection: sqlite3.Connection, known: Collection[bytes]) -> int:
        """Take away every blob whose id is not known; how many there were."""
        rows = connection.execute(f"SELECT slot, seal_id FROM {self.name} ORDER BY slot DESC").fetchall()  # noqa: S608
        strange = [(slot, ident) for slot, ident in rows if ident not in known]
        # From the end on, so that what moves into a gap was looked at before.
        for slot, ident in strange:
            self._clear(connection, slot, ident)
        return len(strange)

    def _lay_out(self, connection: sqlite3.Connection) -> None:
        empty = [(bucket, _packed({})) for bucket in range(_FIRST_BUCKETS)]
        connection.executemany(f"INSERT INTO {self.name}_places VALUES (?, ?)", empty)  # noqa: S608

    def _clear(self, connection: sqlite3.Connection, slot: int, seal_id: bytes) -> None:
        last = self._last(connection)
        moved = self._row(connection, last)
        bucket = self._bucket(connection, seal_id)
        entries = self._entries(connection, bucket)
        entries.pop(seal_id, None)
        self._keep(connection, bucket, entries)
        if moved is not None and last != slot:
            self._set(connection, slot, moved)
            self._point(connection, moved[0], slot)
        connection.execute(f"DELETE FROM {self.name} WHERE slot = ?", (last,))  # noqa: S608

    def _last(self, connection: sqlite3.Connection) -> int:
        return int(connection.execute(f"SELECT coalesce(max(slot), 0) FROM {self.name}").fetchone()[0])  # noqa: S608

    def _row(self, connection: sqlite3.Connection, slot: int) -> tuple[bytes, bytes] | None:
        found = connection.execute(f"SELECT seal_id, body FROM {self.name} WHERE slot = ?", (slot,)).fetchone()  # noqa: S608
        return None if found is None else (found[0], found[1])

    def _add(self, connection: sqlite3.Connection, slot: int, row: tuple[bytes, bytes]) -> None:
        connection.execute(f"INSERT INTO {self.name} VALUES (?, ?, ?)", (slot, *row))  # noqa: S608
        self._point(connection, row[0], slot)

    def _set(self, connection: sqlite3.Connection, slot: int, row: tuple[bytes, bytes]) -> None:
        connection.execute(f"UPDATE {self.name} SET seal_id = ?, body = ? WHERE slot = ?", (*row, slot))  # noqa: S608

    def _bucket(self, connection: sqlite3.Connection, seal_id: bytes) -> int:
        return int.from_bytes(seal_id[:8], "big") % self._buckets(connection)

    def _buckets(self, connection: sqlite3.Connection) -> int:
        return int(connection.execute(f"SELECT max(bucket) FROM {self.name}_places").fetchone()[0]) + 1  # noqa: S608

    def _entries(self, connection: sqlite3.Connection, bucket: int) -> _Entries:
        query = f"SELECT entries FROM {self.name}_places WHERE bucket = ?"  # noqa: S608
        return dict(_unpacked(connection.execute(query, (bucket,)).fetchone()[0]))

    def _point(self, connection: sqlite3.Connection, seal_id: bytes, slot: int) -> None:
        bucket = self._bucket(connection, seal_id)
        entries = self._entries(connection, bucket) | {seal_id: slot}
        if len(entries) > _ROOM:
            self._split(connection)
            self._point(connection, seal_id, slot)
        else:
            self._keep(connection, bucket, entries)

    def _keep(self, connection: sqlite3.Connection, bucket: int, entries: _Entries) -> None:
        connection.execute(
            f"UPDATE {self.name}_places SET entries = ? WHERE bucket = ?",  # noqa: S608
            (_packed(entries), bucket),
        )

    def _split(self, connection: sqlite3.Connection) -> None:
        count = self._buckets(connection)
        for bucket in range(count):
            entries = self._entries(connection, bucket)
            going = {i: s for i, s in entries.items() if int.from_bytes(i[:8], "big") % (2 * count) != bucket}
            self._keep(connection, bucket, {i: s for i, s in entries.items() if i not in going})
            connection.execute(
                f"INSERT INTO {self.name}_places VALUES (?, ?)",  # noqa: S608
                (bucket + count, _packed(going)),
            )


def _packed(entries: _Entries) -> bytes:
    """Sorted by id, so that the bytes are those of the set, whatever came first."""
    joined = b"".join(ident + slot.to_bytes(_SLOT_BYTES, "big") for ident, slot in sorted(entries.items()))
    return joined.ljust(_ROOM * _ENTRY_BYTES, b"\0")


def _unpacked(entries: bytes) -> Iterator[tuple[bytes, int]]:
    for start in range(0, len(entries), _ENTRY_BYTES):
        slot = int.from_bytes(entries[start + ID_BYTES : start + _ENTRY_BYTES], "big")
        if slot:
            yield entries[start : start + ID_BYTES], slot


ANSWERS: Final = Shelf("sealed_answers", sealed_bytes(ANSWER_BYTES))
"""What was answered."""
PIECES: Final = Shelf("sealed_pieces", sealed_bytes(PIECE_BYTES))
"""What was derived, in pieces."""
EVERY: Final = (ANSWERS, PIECES)
ENVELOPES: Final = Shelf("pulse_envelopes", ENVELOPE_BYTES)
"""What staff answered in the survey that is open. Its key is no record's, so nobody sweeps it with the others."""
