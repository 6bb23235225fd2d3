"""What is counted of all calls since the start, and outlives each of them. It knows no call, no person, no moment."""

from __future__ import annotations

from collections import Counter
from typing import Final

from ari_bridge.calls.board import CallView, Stage
from ari_bridge.calls.cues import CueCounts
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


class Crowd:
    """Whose legs were heard since figures were told last: so many that none of the figures is one person's?

    It holds no more ids than it takes to tell, and forgets them when it begins anew.
    """

    def __init__(self, calls: int = FEW_CALLS, agents: int = FEW_AGENTS) -> None:
        self._few_calls, self._few_agents = calls, agents
        self._calls: set[str] = set()
        self._agents: set[str] = set()

    def add(self, call_id: str, agent: str) -> None:
        """A leg of a call was heard; `agent` is "" where it was the caller's."""
        if len(self._calls) < self._few_calls:
            self._calls.add(call_id)
        if agent and len(self._agents) < self._few_agents:
            self._agents.add(agent)

    @property
    def is_one(self) -> bool:
        """Whether there were several calls, and several agents."""
        return len(self._calls) >= self._few_calls and len(self._agents) >= self._few_agents

    def begin_anew(self) -> None:
        """Forget everybody: the figures were told."""
        self._calls.clear()
        self._agents.clear()
