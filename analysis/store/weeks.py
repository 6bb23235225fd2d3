"""The weeks of a site as sums: how the model's verdicts were distributed, over so many calls that they are nobody's.

Each call casts one vote when it is sealed: one of its verdicts, and one of its scores, drawn by lot. Votes are added up
in memory and go into the file together, when they are of many calls of several agents; what does not come so far is
forgotten. So whoever has any two copies of the file, of any two moments, finds between them a sum of many calls, or
nothing. Of no call is it known which of its verdicts counted. See docs/decisions/sums-of-fifty-calls.md.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from analysis.emotion.drift import BINS, CONTESTED, KINDS, SCORED, Week, bin_of, week_of
from consent.database import Database
from consent.errors import DatabaseUnavailable, InvalidValue
from consent.retention import MAX_SCORES_DAYS

MANY_CALLS: Final = 50
"""Votes that go into the file together, at least. The schema holds it too."""
SEVERAL_AGENTS: Final = 5
"""Agents with whom they talked, at least; and none of them in more than half of the calls."""
KEPT: Final = timedelta(days=MAX_SCORES_DAYS)
"""How long a week stays: as long as the longest that may be announced for scores."""

_CONTESTED: Final = "SELECT model_id FROM contests JOIN grants USING (grant_id) WHERE call_id = ?"
_COLUMNS: Final = "week, model_id, activation, anger, verdicts"


@dataclass(frozen=True, slots=True)
class Vote:
    """What one call gives to the sums: the kind of one of its verdicts, the bins of one of its scores (None: it has
    none), and the agents who were heard in it ("" for one who was not).
    """

    kind: str
    bins: tuple[int, int] | None
    agents: frozenset[str]


@dataclass(slots=True)
class _Batch:
    """Votes that wait, as sums already."""

    since: datetime
    activation: list[int] = field(default_factory=lambda: [0] * BINS)
    anger: list[int] = field(default_factory=lambda: [0] * BINS)
    kinds: Counter[str] = field(default_factory=Counter)
    agents: Counter[str] = field(default_factory=Counter)

    def add(self, vote: Vote) -> None:
        self.kinds[vote.kind] += 1
        self.agents.update(vote.agents)
        if vote.bins is not None:
            for counts, place in zip((self.activation, self.anger), vote.bins, strict=True):
                counts[place] += 1

    def merge(self, other: _Batch) -> None:
        self.since = min(self.since, other.since)
        for mine, theirs in ((self.activation, other.activation), (self.anger, other.anger)):
            mine[:] = map(sum, zip(mine, theirs, strict=True))
        self.kinds.update(other.kinds)
        self.agents.update(other.agents)

    @property
    def is_of_many(self) -> bool:
        calls = self.kinds.total()
        is_crowd = calls >= MANY_CALLS and len(self.agents.keys() - {""}) >= SEVERAL_AGENTS
        return is_crowd and 2 * max(self.agents.values()) <= calls

    def as_week(self, name: str, model_id: str) -> Week:
        return Week(name, model_id, tuple(self.activation), tuple(self.anger), dict(self.kinds))


class Weeks:
    """The votes of one model, and the weeks of a file. Every method that waits may raise DatabaseUnavailable, and
    InvalidValue where a row was tampered with.

    `scores_days` is how long a vote may wait: no longer than what it was drawn from is kept. `take` says of a vote
    whether it counts in these sums.
    """

    def __init__(
        self,
        database: Database,
        model_id: str,
        scores_days: int,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        draw: Callable[[int], int] = secrets.randbelow,
        take: Callable[[Vote], bool] = lambda vote: True,
    ) -> None:
        self._database = database
        self.model_id = model_id
        self._longest = timedelta(days=scores_days)
        self._now = now
        self._draw = draw
        self._take = take
        self._batch = _Batch(now())

    def vote_of(self, connection: sqlite3.Connection, call_id: str) -> Vote | None:
        """What a call would give, on the transaction that seals it; None for nothing.

        A call that either party stopped gives nothing, nor does one that another model had judged before a restart. A
        call in which a score was contested counts as that, whatever else was said in it.
        """
        stopped = "SELECT 1 FROM answers WHERE call_id = ? AND answer IN ('withdrawn', 'objected')"
        if connection.execute(stopped, (call_id,)).fetchone() is not None:
            return None
        verdicts = connection.execute(
            "SELECT coalesce(reason, ?), activation, anger, model_id FROM scores JOIN grants USING (grant_id)"
            " WHERE call_id = ?",
            (SCORED, call_id),
        ).fetchall()
        contested = {model_id for (model_id,) in connection.execute(_CONTESTED, (call_id,))}
        scored = [(bin_of(activation), bin_of(anger)) for kind, activation, anger, _ in verdicts if kind == SCORED]
        models = contested.union(model_id for *_, model_id in verdicts)
        if not (verdicts or contested) or models - {None, self.model_id}:
            return None
        agents = "SELECT endpoint FROM grants WHERE call_id = ? AND party = 'agent'"
        talked = frozenset(endpoint for (endpoint,) in connection.execute(agents, (call_id,))) or frozenset({""})
        if contested:  # what is left of its scores fills no bin: who contests one says that this caller is misread
            return Vote(CONTESTED, None, talked)
        return Vote(
            kind=str(verdicts[self._draw(len(verdicts))][0]),
            bins=scored[self._draw(len(scored))] if scored else None,
            agents=talked,
        )

    def count(self, vote: Vote) -> None:
        """Count the vote of a call that is sealed now, if it may be counted."""
        if not self._take(vote):
            return
        if not self._batch.kinds:
            self._batch.since = self._now()
        self._batch.add(vote)

    async def fold(self) -> int:
        """Add what waits to the running week, if it is of many; of how many calls it was.

        What waited too long is forgotten.
        """
        if abs(self._now() - self._batch.since) >= self._longest:
            self._batch = _Batch(self._now())
        if not self._batch.is_of_many:
            return 0
        batch, self._batch = self._batch, _Batch(self._now())
        week = batch.as_week(week_of(self._now()), self.model_id)
        try:
            # `write` knows no half: where it raises this nothing is written, and where it is cancelled the votes are
            # lost rather than counted twice.
            await self._database.write(lambda connection: _add(connection, week))
        except DatabaseUnavailable:
            self._batch.merge(batch)
            raise
        return week.calls

    async def over(self) -> list[Week]:
        """The weeks of this model that are over, the oldest first."""
        return await self._database.read(lambda connection: weeks_over(connection, self.model_id, self._now()))

    async def expire(self) -> int:
        """Delete the weeks that were kept long enough, of every model; how many."""
        last = week_of(self._now() - KEPT)
        return await self._database.write(
            lambda connection: connection.execute("DELETE FROM weeks WHERE week < ?", (last,)).rowcount
        )


def weeks_over(connection: sqlite3.Connection, model_id: str, now: datetime) -> list[Week]:
    """The weeks of a model in a file that are over by `now` (timezone-aware), the oldest first.

    Raises:
        InvalidValue: a row holds no sums, or such as do not add up.
    """
    query = f"SELECT {_COLUMNS} FROM weeks WHERE model_id = ? AND week < ? ORDER BY week"  # noqa: S608
    return [_week(row) for row in connection.execute(query, (model_id, week_of(now)))]


def _week(row: tuple[str, str, str, str, str]) -> Week:
    name, model_id, *told = row
    try:
        activation, anger, kinds = map(json.loads, told)
        return Week(name, model_id, tuple(activation), tuple(anger), kinds)
    except (ValueError, TypeError, AttributeError) as error:
        raise InvalidValue(f"the sums of {name} cannot be read: {error}") from error


def _add(connection: sqlite3.Connection, week: Week) -> None:
    key = (week.name, week.model_id)
    row = connection.execute(
        f"SELECT {_COLUMNS} FROM weeks WHERE week = ? AND model_id = ?",  # noqa: S608
        key,
    ).fetchone()
    both = week if row is None else _week(row) + week
    # Every kind is there, at zero too, so that no form of the row tells anything.
    kinds = {kind: both.kinds.get(kind, 0) for kind in {**dict.fromkeys(KINDS), **both.kinds}}
    told = (both.calls, *map(json.dumps, (both.activation, both.anger, kinds)))
    if row is None:
        connection.execute("INSERT INTO weeks VALUES (?, ?, ?, ?, ?, ?)", (*key, *told))
    else:
        connection.execute(
            "UPDATE weeks SET calls = ?, activation = ?, anger = ?, verdicts = ? WHERE week = ? AND model_id = ?",
            (*told, *key),
        )
