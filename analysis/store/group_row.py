"""What is told of a group of agents in a week: shares in bands and means in steps, so coarse that they are nobody's."""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final, NamedTuple

from analysis.emotion.drift import BINS, week_of
from consent.errors import InvalidValue

FEWEST_AGENTS: Final = 5
"""No figure is of fewer agents, whatever the settings say."""
FEWEST_CALLS: Final = 50
"""No figure is of fewer calls. The schema holds it too."""
STEP: Final = 5
"""Percent. A group of ten in which one agent changes moves by less than this; the file holds nothing finer."""
CALLS_STEP: Final = 10
STANDS: Final = timedelta(weeks=4)
"""A grouping holds so long at least: who could regroup each week would subtract one agent."""

_COLUMNS: Final = (
    "week, name, model_id, calls, yes, not_judged, contested, activation, activation_error, anger, anger_error"
)


@dataclass(frozen=True, slots=True)
class Floor:
    """Of how many agents and calls a figure is at least.

    Raises:
        InvalidValue: fewer than five agents, or than fifty calls.
    """

    agents: int = 10
    calls: int = FEWEST_CALLS

    def __post_init__(self) -> None:
        if self.agents < FEWEST_AGENTS or self.calls < FEWEST_CALLS:
            raise InvalidValue(f"a figure is of {FEWEST_AGENTS} agents and {FEWEST_CALLS} calls at least")


@dataclass(frozen=True, slots=True)
class Grouping:
    """Which agents (PJSIP endpoints) are which group, by the group's name.

    Raises:
        InvalidValue: an agent is in two groups, so that one minus the other would be a person.
    """

    members: Mapping[str, frozenset[str]]

    def __post_init__(self) -> None:
        if sum(map(len, self.members.values())) != len(frozenset().union(*self.members.values())):
            raise InvalidValue("an agent is in one group at most")

    def of(self, agents: Collection[str]) -> str:
        """The group in which all of them are; "" where there is none, or nobody."""
        return next((name for name, members in self.members.items() if agents and members.issuperset(agents)), "")

    @property
    def digest(self) -> str:
        """The same for the same grouping, in whatever order it is written."""
        written = sorted((name, sorted(members)) for name, members in self.members.items())
        return sha256(json.dumps(written).encode()).hexdigest()


class Mean(NamedTuple):
    """A mean of 0 to 100 in steps of five, and within which error chance alone leaves it in 95 of 100 cases."""

    value: int
    error: int


@dataclass(frozen=True, slots=True)
class GroupWeek:
    """A group's calls in one ISO week (UTC). Shares are bands of five percent, told by their lower end.

    `yes` is of the calls in which the caller was asked: a yes that stood to the end. `not_judged` and `contested` are
    of `calls`, those with a verdict, of which each counts once, by a verdict drawn by lot. The means are of those that
    had a score, None where they are too few.

    Raises:
        InvalidValue: something finer, or of fewer, than may be told.
    """

    week: str
    name: str
    model_id: str
    calls: int
    yes: int
    not_judged: int
    contested: int
    activation: Mean | None
    anger: Mean | None

    def __post_init__(self) -> None:
        shares = (self.yes, self.not_judged, self.contested)
        if self.calls < FEWEST_CALLS or self.calls % CALLS_STEP:
            raise InvalidValue(f"the week {self.week} of a group is of too few calls, or counted too finely")
        if any(share % STEP or not 0 <= share < 100 for share in shares):
            raise InvalidValue(f"the week {self.week} of a group is told too finely")

    @property
    def values(self) -> tuple[str | int | None, ...]:
        """As the table's row."""
        activation, anger = ((None, None) if mean is None else mean for mean in (self.activation, self.anger))
        return (
            *(self.week, self.name, self.model_id, self.calls, self.yes, self.not_judged, self.contested),
            *(*activation, *anger),
        )


def band_of(count: int, total: int) -> int:
    """The lower end, in percent, of the band in which a share lies: all and nearly all are one, none and few one."""
    return min(100 - STEP, count * 100 // total // STEP * STEP)


def mean_of(bins: Sequence[int]) -> Mean:
    """The mean of calls counted in ten equal bins, and its error (1.96 s / sqrt(n)), which is never told as nothing."""
    total = sum(bins)
    centres = [(place + 0.5) / BINS for place in range(BINS)]
    mean = sum(count * centre for count, centre in zip(bins, centres, strict=True)) / total
    variance = sum(count * (centre - mean) ** 2 for count, centre in zip(bins, centres, strict=True)) / total
    error = 1.96 * math.sqrt(variance / total)
    return Mean(round(mean * 100 / STEP) * STEP, max(STEP, math.ceil(error * 100 / STEP) * STEP))


def rows_over(connection: sqlite3.Connection, now: datetime) -> list[GroupWeek]:
    """The rows of the weeks that are over by `now` (timezone-aware), the oldest first, by the groups' names.

    Raises:
        InvalidValue: a row that was tampered with.
    """
    query = f"SELECT {_COLUMNS} FROM group_weeks WHERE week < ? ORDER BY week, name"  # noqa: S608
    return [_row(values) for values in connection.execute(query, (week_of(now),))]


def waits_for(connection: sqlite3.Connection, grouping: Grouping, now: datetime) -> str:
    """The week with which this grouping begins, where that is still to come by `now`; else ""."""
    query = "SELECT week FROM groupings WHERE digest = ? AND week > ? ORDER BY week DESC LIMIT 1"
    found = connection.execute(query, (grouping.digest, week_of(now))).fetchone()
    return "" if found is None else str(found[0])


def _row(values: tuple[Any, ...]) -> GroupWeek:
    week, name, model_id, calls, yes, not_judged, contested, *means = values
    activation, anger = _mean(*means[:2]), _mean(*means[2:])
    return GroupWeek(week, name, model_id, calls, yes, not_judged, contested, activation, anger)


def _mean(value: int | None, error: int | None) -> Mean | None:
    return None if value is None or error is None else Mean(value, error)


def put(connection: sqlite3.Connection, rows: Sequence[GroupWeek]) -> None:
    """Write rows, each in place of one of fewer calls only: a restart leaves two parts of a week, and one is told."""
    for row in rows:
        _put(connection, row)


def _put(connection: sqlite3.Connection, row: GroupWeek) -> None:
    key = (row.week, row.name)
    found = connection.execute("SELECT calls FROM group_weeks WHERE week = ? AND name = ?", key).fetchone()
    if found is None:
        connection.execute(f"INSERT INTO group_weeks ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row.values)  # noqa: S608
    elif found[0] < row.calls:
        names = [name for name in _COLUMNS.split(", ") if name not in ("week", "name")]
        connection.execute(
            f"UPDATE group_weeks SET {', '.join(f'{name} = ?' for name in names)} WHERE week = ? AND name = ?",  # noqa: S608
            (*row.values[2:], *key),
        )


def begin(connection: sqlite3.Connection, grouping: Grouping, now: datetime) -> str:
    """The week from which this grouping is counted, written down where it is new.

    One that differs from the last waits: for the next week, and until the last has stood for four.
    """
    running = week_of(now)
    last = connection.execute("SELECT week, digest FROM groupings ORDER BY week DESC LIMIT 1").fetchone()
    if last is not None and last[1] != grouping.digest and last[0] > running:  # one that never began
        connection.execute("DELETE FROM groupings WHERE week = ?", (last[0],))
        return begin(connection, grouping, now)
    if last is not None and last[1] == grouping.digest:
        return str(last[0])
    week = running if last is None else max(week_of(now + timedelta(weeks=1)), week_of(_monday(last[0]) + STANDS))
    connection.execute("INSERT INTO groupings (week, digest) VALUES (?, ?)", (week, grouping.digest))
    return week


def _monday(week: str) -> datetime:
    return datetime.strptime(f"{week}-1 +0000", "%G-W%V-%u %z")
