"""Which agent's phone shows which call: issues the addresses, draws the cards, has them pushed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from ari_bridge.calls.board import CallView, Stage
from ari_bridge.calls.cue_file import Choice
from ari_bridge.calls.cue_watch import CueWatch
from ari_bridge.screens import contesting, cueing, detailing, sparkline
from ari_bridge.screens.card import CardState, ScoreCard
from ari_bridge.screens.document import Document
from ari_bridge.screens.families import FAMILIES
from ari_bridge.screens.idle import no_call
from ari_bridge.screens.push import Pusher
from ari_bridge.screens.schedule import Phone
from ari_bridge.screens.tokens import Ticket, Tokens
from ari_bridge.screens.wording import card_of
from ari_bridge.web import shown
from ari_bridge.web.standing import NO_CALL, Standing
from consent.errors import InvalidValue

TRACE: Final = "trace.png"
"""The page below the call's own that holds the picture."""
MAX_BASE_URL_CHARACTERS = 200
"""The rest of an address (family, token, action) keeps it below the 255 characters of the strictest family."""


class Desk:
    """The phones of all agents. A view's tone and facts go to the agents who talk in it, and to nobody else.

    `family_of` names the phone family of an endpoint (any name that is no family of ours: no screen); `base_url` is
    where phones reach us; `view_of` gives the newest view of a call, None where there is none any more; `standing` the
    addresses that stay; `cues` what agents may be told of their call, and have hidden.

    Raises:
        InvalidValue: `base_url` is no http address of printable ASCII with at most 200 characters.
    """

    def __init__(
        self,
        family_of: Callable[[str], str],
        base_url: str,
        pusher: Pusher,
        tokens: Tokens,
        view_of: Callable[[str], CallView | None],
        standing: Standing | None = None,
        cues: CueWatch | None = None,
    ) -> None:
        _check(base_url)
        self._family_of = family_of
        self._base_url = base_url.rstrip("/")
        self._pusher = pusher
        self._tokens = tokens
        self._view_of = view_of
        self._standing = standing
        self._cues = cues

    def changed(self, view: CallView) -> None:
        """Bring a new view of a call to the phones of its agents. Returns at once; no phone's trouble comes back."""
        if view.stage is not Stage.ENDED:
            for endpoint in view.agents:
                family = self._family_of(endpoint)
                if family in FAMILIES:
                    self._tokens.issue(view.call_id, endpoint, family, view.language)
        for ticket in self._tokens.of_call(view.call_id):
            card = self._shown(view, ticket)
            self._pusher.show(Phone(ticket.extension, ticket.family), self.address(ticket), card)
            if card.state is CardState.ENDED:
                self._tokens.end(ticket)

    def find(self, family: str, token: str) -> Ticket | None:
        """The ticket of a token or of an address that stays, if it is one of that family's and not dead."""
        ticket = self._tokens.find(token)
        if ticket is None and self._standing is not None:
            return self._standing.find(family, token)
        return ticket if ticket is not None and ticket.family == family else None

    def page(self, ticket: Ticket) -> Document:
        """What the phone shows now."""
        if ticket.call_id == NO_CALL:
            return self.draw(ticket, no_call(ticket.language))
        return self.draw(ticket, self._shown(self._view_of(ticket.call_id), ticket))

    def hide(self, ticket: Ticket) -> Document:
        """What the agent may choose for the cues, and what holds now. Nothing is changed."""
        view = self._view_of(ticket.call_id)
        if self._cues is None or view is None or not self._can_choose(view, ticket):
            return self.page(ticket)
        now = self._cues.said_of_choice(ticket.call_id, ticket.extension, view.language)
        return self.draw(ticket, cueing.choosing(_card(view, ticket), view.language, now))

    def choose(self, ticket: Ticket, choice: Choice) -> Document:
        """The agent's choice for the cues, which holds at once, and the card that says it. Nobody else is told."""
        view = self._view_of(ticket.call_id)
        if self._cues is None or view is None or not self._can_choose(view, ticket):
            return self.page(ticket)
        chosen = self._cues.choose(ticket.call_id, ticket.extension, choice, view.language)
        self.changed(view)
        return self.draw(ticket, cueing.offering(cueing.telling(_card(view, ticket), chosen), view.language))

    def details(self, ticket: Ticket) -> Document:
        """What was observed of the call with its error; the card where nothing is heard."""
        return self._on_granted(ticket, lambda view, card: self.draw(ticket, self._detailed(view, card, ticket)))

    def picture(self, ticket: Ticket) -> Document:
        """The screen with the picture of the caller's last readings; the card where there is none to be seen."""
        picture = FAMILIES[ticket.family].picture
        if picture is None:
            return self.details(ticket)
        url = self.address(ticket)

        def drawn(view: CallView, card: ScoreCard) -> Document:
            return picture(detailing.picture(self._detailed(view, card, ticket)), url, f"{url}/{TRACE}")

        return self._on_granted(ticket, drawn)

    def trace(self, ticket: Ticket) -> bytes | None:
        """The picture itself, as PNG; None where that agent is shown no call that is heard."""
        view = self._view_of(ticket.call_id)
        if view is None or _card(view, ticket).state is not CardState.GRANTED:
            return None
        return sparkline.png(view.trace)

    def _on_granted(self, ticket: Ticket, drawn: Callable[[CallView, ScoreCard], Document]) -> Document:
        view = self._view_of(ticket.call_id)
        card = _card(view, ticket)
        return self.page(ticket) if view is None or card.state is not CardState.GRANTED else drawn(view, card)

    def _detailed(self, view: CallView, card: ScoreCard, ticket: Ticket) -> ScoreCard:
        details = detailing.details(card, view.language, view.tone)
        is_drawn = FAMILIES[ticket.family].picture is not None and any(view.trace)
        return detailing.with_picture(details, view.language) if is_drawn else details

    def _can_choose(self, view: CallView, ticket: Ticket) -> bool:
        return self._shown(view, ticket).state is CardState.GRANTED

    def has_score(self, ticket: Ticket) -> bool:
        """Whether a score stands on that phone now, which its agent may contest."""
        view = self._view_of(ticket.call_id)
        return view is not None and not ticket.ended and shown.is_contestable(view, ticket.extension)

    def ask(self, ticket: Ticket) -> Document:
        """The question whether the score on that phone is wrong."""
        self._tokens.ask(ticket)
        return self.draw(ticket, contesting.question(ticket.language))

    def is_answered(self, ticket: Ticket) -> bool:
        """Whether that phone was shown the question a moment ago: an answer counts once."""
        return self._tokens.answer(ticket)

    def too_late(self, ticket: Ticket) -> Document:
        """What the phone shows where the score was gone before its agent had contested it."""
        card = _card(self._view_of(ticket.call_id), ticket)
        return self.draw(ticket, contesting.too_late(card, ticket.language))

    def draw(self, ticket: Ticket, card: ScoreCard) -> Document:
        """A card as the document of that phone's family."""
        return FAMILIES[ticket.family].render(card, self.address(ticket))

    def address(self, ticket: Ticket) -> str:
        """The secret address of the card."""
        return f"{self._base_url}/p/{FAMILIES[ticket.family].code}/{ticket.standing or ticket.token}"

    def _shown(self, view: CallView | None, ticket: Ticket) -> ScoreCard:
        """The card with the cue of the moment, if there is one for that phone, and the key that hides."""
        card = _card(view, ticket)
        if self._cues is None or view is None:
            return card
        line = self._cues.line(ticket.call_id, ticket.extension, view.language)
        return detailing.offering(cueing.telling(card, line), view.language)


def _card(view: CallView | None, ticket: Ticket) -> ScoreCard:
    return card_of(CardState.ENDED, language=ticket.language) if ticket.ended else _live(view, ticket)


def _live(view: CallView | None, ticket: Ticket) -> ScoreCard:
    return shown.card(view, ticket.extension, ticket.language if view is None else view.language)


def _check(base_url: str) -> None:
    is_address = base_url.startswith(("http://", "https://")) and base_url.isascii() and base_url.isprintable()
    if not is_address or " " in base_url or len(base_url) > MAX_BASE_URL_CHARACTERS:
        raise InvalidValue(f"base_url is an http address of at most {MAX_BASE_URL_CHARACTERS} ASCII characters")
