"""The weeks of groups: what counts, when it is written, and that no difference of figures is one agent's."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from analysis.emotion.drift import CONTESTED, SCORED
from analysis.emotion.score import Reason
from analysis.store.group_row import Floor, Grouping, GroupWeek, Mean, rows_over
from analysis.store.groups import Groups
from analysis.store.schema import MIGRATIONS as STORE
from analysis.store.weeks import KEPT, Vote, Weeks
from consent.database import Database
from consent.errors import DatabaseUnavailable
from consent.tables import MIGRATIONS as CONSENT
from tests.fakes.groups import BOTH, CALM, SALES, SUPPORT, TENSE, calls, groups_of, live
from tests.fakes.sums import MONDAY, Clock


async def opened(database: Database, clock: Clock, grouping: Grouping = BOTH, floor: Floor | None = None) -> Groups:
    """Groups that are counted from this week on."""
    groups = groups_of(database, clock, grouping, floor)
    await groups.open()
    return groups


async def told(database: Database, clock: Clock) -> list[GroupWeek]:
    """All rows of weeks that are over."""
    return await database.read(lambda c: rows_over(c, clock.now))


async def one_week(database: Database, votes: list[Vote], floor: Floor | None = None) -> list[GroupWeek]:
    """What is told of a week in which these calls were over."""
    clock = Clock()
    groups = await opened(database, clock, floor=floor)
    live(groups, votes)
    clock.later()
    await groups.fold()
    return await told(database, clock)


async def test_a_week_is_told_when_it_is_over(database: Database) -> None:
    """Law: before its end no byte of it is in the file; then one row a group, with the three shares beside it."""
    clock = Clock()
    groups = await opened(database, clock)
    votes = [*calls(SALES, 70), *calls(SALES, 20, None, Reason.NOISE), *calls(SALES, 10, None, CONTESTED)]
    live(groups, votes, refused=25)
    await groups.fold()
    assert b"sales" not in everything(database.path)
    clock.later()
    await groups.fold()
    assert await told(database, clock) == [
        GroupWeek(
            "2026-W10", "sales", "m", 100, yes=80, not_judged=20, contested=10, activation=Mean(25, 5), anger=Mean(5, 5)
        )
    ]


@pytest.mark.parametrize(
    ("agents", "count"),
    [(SALES[:9], 500), (SALES, 49), (SALES[:1], 500), ((*SALES[:9], ""), 500), ((*SALES[:9], "1099"), 500)],
    ids=["nine agents", "49 calls", "one agent", "nine and one unheard", "nine and one of no group"],
)
async def test_few_are_not_told(database: Database, agents: tuple[str, ...], count: int) -> None:
    """Law: a figure is of at least ten agents and fifty calls, as the settings have it."""
    assert await one_week(database, calls(agents, count)) == []


async def test_the_setting_holds(database: Database) -> None:
    """Law: a site that wants more agents or calls gets no figure below; one that wants five gets it at five."""
    assert await one_week(database, calls(SUPPORT[:11], 200), Floor(12)) == []
    assert await one_week(database, calls(SALES, 199), Floor(10, 200)) == []
    assert await one_week(database, calls(SALES[:5], 60), Floor(5)) != []


async def test_nobody_is_most_of_a_figure(database: Database) -> None:
    """Law: ten agents of whom one has more than a fifth of the calls are not ten."""
    assert await one_week(database, [*calls(SALES[1:], 78), *calls(SALES[:1], 22)]) == []
    assert await one_week(database, [*calls(SALES[1:], 90), *calls(SALES[:1], 20)]) != []


async def test_means_are_of_enough_scores(database: Database) -> None:
    """Law: where the calls are enough and those with a score are not, the means are not told."""
    (row,) = await one_week(database, [*calls(SALES, 49), *calls(SALES, 51, None, Reason.LINE)])
    assert (row.calls, row.activation, row.anger) == (100, None, None)


async def test_without_enough_asked_calls_nothing_is_told(database: Database) -> None:
    """Law: the share of yes stands beside every figure, hence is of as many as the figure."""
    clock = Clock()
    groups = await opened(database, clock)
    for vote in calls(SALES, 100):
        groups.take(vote)
    clock.later()
    await groups.fold()
    assert await told(database, clock) == []


async def test_what_is_left_untold_is_nobodys(database: Database) -> None:
    """Law: one group is told and another is of few: the sums of the site less the first would be those few. Then the
    first is not told either.
    """
    assert await one_week(database, [*calls(SUPPORT, 200), *calls(SALES[:1], 40)]) == []


async def test_the_smallest_of_the_others_stays_untold(database: Database) -> None:
    """Law: of three groups with one of few, the largest is told: the other two together are of many."""
    third = tuple(str(number) for number in range(3001, 3011))
    clock = Clock()
    groups = await opened(database, clock, Grouping({**BOTH.members, "third": frozenset(third)}))
    live(groups, [*calls(SUPPORT, 200), *calls(third, 100), *calls(SALES[:2], 20)])
    clock.later()
    await groups.fold()
    assert [row.name for row in await told(database, clock)] == ["support"]


async def test_the_site_less_its_groups_is_nobody(database: Database) -> None:
    """Law: who is in no group is in no sum of the site either, so that subtracting the groups leaves nobody."""
    clock = Clock()
    groups = await opened(database, clock)
    weeks = Weeks(database, "m", 30, clock, take=groups.take)
    for vote in [*calls(SALES, 100), *calls(["1099"], 300, TENSE), *calls(SUPPORT, 100)]:
        weeks.count(vote)
    for vote in [Vote(SCORED, TENSE, frozenset({SALES[0], SUPPORT[0]}))] * 60:  # handed from one group to the other
        weeks.count(vote)
    assert await weeks.fold() == 200
    (week,) = await database.read(lambda c: c.execute("SELECT activation FROM weeks").fetchall())
    assert week == ("[0, 0, 200, 0, 0, 0, 0, 0, 0, 0]",)


async def test_without_groups_the_site_counts_all(database: Database) -> None:
    """Law: a site that wants no figures of groups has the sums of the site as before, and nothing of groups."""
    groups = await opened(database, Clock(), Grouping({}))
    assert [groups.take(vote) for vote in calls(["1099", ""], 2)] == [True, True]
    groups.asked({"1099"}, is_yes=True)
    await groups.close()
    assert groups.begins == ""
    assert b"1099" not in everything(database.path)


async def test_a_regrouping_tells_nothing_before_its_week(database: Database) -> None:
    """Law: whoever takes one agent out of a group to see what changes gets no figure at all for four weeks, and finds
    that agent's calls in none of them.
    """
    clock = Clock()
    first = await opened(database, clock)
    live(first, calls(SALES, 100))
    await first.close()
    without = Grouping({"sales": frozenset((*SALES[1:], "1099")), "support": BOTH.members["support"]})
    second = await opened(database, clock, without)
    assert second.begins == "2026-W14"
    for _ in range(4):
        live(second, calls([*SALES[1:], "1099"], 100, TENSE))
        clock.later()
        await second.fold()
    assert [(row.week, row.activation) for row in await told(database, clock)] == [("2026-W10", Mean(25, 5))]
    live(second, calls([*SALES[1:], "1099"], 100, TENSE))
    clock.later()
    await second.fold()
    assert [row.week for row in await told(database, clock)] == ["2026-W10", "2026-W14"]


async def test_the_service_stops_and_what_is_of_many_stays(database: Database) -> None:
    """Law: a restart in the middle of a week costs what is too few, and adds nothing up: of two parts the one of more
    calls is told.
    """
    clock = Clock()
    for count in (60, 100, 80):
        groups = await opened(database, clock)
        live(groups, calls(SALES, count))
        await groups.close()
    groups = await opened(database, clock)
    live(groups, calls(SALES, 49, TENSE))
    await groups.close()
    clock.later()
    assert [(row.calls, row.activation) for row in await told(database, clock)] == [(100, Mean(25, 5))]


async def test_two_copies_of_the_file_differ_by_a_whole_week(database: Database) -> None:
    """Law: whoever copies the file after every call finds nothing between two copies but a week that is over."""
    clock, copies = Clock(), set[bytes]()
    groups = await opened(database, clock)
    for vote in calls(SALES, 150):
        live(groups, [vote])
        await groups.fold()
        copies.update(re.findall(rb"sales", everything(database.path)))
    assert copies == set()


async def test_votes_wait_no_longer_than_scores_are_kept(database: Database) -> None:
    """Law: with scores of one day a part of a week is written after half a day, if it is of many, and after a day what
    waits is forgotten.
    """
    clock = Clock()
    groups = Groups(database, BOTH, Floor(), "m", 1, clock)
    await groups.open()
    live(groups, calls(SALES, 49))
    clock.now += timedelta(hours=24)
    await groups.fold()
    live(groups, calls(SALES, 60))
    clock.now += timedelta(hours=12)
    await groups.fold()
    clock.later()
    assert [row.calls for row in await told(database, clock)] == [60]


async def test_a_locked_file_loses_and_doubles_nothing(database: Database) -> None:
    """Law: what cannot be written now waits, and is written once."""
    clock = Clock()
    groups = await opened(database, clock)
    live(groups, calls(SALES, 60))
    clock.later()
    with closing(sqlite3.connect(database.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(DatabaseUnavailable):
            await groups.fold()
        other.execute("ROLLBACK")
    await groups.fold()
    await groups.fold()
    assert [row.calls for row in await told(database, clock)] == [60]


async def test_a_call_counts_in_the_week_in_which_it_is_over(database: Database) -> None:
    """Law: a week is of the calls of that week (UTC) and of no other."""
    clock = Clock(datetime(2026, 3, 8, 23, 59, 59, tzinfo=UTC))
    groups = await opened(database, clock)
    live(groups, calls(SALES, 60))
    clock.now += timedelta(seconds=1)
    live(groups, calls(SALES, 80, TENSE))
    await groups.fold()
    clock.later()
    await groups.fold()
    assert [(row.week, row.calls, row.activation) for row in await told(database, clock)] == [
        ("2026-W10", 60, Mean(25, 5)),
        ("2026-W11", 80, Mean(75, 5)),
    ]


async def test_weeks_go_after_a_year(database: Database) -> None:
    """Law: figures of groups too are kept no longer than the longest that can be announced."""
    clock = Clock()
    groups = await opened(database, clock)
    live(groups, [*calls(SALES, 60), *calls(SUPPORT, 60)])
    clock.later()
    await groups.fold()
    clock.now = MONDAY + KEPT
    assert await groups.expire() == 0
    clock.later()
    assert await groups.expire() == 2
    assert await told(database, clock) == []


async def test_a_figure_does_not_know_who(database: Database, tmp_path: Path) -> None:
    """Law: whichever agent of a group had the tense callers, the refusals and the contests, the file says the same."""
    rows = set()
    for number, whom in enumerate(SALES):
        other = await Database.open(tmp_path / f"{number}.sqlite", [CONSENT, STORE])
        clock = Clock()
        groups = await opened(other, clock)
        for agent in SALES:
            is_theirs = agent == whom
            live(groups, calls([agent], 9, TENSE if is_theirs else CALM), refused=9 if is_theirs else 0)
            live(groups, calls([agent], 3, None, CONTESTED if is_theirs else Reason.BOTH_SPEAK))
        clock.later()
        await groups.fold()
        rows.add(tuple(await told(other, clock)))
        await other.close()
    assert len(rows) == 1
    assert len(next(iter(rows))) == 1


def everything(path: Path) -> bytes:
    """The bytes of the file and its companions."""
    return b"".join(part.read_bytes() for part in path.parent.glob(path.name + "*"))
