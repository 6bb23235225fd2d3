"""A cue on the card, and the key that hides the cues. Pure: what a cue says is made elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from ari_bridge.screens.card import MAX_KEYS, MAX_LINES, Action, CardState, Key, ScoreCard

HIDE: Final[Mapping[str, str]] = MappingProxyType(
    {"en": "Hide cues", "fr": "Masquer", "es": "Ocultar", "de": "Ausblenden", "it": "Nascondi"}
)
"""The label of the key, by language."""


def telling(card: ScoreCard, line: str) -> ScoreCard:
    """The card of a granted call with a line on top of the others; where there is no room the last one goes."""
    if not line or card.state is not CardState.GRANTED:
        return card
    return replace(card, lines=(line, *card.lines)[:MAX_LINES], cue=line)


def offering(card: ScoreCard, language: str) -> ScoreCard:
    """The card of a granted call with the key that hides, before the key that leaves it; as it is without room."""
    if card.state is not CardState.GRANTED or len(card.keys) == MAX_KEYS:
        return card
    primary = language.lower().replace("_", "-").partition("-")[0]
    hide = Key(HIDE.get(primary, HIDE["en"]), Action.HIDE)
    return replace(card, keys=(*card.keys[:-1], hide, card.keys[-1]))
