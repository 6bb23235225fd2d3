"""A call in which the agent contests a score: what is shown, kept, counted and told."""

import asyncio
import sqlite3
from contextlib import closing

import pytest
from structlog.testing import capture_logs

from analysis.emotion.score import Estimate, ToneScore, Verdict
from ari_bridge.calls.board import CallView, Stage
from ari_bridge.pbx.port import BridgeChanged, ChannelChanged, ChannelGone, HoldChanged
from consent.database import Database
from consent.parties import Party
from tests.ari_bridge.calls.bench import Bench
from tests.fakes.pbx import channel


def told(bench: Bench, end_s: float) -> None:
    """The engine says so of the caller's last two seconds."""
    grant = next(grant for grant, _ in bench.pbx.opened if grant.party is Party.CALLER)
    score: Verdict = ToneScore(end_s - 2.0, end_s, Estimate(0.9, 0.1), Estimate(0.8, 0.1), "steady-1")
    bench.switchboard.verdict(grant.admit(score))


async def kept(bench: Bench) -> int:
    """How many scores are in the file."""
    return await bench.database.read(lambda c: int(c.execute("SELECT count(*) FROM scores").fetchone()[0]))


def view_of(bench: Bench) -> CallView:
    """The call as the screens may see it."""
    return bench.board.view("1.1") or pytest.fail("no view")


async def test_a_contested_score_is_hidden_at_once_and_erased(bench: Bench) -> None:
    """Law: a person who is there outranks the model: hidden in the same moment, then gone from the file, and counted;
    no line of the log tells of it, and the next score is shown again.
    """
    await bench.talk()
    await bench.until(lambda: bench.stage() is Stage.GRANTED)
    told(bench, 10.0)
    assert view_of(bench).tone is not None
    with capture_logs() as logged:
        assert bench.switchboard.contest("1.1")
        assert view_of(bench).tone is None
        assert view_of(bench).contested
        await bench.until(lambda: bench.rooms.tally.contested == 1)
    assert await kept(bench) == 0
    assert "contest" not in str(logged)
    told(bench, 20.0)
    assert view_of(bench).tone is not None
    assert not view_of(bench).contested


async def test_there_is_no_contest_without_a_score(bench: Bench) -> None:
    """Law: of a call that nobody knows, before the first score, twice, or on hold: nothing is contested or counted."""
    assert not bench.switchboard.contest("1.1")
    await bench.talk()
    await bench.until(lambda: bench.stage() is Stage.GRANTED)
    assert not bench.switchboard.contest("1.1")
    told(bench, 10.0)
    assert bench.switchboard.contest("1.1")
    assert not bench.switchboard.contest("1.1")
    told(bench, 20.0)
    await bench.tell(HoldChanged("1.2", True))
    await bench.until(lambda: bench.stage() is Stage.PAUSED)
    assert not bench.switchboard.contest("1.1")
    await bench.until(lambda: bench.rooms.tally.contested == 1)


async def test_a_contest_outlasts_a_locked_file_and_the_call(bench: Bench, database: Database) -> None:
    """Law: the agent was told that the score is gone, so nothing of the call is sealed before it is."""
    await bench.talk()
    await bench.until(lambda: bench.stage() is Stage.GRANTED)
    told(bench, 10.0)
    async with asyncio.timeout(5):
        while not await kept(bench):
            await asyncio.sleep(0.01)
    with closing(sqlite3.connect(database.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert bench.switchboard.contest("1.1")
        await bench.tell(ChannelGone("1.1"))
        await asyncio.sleep(0.2)
        other.execute("ROLLBACK")
    await bench.until(lambda: not bench.switchboard.sessions(), 10)
    _, derived = await bench.sealed()
    assert derived.get("scores", []) == []
    assert await bench.in_clear() == 0


async def test_the_next_agent_is_told_of_no_contest(bench: Bench) -> None:
    """Law: who contested what is that agent's alone: after a transfer the screen begins anew."""
    await bench.talk()
    await bench.until(lambda: bench.stage() is Stage.GRANTED)
    told(bench, 10.0)
    assert bench.switchboard.contest("1.1")
    await bench.tell(ChannelGone("1.2"), ChannelChanged(channel("1.7", "1002")))
    await bench.tell(BridgeChanged("b", frozenset({"1.1", "1.7"})))
    await bench.until(lambda: view_of(bench).agents == ("1002",) and bench.stage() is Stage.GRANTED)
    assert not view_of(bench).contested
    assert view_of(bench).tone is None
