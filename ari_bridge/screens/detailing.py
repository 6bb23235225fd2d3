"""What was observed of a call with its error, on a screen of its own behind the key Details. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from analysis.emotion.score import ToneScore, Verdict
from ari_bridge.screens import cueing
from ari_bridge.screens.card import MAX_KEYS, MAX_LINES, Action, CardState, Key, ScoreCard
from ari_bridge.screens.contesting import contest_words

DETAILS_REFRESH_S: Final = 30
"""So long the details stay on a phone that fetches by itself: they are of one moment."""


@dataclass(frozen=True, slots=True)
class DetailWords:
    """One language. `scale` takes the value, one standard deviation, and the seconds that it was heard over."""

    details: str
    picture: str
    scale: str
    times: str


LANGUAGES: Final[Mapping[str, DetailWords]] = MappingProxyType(
    {
        "en": DetailWords(
            details="Details",
            picture="Graph",
            scale="From calm (0) to tense (1): {:.2f} ±{:.2f}, heard over {:.0f} s.",
            times="Times are right to a few percent.",
        ),
        "fr": DetailWords(
            details="Détails",
            picture="Courbe",
            scale="De calme (0) à tendu (1) : {:.2f} ±{:.2f}, sur {:.0f} s.",
            times="Les durées sont justes à quelques pour cent près.",
        ),
        "es": DetailWords(
            details="Detalles",
            picture="Gráfico",
            scale="De calmo (0) a tenso (1): {:.2f} ±{:.2f}, en {:.0f} s.",
            times="Los tiempos tienen un error de pocos por ciento.",
        ),
        "de": DetailWords(
            details="Details",
            picture="Verlauf",
            scale="Von ruhig (0) bis angespannt (1): {:.2f} ±{:.2f}, über {:.0f} s.",
            times="Die Zeiten stimmen auf wenige Prozent.",
        ),
        "it": DetailWords(
            details="Dettagli",
            picture="Grafico",
            scale="Da calmo (0) a teso (1): {:.2f} ±{:.2f}, su {:.0f} s.",
            times="I tempi sono esatti a pochi punti percentuali.",
        ),
    }
)


def detail_words(language: str) -> DetailWords:
    """The words for a language tag such as `fr` or `fr-CA`; English for one we do not have."""
    primary = language.lower().replace("_", "-").partition("-")[0]
    return LANGUAGES.get(primary, LANGUAGES["en"])


def offering(card: ScoreCard, language: str) -> ScoreCard:
    """The card of a granted call with the key that leads to the details, before the key that leaves it; with the key
    that hides cues in its place while a cue stands there. As it is where it has no room for a key.
    """
    if card.cue:
        return cueing.offering(card, language)
    if card.state is not CardState.GRANTED or len(card.keys) == MAX_KEYS:
        return card
    key = Key(detail_words(language).details, Action.DETAILS)
    return replace(card, keys=(*card.keys[:-1], key, card.keys[-1]))


def details(card: ScoreCard, language: str, tone: Verdict | None) -> ScoreCard:
    """The details of a granted call, from its card without a cue; `tone` is the verdict that stands on it.

    Stop is among its keys as everywhere, the choice for the cues, and one that leads back.
    """
    facts = card.lines[1:]
    lines = (_tone_line(card, detail_words(language), tone), detail_words(language).times, *facts)
    keys = [key for key in card.keys if key.action is Action.STOP]
    keys += [cueing.hide_key(language), Key(contest_words(language).back, Action.BACK)]
    # What has no room is the first of the facts, which the card has whatever it was cut to.
    shown = lines if len(lines) <= MAX_LINES else (*lines[:2], *facts[2 - MAX_LINES :])
    return replace(card, lines=shown, keys=tuple(keys), refresh_s=DETAILS_REFRESH_S, cue="")


def with_picture(card: ScoreCard, language: str) -> ScoreCard:
    """The details with the key that leads to the picture, before the one that leads back."""
    key = Key(detail_words(language).picture, Action.PICTURE)
    return replace(card, keys=(*card.keys[:-1], key, card.keys[-1]))


def picture(card: ScoreCard) -> ScoreCard:
    """The card whose keys stand below the picture: to stop, and to go back."""
    kept = (Action.STOP, Action.BACK)
    return replace(card, keys=tuple(key for key in card.keys if key.action in kept))


def _tone_line(card: ScoreCard, words: DetailWords, tone: Verdict | None) -> str:
    """A score in figures; else what the card says of why there is none."""
    if not isinstance(tone, ToneScore):
        return card.lines[0]
    return words.scale.format(tone.activation.value, tone.activation.sigma, tone.end_s - tone.start_s)
