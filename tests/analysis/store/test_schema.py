"""The third lock: the file itself refuses."""

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlite_utils

from analysis.store.schema import MIGRATIONS
from consent.database import Database
from consent.gate import Grants
from consent.retention import stamp
from consent.tables import MIGRATIONS as CONSENT
from tests.conftest import Callers

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def score(grant: str, /, **changes: object) -> tuple[str, list[object]]:
    """An INSERT of a good score, with some columns changed."""
    row: dict[str, object] = {
        "grant_id": grant,
        "made_at": stamp(NOW),
        "expires_at": stamp(NOW + timedelta(days=30)),
        "start_s": 1.0,
        "end_s": 3.0,
        "kind": "tone",
        "activation": 0.5,
        "activation_sigma": 0.1,
        "anger": 0.2,
        "anger_sigma": 0.1,
        "reason": None,
        "model_id": "m",
    } | changes
    return f"INSERT INTO scores ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})", list(row.values())


def facts(grant: str, /, **changes: object) -> tuple[str, list[object]]:
    """An INSERT of good facts, with some columns changed."""
    row: dict[str, object] = {
        "grant_id": grant,
        "made_at": stamp(NOW),
        "expires_at": stamp(NOW + timedelta(days=30)),
        "heard_s": 60.0,
        "talk_s": 20.0,
        "talk_share": 0.4,
        "overlap_s": 1.0,
        "longest_pause_s": 2.0,
        "overlaps_begun": 1,
        "answers": 4,
        "response_latency_s": 0.4,
    } | changes
    return f"INSERT INTO facts ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})", list(row.values())


async def write(database: Database, statement: tuple[str, list[object]]) -> None:
    """Past all code of ours: straight into the file."""
    await database.write(lambda connection: connection.execute(*statement))


@pytest.fixture
async def grants(callers: Callers) -> Grants:
    """A call that was granted."""
    return await callers.says_yes()


async def test_good_rows_are_taken(database: Database, grants: Grants) -> None:
    """The schema lets through what it is for: a score, an abstention, and facts of both parties."""
    await write(database, score(grants.caller.grant_id))
    nothing = dict.fromkeys(("activation", "activation_sigma", "anger", "anger_sigma", "model_id"))
    await write(database, score(grants.caller.grant_id, kind="abstained", reason="noise", **nothing))
    await write(database, facts(grants.caller.grant_id))
    assert grants.agent is not None
    await write(database, facts(grants.agent.grant_id, talk_share=None))


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "emotion"},
        {"kind": "abstained"},
        {"kind": "abstained", "reason": "noise"},
        {"reason": "noise"},
        {"activation": None},
        {"activation": 1.2},
        {"anger_sigma": -0.1},
        {"model_id": None},
        {"end_s": 1.0},
        {"start_s": -1.0},
        {"expires_at": stamp(NOW)},
        {"expires_at": None},
        {"expires_at": "never"},
        {"expires_at": "9999"},
        {"expires_at": stamp(NOW + timedelta(days=31))},
        {"grant_id": None},
        {"grant_id": "nobody"},
    ],
    ids=str,
)
async def test_a_score_that_breaks_a_law_is_refused(
    database: Database, grants: Grants, changes: dict[str, object]
) -> None:
    """Without a grant, without an end, for longer than was announced, or half a score: not in this file."""
    with pytest.raises(sqlite3.IntegrityError):
        await write(database, score(grants.caller.grant_id, **changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"talk_s": 61.0},
        {"talk_share": 1.1},
        {"overlap_s": 21.0},
        {"overlaps_begun": -1},
        {"overlaps_begun": 3},
        {"answers": -1},
        {"answers": 0},
        {"response_latency_s": None},
        {"response_latency_s": 3.1},
        {"articulation_s": -1.0},
        {"articulation_rate": 4.0},
        {"articulation_rate": 4.0, "articulation_s": 9.0},
        {"articulation_rate": 21.0, "articulation_s": 20.0},
        {"level_change_db": 101.0},
        {"grant_id": "nobody"},
        {"expires_at": stamp(NOW)},
    ],
    ids=str,
)
async def test_facts_that_break_a_law_are_refused(
    database: Database, grants: Grants, changes: dict[str, object]
) -> None:
    """More talk than was heard, answers without a time, a rate of next to nothing, no grant, no life."""
    with pytest.raises(sqlite3.IntegrityError):
        await write(database, facts(grants.caller.grant_id, **changes))


async def test_no_score_under_the_agents_grant(database: Database, grants: Grants) -> None:
    """EU AI Act, Article 5(1)(f), held by the file: neither a score nor an abstention of the agent."""
    assert grants.agent is not None
    with pytest.raises(sqlite3.IntegrityError, match="caller"):
        await write(database, score(grants.agent.grant_id))


DELIVERY = {"articulation_s": 12.0, "articulation_rate": 4.1, "level_change_db": 3.0}


@pytest.mark.parametrize("name", DELIVERY)
async def test_pace_and_level_only_under_a_callers_grant(database: Database, grants: Grants, name: str) -> None:
    """Of the agent the file takes neither pace nor level, written or changed to; of the caller it takes both."""
    assert grants.agent is not None
    await write(database, facts(grants.caller.grant_id, **DELIVERY))
    alone = {"articulation_s": DELIVERY["articulation_s"]} | {name: DELIVERY[name]}
    with pytest.raises(sqlite3.IntegrityError, match="caller alone"):
        await write(database, facts(grants.agent.grant_id, **alone))
    await write(database, facts(grants.agent.grant_id))
    change = ", ".join(f"{column} = {value}" for column, value in alone.items())
    with pytest.raises(sqlite3.IntegrityError, match="caller alone"):
        await write(database, (f"UPDATE facts SET {change} WHERE grant_id = ?", [grants.agent.grant_id]))


async def test_facts_of_an_older_file_survive(tmp_path: Path) -> None:
    """A file of before turns and delivery: its rows stay as they were, with nothing begun, answered or measured."""
    tables = sqlite_utils.Database(tmp_path / "older.sqlite")
    CONSENT.apply(tables)
    MIGRATIONS.apply(tables, stop_before="turns_and_delivery")
    tables.conn.execute("PRAGMA foreign_keys=OFF")
    for law in ("facts_insert_under_a_live_grant", "facts_insert_within_what_was_announced"):
        tables.conn.execute(f"DROP TRIGGER {law}")
    old = ("g", stamp(NOW), stamp(NOW + timedelta(days=30)), 60.0, 20.0, 0.4, 1.0, 2.0)
    tables.conn.execute("INSERT INTO facts VALUES (?, ?, ?, ?, ?, ?, ?, ?)", old)
    tables.conn.commit()
    MIGRATIONS.apply(tables)
    assert tables.conn.execute("SELECT * FROM facts").fetchall() == [(*old, 0, 0, None, None, None, None)]


@pytest.mark.parametrize("statement", [score, facts])
async def test_no_row_after_a_withdrawal(database: Database, grants: Grants, callers: Callers, statement) -> None:  # type: ignore[no-untyped-def]
    """Whatever is still in flight when the caller stops cannot be written any more."""
    await callers.stops()
    with pytest.raises(sqlite3.IntegrityError, match="no live grant"):
        await write(database, statement(grants.caller.grant_id))


async def test_rows_cannot_be_moved_or_made_to_last(database: Database, grants: Grants, callers: Callers) -> None:
    """A score is not changed, and facts are not lengthened, nor touched after the end."""
    await write(database, score(grants.caller.grant_id))
    await write(database, facts(grants.caller.grant_id))
    with pytest.raises(sqlite3.IntegrityError, match="not changed"):
        await write(database, ("UPDATE scores SET anger = 0.9", []))
    with pytest.raises(sqlite3.IntegrityError, match="announced"):
        await write(database, ("UPDATE facts SET expires_at = '2099-01-01T00:00:00.000Z'", []))
    await callers.stops()
    with pytest.raises(sqlite3.IntegrityError, match="no live grant"):
        await write(database, ("UPDATE facts SET talk_s = 1, overlap_s = 0", []))


WEEK = ("2026-W10", "m", 50, "[50, 0, 0, 0, 0, 0, 0, 0, 0, 0]", "[50, 0, 0, 0, 0, 0, 0, 0, 0, 0]", '{"scored": 50}')
ONE_WEEK = "INSERT INTO weeks VALUES (?, ?, ?, ?, ?, ?)"


@pytest.mark.parametrize(
    ("place", "value"),
    [(0, "2026-03-02"), (0, "2026-W99"), (2, 49), (3, "[1, 2]"), (4, "1, 0, 0, 0, 0, 0, 0, 0, 0, 0"), (5, "50")],
    ids=str,
)
async def test_a_week_that_breaks_a_law_is_refused(database: Database, place: int, value: object) -> None:
    """Law: a day, fewer than fifty calls, or half a sum: not in this file."""
    await write(database, (ONE_WEEK, list(WEEK)))
    row: list[object] = ["2026-W11", *WEEK[1:]]
    row[place] = value
    with pytest.raises(sqlite3.IntegrityError):
        await write(database, (ONE_WEEK, row))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE weeks SET calls = calls + 49",
        "UPDATE weeks SET activation = '[49, 1, 0, 0, 0, 0, 0, 0, 0, 0]'",
        "UPDATE weeks SET week = '2026-W11', calls = 100",
        "INSERT OR REPLACE INTO weeks SELECT week, model_id, calls + 1, activation, anger, verdicts FROM weeks",
    ],
)
async def test_a_week_grows_by_many_calls_or_not(database: Database, statement: str) -> None:
    """Law: what no difference of two copies may tell, no code of ours can write: fewer than fifty calls at a time."""
    await write(database, (ONE_WEEK, list(WEEK)))
    with pytest.raises(sqlite3.IntegrityError, match="fifty"):
        await write(database, (statement, []))


async def test_an_older_file_gets_its_weeks(tmp_path: Path) -> None:
    """Law: a file of before the weeks is brought up to date, its scores stay, and no week is made up from them."""
    tables = sqlite_utils.Database(tmp_path / "older.sqlite")
    CONSENT.apply(tables)
    MIGRATIONS.apply(tables, stop_before="weeks_of_the_site")
    assert "weeks" not in tables.table_names()
    tables.conn.execute("PRAGMA foreign_keys=OFF")
    for law in (
        "scores_insert_under_a_live_grant",
        "scores_insert_within_what_was_announced",
        "scores_are_the_callers",
    ):
        tables.conn.execute(f"DROP TRIGGER {law}")
    tables.conn.execute(*score("g"))
    tables.conn.commit()
    MIGRATIONS.apply(tables)
    assert tables.conn.execute("SELECT count(*) FROM scores").fetchone() == (1,)
    assert tables.conn.execute("SELECT count(*) FROM weeks").fetchone() == (0,)
    tables.conn.execute(ONE_WEEK, WEEK)


def contest(grant: str, /, **changes: object) -> tuple[str, list[object]]:
    """An INSERT of a good contest, with some columns changed."""
    row: dict[str, object] = {
        "contest_id": 1,
        "grant_id": grant,
        "made_at": stamp(NOW),
        "expires_at": stamp(NOW + timedelta(days=30)),
        "start_s": 0.0,
        "end_s": 10.0,
        "model_id": "m",
    } | changes
    return f"INSERT INTO contests ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})", list(row.values())


def review(grant: str, /, **changes: object) -> tuple[str, list[object]]:
    """An INSERT of a good review, with some columns changed."""
    row: dict[str, object] = {
        "contest_id": 1,
        "grant_id": grant,
        "made_at": stamp(NOW),
        "expires_at": stamp(NOW + timedelta(days=30)),
        "activation": 0.1,
        "activation_sigma": 0.2,
        "anger": 0.05,
        "anger_sigma": 0.1,
    } | changes
    return f"INSERT INTO reviews ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})", list(row.values())


async def told(database: Database) -> list[tuple[object, ...]]:
    """What stands: kind, activation and who judged, in order of time."""
    query = "SELECT kind, activation, coalesce(reason, model_id) FROM told ORDER BY start_s, end_s"
    return await database.read(lambda connection: connection.execute(query).fetchall())


async def test_a_contest_drops_the_models_scores_and_they_do_not_come_back(database: Database, grants: Grants) -> None:
    """A person outranks the model in the file itself: scores of the stretch go, later ones of it are refused; an
    abstention, and what lies outside of it, stays.
    """
    nothing = dict.fromkeys(("activation", "activation_sigma", "anger", "anger_sigma", "model_id"))
    grant = grants.caller.grant_id
    await write(database, score(grant, start_s=8.0, end_s=11.0))
    await write(database, score(grant, start_s=2.0, end_s=4.0, kind="abstained", reason="noise", **nothing))
    await write(database, contest(grant))
    with pytest.raises(sqlite3.IntegrityError, match="a person contested this"):
        await write(database, score(grant, start_s=9.0, end_s=12.0))
    await write(database, score(grant, start_s=10.0, end_s=13.0))
    assert await told(database) == [("abstained", None, "noise"), ("tone", 0.5, "m")]


async def test_a_reviewers_verdict_stands_in_the_scores_place(database: Database, grants: Grants) -> None:
    """What a person judges of a contested stretch is told as the verdict of that stretch, and no model's beside it."""
    grant = grants.caller.grant_id
    await write(database, score(grant))
    await write(database, contest(grant))
    assert await told(database) == []
    await write(database, review(grant))
    assert await told(database) == [("tone", 0.1, "person")]


@pytest.mark.parametrize(
    "statement",
    [
        contest("nobody"),
        contest("GRANT", end_s=0.0),
        contest("GRANT", model_id=None),
        contest("GRANT", expires_at=stamp(NOW + timedelta(days=31))),
        review("GRANT"),
        score("GRANT", model_id="person"),
    ],
    ids=["no grant", "no stretch", "no model", "too long", "a review of nothing", "a model as a person"],
)
async def test_a_contest_that_breaks_a_law_is_refused(
    database: Database, grants: Grants, statement: tuple[str, list[object]]
) -> None:
    """Of no call, of no stretch, for longer than was announced; a review without a contest; a model as a person."""
    values = [grants.caller.grant_id if one == "GRANT" else one for one in statement[1]]
    with pytest.raises(sqlite3.IntegrityError):
        await write(database, (statement[0], values))


async def test_contests_are_of_the_callers_tone_and_stay_as_they_are(database: Database, grants: Grants) -> None:
    """Of an agent's voice there is nothing to contest, and nobody changes what a person said."""
    assert grants.agent is not None
    with pytest.raises(sqlite3.IntegrityError, match="no live grant"):
        await write(database, contest(grants.agent.grant_id))
    await write(database, contest(grants.caller.grant_id))
    await write(database, review(grants.caller.grant_id))
    for table in ("contests", "reviews"):
        with pytest.raises(sqlite3.IntegrityError, match="not changed"):
            await write(database, (f"UPDATE {table} SET made_at = made_at", []))
