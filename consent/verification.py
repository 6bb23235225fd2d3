"""Proves a ledger: every row of its chain, its checkpoints, its notices, and every seal that can still be opened.

Reads connections alone, so that it works on a copy, beside a running bridge, or at the works council's desk with a
checkpoint that nobody here could change.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from consent import sealed_rows
from consent.chain import PERSON, Checkpoint, Row, canonical, check_signature, checked
from consent.errors import InvalidValue, LedgerBroken, SealBroken
from consent.keyring import GONE, Record
from consent.notice import NOTICE_ID_LENGTH

_CHAIN: Final = "SELECT seq, kind, body, commitment, previous, hash FROM ledger ORDER BY seq"
_POINTS: Final = "SELECT seq, hash, at, key, signature FROM checkpoints ORDER BY seq"
_NAMED: Final = 8
"""How many rows a sentence names at most."""


@dataclass(frozen=True, slots=True)
class Verified:
    """What was proven: rows of the chain, those of persons among them, how many of these could be opened, how many
    were erased with a certificate, and how many checkpoints hold.
    """

    rows: int
    persons: int
    opened: int
    certified: int
    checkpoints: int


def verify_chain(connection: sqlite3.Connection, against: Iterable[Checkpoint] = ()) -> Verified:
    """Prove the chain, and that it still leads through every checkpoint: its own, and those kept elsewhere.

    Raises:
        LedgerBroken: the first thing that is wrong, with the row's number.
    """
    outside, own = list(against), _own(connection)
    points = _Points(own, outside)
    rows = persons = certified = 0
    for row in checked(connection.execute(_CHAIN)):
        rows = row.seq
        if row.kind == PERSON:
            persons += 1
        else:
            certified += points.learn(row)
        points.pass_by(row)
    points.finish(rows)
    _check_notices(connection)
    return Verified(rows, persons, 0, certified, len(own))


def verify(connection: sqlite3.Connection, records: Iterable[Record], against: Iterable[Checkpoint] = ()) -> Verified:
    """Prove the chain, and that each answer that can still be opened is the one that was committed to.

    `records` are all that the keyring holds.

    Raises:
        LedgerBroken: the first thing that is wrong, with the row's number.
    """
    chain = verify_chain(connection, against)
    proven = bytearray(chain.rows + 1)  # one byte a row: which answers could be opened
    broken = ""
    held = list(records)
    for record in held:
        broken = _prove(connection, record, proven) or broken
    opened = sum(proven)
    if broken or chain.persons - opened > chain.certified:
        raise LedgerBroken(_of_what_is_left(connection, proven, chain.certified, broken))
    for record in held:
        _check_certified(connection, record)
    return Verified(chain.rows, chain.persons, opened, chain.certified, chain.checkpoints)


class _Points:
    """The checkpoints that a chain must lead through, and the keys that may have signed them."""

    def __init__(self, own: list[Checkpoint], outside: list[Checkpoint]) -> None:
        self._left: dict[int, list[Checkpoint]] = {}
        for point in [*own, *outside]:
            check_signature(point)
            self._left.setdefault(point.seq, []).append(point)
        self._keys = {point.key for point in outside}
        self._first = {point.key for point in own[:1]}

    def learn(self, row: Row) -> int:
        """Take a public row: a key that it names signs from here on; how many erased answers it certifies."""
        try:
            note = json.loads(row.body)
            self._keys |= {note["signing_key"]} if "signing_key" in note else set()
            return int(note.get("answers", 0))
        except (ValueError, TypeError, AttributeError):
            raise LedgerBroken(f"record {row.seq} is not of the form that was ever written") from None

    def pass_by(self, row: Row) -> None:
        """Raises LedgerBroken where another row was signed, or the signer is not the site."""
        for point in self._left.pop(row.seq, ()):
            if point.hash != row.hash:
                raise LedgerBroken(f"record {row.seq} was written anew: on {point.at} another one was signed")
            if point.key not in (self._keys or self._first):
                raise LedgerBroken(f"the checkpoint at record {row.seq} is signed by a key that is not the site's")

    def finish(self, rows: int) -> None:
        """Raises LedgerBroken where more was signed than there is."""
        self._left.pop(0, None)
        if self._left:
            raise LedgerBroken(f"records after {rows} are missing: record {max(self._left)} was signed once")


def _own(connection: sqlite3.Connection) -> list[Checkpoint]:
    try:
        return [Checkpoint(*row) for row in connection.execute(_POINTS)]
    except (InvalidValue, TypeError) as error:
        raise LedgerBroken(f"a checkpoint was changed: {error}") from None


def _prove(connection: sqlite3.Connection, record: Record, proven: bytearray) -> str:
    """Mark the rows whose answers open, each as it was committed to; what is wrong with the seals, "" for nothing."""
    try:
        for content, commitment in sealed_rows.opened_answers(connection, record):
            seq = json.loads(content)["seq"]
            row = connection.execute("SELECT commitment FROM ledger WHERE seq = ?", (seq,)).fetchone()
            if row is None or row[0] != commitment:
                raise LedgerBroken(f"record {seq} is not what was sealed with it")
            proven[seq] = 1
        sealed_rows.derived_of(connection, record)
    except SealBroken as error:
        return f"{error} (one of a record opened on {record.opened_on})"
    return ""


def _check_certified(connection: sqlite3.Connection, record: Record) -> None:
    """An erasure takes the secret first: where it is still there and opens nothing, the certificate is made up."""
    if record.closed and record.kind != GONE and not sealed_rows.has_answers(connection, record):
        raise LedgerBroken(
            f"all answers of a record opened on {record.opened_on} were taken away, and a certificate was made up"
        )


def _of_what_is_left(connection: sqlite3.Connection, proven: bytearray, certified: int, broken: str) -> str:
    """Names the rows whose answers do not open: one, or where some were erased by right, those among which it is."""
    persons = connection.execute("SELECT seq FROM ledger WHERE kind = 'person' ORDER BY seq")
    left = [seq for (seq,) in persons if not proven[seq]]
    if len(left) <= certified:
        return broken
    why = broken or "it cannot be opened, and no certificate says that it was erased"
    if not certified:
        return f"record {left[0]} was changed: {why}"
    names = ", ".join(str(seq) for seq in left[:_NAMED]) + (" ..." if len(left) > _NAMED else "")
    return f"{len(left) - certified} of the records {names} was changed: {why}"


def _check_notices(connection: sqlite3.Connection) -> None:
    query = "SELECT notice_id, told, language, version, purposes, scores_days, records_days FROM notices"
    for notice_id, text, *columns in connection.execute(query):
        told = json.loads(text)
        digest = hashlib.sha256(canonical(told).encode()).hexdigest()
        names = ("language", "version", "purposes", "scores_days", "records_days")
        expected = [" ".join(told[name]) if name == "purposes" else told[name] for name in names]
        if digest[:NOTICE_ID_LENGTH] != notice_id or columns != expected:
            raise LedgerBroken(f"the notice {notice_id} was changed: it is not what people were told")
