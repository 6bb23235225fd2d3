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
from consent.chain import PERSON, Checkpoint, canonical, check_signature, checked
from consent.errors import LedgerBroken, SealBroken
from consent.keyring import Record
from consent.notice import NOTICE_ID_LENGTH

_CHAIN: Final = "SELECT seq, kind, body, commitment, previous, hash FROM ledger ORDER BY seq"


@dataclass(frozen=True, slots=True)
class Verified:
    """What was proven: rows of the chain, answers of persons among them, how many of these could be opened, how many
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
    own = [Checkpoint(*row) for row in connection.execute("SELECT seq, hash, at, key, signature FROM checkpoints")]
    points: dict[int, list[Checkpoint]] = {}
    for point in [*own, *against]:
        check_signature(point)
        points.setdefault(point.seq, []).append(point)
    rows = persons = certified = 0
    keys = {point.key for point in against} or {point.key for point in own[:1]}
    for row in checked(connection.execute(_CHAIN)):
        rows = row.seq
        if row.kind == PERSON:
            persons += 1
        else:
            note = json.loads(row.body)
            certified += int(note.get("answers", 0))
            keys |= {note["signing_key"]} if "signing_key" in note else set()
        for point in points.pop(row.seq, ()):
            if point.hash != row.hash:
                raise LedgerBroken(f"record {row.seq} was written anew: on {point.at} another one was signed")
            if point.key not in keys:
                raise LedgerBroken(f"the checkpoint at record {row.seq} is signed by a key that is not the site's")
    points.pop(0, None)
    if points:
        raise LedgerBroken(f"records after {rows} are missing: record {max(points)} was signed once")
    _check_notices(connection)
    return Verified(rows, persons, 0, certified, len(own))


def verify(
    connection: sqlite3.Connection, records: Iterable[Record], against: Iterable[Checkpoint] = ()
) -> Verified:
    """Prove the chain, and that each answer that can still be opened is the one that was committed to.

    `records` are all that the keyring holds.

    Raises:
        LedgerBroken: the first thing that is wrong, with the row's number.
    """
    chain = verify_chain(connection, against)
    opened = sum(_check_record(connection, record) for record in records)
    missing = chain.persons - opened - chain.certified
    if missing > 0:
        raise LedgerBroken(f"{missing} answers cannot be opened, and no certificate says that they were erased")
    return Verified(chain.rows, chain.persons, opened, chain.certified, chain.checkpoints)


def _check_record(connection: sqlite3.Connection, record: Record) -> int:
    count = 0
    try:
        for content, commitment in sealed_rows.opened_answers(connection, record):
            seq = json.loads(content)["seq"]
            row = connection.execute("SELECT commitment FROM ledger WHERE seq = ?", (seq,)).fetchone()
            if row is None or row[0] != commitment:
                raise LedgerBroken(f"record {seq} is not what was sealed with it")
            count += 1
        sealed_rows.derived_of(connection, record)
    except SealBroken as error:
        raise LedgerBroken(f"{error} (one of the answers of a record opened on {record.opened_on})") from error
    return count


def _check_notices(connection: sqlite3.Connection) -> None:
    for notice_id, told in connection.execute("SELECT notice_id, told FROM notices"):
        digest = hashlib.sha256(canonical(json.loads(told)).encode()).hexdigest()
        if digest[:NOTICE_ID_LENGTH] != notice_id:
            raise LedgerBroken(f"the notice {notice_id} was changed: it is not what people were told")
