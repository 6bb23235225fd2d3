"""The weeks of groups of agents: counted in memory, and written when a week is over, if they are of many.

What a call gives is what it gives to the sums of the site (`analysis/store/weeks.py`): one of its verdicts, drawn by
lot. A group's week goes into the file once, rounded, when it is of enough calls with enough agents; what does not come
so far is forgotten. See docs/decisions/figures-of-groups.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from analysis.emotion.drift import BINS, CONTESTED, SCORED, week_of
from analysis.store.group_row import CALLS_STEP, Floor, Grouping, GroupWeek, band_of, begin, mean_of, put
from analysis.store.weeks import KEPT, Vote
from consent.database import Database
from consent.errors import DatabaseUnavailable

SHARE: Final = 2
"""Nobody is in more of a figure's calls than so many times what each of the fewest agents would have."""


@dataclass(slots=True)
class _Crowd:
    """Of how many calls with whom something is."""

    calls: int = 0
    agents: Counter[str] = field(default_factory=Counter)

    def add(self, agents: Iterable[str]) -> None:
        self.calls += 1
        self.agents.update(agents)

    def merge(self, other: _Crowd) -> None:
        self.calls += other.calls
        self.agents.update(other.agents)

    def is_of_many(self, floor: Floor) -> bool:
        if self.calls < floor.calls or len(self.agents) < floor.agents:
            return False
        return max(self.agents.values()) * floor.agents <= SHARE * self.calls


@dataclass(slots=True)
class _Sums:
    """What a group's calls of one week gave so far."""

    asked: _Crowd = field(default_factory=_Crowd)
    yes: int = 0
    measured: _Crowd = field(default_factory=_Crowd)
    scored: _Crowd = field(default_factory=_Crowd)
    not_judged: int = 0
    contested: int = 0
    activation: list[int] = field(default_factory=lambda: [0] * BINS)
    anger: list[int] = field(default_factory=lambda: [0] * BINS)

    def add(self, vote: Vote) -> None:
        self.measured.add(vote.agents)
        self.not_judged += vote.kind not in (SCORED, CONTESTED)
        self.contested += vote.kind == CONTESTED
        if vote.bins is not None:
            self.scored.add(vote.agents)
            self.activation[vote.bins[0]] += 1
            self.anger[vote.bins[1]] += 1

    def merge(self, other: _Sums) -> None:
        for mine, theirs in (
            (self.asked, other.asked),
            (self.measured, other.measured),
            (self.scored, other.scored),
        ):
            mine.merge(theirs)
        self.yes += other.yes
        self.not_judged += other.not_judged
        self.contested += other.contested
        for counts, more in ((self.activation, other.activation), (self.anger, other.anger)):
            counts[:] = map(sum, zip(counts, more, strict=True))

    def is_of_many(self, floor: Floor) -> bool:
        return self.asked.is_of_many(floor) and self.measured.is_of_many(floor)

    def as_row(self, week: str, name: str, model_id: str, floor: Floor) -> GroupWeek:
        has_means = self.scored.is_of_many(floor)
        calls = self.measured.calls
        return GroupWeek(
            week=week,
            name=name,
            model_id=model_id,
            calls=calls // CALLS_STEP * CALLS_STEP,
            yes=band_of(self.yes, self.asked.calls),
            not_judged=band_of(self.not_judged, calls),
            contested=band_of(self.contested, calls),
            activation=mean_of(self.activation) if has_means else None,
            anger=mean_of(self.anger) if has_means else None,
        )


@dataclass(slots=True)
class _Week:
    """The groups of one week that wait, by name, since when."""

    since: datetime
    groups: dict[str, _Sums] = field(default_factory=dict)

    def tellable(self, floor: Floor) -> list[str]:
        """The groups that may be told: of many, and what is left untold is nobody's either.

        The sums of the site are of all groups together. Were all of them told but one in which few talked, the
        difference would be theirs: then the smallest of the others stays untold too.
        """
        told = sorted((one for one in self.groups if self.groups[one].is_of_many(floor)), key=self._calls_of)
        rest = _Crowd()
        for name in self.groups.keys() - set(told):
            rest.merge(self.groups[name].measured)
        while told and rest.calls and not rest.is_of_many(floor):
            rest.merge(self.groups[told.pop(0)].measured)
        return told

    def _calls_of(self, name: str) -> tuple[int, str]:
        return self.groups[name].measured.calls, name


class Groups:
    """The figures of groups of one file. Every method that waits may raise DatabaseUnavailable.

    `scores_days` is how long a vote may wait: no longer than what it was drawn from is kept.
    """

    def __init__(
        self,
        database: Database,
        grouping: Grouping,
        floor: Floor,
        model_id: str,
        scores_days: int,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._database = database
        self._grouping = grouping
        self._floor = floor
        self._model_id = model_id
        self._longest = timedelta(days=scores_days)
        self._now = now
        self._weeks: dict[str, _Week] = {}
        self.begins = ""
        """The week from which the grouping is counted; "" while it is not known."""

    async def open(self) -> None:
        """Take up the grouping; one that was changed too soon begins later, at `begins`."""
        if self._grouping.members:
            now = self._now()
            self.begins = await self._database.write(lambda connection: begin(connection, self._grouping, now))

    def asked(self, agents: Collection[str], *, is_yes: bool) -> None:
        """A call is over in which the caller was asked, and talked with these; whether a yes stood to its end."""
        if (sums := self._sums_of(agents)) is not None:
            sums.asked.add(agents)
            sums.yes += is_yes

    def take(self, vote: Vote) -> bool:
        """Count the vote of a call that is sealed now; whether it may be in the sums of the site.

        While groups are counted, a call of none of them is in no sum: the site less its groups would be those few.
        """
        if not self._counts:
            return True
        sums = self._sums_of(vote.agents)
        if sums is None:
            return False
        sums.add(vote)
        return True

    async def fold(self) -> None:
        """Write the weeks that are over, and what has waited half as long as it may; forget what waited too long."""
        for name in list(self._weeks):
            age = abs(self._now() - self._weeks[name].since)
            is_over = name != week_of(self._now())
            if age >= self._longest:
                del self._weeks[name]
            elif is_over or 2 * age >= self._longest:
                await self._write(name)
                if is_over:
                    self._weeks.pop(name, None)

    async def close(self) -> None:
        """Write what is of many already: the service stops."""
        for name in list(self._weeks):
            await self._write(name)

    async def expire(self) -> int:
        """Delete the weeks that were kept long enough; how many rows."""
        last = week_of(self._now() - KEPT)
        return await self._database.write(
            lambda connection: connection.execute("DELETE FROM group_weeks WHERE week < ?", (last,)).rowcount
        )

    @property
    def _counts(self) -> bool:
        return "" < self.begins <= week_of(self._now())

    def _sums_of(self, agents: Collection[str]) -> _Sums | None:
        group = self._grouping.of(agents)
        if not group or not self._counts:
            return None
        week = self._weeks.setdefault(week_of(self._now()), _Week(self._now()))
        return week.groups.setdefault(group, _Sums())

    async def _write(self, name: str) -> None:
        week = self._weeks[name]
        taken = {group: week.groups.pop(group) for group in week.tellable(self._floor)}
        if not taken:
            return
        rows = [sums.as_row(name, group, self._model_id, self._floor) for group, sums in taken.items()]
        try:
            # As with the sums of the site: what is cancelled is lost rather than counted twice.
            await self._database.write(lambda connection: put(connection, rows))
        except DatabaseUnavailable:
            for group, sums in taken.items():
                week.groups.setdefault(group, _Sums()).merge(sums)
            raise
