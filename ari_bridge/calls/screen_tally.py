"""Counts of the desk phones' screens by family, kept back until they are those of several agents."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ari_bridge.calls.board import CallView, Stage
from ari_bridge.calls.crowd import Crowd


@dataclass(frozen=True, slots=True)
class ScreenCounts:
    """Of one family since the start: cards sent, cards fetched, keys pressed."""

    sent: int = 0
    fetched: int = 0
    pressed: int = 0


class ScreenTally:
    """Of all phones. `calls` and `agents` say how many make a figure that is nobody's."""

    def __init__(self, calls: int, agents: int) -> None:
        self._size = calls, agents
        self._crowds: dict[str, Crowd] = {}
        self.sent: Counter[str] = Counter()
        self.fetched: Counter[str] = Counter()
        self.pressed: Counter[str] = Counter()
        self.not_found = 0

    def see(self, view: CallView, family_of: Callable[[str], str]) -> None:
        """Watch the board: whose phones, of which family, are shown a call."""
        if view.stage is Stage.ENDED:
            return
        for endpoint in view.agents:
            family = family_of(endpoint)
            self._crowds.setdefault(family, Crowd(*self._size)).add(view.call_id, endpoint)

    def of_several(self) -> Mapping[str, ScreenCounts]:
        """The counts of each family that was shown enough calls to enough agents since it was told last."""
        told = {}
        for family, crowd in self._crowds.items():
            if crowd.is_one:
                told[family] = ScreenCounts(self.sent[family], self.fetched[family], self.pressed[family])
                crowd.begin_anew()
        return told
