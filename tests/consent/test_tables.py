"""The third lock: the file itself refuses, whatever code runs."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from consent.database import Database
from consent.errors import DatabaseUnavailable
from consent.tables import MIGRATIONS
from tests.conftest import AGENTS, Callers

CALL = "call-1"
GRANT = (
    "INSERT INTO grants (grant_id, call_id, party, endpoint, purposes, notice_id, language, struck_at, scores_days,"
    " records_days) SELECT {}, {}, {}, {}, {}, notice_id, 'en', '2026-03-01', 9, 9 FROM staff"
)
AGENT = "'agent', '1001', 'facts'"
CALLER = "'caller', '', 'facts tone'"


async def refused(database: Database, statement: str, why: str | None = None) -> None:
    """The statement fails on a law of the schema."""
    with pytest.raises(sqlite3.IntegrityError, match=why):
        await database.write(lambda c: c.execute(statement))


@pytest.mark.parametrize("table", ["ledger", "notices"])
@pytest.mark.parametrize("change", ["UPDATE {} SET rowid = rowid + 100", "DELETE FROM {}"])
async def test_what_was_recorded_and_announced_stays(
    callers: Callers, database: Database, table: str, change: str
) -> None:
    """Law: append-only, held where no code of ours looks."""
    await callers.says_yes()
    await refused(database, change.format(table), "append-only")


@pytest.mark.parametrize(
    "row",
    [
        "0, 'public', '{}', 'c', 'p', 'h'",
        "99, 'person', '{\"number\": 1}', 'c', 'p', 'h'",
        "99, 'secret', '', 'c', 'p', 'h'",
        "99, 'person', '', NULL, 'p', 'h'",
    ],
)
async def test_a_row_of_no_form_is_not_taken(database: Database, row: str) -> None:
    """Law: a person's row has no body: nothing about a person can get into the chain in clear."""
    await refused(database, f"INSERT INTO ledger VALUES ({row})")


@pytest.mark.parametrize(
    ("values", "why"),
    [
        (("'x'", "'other'", CALLER), "FOREIGN|no live yes"),
        (("'x'", f"'{CALL}'", "'agent', '1009', 'facts'"), "not acknowledged"),
        (("'x'", f"'{CALL}'", "'agent', '', 'facts'"), None),
        (("'x'", f"'{CALL}'", "'agent', '1002', 'facts tone'"), None),
        (("'x'", f"'{CALL}'", CALLER), "UNIQUE"),
        (("NULL", f"'{CALL}'", AGENT), None),
    ],
)
async def test_a_forged_grant_is_not_taken(
    callers: Callers, database: Database, values: tuple[str, str, str], why: str | None
) -> None:
    """Law: no grant without a yes of that call, none of an agent who was not told, none of tone for an agent."""
    await callers.says_yes(CALL)
    ident, call_id, rest = values
    party, endpoint, purposes = rest.split(", ")
    await refused(database, GRANT.format(ident, call_id, party, endpoint, purposes) + " LIMIT 1", why)


@pytest.mark.parametrize(
    "change",
    [
        "grant_id = 'x'",
        "call_id = 'y'",
        "party = 'caller', endpoint = ''",
        "endpoint = '1002'",
        "purposes = 'facts tone'",
        "scores_days = 365",
        "records_days = 364",
        "notice_id = (SELECT max(notice_id) FROM notices WHERE notice_id != grants.notice_id)",
        "language = 'fr'",
        "struck_at = '2099'",
    ],
)
async def test_a_grant_is_never_changed(callers: Callers, database: Database, change: str) -> None:
    """Law: nothing of a grant can be widened, moved or made to last; it can only end."""
    await callers.says_yes(CALL)
    await refused(database, f"UPDATE grants SET {change} WHERE party = 'agent'")


async def test_a_grant_ends_once(callers: Callers, database: Database) -> None:
    """Law: what has ended does not live again, not even in the file."""
    await callers.says_yes(CALL)
    await callers.stops(CALL)
    await refused(database, "UPDATE grants SET ended_at = NULL, ended_by = NULL", "only end, once")
    forged = GRANT.format("'x'", f"'{CALL}'", "'agent'", "'1002'", "'facts'")
    await refused(database, f"{forged} LIMIT 1", "no live yes")


async def test_half_an_end_is_none(callers: Callers, database: Database) -> None:
    """Law: an end has a moment and a reason."""
    await callers.says_yes(CALL)
    await refused(database, "UPDATE grants SET ended_at = '2026-03-01'")


async def test_staff_holds_an_acknowledgement_whole_or_not(callers: Callers, database: Database) -> None:
    """Law: an acknowledgement is of a notice."""
    await callers.says_yes(CALL)
    await refused(database, f"UPDATE staff SET notice_id = '' WHERE endpoint = '{AGENTS[0]}'")


@pytest.mark.parametrize("table", ["sealed_answers", "sealed_pieces"])
async def test_a_blob_of_another_size_is_not_taken(database: Database, table: str) -> None:
    """Law: no length at rest tells anything."""
    for ident, body in ((16, 100), (15, 1052), (16, 0)):
        await refused(database, f"INSERT INTO {table} VALUES (1, zeroblob({ident}), zeroblob({body}))", "CHECK")


async def test_a_file_from_before_the_seals_is_refused(tmp_path: Path) -> None:
    """Law: what holds ids and times in clear is not served, and is not changed either."""
    path = tmp_path / "old.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE ledger (seq INTEGER PRIMARY KEY, call_id TEXT, at TEXT)")
        connection.execute("INSERT INTO ledger VALUES (1, '1.1', '2026-03-01')")
    connection.close()
    with pytest.raises(DatabaseUnavailable, match="before records were sealed"):
        await Database.open(path, [MIGRATIONS])
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT * FROM ledger").fetchall() == [(1, "1.1", "2026-03-01")]
    connection.close()


async def test_opening_twice_changes_nothing(tmp_path: Path) -> None:
    """Law: every migration runs once."""
    schema = []
    for _ in range(2):
        database = await Database.open(tmp_path / "x.sqlite", [MIGRATIONS])
        schema.append(
            await database.read(lambda c: c.execute("SELECT sql FROM sqlite_schema ORDER BY name").fetchall())
        )
        await database.close()
    assert schema[0] == schema[1]
