"""The figures of the screens: what was sent, fetched and pressed, by family of phones, and never of one agent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ari_bridge.calls.screen_tally import ScreenCounts, ScreenTally
from ari_bridge.calls.tally import MANY_CALLS, SEVERAL_AGENTS
from ari_bridge.run.metric_families import Metric, counter, counters
from ari_bridge.screens.families import FAMILIES

_WHEN: Final = f"told when {MANY_CALLS} more calls, of {SEVERAL_AGENTS} agents with such phones at least, were shown"


class ScreenFigures:
    """Tells the counts of a family as they stood when they last were those of several agents."""

    def __init__(self) -> None:
        self._told = dict.fromkeys(FAMILIES, ScreenCounts())

    def of(self, tally: ScreenTally, failures: int) -> Iterator[Metric]:
        """Each family of phones, those at zero too. `failures`: views that something of ours could not show."""
        self._told |= {family: counts for family, counts in tally.of_several().items() if family in self._told}
        yield counters(
            "screens_sent",
            f"Cards that the PBX or the phone took, {_WHEN}. Whether one was displayed nobody knows.",
            "family",
            {family: counts.sent for family, counts in self._told.items()},
        )
        yield counters(
            "screens_fetched",
            f"Cards that a phone fetched, {_WHEN}.",
            "family",
            {family: counts.fetched for family, counts in self._told.items()},
        )
        yield counters(
            "screen_keys",
            f"Keys that were pressed, whichever they were (never that which hides cues), {_WHEN}.",
            "family",
            {family: counts.pressed for family, counts in self._told.items()},
        )
        yield counter(
            "screens_not_found",
            "Requests with a token that is wrong or dead, or of another phone: guesses, or an old address.",
            tally.not_found,
        )
        yield counter("views_not_shown", "How often a fault of ours kept a call off a screen or a page.", failures)
