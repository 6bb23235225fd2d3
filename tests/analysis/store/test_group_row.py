"""What is told of a group: bands, steps, and groupings that stand."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.emotion.drift import BINS
from analysis.store.group_row import (
    FEWEST_AGENTS,
    FEWEST_CALLS,
    Floor,
    Grouping,
    GroupWeek,
    Mean,
    band_of,
    begin,
    mean_of,
    put,
    rows_over,
)
from consent.database import Database
from consent.errors import InvalidValue

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
ROW = GroupWeek("2026-W09", "sales", "m", 100, 80, 10, 0, Mean(30, 5), None)
ONE = Grouping({"sales": frozenset({"1001", "1002"})})
OTHER = Grouping({"sales": frozenset({"1001", "1003"})})


@pytest.mark.parametrize(("agents", "calls"), [(FEWEST_AGENTS - 1, 50), (10, FEWEST_CALLS - 1), (0, 0)])
def test_the_floor_has_a_floor(agents: int, calls: int) -> None:
    """Law: no setting makes a figure of fewer than five agents, or of fewer than fifty calls."""
    with pytest.raises(InvalidValue):
        Floor(agents, calls)


def test_an_agent_is_in_one_group() -> None:
    """Law: two groups that differ by one agent cannot be, since their difference would be that agent."""
    with pytest.raises(InvalidValue, match="one group"):
        Grouping({"all": frozenset({"1001", "1002"}), "all but one": frozenset({"1001"})})


@pytest.mark.parametrize(
    ("agents", "group"),
    [({"1001"}, "sales"), ({"1001", "1002"}, "sales"), ({"1001", "9"}, ""), ({"9"}, ""), ({""}, ""), (set(), "")],
)
def test_a_call_is_of_a_group_where_all_its_agents_are(agents: set[str], group: str) -> None:
    """Law: a call that went through two groups, or with somebody of none, or nobody who is heard, is of no group."""
    assert ONE.of(agents) == group


def test_the_digest_knows_no_order() -> None:
    """Law: the same groups written in another order are the same grouping; another member is another one."""
    assert Grouping({"b": frozenset({"3"}), "a": frozenset({"1", "2"})}).digest == (
        Grouping({"a": frozenset({"2", "1"}), "b": frozenset({"3"})}).digest
    )
    assert ONE.digest != OTHER.digest


@given(total=st.integers(50, 10_000), data=st.data())
def test_a_band_hides_one_call_at_its_ends(total: int, data: st.DataObject) -> None:
    """Law: a share is told as the band of five percent that it lies in, and nobody and everybody as the last bands,
    together with the few: that not one contested, or that each said yes, is not told.
    """
    count = data.draw(st.integers(0, total))
    band = band_of(count, total)
    assert band % 5 == 0
    assert 0 <= band <= 95
    assert band <= count * 100 / total <= band + 5


@given(bins=st.lists(st.integers(0, 500), min_size=BINS, max_size=BINS).filter(lambda one: sum(one) >= 50))
def test_a_mean_is_told_in_steps_with_an_error(bins: list[int]) -> None:
    """Law: within half a step of the mean of the bins, and never without an error."""
    mean = mean_of(bins)
    exact = sum(count * (place + 0.5) * 10 for place, count in enumerate(bins)) / sum(bins)
    assert mean.value % 5 == mean.error % 5 == 0
    assert abs(mean.value - exact) <= 2.5 + 1e-9
    assert 5 <= mean.error <= 100


def test_a_mean_of_many_calls_moves_by_a_step_at_most_with_one_agent() -> None:
    """Law: whatever the callers of one agent of ten were like, the figure of the group stays, or moves by one step."""
    others = [0, 30, 60, 0, 0, 0, 0, 0, 0, 0]
    told = set()
    for place in range(1, 4):
        bins = list(others)
        bins[place] += 10
        told.add(mean_of(bins).value)
    assert len(told) <= 2
    assert max(told) - min(told) <= 5


@pytest.mark.parametrize(
    "finer",
    [{"calls": 103}, {"calls": 40}, {"yes": 83}, {"not_judged": 100}, {"contested": 1}, {"contested": -5}],
    ids=str,
)
def test_nothing_finer_is_a_row(finer: dict[str, int]) -> None:
    """Law: a row that is told more finely, or of fewer calls, is an error here."""
    with pytest.raises(InvalidValue, match="2026-W09"):
        replace(ROW, **finer)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("calls", 49),
        ("calls", 55),
        ("yes", 83),
        ("yes", 100),
        ("not_judged", 1),
        ("contested", 2),
        ("activation", 31),
        ("activation", None),
        ("activation_error", 0),
        ("anger", 30),
        ("name", ""),
        ("week", "today"),
    ],
)
async def test_nothing_finer_is_in_the_file(database: Database, column: str, value: object) -> None:
    """Law: the schema refuses it too, whoever writes."""
    columns = ("week", "name", "model_id", "calls", "yes", "not_judged", "contested")
    row = dict(zip((*columns, "activation", "activation_error", "anger", "anger_error"), ROW.values, strict=True))
    row[column] = value  # type: ignore[assignment]
    query = f"INSERT INTO group_weeks ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})"
    with pytest.raises(sqlite3.IntegrityError):
        await database.write(lambda c: c.execute(query, tuple(row.values())))


async def test_a_row_comes_back_as_it_was_written(database: Database) -> None:
    """Law: nothing is lost on the way, and a week that is not over is not told."""
    await database.write(lambda c: put(c, [ROW, replace(ROW, week="2026-W10")]))
    assert await database.read(lambda c: rows_over(c, NOW)) == [ROW]


async def test_a_week_is_told_once_or_by_more_calls(database: Database) -> None:
    """Law: two parts of one week never add up, so that none can be subtracted: the one of more calls stays. Nor can
    anybody with SQL make a row smaller, or put another in its place.
    """
    for calls, stays in ((100, 100), (60, 100), (110, 110)):
        await database.write(lambda c, calls=calls: put(c, [replace(ROW, calls=calls)]))  # type: ignore[misc]
        assert [row.calls for row in await database.read(lambda c: rows_over(c, NOW))] == [stays]
    for query in (
        "UPDATE group_weeks SET calls = 60",
        "UPDATE group_weeks SET name = 'one'",
        "INSERT OR REPLACE INTO group_weeks SELECT * FROM group_weeks",
    ):
        with pytest.raises(sqlite3.IntegrityError):
            await database.write(lambda c, query=query: c.execute(query))  # type: ignore[misc]


async def test_a_row_that_was_tampered_with_is_refused(database: Database) -> None:
    """Law: a row from a file without our laws is an error that names the week, and no figure."""

    def tamper(connection: sqlite3.Connection) -> None:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        connection.execute(
            f"INSERT INTO group_weeks VALUES ({', '.join('?' * len(ROW.values))})",
            (*ROW.values[:3], 3, *ROW.values[4:]),
        )
        connection.execute("PRAGMA ignore_check_constraints = OFF")

    await database.write(tamper)
    with pytest.raises(InvalidValue, match="2026-W09"):
        await database.read(lambda c: rows_over(c, NOW))


async def test_a_changed_grouping_waits_four_weeks(database: Database) -> None:
    """Law: no regrouping within a period: it begins with a week, when the one before has stood for four."""
    assert await database.write(lambda c: begin(c, ONE, NOW)) == "2026-W10"
    assert await database.write(lambda c: begin(c, ONE, NOW + timedelta(weeks=1))) == "2026-W10"
    assert await database.write(lambda c: begin(c, OTHER, NOW + timedelta(weeks=1))) == "2026-W14"
    assert await database.write(lambda c: begin(c, OTHER, NOW + timedelta(weeks=2))) == "2026-W14"


async def test_a_change_that_never_began_is_taken_back(database: Database) -> None:
    """Law: who writes the old groups again before that is counted as if nothing had been."""
    await database.write(lambda c: begin(c, ONE, NOW))
    await database.write(lambda c: begin(c, OTHER, NOW))
    assert await database.write(lambda c: begin(c, ONE, NOW)) == "2026-W10"


async def test_going_back_waits_as_long(database: Database) -> None:
    """Law: to and fro is no way around it: each step stands for four weeks."""
    await database.write(lambda c: begin(c, ONE, NOW))
    later = NOW + timedelta(weeks=10)
    assert await database.write(lambda c: begin(c, OTHER, later)) == "2026-W21"
    assert await database.write(lambda c: begin(c, ONE, later + timedelta(weeks=1))) == "2026-W25"


async def test_years_end_does_not_matter(database: Database) -> None:
    """Law: weeks are ISO weeks across the turn of a year of 53 weeks."""
    december = datetime(2026, 12, 30, tzinfo=UTC)
    assert await database.write(lambda c: begin(c, ONE, december)) == "2026-W53"
    assert await database.write(lambda c: begin(c, OTHER, december)) == "2027-W04"
