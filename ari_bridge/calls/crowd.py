"""How many calls and agents a figure is of: the fewer they are, the more it is somebody's."""

from __future__ import annotations


class Crowd:
    """Whose legs were heard since figures were told last: so many that none of the figures is one person's?

    It holds no more ids than it takes to tell, and forgets them when it begins anew.
    """

    def __init__(self, calls: int, agents: int) -> None:
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
