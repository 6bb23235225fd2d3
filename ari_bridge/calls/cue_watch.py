"""Watches the board for cues: which line the phone of an agent may show just now, and what that agent has hidden."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable
from typing import Final

import structlog

from analysis.conversation import ConversationFacts
from analysis.emotion.score import ToneScore, Verdict
from ari_bridge.calls.board import CallView, Stage
from ari_bridge.calls.cue_file import Choice, CueRules, Kind
from ari_bridge.calls.cues import CallCues, Cue, CueCounts
from ari_bridge.calls.hidden_cues import HiddenCues

_LIVE: Final = frozenset({Stage.GRANTED, Stage.PAUSED, Stage.FAILED})
_ROUNDING: Final = 1e-9

log = structlog.get_logger()


class CueWatch:
    """All calls. Give it each new view before the screens get it; `redraw` is told when a cue has become too old.

    What an agent hides is in `hidden` (for good) or here (for one call, gone with it), in no log, count or other view.
    """

    def __init__(
        self,
        rules: CueRules,
        hidden: HiddenCues,
        redraw: Callable[[CallView], None],
        counts: CueCounts,
        clock: Callable[[], float] = time.monotonic,
        later: Callable[[float, Callable[[], None]], object] | None = None,
    ) -> None:
        self._rules = rules
        self._hidden = hidden
        self._redraw = redraw
        self._counts = counts
        self._clock = clock
        self._later = later
        self._calls: dict[str, _Watched] = {}

    def see(self, view: CallView) -> None:
        """Take the newest view of a call."""
        if view.stage not in _LIVE:
            self._calls.pop(view.call_id, None)
            return
        call = self._calls.get(view.call_id)
        if call is None:
            call = self._calls[view.call_id] = _Watched(CallCues(self._rules, self._counts), view)
        if call.take(view, self._clock()) is not None:
            self._call_later(self._rules.stale_after_s, lambda: self._age(view.call_id))

    def line(self, call_id: str, endpoint: str, language: str) -> str:
        """What the phone of an agent may show now; "" for nothing."""
        call = self._calls.get(call_id)
        if call is None or endpoint not in call.view.agents or self.choice(call_id, endpoint) is not Choice.SHOWN:
            return ""
        cue = call.showing(self._clock())
        return "" if cue is None else said(cue, self._rules, language)

    def choice(self, call_id: str, endpoint: str) -> Choice:
        """What holds for that phone in that call."""
        if endpoint in self._hidden:
            return Choice.FOR_GOOD
        call = self._calls.get(call_id)
        return Choice.THIS_CALL if call is not None and endpoint in call.hidden_on else Choice.SHOWN

    def choose(self, call_id: str, endpoint: str, choice: Choice, language: str) -> str:
        """The agent chose, perhaps once more the same; what the screen says of what holds now.

        Where what is hidden for good cannot be written the choice stays as it was, and the screen says that.
        """
        call = self._calls.get(call_id)
        on_this_call: set[str] = set() if call is None else call.hidden_on
        try:
            if choice is Choice.FOR_GOOD:
                self._hidden.hide(endpoint)
            elif endpoint in self._hidden:
                self._hidden.show(endpoint)
            on_this_call.discard(endpoint)
            if choice is Choice.THIS_CALL:
                on_this_call.add(endpoint)
        except OSError as error:
            log.error("cues.choice_not_kept", error=type(error).__name__)  # and not whose
        return self.said_of_choice(call_id, endpoint, language)

    def said_of_choice(self, call_id: str, endpoint: str, language: str) -> str:
        """What the screen says of what holds for that phone."""
        return self._rules.chosen(self.choice(call_id, endpoint), language)

    def dropped(self) -> None:
        """A cue waited for its phone until it was stale: it was not sent."""
        self._counts.stale += 1

    def _age(self, call_id: str) -> None:
        if call_id in self._calls:
            self._redraw(self._calls[call_id].view)

    def _call_later(self, delay_s: float, work: Callable[[], None]) -> None:
        (self._later or asyncio.get_running_loop().call_later)(delay_s, work)


class _Watched:
    """One call: its newest view, and on which phones its cues are hidden for as long as it lasts."""

    __slots__ = ("_agents", "_facts", "_tone", "cues", "hidden_on", "view")

    def __init__(self, cues: CallCues, view: CallView) -> None:
        self.cues = cues
        self.view = view
        self.hidden_on: set[str] = set()
        self._agents: tuple[str, ...] = ()
        self._facts: ConversationFacts | None = None
        self._tone: Verdict | None = None

    def take(self, view: CallView, now_s: float) -> Cue | None:
        self.view = view
        if view.stage is not Stage.GRANTED:
            self.cues.pause()
            return None
        if self._agents not in ((), view.agents):
            self.cues.meet()
            self._facts = None
        self._agents = view.agents
        found = None
        if view.contested:
            self.cues.forget_tone()
        if view.facts is not None and view.facts != self._facts:
            found = self.cues.hear(view.facts, now_s)
        if view.tone is not None and view.tone != self._tone:
            found = self.cues.judge(view.tone, now_s) or found
        self._facts, self._tone = view.facts, view.tone or self._tone
        return found

    def showing(self, now_s: float) -> Cue | None:
        """The cue of the moment; one about a tone that is not told any more is none."""
        cue = self.cues.showing(now_s)
        if cue is not None and cue.kind is Kind.TENSER and not isinstance(self.view.tone, ToneScore):
            return None
        return cue


def said(cue: Cue, rules: CueRules, language: str) -> str:
    """A cue as a line: no digit that is not known, and its error rounded up."""
    if cue.kind is Kind.TENSER:
        error = math.ceil(cue.error * 10 - _ROUNDING) / 10
        return rules.about[cue.kind].said(language, amount=f"{cue.amount:.1f}", of="1", error=f"{error:.1f}")
    amount = math.floor(cue.amount + _ROUNDING) if cue.kind is Kind.LONG_SILENCE else round(cue.amount)
    numbers = {"amount": amount, "of": round(cue.of), "error": math.ceil(cue.error - _ROUNDING)}
    return rules.about[cue.kind].said(language, **{name: str(number) for name, number in numbers.items()})
