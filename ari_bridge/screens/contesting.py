"""Contesting a score on a phone: the question after the first key, what stands on the card after the second. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from ari_bridge.screens.card import MAX_KEYS, Action, CardState, Key, ScoreCard
from ari_bridge.screens.words import words_of

QUESTION_REFRESH_S: Final = 15
"""A question that nobody answers gives way to the call's own card."""


@dataclass(frozen=True, slots=True)
class ContestWords:
    """One language. `effect` is what a contest does, `dropped` stands in the score's place, `too_late` where there
    was none.
    """

    contest: str
    question: str
    effect: str
    confirm: str
    back: str
    dropped: str
    too_late: str


LANGUAGES: Final[Mapping[str, ContestWords]] = MappingProxyType(
    {
        "en": ContestWords(
            contest="Contest",
            question="Is the score wrong? Contested, it is erased.",
            effect="It counts as an error of the model. Nobody sees who contested it.",
            confirm="Yes, contest",
            back="Back",
            dropped="Score contested and erased. It counts as an error of the model.",
            too_late="No score stood on the screen any more: nothing was erased.",
        ),
        "fr": ContestWords(
            contest="Contester",
            question="Le score est-il faux ? Contesté, il est effacé.",
            effect="Il compte comme une erreur du modèle. Personne ne voit qui l'a contesté.",
            confirm="Oui, contester",
            back="Retour",
            dropped="Score contesté et effacé. Il compte comme une erreur du modèle.",
            too_late="Plus aucun score n'était à l'écran : rien n'a été effacé.",
        ),
        "es": ContestWords(
            contest="Impugnar",
            question="¿Es falsa la puntuación? Impugnada, se borra.",
            effect="Cuenta como un error del modelo. Nadie ve quién la impugnó.",
            confirm="Sí, impugnar",
            back="Atrás",
            dropped="Puntuación impugnada y borrada. Cuenta como un error del modelo.",
            too_late="Ya no había puntuación en la pantalla: no se borró nada.",
        ),
        "de": ContestWords(
            contest="Anfechten",
            question="Ist der Wert falsch? Angefochten wird er gelöscht.",
            effect="Er zählt als Fehler des Modells. Niemand sieht, wer ihn angefochten hat.",
            confirm="Ja, anfechten",
            back="Zurück",
            dropped="Wert angefochten und gelöscht. Er zählt als Fehler des Modells.",
            too_late="Es stand kein Wert mehr auf dem Bildschirm: nichts wurde gelöscht.",
        ),
        "it": ContestWords(
            contest="Contesta",
            question="Il punteggio è sbagliato? Contestato, viene cancellato.",
            effect="Conta come errore del modello. Nessuno vede chi lo ha contestato.",
            confirm="Sì, contesta",
            back="Indietro",
            dropped="Punteggio contestato e cancellato. Conta come errore del modello.",
            too_late="Sullo schermo non c'era più alcun punteggio: nulla è stato cancellato.",
        ),
    }
)


def contest_words(language: str) -> ContestWords:
    """The words for a language tag such as `fr` or `fr-CA`; English for one we do not have."""
    primary = language.lower().replace("_", "-").partition("-")[0]
    return LANGUAGES.get(primary, LANGUAGES["en"])


def offering(card: ScoreCard, language: str) -> ScoreCard:
    """The card with the key Contest, before the key that leaves it; as it is where it has no room for a key."""
    if len(card.keys) == MAX_KEYS:
        return card
    contest = Key(contest_words(language).contest, Action.CONTEST)
    return replace(card, keys=(*card.keys[:-1], contest, card.keys[-1]))


def dropped(card: ScoreCard, language: str) -> ScoreCard:
    """The card of a granted call whose score was contested: in its place stands what became of it."""
    return replace(card, lines=(contest_words(language).dropped, *card.lines[1:]), takes_back=True)


def too_late(card: ScoreCard, language: str) -> ScoreCard:
    """The card after a contest that found no score."""
    return replace(card, lines=(contest_words(language).too_late,))


def question(language: str) -> ScoreCard:
    """What the first key leads to. The key that confirms lies where the first one did not."""
    words, ours = words_of(language), contest_words(language)
    return ScoreCard(
        state=CardState.GRANTED,
        title=words.title,
        consent=words.consent[CardState.GRANTED],
        lines=(ours.question, ours.effect),
        footer=words.footer,
        keys=(Key(ours.confirm, Action.CONFIRM), Key(ours.back, Action.BACK)),
        refresh_s=QUESTION_REFRESH_S,
    )
