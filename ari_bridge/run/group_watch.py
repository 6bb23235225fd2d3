"""Watches the board for what groups of agents met: calls in which the caller was asked, and those with a yes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

import structlog

from analysis.emotion.drift import week_of
from analysis.store.groups import Groups
from analysis.store.weeks import Vote
from ari_bridge.calls.board import CallView, Stage
from consent.errors import DatabaseUnavailable

YES: Final = frozenset({Stage.GRANTED, Stage.PAUSED, Stage.FAILED})
"""Where a call stands that has a yes: one that was stopped has none, whoever stopped it."""

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Met:
    agents: set[str] = field(default_factory=set)
    is_yes: bool = False


class GroupWatch:
    """Tells the groups of each call that is over, and has them written."""

    def __init__(self, groups: Groups, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._groups = groups
        self._now = now
        self._running = ""
        self._met: dict[str, _Met] = {}

    async def open(self) -> None:
        """Take up the grouping. Raises DatabaseUnavailable."""
        await self._groups.open()
        if self._groups.begins:
            _log.info("groups.counted", begins=self._groups.begins)

    def take(self, vote: Vote) -> bool:
        """Count the vote of a call in its group; whether it may be in the sums of the site."""
        return self._groups.take(vote)

    def see(self, view: CallView) -> None:
        """Watch the board. Of a call that is over nothing stays here."""
        if view.stage is not Stage.ENDED:
            met = self._met.setdefault(view.call_id, _Met())
            met.agents.update(view.agents)
            met.is_yes = view.stage in YES
        elif (over := self._met.pop(view.call_id, None)) is not None:
            self._groups.asked(frozenset(over.agents), is_yes=over.is_yes)

    async def look(self) -> None:
        """Write what is over, and once in a week delete what was kept long enough. Raises DatabaseUnavailable."""
        await self._groups.fold()
        running = week_of(self._now())
        if running != self._running:
            await self._groups.expire()
            self._running = running

    async def close(self) -> None:
        """Write what is of many: the service stops. A file that cannot be written then costs the running week."""
        try:
            await self._groups.close()
        except DatabaseUnavailable as error:
            _log.error("groups.lost", error=str(error))
