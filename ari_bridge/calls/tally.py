"""What is counted of all calls since the start, and outlives each of them. It knows no call, no person, no moment."""

from __future__ import annotations

from collections import Counter
from typing import Final

from ari_bridge.calls.board import CallView, Stage
from ari_bridge.calls.crowd import Crowd
from ari_bridge.calls.cues import CueCounts
from ari_bridge.calls.screen_tally import ScreenTally
from ari_bridge.media.stats import ReceiverStats
from consent.states import Answer

FEW_CALLS: Final = 5
"""A figure of fewer calls than these may be one person's."""
FEW_AGENTS: Final = 2
"""A figure of fewer agents than these is one agent's."""
MANY_CALLS: Final = 50
SEVERAL_AGENTS: Final = 5
"""What agents do with their rights is told of so many at least, as it is in the weeks' sums."""


class Tally:
    """Counts that never fall. Touched on the loop, at a fork's end, an answer, a connection; never for a packet."""

    def __init__(self) -> None:
        self.answers: Counter[Answer] = Counter()
        self.connections = 0
        """How often the PBX was there, or was there again."""
        self.failures = 0
        """How often a call with a yes could not be analysed, by a fault or for want of room."""
        self.forks = 0
        """Forks that were closed."""
        self.media = ReceiverStats()
        """What became of the packets of the forks that were closed."""
        self.contested = 0
        """Scores that an agent contested, and that were dropped."""
        self.cues = CueCounts()
        """Cues of all calls."""
        self.screens = ScreenTally(MANY_CALLS, SEVERAL_AGENTS)
        """Cards and keys of the desk phones."""
        self.crowd = Crowd(FEW_CALLS, FEW_AGENTS)
        self.large_crowd = Crowd(MANY_CALLS, SEVERAL_AGENTS)
        self._failed: set[str] = set()

    def closed(self, media: ReceiverStats, call_id: str, agent: str) -> None:
        """A fork was closed: what it received; `agent` is the endpoint of an agent's leg, "" of a caller's."""
        self.forks += 1
        self.media += media
        if media.packets:
            self.crowd.add(call_id, agent)
            self.large_crowd.add(call_id, agent)

    def see(self, view: CallView) -> None:
        """Watch the board: count the calls that turn to failed, each time once."""
        if view.stage is not Stage.FAILED:
            self._failed.discard(view.call_id)
        elif view.call_id not in self._failed:
            self._failed.add(view.call_id)
            self.failures += 1
