"""Weeks as sums: what counts, when, and that no sum is anybody's."""

from __future__ import annotations

import asyncio
import dataclasses
import itertools
import json
import random
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import reduce
from operator import add
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis.emotion.drift import BINS, CONTESTED, KINDS, SCORED
from analysis.emotion.score import Abstained, Estimate, Reason, ToneScore, Verdict
from analysis.store.schema import MIGRATIONS as STORE
from analysis.store.scores import Scores
from analysis.store.weeks import KEPT, MANY_CALLS, SEVERAL_AGENTS, Vote, Weeks, weeks_over
from consent.database import Database
from consent.errors import DatabaseUnavailable, InvalidValue
from consent.states import Answer
from consent.tables import MIGRATIONS as CONSENT
from tests.conftest import Callers

SUNDAY = datetime(2026, 3, 8, 23, 59, 59, 999_000, tzinfo=UTC)
MONDAY = SUNDAY + timedelta(milliseconds=1)
NAMES = tuple(str(1000 + number) for number in range(SEVERAL_AGENTS))


class Clock:
    """A clock that the test sets."""

    def __init__(self, now: datetime = SUNDAY) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


def weeks_of(database: Database, clock: Clock, model_id: str = "m") -> Weeks:
    """The weeks of one bridge; every lot falls on the first."""
    return Weeks(database, model_id, 30, clock, lambda _: 0)


def vote(number: int, kind: str = SCORED, bins: tuple[int, int] | None = (3, 1)) -> Vote:
    """A call with one of five agents."""
    return Vote(kind, bins, frozenset({NAMES[number % SEVERAL_AGENTS]}))


def admit(weeks: Weeks, calls: int = MANY_CALLS) -> None:
    """So many calls are over."""
    for number in range(calls):
        weeks.count(vote(number))


async def stored(database: Database) -> list[tuple[str, str, int]]:
    """Week, model and calls of each row."""
    query = "SELECT week, model_id, calls FROM weeks ORDER BY week, model_id"
    return await database.read(lambda c: c.execute(query).fetchall())


def tone(activation: float, anger: float, model_id: str = "m") -> Verdict:
    """A score."""
    return ToneScore(1.0, 3.0, Estimate(activation, 0.1), Estimate(anger, 0.1), model_id)


SILENT: Verdict = Abstained(4.0, 8.0, Reason.NOISE)


async def cast(
    callers: Callers, database: Database, *verdicts: Verdict, draw: Callable[[int], int] = lambda _: 0
) -> Vote | None:
    """What a call with these verdicts gives, in the transaction that seals it."""
    scores, weeks = Scores(database), Weeks(database, "m", 30, draw=draw)
    grants = await callers.says_yes()
    for verdict in verdicts:
        await scores.keep(grants.caller.admit(verdict))
    return await database.write(lambda c: weeks.vote_of(c, "call-1"))


async def test_a_call_gives_one_of_its_verdicts(callers: Callers, database: Database) -> None:
    """Law: however long it was, a call counts once: one verdict, and one score, each drawn by lot from all."""
    asked: list[int] = []

    def last(count: int) -> int:
        asked.append(count)
        return count - 1

    found = await cast(callers, database, tone(0.1, 0.2), tone(0.55, 1.0), SILENT, draw=last)
    assert found == Vote("noise", (5, BINS - 1), frozenset({"1001"}))
    assert asked == [3, 2]


async def test_a_call_without_a_score_gives_its_abstention(callers: Callers, database: Database) -> None:
    """Law: what was not judged counts as that, and fills no bin."""
    assert await cast(callers, database, SILENT) == Vote("noise", None, frozenset({"1001"}))


async def test_a_call_without_a_verdict_gives_nothing(callers: Callers, database: Database) -> None:
    """Law: a call of which the model said nothing tells nothing of the model."""
    assert await cast(callers, database) is None


async def test_a_call_that_another_model_judged_gives_nothing(callers: Callers, database: Database) -> None:
    """Law: after a restart with another model the scores of the one before are not counted as the new one's."""
    assert await cast(callers, database, tone(0.5, 0.5, "older"), tone(0.5, 0.5)) is None


@pytest.mark.parametrize("answer", [Answer.WITHDRAWN, Answer.OBJECTED])
async def test_a_call_that_was_stopped_gives_nothing(callers: Callers, database: Database, answer: Answer) -> None:
    """Law: GDPR, Article 7(3): not even its share of a sum is left of a yes that was taken back; though the rows were
    still there, the call's own answers forbid it.
    """
    scores, weeks = Scores(database), weeks_of(database, Clock())
    grants = await callers.says_yes()
    await scores.keep(grants.caller.admit(tone(0.5, 0.5)))
    await callers.stops(answer=answer)
    assert await scores.of_call("call-1")
    assert await database.write(lambda c: weeks.vote_of(c, "call-1")) is None


async def test_an_agent_who_is_not_heard_has_no_name(callers: Callers, database: Database) -> None:
    """Law: whoever did not acknowledge is counted as nobody, and so never as one of several."""
    scores, weeks = Scores(database), weeks_of(database, Clock())
    for answer in (Answer.ASKED, Answer.GRANTED):
        await callers.ledger.record(callers.entry("call-1", answer))
    grants = await callers.gate.open("call-1", "1099")
    assert grants.agent is None
    await scores.keep(grants.caller.admit(SILENT))
    found = await database.write(lambda c: weeks.vote_of(c, "call-1"))
    assert found is not None
    assert found.agents == {""}


async def test_nothing_is_in_the_file_before_there_are_many(database: Database) -> None:
    """Law: 49 calls leave no trace in any byte; with the fiftieth there is a sum of fifty."""
    weeks = weeks_of(database, Clock(), "model-in-the-file")
    admit(weeks, MANY_CALLS - 1)
    assert await weeks.fold() == 0
    assert await stored(database) == []
    assert b"model-in-the-file" not in everything(database.path)
    weeks.count(vote(0))
    assert await weeks.fold() == MANY_CALLS
    assert await stored(database) == [("2026-W10", "model-in-the-file", MANY_CALLS)]


async def test_between_any_two_copies_of_the_file_lie_many_calls_or_none(database: Database) -> None:
    """Law: whoever copies the file after every call, and has the PBX's call records, finds by subtraction sums of
    fifty calls and nothing less; nor does the write-ahead log hold anything between.
    """
    weeks, copies, seen = weeks_of(database, Clock()), [0], set[bytes]()
    for number in range(170):
        weeks.count(vote(number))
        await weeks.fold()
        copies.append(sum(calls for *_, calls in await stored(database)))
        seen |= set(re.findall(rb'{"scored": (\d+)', everything(database.path)))
    steps = {after - before for before, after in itertools.pairwise(copies)}
    assert steps == {0, MANY_CALLS}
    assert copies[-1] == 150
    assert seen == {b"50", b"100", b"150"}


@pytest.mark.parametrize(
    "agents",
    [
        ["1001"],
        ["1001", "1002", "1003", "1004"],
        ["1001", "1002", "1003", "1004", ""],
        [*["1001"] * 10, "1002", "1003", "1004", "1005", "1006"],
        [*[""] * 10, "1001", "1002", "1003", "1004", "1005"],
    ],
    ids=["one", "four", "four and one unheard", "mostly one", "mostly unheard"],
)
async def test_a_sum_of_few_agents_is_not_told(database: Database, agents: list[str]) -> None:
    """Law: no sum is, or is mostly, of the callers of one agent: five of them, none in more than half of the calls."""
    weeks = weeks_of(database, Clock())
    for number in range(3 * MANY_CALLS):
        weeks.count(Vote(SCORED, (3, 1), frozenset({agents[number % len(agents)]})))
    assert await weeks.fold() == 0
    assert await stored(database) == []


async def test_the_week_changes_at_midnight_utc(database: Database) -> None:
    """Law: a sum belongs to the week in which it was made, and that ends on Sunday at midnight, UTC."""
    clock = Clock()
    weeks = weeks_of(database, clock)
    admit(weeks)
    await weeks.fold()
    assert await weeks.over() == []
    clock.now = MONDAY
    admit(weeks)
    await weeks.fold()
    assert [week for week, *_ in await stored(database)] == ["2026-W10", "2026-W11"]
    assert [week.name for week in await weeks.over()] == ["2026-W10"]


async def test_votes_wait_no_longer_than_scores_are_kept(database: Database) -> None:
    """Law: what was announced: nothing that was derived outlives its days, not even in memory as part of a sum."""
    clock = Clock()
    weeks = weeks_of(database, clock)
    admit(weeks, MANY_CALLS - 1)
    clock.now += timedelta(days=30)
    assert await weeks.fold() == 0
    admit(weeks, 1)
    assert await weeks.fold() == 0
    admit(weeks, MANY_CALLS - 1)
    assert await weeks.fold() == MANY_CALLS


async def test_weeks_go_after_a_year(database: Database) -> None:
    """Law: sums too are kept no longer than the longest that can be announced; of every model."""
    clock = Clock()
    for model_id in ("m", "older"):
        weeks = weeks_of(database, clock, model_id)
        admit(weeks)
        await weeks.fold()
    clock.now += KEPT
    assert await weeks.expire() == 0
    clock.now += timedelta(days=7)
    assert await weeks.expire() == 2
    assert await stored(database) == []


async def test_two_bridges_and_a_restart_count_nothing_twice(callers: Callers, database: Database) -> None:
    """Law: a call is counted by the one transaction that seals it: sealed again, by this bridge or by the next one,
    there is nothing left to count. What a bridge held when it stopped is lost, never doubled.
    """
    scores, first, second = Scores(database), *(weeks_of(database, Clock()) for _ in range(2))
    grants = await callers.says_yes()
    await scores.keep(grants.caller.admit(tone(0.5, 0.5)))
    votes = []
    for weeks in (first, first, second):

        def gathered(connection: sqlite3.Connection, weeks: Weeks = weeks) -> bytes:
            votes.append(weeks.vote_of(connection, "call-1"))
            return scores.gather("call-1")(connection)

        await callers.ledger.close("call-1", gathered)
    assert [one is None for one in votes] == [False, True, True]
    for weeks in (first, second):
        admit(weeks)
        await weeks.fold()
        await weeks.fold()
    assert await stored(database) == [("2026-W10", "m", 2 * MANY_CALLS)]


async def test_a_locked_file_loses_and_doubles_nothing(database: Database) -> None:
    """Law: what cannot be written now waits, and is written once."""
    weeks = weeks_of(database, Clock())
    admit(weeks)
    with closing(sqlite3.connect(database.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(DatabaseUnavailable):
            await weeks.fold()
        other.execute("ROLLBACK")
    weeks.count(vote(0))
    assert await weeks.fold() == MANY_CALLS + 1
    assert await weeks.fold() == 0
    assert [calls for *_, calls in await stored(database)] == [MANY_CALLS + 1]


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    stream=st.lists(
        st.tuples(
            st.sampled_from(KINDS), st.integers(0, BINS - 1), st.integers(0, BINS - 1), st.booleans(), st.booleans()
        ),
        max_size=260,
    ),
    seed=st.integers(0, 2**16),
)
def test_any_stream_folds_to_sums_that_add_up(
    tmp_path_factory: pytest.TempPathFactory,
    stream: list[tuple[str, int, int, bool, bool]],
    seed: int,
) -> None:
    """Law: whatever is said, in whatever order and with folds at whatever moments: what is in the file and what still
    waits is what came, bin by bin and reason by reason.
    """

    async def work(path: Path) -> None:
        database = await Database.open(path, [CONSENT, STORE])
        lots, clock = random.Random(seed), Clock(MONDAY)
        weeks = weeks_of(database, clock)
        came = {"activation": [0] * BINS, "anger": [0] * BINS, "kinds": dict.fromkeys(KINDS, 0)}
        folded = 0
        padding = [(SCORED, 0, 0, True, True)] * MANY_CALLS  # so that the last of them come to the file too
        for number, (kind, one, other, has_score, is_fold) in enumerate([*stream, *padding]):
            bins = (one, other) if kind == SCORED or has_score else None
            weeks.count(Vote(kind, bins, frozenset({NAMES[number % SEVERAL_AGENTS]})))
            came["kinds"][kind] += 1  # type: ignore[call-overload]
            if bins is not None:
                came["activation"][one] += 1
                came["anger"][other] += 1
            if is_fold:
                folded += await weeks.fold()
            clock.now += timedelta(minutes=lots.randrange(60))
        folded += await weeks.fold()
        clock.now += timedelta(days=7)
        found = await weeks.over()
        await database.close()
        assert sum(week.calls for week in found) == folded
        assert len(stream) + len(padding) - folded < MANY_CALLS
        waits = weeks._batch.as_week("2027-W01", "m")
        both = reduce(add, [*found, waits])
        assert list(both.activation) == came["activation"]
        assert list(both.anger) == came["anger"]
        assert {kind: both.kinds.get(kind, 0) for kind in KINDS} == came["kinds"]

    asyncio.run(work(tmp_path_factory.mktemp("site") / "ouidire.sqlite"))


async def test_a_row_tells_no_more_than_the_sums(database: Database) -> None:
    """Law: week, model, calls, bins and kinds, each kind at zero too; no party, no day, no order."""
    weeks = weeks_of(database, Clock())
    admit(weeks)
    await weeks.fold()
    columns = "SELECT name FROM pragma_table_info('weeks')"
    names = [name for (name,) in await database.read(lambda c: c.execute(columns).fetchall())]
    assert names == ["week", "model_id", "calls", "activation", "anger", "verdicts"]
    (row,) = await database.read(lambda c: c.execute("SELECT activation, anger, verdicts FROM weeks").fetchall())
    activation, anger, kinds = map(json.loads, row)
    assert activation == [0, 0, 0, MANY_CALLS, 0, 0, 0, 0, 0, 0]
    assert anger == [0, MANY_CALLS, 0, 0, 0, 0, 0, 0, 0, 0]
    assert kinds == dict.fromkeys(KINDS, 0) | {SCORED: MANY_CALLS}
    assert not [name for name in NAMES if name.encode() in everything(database.path)]


def everything(path: Path) -> bytes:
    """The bytes of the file and its companions."""
    return b"".join(part.read_bytes() for part in path.parent.glob(path.name + "*"))


async def test_the_weeks_of_one_model_are_no_others(database: Database) -> None:
    """Law: a new model begins anew: its verdicts are never compared with another's."""
    clock = Clock()
    for model_id in ("m", "other"):
        weeks = weeks_of(database, clock, model_id)
        admit(weeks)
        await weeks.fold()
    found = await database.read(lambda c: weeks_over(c, "other", MONDAY))
    assert [(week.name, week.model_id) for week in found] == [("2026-W10", "other")]


@pytest.mark.parametrize("column", ["activation", "verdicts"])
async def test_a_row_that_was_tampered_with_is_refused(database: Database, column: str) -> None:
    """Law: sums that cannot be read, or do not add up, are an error that names the week, and never figures."""
    clock = Clock()
    weeks = weeks_of(database, clock)
    admit(weeks)
    await weeks.fold()
    broken = {"activation": "[a,,,,,,,,,]", "verdicts": '{"scored": "50"}'}[column]
    change = f"UPDATE weeks SET calls = 100, {column} = ?"
    await database.write(lambda c: c.execute(change, (broken,)))
    clock.now = MONDAY
    with pytest.raises(InvalidValue, match="2026-W10"):
        await weeks.over()


@pytest.mark.parametrize("others", [[], [tone(0.1, 0.2)], [SILENT]], ids=["alone", "a score", "an abstention"])
async def test_a_call_in_which_a_score_was_contested_counts_as_that(
    callers: Callers, database: Database, others: list[Verdict]
) -> None:
    """Law: an error that a person told of is in the model's statistics, once a call, and what is left of that call's
    scores fills no bin.
    """
    scores, weeks = Scores(database), weeks_of(database, Clock())
    grants = await callers.says_yes()
    await scores.contest(grants.caller, ToneScore(4.0, 6.0, Estimate(0.9, 0.1), Estimate(0.9, 0.1), "m"))
    for verdict in others:
        await scores.keep(grants.caller.admit(dataclasses.replace(verdict, start_s=7.0, end_s=9.0)))
    found = await database.write(lambda c: weeks.vote_of(c, "call-1"))
    assert found == Vote(CONTESTED, None, frozenset({"1001"}))


async def test_contests_are_in_the_row_of_a_week(database: Database) -> None:
    """Law: the week's row says in how many of its calls a score was contested; and it is of fifty calls as ever."""
    weeks = weeks_of(database, Clock())
    for number in range(MANY_CALLS):
        weeks.count(vote(number, CONTESTED, None) if number < 7 else vote(number))
    await weeks.fold()
    (row,) = await database.read(lambda c: c.execute("SELECT verdicts FROM weeks").fetchall())
    assert json.loads(row[0])[CONTESTED] == 7
