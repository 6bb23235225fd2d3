"""What the page of an agent shows: which call of an endpoint, as which screen, and what its keys turn that into."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import count
from typing import Final

from ari_bridge.calls.board import CallView, Stage
from ari_bridge.calls.cue_file import Choice
from ari_bridge.calls.cue_watch import CueWatch
from ari_bridge.screens import contesting, cueing
from ari_bridge.screens.card import Action, CardState, ScoreCard
from ari_bridge.screens.idle import no_call
from ari_bridge.screens.wording import stop_failed
from ari_bridge.web import shown

ASKED_FOR_S: Final = 60.0
"""How long a question stands: whoever has the keyboard alone, or listens to the page, needs more than a glance."""
TOLD_FOR_S: Final = 15.0
"""How long the page says what became of a key."""
MOST_CALLS: Final = 8
"""Of one endpoint; those of which we missed the end go first."""


class _Screen(StrEnum):
    QUESTION = "question"
    CHOICE = "choice"
    CHOSEN = "chosen"
    TOO_LATE = "too_late"
    STOP_FAILED = "stop_failed"


@dataclass(frozen=True, slots=True)
class _Open:
    """A screen that stands before that of the call, for a while."""

    screen: _Screen
    number: int
    until_s: float


@dataclass(frozen=True, slots=True)
class Shown:
    """A card, and the number of its call on this page: a key counts for the call that was shown, and for no other."""

    number: int
    card: ScoreCard


NO_CALL: Final = 0
"""The number where no call is shown."""


class PageCards:
    """The pages of all agents. Give it each new view of a call.

    `view_of` gives the newest view of a call, None where there is none any more; `cues` what agents may be told, and
    have hidden; `redraw` brings a view anew to everything else that shows it; `clock` gives steady seconds.
    """

    def __init__(
        self,
        view_of: Callable[[str], CallView | None],
        cues: CueWatch,
        redraw: Callable[[CallView], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._view_of = view_of
        self._cues = cues
        self._redraw = redraw
        self._clock = clock
        self._numbers = count(1)
        self._calls: dict[str, dict[str, int]] = {}
        self._open: dict[str, _Open] = {}
        self._watchers: list[Callable[[str], None]] = []

    def watch(self, changed: Callable[[str], None]) -> None:
        """Have `changed` called with each endpoint whose page may have changed. It must not block."""
        self._watchers.append(changed)

    def changed(self, view: CallView) -> None:
        """Take a new view of a call, or an old one whose cue has become too old."""
        if view.stage is Stage.ENDED:
            for endpoint in tuple(self._calls):
                self._call(endpoint)  # which forgets the calls that nobody knows any more
        for endpoint in () if view.stage is Stage.ENDED else view.agents:
            self._calls.setdefault(endpoint, {}).setdefault(view.call_id, next(self._numbers))
        for endpoint in [one for one, calls in self._calls.items() if view.call_id in calls]:
            self._tell(endpoint)

    def shown(self, endpoint: str, language: str) -> Shown:
        """What the page of that endpoint shows now."""
        _, number, view = self._call(endpoint)
        if number == NO_CALL:
            return Shown(NO_CALL, replace(no_call(language), keys=()))
        card = self._card(view, endpoint, language)
        opened = self._opened(endpoint, number)
        if opened is not None and view is not None:
            card = self._over(opened.screen, card, view, endpoint, language)
        return Shown(number, replace(card, keys=tuple(key for key in card.keys if key.action is not Action.EXIT)))

    def call_id(self, endpoint: str, number: int) -> str | None:
        """The call that the page shows by that number; None where it shows another one by now, or none."""
        call_id, shown_now, view = self._call(endpoint)
        return call_id if shown_now == number != NO_CALL and view is not None else None

    def has_score(self, endpoint: str) -> bool:
        """Whether a score stands on that page, which its agent may contest."""
        _, _, view = self._call(endpoint)
        return view is not None and shown.is_contestable(view, endpoint)

    def ask(self, endpoint: str) -> None:
        """From now on the page asks whether the score is wrong."""
        self._put(endpoint, _Screen.QUESTION, ASKED_FOR_S)

    def is_answered(self, endpoint: str) -> bool:
        """Whether the page asked whether the score is wrong: an answer counts once."""
        _, number, _ = self._call(endpoint)
        opened = self._opened(endpoint, number)
        if opened is None or opened.screen is not _Screen.QUESTION:
            return False
        del self._open[endpoint]
        return True

    def too_late(self, endpoint: str) -> None:
        """From now on the page says that there was no score to contest."""
        self._put(endpoint, _Screen.TOO_LATE, TOLD_FOR_S)

    def stop_failed(self, endpoint: str) -> None:
        """From now on the page says that the stop did not work, and what does."""
        self._put(endpoint, _Screen.STOP_FAILED, ASKED_FOR_S)

    def hide(self, endpoint: str) -> None:
        """From now on the page asks what shall hold for the cues."""
        self._put(endpoint, _Screen.CHOICE, ASKED_FOR_S)

    def choose(self, endpoint: str, choice: Choice) -> None:
        """The agent's choice for the cues, which holds at once, on the telephone too."""
        call_id, _, view = self._call(endpoint)
        if view is None or not self._is_granted(view, endpoint):
            return
        self._cues.choose(call_id, endpoint, choice, view.language)
        self._put(endpoint, _Screen.CHOSEN, TOLD_FOR_S)
        self._redraw(view)

    def back(self, endpoint: str) -> None:
        """The page shows its call again."""
        self._open.pop(endpoint, None)
        self._tell(endpoint)

    def _over(self, screen: _Screen, card: ScoreCard, view: CallView, endpoint: str, language: str) -> ScoreCard:
        """The screen that stands before the card; the card where the call has gone on to where it has no place."""
        match screen:
            case _Screen.QUESTION if shown.is_contestable(view, endpoint):
                return contesting.question(language)
            case _Screen.CHOICE if self._is_granted(view, endpoint):
                return cueing.choosing(card, language, self._chosen(view, endpoint, language))
            case _Screen.CHOSEN:
                return cueing.telling(card, self._chosen(view, endpoint, language))
            case _Screen.TOO_LATE if card.state is CardState.GRANTED:
                return contesting.too_late(card, language)
            case _Screen.STOP_FAILED if Action.STOP in (key.action for key in card.keys):
                return stop_failed(language)
            case _:
                return card

    def _card(self, view: CallView | None, endpoint: str, language: str) -> ScoreCard:
        card = shown.card(view, endpoint, language)
        if view is None:
            return card
        line = self._cues.line(view.call_id, endpoint, language)
        return cueing.offering(cueing.telling(card, line), language)

    def _chosen(self, view: CallView, endpoint: str, language: str) -> str:
        return self._cues.said_of_choice(view.call_id, endpoint, language)

    def _is_granted(self, view: CallView, endpoint: str) -> bool:
        return shown.card(view, endpoint, view.language).state is CardState.GRANTED

    def _call(self, endpoint: str) -> tuple[str, int, CallView | None]:
        """The newest call of an endpoint that still goes on for it; else its last one, as long as anybody knows it."""
        calls = self._calls.get(endpoint, {})
        for call_id in [one for one in calls if self._view_of(one) is None] + list(calls)[:-MOST_CALLS]:
            calls.pop(call_id, None)
        if not calls:
            self._calls.pop(endpoint, None)
            return "", NO_CALL, None
        last = next(reversed(calls))
        found = next((one for one in reversed(calls) if not self._is_over(one, endpoint)), last)
        return found, calls[found], self._view_of(found)

    def _is_over(self, call_id: str, endpoint: str) -> bool:
        view = self._view_of(call_id)
        return view is None or shown.card(view, endpoint, view.language).state is CardState.ENDED

    def _opened(self, endpoint: str, number: int) -> _Open | None:
        opened = self._open.get(endpoint)
        if opened is not None and (opened.number != number or self._clock() >= opened.until_s):
            del self._open[endpoint]
            return None
        return opened

    def _put(self, endpoint: str, screen: _Screen, for_s: float) -> None:
        _, number, _ = self._call(endpoint)
        if number != NO_CALL:
            self._open[endpoint] = _Open(screen, number, self._clock() + for_s)
        self._tell(endpoint)

    def _tell(self, endpoint: str) -> None:
        for changed in self._watchers:
            changed(endpoint)
