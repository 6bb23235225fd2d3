"""What an agent was shown today, for that agent's own eyes: in memory alone, and only while the own page is paired.

Of a call it keeps when it was, what became of the consent, and the last that was said of the caller's tone. Nothing is
of the agent: no measure of the own voice, no sum, no mean, no order but that of time. Why:
docs/decisions/own-history.md.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final

from analysis.emotion.score import Verdict
from ari_bridge.calls.board import CallView, Stage

MOST_CALLS: Final = 500
"""Of one agent on one day; the oldest go first."""
_NO: Final = frozenset({Stage.REFUSED, Stage.WITHDRAWN, Stage.OBJECTED})


@dataclass(frozen=True, slots=True)
class OwnCall:
    """One call, from when its agent was first seen in it. Both moments are of the site's own clock, with its zone.

    `ended` is None while the agent is in it; `stage` where it stands, or stood before its end; `tone` the last that was
    said of the caller's tone, None where nothing was, or no longer may be; `contested` that the agent had the last
    score dropped, and none came after it.
    """

    began: datetime
    ended: datetime | None
    stage: Stage
    tone: Verdict | None
    contested: bool


class OwnHistory:
    """The calls of today, by endpoint. `is_kept` says whether anybody may see those of an endpoint: of others nothing
    is kept. `clock` gives seconds since 1970: a day ends at the site's own midnight.

    What a call of yesterday was is gone at midnight, as if it had never been noted, though it still goes on.
    """

    def __init__(self, is_kept: Callable[[str], bool], clock: Callable[[], float] = time.time) -> None:
        self._is_kept = is_kept
        self._clock = clock
        self._day = _moment(clock()).date()
        self._running: dict[tuple[str, str], OwnCall] = {}
        self._over: dict[str, list[OwnCall]] = {}

    def see(self, view: CallView) -> None:
        """Take a view that has just come, for the board."""
        self.note(view, self._clock())

    def note(self, view: CallView, now_s: float) -> None:
        """Take a new view of a call. A caller's no takes the tone out of every agent's list, whoever is in the call."""
        self._turn(now_s)
        now = _moment(now_s)
        if view.stage is not Stage.ENDED:
            for endpoint in view.agents:
                if (endpoint, view.call_id) not in self._running and self._is_kept(endpoint):
                    self._running[endpoint, view.call_id] = OwnCall(now, None, view.stage, None, contested=False)
        for endpoint, _ in [key for key in self._running if key[1] == view.call_id]:
            self._bring_on(endpoint, view, now)

    def of(self, endpoint: str) -> tuple[OwnCall, ...]:
        """The calls of today of one endpoint, the newest first. Nobody else's, and no way to ask for more than one."""
        self.expire()
        running = [call for (whose, _), call in self._running.items() if whose == endpoint]
        return tuple(sorted((*running, *self._over.get(endpoint, ())), key=lambda call: call.began, reverse=True))

    def erase(self, endpoint: str) -> None:
        """Logout: nothing of that endpoint is left."""
        self._over.pop(endpoint, None)
        for key in [key for key in self._running if key[0] == endpoint]:
            del self._running[key]

    def expire(self) -> None:
        """Erase all of it if midnight has passed. Nobody need look for it to go."""
        self._turn(self._clock())

    def _bring_on(self, endpoint: str, view: CallView, now: datetime) -> None:
        """That agent's line of the call. Its id goes with its end: what is kept after it names no call."""
        kept = self._running[endpoint, view.call_id]
        if view.stage in _NO:
            kept = replace(kept, stage=view.stage, tone=None)
        elif endpoint in view.agents and view.stage is not Stage.ENDED:
            kept = _told(replace(kept, stage=view.stage, ended=None), view)
        if kept.ended is None and (endpoint not in view.agents or view.stage is Stage.ENDED):
            kept = replace(kept, ended=now)
        self._running[endpoint, view.call_id] = kept
        if view.stage is Stage.ENDED:
            del self._running[endpoint, view.call_id]
            over = self._over.setdefault(endpoint, [])
            over.append(kept)
            del over[:-MOST_CALLS]

    def _turn(self, now_s: float) -> None:
        today: date = _moment(now_s).date()
        if today != self._day:
            self._day = today
            self._running.clear()
            self._over.clear()


def _told(kept: OwnCall, view: CallView) -> OwnCall:
    """Only what stood on the agent's own screen: the tone of a call that was heard, and never a contested score."""
    if view.contested:
        return replace(kept, tone=None, contested=True)
    if view.stage is Stage.GRANTED and view.tone is not None:
        return replace(kept, tone=view.tone, contested=False)
    return kept


def _moment(now_s: float) -> datetime:
    return datetime.fromtimestamp(now_s).astimezone()
