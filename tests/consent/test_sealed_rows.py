"""Rows of the chain and of what is sealed."""

from __future__ import annotations

import dataclasses
import sqlite3
from datetime import date
from typing import Any

import pytest

from consent import sealed_rows, seals
from consent.chain import GENESIS
from consent.database import Database
from consent.errors import SealBroken
from consent.keyring import Keyring, Record
from consent.retention import Retention
from consent.verification import verify, verify_chain

TODAY = date(2026, 3, 1)
CONTENT = b'{"scores": [' + b", ".join(b"%d" % (n * n * 7919) for n in range(3_000)) + b"]}"


@pytest.fixture
async def record(keyring: Keyring) -> Record:
    """An open record."""
    return await keyring.open("mac", "call", "", Retention(30), TODAY)


async def rows(database: Database, table: str) -> int:
    """How many rows a table has."""
    return await database.read(lambda c: int(c.execute(f"SELECT count(*) FROM {table}").fetchone()[0]))


async def test_answers_come_back_in_their_order(database: Database, record: Record) -> None:
    """Law: what was answered, each with its place in the chain; of public rows in between nothing."""
    assert await database.read(sealed_rows.head) == (0, GENESIS)
    for number in range(12):
        await database.write(lambda c, n=number: sealed_rows.append(c, record, {"answer": "asked", "n": n}))  # type: ignore[misc]
        await database.write(lambda c: sealed_rows.append_public(c, {"what": "test"}))
    answers = await database.read(lambda c: sealed_rows.answers_of(c, record))
    assert [(one["n"], one["seq"]) for one in answers] == [(n, 2 * n + 1) for n in range(12)]
    assert (await database.read(lambda c: verify(c, [record]))).opened == 12


async def test_a_person_stands_in_the_chain_as_a_commitment_alone(database: Database, record: Record) -> None:
    """Law: nothing of an answer is in clear, and the same answer twice is not the same row."""
    for _ in range(2):
        await database.write(lambda c: sealed_rows.append(c, record, {"answer": "granted", "call_id": "1.1"}))
    found = await database.read(lambda c: c.execute("SELECT kind, body, commitment FROM ledger").fetchall())
    assert {row[:2] for row in found} == {("person", "")}
    assert len({row[2] for row in found}) == 2
    assert b"granted" not in database.path.read_bytes()


async def test_derived_content_of_any_length_comes_back(database: Database, record: Record) -> None:
    """Law: long or short, what was derived comes back to the byte, and a second time takes the place of the first."""
    assert await database.read(lambda c: sealed_rows.derived_of(c, record)) == b""
    for content in (CONTENT, b"short"):
        await database.write(lambda c, what=content: sealed_rows.put_derived(c, record, what))  # type: ignore[misc]
        assert await database.read(lambda c: sealed_rows.derived_of(c, record)) == content
    assert await rows(database, "sealed_pieces") == 1


async def test_a_piece_that_is_missing_breaks_the_whole(database: Database, record: Record) -> None:
    """Law: what was derived is whole or broken."""
    assert record.derived is not None
    await database.write(lambda c: sealed_rows.put_derived(c, record, CONTENT))
    assert await rows(database, "sealed_pieces") > 2
    last = await rows(database, "sealed_pieces") - 1
    ident = seals.seal_id(record.derived, seals.piece_label(last))
    await database.write(lambda c: sealed_rows._SHELVES[seals.piece_label].remove(c, ident))
    with pytest.raises(SealBroken):
        await database.read(lambda c: sealed_rows.derived_of(c, record))


async def test_deleting_a_record_leaves_its_commitments_alone(database: Database, record: Record) -> None:
    """Law: nothing of it can be opened, the chain holds, and how many answers went is known."""
    for answer in ("asked", "granted"):
        await database.write(lambda c, one=answer: sealed_rows.append(c, record, {"answer": one}))  # type: ignore[misc]
    await database.write(lambda c: sealed_rows.put_derived(c, record, CONTENT))
    known = await database.read(lambda c: set(sealed_rows.ids_of(c, record)))
    assert len(known) == await rows(database, "sealed")
    assert await database.erase(lambda c: sealed_rows.delete_record(c, record)) == 2
    assert await rows(database, "sealed") == 0
    assert not await database.read(lambda c: sealed_rows.has_answers(c, record))
    assert (await database.read(verify_chain)).persons == 2
    assert not any(ident in database.path.read_bytes() for ident in known)


@pytest.mark.parametrize("how", ["none", "closed", "erased", "withdrawn"])
async def test_nothing_is_sealed_where_nothing_may_stay(database: Database, record: Record, how: str) -> None:
    """Law: of a call whose record is gone, was closed before, lost its secret or was withdrawn nothing is kept."""
    variants: dict[str, Record | None] = {
        "none": None,
        "closed": dataclasses.replace(record, closed=True),
        "erased": dataclasses.replace(record, derived=None),
        "withdrawn": record,
    }

    def change(connection: sqlite3.Connection) -> bool:
        connection.execute("INSERT INTO calls VALUES ('1.1', ?)", (record.record_id,))
        seq = sealed_rows.append(connection, record, {"answer": how})
        if how == "withdrawn":
            values: tuple[Any, ...] = ("1.1", "withdrawn", "x", "key", "caller", "n", "en", "event", seq)
            connection.execute("INSERT INTO answers VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", values)
        return sealed_rows.close_call(connection, "1.1", variants[how], lambda _: CONTENT)

    assert not await database.erase(change)
    assert await rows(database, "sealed_pieces") == 0
    assert await rows(database, "calls") == 0


async def test_what_does_not_fit_is_refused_whole(database: Database, record: Record) -> None:
    """Law: an answer that is too long leaves neither a row nor a seal."""
    with pytest.raises(ValueError, match="do not fit"):
        await database.write(lambda c: sealed_rows.append(c, record, {"text": "x" * 2_000}))
    assert await database.read(sealed_rows.head) == (0, GENESIS)
    assert await rows(database, "sealed") == 0
