"""An agent's own calls of today in words, as the own page lists them. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ari_bridge.calls.board import Stage
from ari_bridge.calls.own_history import OwnCall
from ari_bridge.screens.card import CardState
from ari_bridge.screens.wording import card_of
from ari_bridge.web.pages import words_of


@dataclass(frozen=True, slots=True)
class OwnLine:
    """One call. `tone` is what the card said of the caller's tone, "" where it said nothing that may still be said."""

    when: str
    consent: str
    tone: str


def lines(calls: Iterable[OwnCall], language: str) -> tuple[OwnLine, ...]:
    """The calls as they are given, each in the words of the cards: no number that they do not show. Raises InvalidValue
    for a language that there are no pages in.
    """
    return tuple(_line(call, language) for call in calls)


def _line(call: OwnCall, language: str) -> OwnLine:
    words = words_of(language)
    end = words["history_running"] if call.ended is None else f"{call.ended:%H:%M}"
    card = card_of(CardState(call.stage.value), language=language)
    return OwnLine(f"{call.began:%H:%M} – {end}", card.consent, _tone(call, language, words["history_contested"]))


def _tone(call: OwnCall, language: str, contested: str) -> str:
    if call.contested:
        return contested
    if call.tone is None:
        return ""
    return card_of(CardState(Stage.GRANTED.value), language=language, tone=call.tone).lines[0]
