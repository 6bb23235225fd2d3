"""Rows of the chain and of what is sealed, on an open transaction. Only the ledger, who verifies it, and
the survey of staff, whose opening and end are public, come here."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from itertools import count
from typing import Any, Final

from consent import seals
from consent.chain import GENESIS, PERSON, PUBLIC, canonical, public_commitment, row_hash
from consent.keyring import Record
from consent.shelf import ANSWERS, PIECES, Shelf

_Label = Callable[[int], str]
_SHELVES: Final[dict[_Label, Shelf]] = {seals.answer_label: ANSWERS, seals.piece_label: PIECES}
ROWS_OF_A_CALL: Final = 4
"""Every call that is over has so many rows in the chain, whatever was answered: asked, granted, objected and withdrawn
are the most that one can have."""
Gather = Callable[[sqlite3.Connection], bytes]
"""Takes out of the file what was derived of a call, as bytes to be sealed (b"" for nothing)."""


def head(connection: sqlite3.Connection) -> tuple[int, str]:
    """The last row's place and hash; (0, GENESIS) of an empty chain."""
    found = connection.execute("SELECT seq, hash FROM ledger ORDER BY seq DESC LIMIT 1").fetchone()
    return (int(found[0]), str(found[1])) if found else (0, GENESIS)


def append_row(connection: sqlite3.Connection, kind: str, body: str, commit: Callable[[int], str]) -> int:
    """Append a row whose commitment is what `commit` makes of its place; its place."""
    last, previous = head(connection)
    seq = last + 1
    commitment = commit(seq)
    digest = row_hash(seq, kind, commitment, previous)
    connection.execute("INSERT INTO ledger VALUES (?, ?, ?, ?, ?, ?)", (seq, kind, body, commitment, previous, digest))
    return seq


def append_public(connection: sqlite3.Connection, fields: Mapping[str, Any]) -> int:
    """Append a record in clear, which concerns nobody in person; its place in the chain."""
    body = canonical(fields)
    return append_row(connection, PUBLIC, body, lambda _: public_commitment(body))


def append(connection: sqlite3.Connection, record: Record, fields: Mapping[str, Any]) -> int:
    """Append an answer: its commitment to the chain, itself sealed beside it; its place in the chain."""
    number = sum(1 for _ in _bodies(connection, record.secret, seals.answer_label))

    def commit(seq: int) -> str:
        content = canonical({"seq": seq, **fields}).encode()
        seal = seals.close(record.secret, seals.answer_label(number), content, seals.ANSWER_BYTES)
        ANSWERS.put(connection, *seal)
        return seals.commitment(record.secret, number, content)

    return append_row(connection, PERSON, "", commit)


def has_answers(connection: sqlite3.Connection, record: Record) -> bool:
    """Whether anything was ever sealed for a record."""
    return next(_bodies(connection, record.secret, seals.answer_label), None) is not None


def answers_of(connection: sqlite3.Connection, record: Record) -> list[dict[str, Any]]:
    """What was answered, in order, each with its place in the chain (`seq`). Raises SealBroken."""
    found = [json.loads(content) for content, _ in opened_answers(connection, record)]
    return [fields for fields in found if "answer" in fields]


def opened_answers(connection: sqlite3.Connection, record: Record) -> Iterator[tuple[bytes, str]]:
    """The content of each answer of a record, and the commitment that the chain must hold of it. Raises SealBroken."""
    bodies = _bodies(connection, record.secret, seals.answer_label)
    for number, body in enumerate(bodies):
        content = seals.open_seal(record.secret, seals.answer_label(number), body)
        yield content, seals.commitment(record.secret, number, content)


def derived_of(connection: sqlite3.Connection, record: Record) -> bytes:
    """What was derived under a record, b"" where nothing is kept. Raises SealBroken."""
    if record.derived is None:
        return b""
    bodies = list(_bodies(connection, record.derived, seals.piece_label))
    return seals.open_derived(record.derived, bodies) if bodies else b""


def put_derived(connection: sqlite3.Connection, record: Record, content: bytes) -> None:
    """Seal what was derived in place of what is sealed there. The record must have a secret for it."""
    assert record.derived is not None  # noqa: S101 - the caller looked
    delete_derived(connection, record)
    # All pieces are made before the first is put down: what does not fit leaves nothing behind.
    for seal in list(seals.close_derived(record.derived, content)):
        PIECES.put(connection, *seal)


def close_call(connection: sqlite3.Connection, call_id: str, record: Record | None, gather: Gather) -> bool:
    """Seal what `gather` takes out of the file, and delete every row of the call that is in clear; whether anything
    that was derived is sealed now: a second try, or an answer that is told once more, finds what the first one sealed.

    Of a call whose record is erased, or was closed before (an old copy of the file), nothing is added; nor of one that
    the caller stopped.
    """
    derived = gather(connection)
    query = "SELECT 1 FROM answers WHERE call_id = ? AND answer = 'withdrawn'"
    is_stopped = connection.execute(query, (call_id,)).fetchone() is not None
    if record is None or record.closed or record.derived is None or is_stopped:
        derived = b""
    if derived and record is not None:
        put_derived(connection, record, derived)
    if record is not None and not record.closed:
        _fill(connection, record)
    for table in ("grants", "answers", "calls"):
        connection.execute(f"DELETE FROM {table} WHERE call_id = ?", (call_id,))  # noqa: S608
    return record is not None and not is_stopped and has_derived(connection, record)


def _fill(connection: sqlite3.Connection, record: Record) -> None:
    # A no takes two rows, a yes three: beside the PBX's call records the length of the chain would tell them apart.
    for _ in range(sum(1 for _ in _bodies(connection, record.secret, seals.answer_label)), ROWS_OF_A_CALL):
        append(connection, record, {})


def has_derived(connection: sqlite3.Connection, record: Record) -> bool:
    """Whether anything that was derived is sealed under a record."""
    return record.derived is not None and any(True for _ in _bodies(connection, record.derived, seals.piece_label))


def delete_derived(connection: sqlite3.Connection, record: Record) -> int:
    """Delete the sealed pieces of what was derived; how many there were."""
    return 0 if record.derived is None else _delete(connection, record.derived, seals.piece_label)


def delete_record(connection: sqlite3.Connection, record: Record) -> int:
    """Delete all that was sealed of a record; how many answers."""
    delete_derived(connection, record)
    return _delete(connection, record.secret, seals.answer_label)


def ids_of(connection: sqlite3.Connection, record: Record) -> Iterator[bytes]:
    """The ids of all that is sealed of a record."""
    yield from _ids(connection, record.secret, seals.answer_label)
    if record.derived is not None:
        yield from _ids(connection, record.derived, seals.piece_label)


def _delete(connection: sqlite3.Connection, secret: bytes, label: _Label) -> int:
    ids = list(_ids(connection, secret, label))
    for one in ids:
        _SHELVES[label].remove(connection, one)
    return len(ids)


def _ids(connection: sqlite3.Connection, secret: bytes, label: _Label) -> Iterator[bytes]:
    for number, _ in enumerate(_bodies(connection, secret, label)):
        yield seals.seal_id(secret, label(number))


def _bodies(connection: sqlite3.Connection, secret: bytes, label: _Label) -> Iterator[bytes]:
    for number in count():
        found = _SHELVES[label].find(connection, seals.seal_id(secret, label(number)))
        if found is None:
            return
        yield found
