"""The shelf."""

from __future__ import annotations

import random
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consent import shelf
from consent.seals import ID_BYTES
from consent.shelf import Shelf
from tests.chance import rank_correlation

SMALL = Shelf("small", 40)
LARGE = Shelf("large", 3000)


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """A file with two empty shelves."""
    with closing(sqlite3.connect(tmp_path / "shelf.sqlite", isolation_level=None)) as opened:
        opened.execute("PRAGMA secure_delete=ON")
        opened.execute("PRAGMA synchronous=OFF")
        for one in (SMALL, LARGE):
            one.make(opened)
        opened.execute("BEGIN")
        yield opened


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 30)), max_size=120))
def test_a_shelf_is_a_mapping(story: list[tuple[bool, int]]) -> None:
    """Law: whatever is put and removed in whatever order, each id finds its own blob, and what is gone is gone."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        SMALL.make(connection)
        expected: dict[bytes, bytes] = {}
        for is_put, number in story:
            ident = number.to_bytes(ID_BYTES, "little")
            if not is_put:
                SMALL.remove(connection, ident)
                expected.pop(ident, None)
            elif ident not in expected:
                expected[ident] = secrets.token_bytes(40)
                SMALL.put(connection, ident, expected[ident])
        for number in range(31):
            ident = number.to_bytes(ID_BYTES, "little")
            assert SMALL.find(connection, ident) == expected.get(ident)
        assert connection.execute("SELECT count(*), coalesce(max(slot), 0) FROM small").fetchone() == (
            len(expected),
            len(expected),
        )


def test_many_find_their_places(connection: sqlite3.Connection) -> None:
    """Law: buckets that are full are split, and nothing is lost by it."""
    kept = {secrets.token_bytes(ID_BYTES): secrets.token_bytes(40) for _ in range(4_000)}
    for ident, body in kept.items():
        SMALL.put(connection, ident, body)
    assert connection.execute("SELECT count(*) FROM small_places").fetchone()[0] > 64
    assert all(SMALL.find(connection, ident) == body for ident, body in kept.items())


def test_an_id_is_taken_once(connection: sqlite3.Connection) -> None:
    """Law: a blob is never put over another, nor one of another size beside it."""
    ident = secrets.token_bytes(ID_BYTES)
    SMALL.put(connection, ident, b"x" * 40)
    with pytest.raises(sqlite3.IntegrityError, match="already"):
        SMALL.put(connection, ident, b"y" * 40)
    with pytest.raises(sqlite3.IntegrityError):
        SMALL.put(connection, secrets.token_bytes(ID_BYTES), b"x" * 41)


def test_what_is_not_known_is_swept(connection: sqlite3.Connection) -> None:
    """Law: after a restored copy nothing stays whose key is gone, wherever on the shelf it stands."""
    idents = [secrets.token_bytes(ID_BYTES) for _ in range(50)]
    for ident in idents:
        SMALL.put(connection, ident, ident + b"z" * 24)
    assert SMALL.sweep(connection, set(idents[::3])) == 33
    assert [SMALL.find(connection, i) is not None for i in idents] == [n % 3 == 0 for n in range(50)]
    assert SMALL.sweep(connection, set(idents[::3])) == 0


@pytest.mark.parametrize("one", [SMALL, LARGE], ids=lambda one: one.name)
def test_no_place_tells_the_time(one: Shelf, connection: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """Law: neither the row nor the byte at which a blob lies in the file goes with the time at which it came.

    Chance is drawn again by a permutation test; a table of its own, which appends, is the control that fails it.
    """
    lots = random.Random(20260301)
    monkeypatch.setattr(shelf.secrets, "randbelow", lots.randrange)  # type: ignore[attr-defined]
    connection.execute("CREATE TABLE control (seal_id BLOB PRIMARY KEY, body BLOB) WITHOUT ROWID")
    came = [lots.randbytes(ID_BYTES) for _ in range(400)]
    bodies = {ident: lots.randbytes(one.size) for ident in came}
    marks = {ident: lots.randbytes(one.size) for ident in came}
    for number, ident in enumerate(came):
        one.put(connection, ident, bodies[ident])
        connection.execute("INSERT INTO control VALUES (?, ?)", (ident, marks[ident]))
        if number % 7 == 3:  # some go again, as people withdraw
            one.remove(connection, came[number - 2])
        if number % 3 == 0:
            connection.execute("COMMIT")
            connection.execute("BEGIN")
    connection.execute("COMMIT")
    file = Path(connection.execute("PRAGMA database_list").fetchone()[2]).read_bytes()
    there = [ident for ident in came if one.find(connection, ident)]
    slots = dict(connection.execute(f"SELECT seal_id, slot FROM {one.name}"))
    assert rank_correlation([slots[i] for i in there]).p_value > 0.01
    assert rank_correlation([file.rindex(bodies[i][:32]) for i in there]).p_value > 0.01
    if one is LARGE:
        assert rank_correlation([file.rindex(marks[i][-32:]) for i in came]).p_value < 0.01


def test_nothing_that_was_removed_is_left_in_the_file(connection: sqlite3.Connection) -> None:
    """Law: what is removed or moved leaves no copy behind, nor does its id."""
    came = [(secrets.token_bytes(ID_BYTES), secrets.token_bytes(3000)) for _ in range(60)]
    for ident, body in came:
        LARGE.put(connection, ident, body)
    for ident, _ in came[::2]:
        LARGE.remove(connection, ident)
    connection.execute("COMMIT")
    file = Path(connection.execute("PRAGMA database_list").fetchone()[2]).read_bytes()
    assert not any(ident in file or body[:24] in file for ident, body in came[::2])
    assert all(file.count(body[:24]) == 1 for _, body in came[1::2])


def test_a_shelf_that_is_cleared_is_as_new(connection: sqlite3.Connection) -> None:
    """Law: every blob is gone, those of other shelves stay, and the same ids find a place again, however many came."""
    ids = [secrets.token_bytes(ID_BYTES) for _ in range(3000)]
    LARGE.put(connection, ids[0], bytes(LARGE.size))
    for _ in range(2):
        for one in ids:
            SMALL.put(connection, one, one.ljust(SMALL.size, b"."))
        assert sorted(SMALL.bodies(connection)) == sorted(one.ljust(SMALL.size, b".") for one in ids)
        SMALL.clear(connection)
        assert SMALL.bodies(connection) == []
        assert SMALL.find(connection, ids[0]) is None
    assert len(LARGE.bodies(connection)) == 1
