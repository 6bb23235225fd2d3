"""Which calls the engine takes: as many as it has places for, and no new one while it is hard pressed.

A call that is too many is not analysed, and that is said; those which are heard already lose nothing by it.
"""

from __future__ import annotations

from collections import deque
from typing import Final

from consent.errors import OuidireError

MAX_CALLS: Final = 100
"""What two cores carry with a reserve: the bridge takes at most 0.8 % of a core for a call (benchmarks/calls.py)."""
WATCHED_S: Final = 5.0
"""How far the brake looks back: one slow round brakes nothing, five seconds of them do."""
MAX_BUSY_SHARE: Final = 0.85
"""Of the watched time. Beyond that a few calls more would let the queues of all of them run over."""


class EngineFull(OuidireError):
    """There is no place for another call now; the message says why."""


class Admission:
    """The calls that hold a place. A call keeps its own until it is let go."""

    def __init__(self, max_calls: int = MAX_CALLS) -> None:
        self._max_calls = max_calls
        self._admitted: set[str] = set()
        self._refused: set[str] = set()
        self._refused_calls = 0

    @property
    def admitted(self) -> int:
        """How many calls hold a place."""
        return len(self._admitted)

    @property
    def refused(self) -> int:
        """How many calls ever found none; one that asks again and again counts once."""
        return self._refused_calls

    @property
    def full(self) -> str:
        """That all places are taken, empty while there is one."""
        return f"{len(self._admitted)} calls" if len(self._admitted) >= self._max_calls else ""

    def reserve(self, call_id: str, obstacle: str) -> None:
        """Give a call its place, once and for all. Raises EngineFull for an obstacle, unless it holds one already."""
        if call_id in self._admitted:
            return
        if obstacle:
            if call_id not in self._refused:
                self._refused.add(call_id)
                self._refused_calls += 1
            raise EngineFull(obstacle)
        self._refused.discard(call_id)
        self._admitted.add(call_id)

    def let_go(self, call_id: str) -> None:
        """The call needs no place any more."""
        self._admitted.discard(call_id)
        self._refused.discard(call_id)


class Workload:
    """What the worker had to do in the last seconds, round by round."""

    __slots__ = ("_busy_s", "_dropped", "_rounds")

    def __init__(self) -> None:
        self._rounds: deque[tuple[float, float, int]] = deque()
        self._busy_s = 0.0
        self._dropped = 0

    def note(self, now_s: float, busy_s: float, dropped_frames: int) -> None:
        """A round ended: how long the worker worked in it, and how many frames the queues have given up in all."""
        dropped, self._dropped = dropped_frames - self._dropped, dropped_frames
        self._rounds.append((now_s, busy_s, dropped))
        self._busy_s += busy_s
        while self._rounds[0][0] <= now_s - WATCHED_S:
            self._busy_s -= self._rounds.popleft()[1]

    @property
    def busy_share(self) -> float:
        """The part of the watched time in which it worked, 0..1."""
        return min(1.0, max(0.0, self._busy_s / WATCHED_S))

    @property
    def brake(self) -> str:
        """Why no new call may come, empty while it may."""
        if any(dropped for _, _, dropped in self._rounds):
            return "sound had to be dropped"
        if self.busy_share > MAX_BUSY_SHARE:
            return f"busy more than {MAX_BUSY_SHARE:.0%} of the time"
        return ""
