"""The card of a phone whose address stands for good, while no call of it is heard. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from ari_bridge.screens.card import Action, CardState, Key, ScoreCard
from ari_bridge.screens.words import LANGUAGES, words_of

IDLE_REFRESH_S: Final = 15
"""As after a no: a phone that asks by itself knows of a call soon after the question was put."""

NO_CALL: Final[Mapping[str, str]] = MappingProxyType(
    {
        "en": "No call here is analysed now.",
        "fr": "Aucun appel n'est analysé ici en ce moment.",
        "es": "Ahora no se analiza ninguna llamada aquí.",
        "de": "Hier wird gerade kein Anruf analysiert.",
        "it": "Qui ora non viene analizzata nessuna chiamata.",
    }
)


def no_call(language: str) -> ScoreCard:
    """The card between calls. An unknown language is answered in English."""
    words = words_of(language)
    spoken = next((tag for tag, one in LANGUAGES.items() if one is words), "en")
    return ScoreCard(
        state=CardState.ENDED,
        title=words.title,
        consent=NO_CALL[spoken],
        lines=(),
        footer="",
        keys=(Key(words.exit, Action.EXIT),),
        refresh_s=IDLE_REFRESH_S,
        update=words.update,
        snapshot=words.snapshot,
    )
