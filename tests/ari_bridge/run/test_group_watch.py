"""What groups met, as the board shows it."""

from __future__ import annotations

import sqlite3
from contextlib import AsyncExitStack, closing
from datetime import UTC, datetime

import pytest
from structlog.testing import capture_logs

from analysis.emotion.drift import week_of
from analysis.store.group_row import rows_over
from ari_bridge.calls.board import Board, CallView, Stage
from ari_bridge.pbx.port import BridgeChanged, ChannelChanged, ChannelGone
from ari_bridge.run import supervisor
from ari_bridge.run.figures_section import FiguresSection
from ari_bridge.run.group_watch import GroupWatch
from ari_bridge.run.settings import Settings
from consent.database import Database
from consent.states import Answer
from tests.ari_bridge.calls.bench import AGENT, CALLER, TOGETHER, Bench, running
from tests.conftest import Callers
from tests.fakes.groups import SALES, SUPPORT, calls, groups_of
from tests.fakes.sums import Clock

YES = (Stage.ASKED, Stage.PAUSED, Stage.GRANTED)


def run(board: Board, call_id: str, agents: tuple[str, ...], *stages: Stage) -> None:
    """A call that stands in these stages in turn, and ends."""
    for stage in (*stages, Stage.ENDED):
        talks = () if stage in (Stage.ASKED, Stage.ENDED) else agents
        board.put(CallView(call_id, stage, datetime.now(UTC), "en", talks, None, None))


async def watched(database: Database, clock: Clock) -> tuple[GroupWatch, Board]:
    """A board, and what watches it."""
    watch, board = GroupWatch(groups_of(database, clock), clock), Board()
    await watch.open()
    board.watch(watch.see)
    return watch, board


@pytest.mark.parametrize(
    ("stages", "yes"),
    [
        ((Stage.ASKED, Stage.REFUSED), 75),
        ((*YES, Stage.WITHDRAWN), 75),
        ((*YES, Stage.OBJECTED), 75),
        ((*YES, Stage.FAILED), 95),
        (YES, 95),
    ],
)
async def test_the_share_of_yes_is_of_those_who_were_asked(
    database: Database, stages: tuple[Stage, ...], yes: int
) -> None:
    """Law: a no, and a yes that was taken back by whomever, are one and the same: no yes."""
    clock = Clock()
    watch, board = await watched(database, clock)
    for number, vote in enumerate(calls(SALES, 60)):
        run(board, f"yes-{number}", tuple(vote.agents), *YES)
        watch.take(vote)
    for number, vote in enumerate(calls(SALES, 20)):
        run(board, f"other-{number}", tuple(vote.agents), *stages)
    clock.later()
    await watch.look()
    (row,) = await database.read(lambda c: rows_over(c, clock.now))
    assert row.yes == yes


async def test_a_call_that_changed_groups_is_of_neither(database: Database) -> None:
    """Law: who was asked and then talked with agents of two groups counts in none of them."""
    clock = Clock()
    watch, board = await watched(database, clock)
    for number, vote in enumerate(calls(SALES, 60)):
        run(board, f"one-{number}", tuple(vote.agents), *YES)
        watch.take(vote)
        both = f"both-{number}"
        board.put(CallView(both, Stage.GRANTED, datetime.now(UTC), "en", (SUPPORT[0],), None, None))
        run(board, both, tuple(vote.agents), Stage.REFUSED)
    clock.later()
    await watch.look()
    assert [row.yes for row in await database.read(lambda c: rows_over(c, clock.now))] == [95]


async def test_nothing_of_a_call_that_is_over_stays(database: Database) -> None:
    """Law: the watch remembers whom a call met while it goes on, and not longer; told twice it counts once."""
    watch, board = await watched(database, Clock())
    run(board, "call-1", ("1001",), *YES)
    run(board, "call-2", (), Stage.ASKED)
    assert watch._met == {}
    board.put(CallView("call-1", Stage.ENDED, datetime(2026, 1, 1, tzinfo=UTC), "en", (), None, None))
    (sums,) = (week.groups["sales"] for week in watch._groups._weeks.values())
    assert sums.asked.calls == 1


async def test_a_file_that_cannot_be_written_at_the_end_is_said(database: Database) -> None:
    """Law: the running week is lost then, in words, and the service stops all the same."""
    clock = Clock()
    watch, board = await watched(database, clock)
    for number, vote in enumerate(calls(SALES, 60)):
        run(board, str(number), tuple(vote.agents), *YES)
        watch.take(vote)
    with closing(sqlite3.connect(database.path, isolation_level=None)) as other, capture_logs() as logs:
        other.execute("BEGIN IMMEDIATE")
        await watch.close()
        other.execute("ROLLBACK")
    assert [line["event"] for line in logs] == ["groups.lost"]
    await watch.close()
    clock.later()
    assert len(await database.read(lambda c: rows_over(c, clock.now))) == 1


@pytest.mark.parametrize("answer", [Answer.GRANTED, Answer.REFUSED])
async def test_a_real_call_tells_whom_it_met(callers: Callers, database: Database, answer: Answer) -> None:
    """Law: of a call that goes through the switchboard the group knows that it was asked and with whom the caller
    talked, though nobody was heard in it; a yes is a yes.
    """
    bench = Bench(callers, database)
    watch = GroupWatch(groups_of(database, Clock()))
    await watch.open()
    bench.board.watch(watch.see)
    async with running(bench):
        await bench.connect()
        await bench.tell(ChannelChanged(CALLER), bench.says(Answer.ASKED), bench.says(answer))
        await bench.tell(ChannelChanged(AGENT), BridgeChanged("b", TOGETHER))
        await bench.until(lambda: (view := bench.board.view("1.1")) is not None and view.agents == ("1001",))
        await bench.tell(ChannelGone("1.1"))
        await bench.until(lambda: bench.stage() is Stage.ENDED)
    (week,) = watch._groups._weeks.values()
    assert week.groups["sales"].asked.calls == 1
    assert week.groups["sales"].yes == (answer is Answer.GRANTED)


async def test_the_service_takes_groups_up_and_writes_them_at_its_end(database: Database) -> None:
    """Law: who names groups has them counted from this week on, by the board of the service and by the votes of its
    calls; when it stops, what is of many is written.
    """
    settings, board = Settings(figures=FiguresSection(groups={"sales": SALES})), Board()
    async with AsyncExitStack() as stack:
        watch = await supervisor._open_groups(settings, database, "m", board, stack)
        begun = await database.read(lambda c: c.execute("SELECT week, digest FROM groupings").fetchall())
        assert begun == [(week_of(datetime.now(UTC)), settings.figures.as_grouping().digest)]
        for number, vote in enumerate(calls(SALES, 60)):
            run(board, str(number), tuple(vote.agents), *YES)
            assert watch.take(vote)
    assert await database.read(lambda c: c.execute("SELECT name, calls FROM group_weeks").fetchall()) == [("sales", 60)]
