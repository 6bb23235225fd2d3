"""When a card goes to a phone: pure rules, told the time by the caller.

At most one push a phone each 5 s and the newest card wins; a change of the consent goes at once, and so does a
contest, after which no phone goes on showing the score. New times and counts of a talk alone wait for 15 s, and go with
whatever else there is to tell: they change all the time, and what was just heard would wait behind them. A card that
is on the screen already is sent again only to keep it from running out there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from ari_bridge.screens.card import CardState, ScoreCard

INTERVAL_S = 5.0
FACTS_INTERVAL_S = 15.0
"""Between two pushes of which the second tells nothing but facts."""
RENEW_S = 60.0
"""Half of the time after which a pushed card leaves the screen by itself: one lost push does not blank it."""
RENEW_FOR_S = 3600.0
"""A card that nobody offered again for so long belongs to a call that we lost sight of: let it run out."""
MAX_PHONES = 2000
"""More phones than this at once are refused and counted, so that a fault elsewhere cannot fill the memory."""

_RENEWED = frozenset({CardState.ASKED, CardState.GRANTED, CardState.PAUSED, CardState.FAILED})


@dataclass(frozen=True, slots=True)
class Phone:
    """A desk phone: the PBX's endpoint and the name of its family."""

    endpoint: str
    family: str


@dataclass(frozen=True, slots=True)
class Push:
    """One card on its way to a phone: the card's own address, when it was offered, whether this is the second try."""

    phone: Phone
    url: str
    card: ScoreCard
    offered_at_s: float
    retry: bool = False

    def shows_the_same_as(self, other: Push | None) -> bool:
        """Whether a phone would look no different after it."""
        return other is not None and (self.phone, self.url, self.card) == (other.phone, other.url, other.card)

    def tells_facts_alone(self, other: Push | None) -> bool:
        """Whether a phone that shows `other` would learn nothing from it but the facts of the talk."""
        if other is None or self.card.state is not CardState.GRANTED:
            return False
        return (self.phone, self.url, _without_facts(self.card)) == (other.phone, other.url, _without_facts(other.card))

    def is_urgent_after(self, other: Push) -> bool:
        """Whether it may not wait: the consent is another, or a score is taken back that stands there."""
        is_taken_back = self.card.takes_back and not other.card.takes_back
        return is_taken_back or self.card.state.consent is not other.card.state.consent


@dataclass(slots=True)
class _Screen:
    """One phone. `attempted` is the last push that was handed out, `shown` the same once the PBX took it."""

    waiting: Push | None = None
    attempted: Push | None = None
    attempted_at_s: float = 0.0
    shown: Push | None = None
    in_flight: bool = False

    def due_at_s(self, push: Push) -> float:
        """When the waiting push may go."""
        if self.attempted is None:
            return push.offered_at_s
        if push.shows_the_same_as(self.shown):
            return self.attempted_at_s + RENEW_S
        if push.is_urgent_after(self.attempted) and not push.retry:
            return push.offered_at_s
        return self.attempted_at_s + (FACTS_INTERVAL_S if push.tells_facts_alone(self.shown) else INTERVAL_S)


def _without_facts(card: ScoreCard) -> ScoreCard:
    """The cue, if there is one, and the caller's tone stand before the facts."""
    return replace(card, lines=card.lines[: 1 + bool(card.cue)])


class Schedule:
    """What waits for which phone. Times are seconds of one steady clock.

    `cue_dropped` is called where a cue waited for its phone and gave way to a card without it: it was never sent.
    """

    def __init__(self, cue_dropped: Callable[[], None] = lambda: None) -> None:
        self._cue_dropped = cue_dropped
        self._screens: dict[str, _Screen] = {}
        self.superseded = 0
        """Cards that a newer one replaced before they were sent."""
        self.refused = 0
        """Cards for phones beyond the number that is kept."""

    def offer(self, push: Push) -> None:
        """Take a card for a phone; it replaces one that still waits. A call's last card goes only where the call is."""
        screen = self._screens.get(push.phone.endpoint)
        if screen is None:
            if push.card.state is CardState.ENDED:
                return
            if len(self._screens) >= MAX_PHONES:
                self.refused += 1
                return
            screen = self._screens[push.phone.endpoint] = _Screen()
        newest = screen.waiting or screen.attempted
        if push.card.state is CardState.ENDED and newest is not None and newest.url != push.url:
            return
        if screen.waiting is not None and not screen.waiting.shows_the_same_as(screen.shown):
            self.superseded += not push.shows_the_same_as(screen.waiting)
            if screen.waiting.card.cue and not push.card.cue:
                self._cue_dropped()
        screen.waiting = push

    def due(self, now_s: float) -> list[Push]:
        """The cards to send now; each is in flight until `sent` or `failed` names it."""
        taken: list[Push] = []
        for screen in self._screens.values():
            push = screen.waiting
            if push is None or screen.in_flight or screen.due_at_s(push) > now_s:
                continue
            screen.waiting, screen.attempted, screen.attempted_at_s, screen.in_flight = None, push, now_s, True
            taken.append(push)
        return taken

    def sent(self, push: Push, now_s: float) -> None:
        """The PBX took it. A live card will be renewed; after a call's last card nothing is kept of the phone."""
        screen = self._screens[push.phone.endpoint]
        screen.in_flight = False
        screen.shown = push
        if screen.waiting is not None:
            return
        if push.card.state is CardState.ENDED:
            del self._screens[push.phone.endpoint]
        elif push.card.state in _RENEWED and now_s - push.offered_at_s < RENEW_FOR_S:
            screen.waiting = replace(push, retry=False)

    def failed(self, push: Push) -> None:
        """It did not go out: tried once more after the interval, unless a newer card waits."""
        screen = self._screens[push.phone.endpoint]
        screen.in_flight = False
        screen.shown = None
        if screen.waiting is not None:
            return
        if not push.retry:
            screen.waiting = replace(push, retry=True)
        elif push.card.state is CardState.ENDED:
            del self._screens[push.phone.endpoint]

    def next_at_s(self) -> float | None:
        """When something falls due next; None while nothing waits that is not in flight."""
        moments = (
            screen.due_at_s(screen.waiting)
            for screen in self._screens.values()
            if screen.waiting is not None and not screen.in_flight
        )
        return min(moments, default=None)
