"""A cue on the card, and the screen on which an agent hides the cues. Pure: what a cue says is made elsewhere."""

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
CHOICES: Final[Mapping[str, tuple[str, str, str, str]]] = MappingProxyType(
    {
        "en": ("In this call", "For good", "Show them", "Back"),
        "fr": ("Pour cet appel", "Pour toujours", "Afficher", "Retour"),
        "es": ("En esta llamada", "Para siempre", "Mostrar", "Volver"),
        "de": ("In diesem Anruf", "Für immer", "Zeigen", "Zurück"),
        "it": ("In questa", "Per sempre", "Mostra", "Indietro"),
    }
)
"""The labels of the keys of the choice, by language: hide in this call, hide for good, show, back."""
CHOICE_REFRESH_S: Final = 15
"""So long the choice stays on a phone that fetches by itself."""
_CHOOSING: Final = (Action.HIDE_IN_THIS_CALL, Action.HIDE_FOR_GOOD, Action.SHOW, Action.BACK)


def telling(card: ScoreCard, line: str) -> ScoreCard:
    """The card of a granted call with a line on top of the others; where there is no room the last one goes."""
    if not line or card.state is not CardState.GRANTED:
        return card
    return replace(card, lines=(line, *card.lines)[:MAX_LINES], cue=line)


def offering(card: ScoreCard, language: str) -> ScoreCard:
    """The card of a granted call with the key that hides, before the key that leaves it; as it is without room."""
    if card.state is not CardState.GRANTED or len(card.keys) == MAX_KEYS:
        return card
    return replace(card, keys=(*card.keys[:-1], hide_key(language), card.keys[-1]))


def hide_key(language: str) -> Key:
    """The key that leads to the choice."""
    return Key(HIDE.get(_primary(language), HIDE["en"]), Action.HIDE)


def choosing(card: ScoreCard, language: str, now: str) -> ScoreCard:
    """The choice: what holds `now`, and a key for each. A key says what shall hold, so that pressed twice it is one."""
    labels = CHOICES.get(_primary(language), CHOICES["en"])
    keys = tuple(Key(label, action) for label, action in zip(labels, _CHOOSING, strict=True))
    return replace(card, lines=(now,), cue="", keys=keys, refresh_s=CHOICE_REFRESH_S)


def _primary(language: str) -> str:
    return language.lower().replace("_", "-").partition("-")[0]
