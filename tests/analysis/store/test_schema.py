"""The third lock: the file itself refuses."""

import sqlite3
from datetime import UTC, datetime, timedelta

import pytest

from consent.database import Database
from consent.gate import Grants
from consent.retention import stamp
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
    [{"talk_s": 61.0}, {"talk_share": 1.1}, {"overlap_s": 21.0}, {"grant_id": "nobody"}, {"expires_at": stamp(NOW)}],
    ids=str,
)
async def test_facts_that_break_a_law_are_refused(
    database: Database, grants: Grants, changes: dict[str, object]
) -> None:
    """More talk than was heard, no grant, no life."""
    with pytest.raises(sqlite3.IntegrityError):
        await write(database, facts(grants.caller.grant_id, **changes))


async def test_no_score_under_the_agents_grant(database: Database, grants: Grants) -> None:
    """EU AI Act, Article 5(1)(f), held by the file: neither a score nor an abstention of the agent."""
    assert grants.agent is not None
    with pytest.raises(sqlite3.IntegrityError, match="caller"):
        await write(database, score(grants.agent.grant_id))


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
