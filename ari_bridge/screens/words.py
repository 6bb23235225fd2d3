"""The words of the cards, by language. They state what was observed: never an order, never a feeling's name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from analysis.emotion.score import Reason
from ari_bridge.screens.card import CardState


@dataclass(frozen=True, slots=True)
class Words:
    """One language. `tones` run from calm to tense in five steps; a `{}` is where a number goes."""

    title: str
    consent: Mapping[CardState, str]
    detail: Mapping[CardState, str]
    """What a state means for what is heard; none for GRANTED, where the measurements stand instead."""
    tone: str
    tones: tuple[str, str, str, str, str]
    fairly_sure: str
    uncertain: str
    unclear: str
    """Takes the place of tone and certainty where the model knows next to nothing."""
    not_measured: str
    reasons: Mapping[Reason, str]
    no_verdict_yet: str
    talk_share: str
    overlap: str
    """Seconds; how often the agent began, how often the caller."""
    longest_pause: str
    answers: str
    """Seconds that the agent takes, seconds that the caller takes."""
    pace: str
    level: str
    too_short: str
    footer: str
    stop: str
    exit: str
    update: str
    snapshot: str
    """For phones that do not ask by themselves: what stands there is as old as the last time they asked."""
    stop_failed: str


ENGLISH = Words(
    title="Call analysis",
    consent=MappingProxyType(
        {
            CardState.ASKED: "Consent: asked.",
            CardState.GRANTED: "Consent: granted.",
            CardState.PAUSED: "Consent: granted.",
            CardState.REFUSED: "Consent: refused.",
            CardState.WITHDRAWN: "Consent: withdrawn by the caller.",
            CardState.OBJECTED: "Consent: stopped by the agent.",
            CardState.FAILED: "Consent: granted.",
            CardState.ENDED: "Call ended.",
        }
    ),
    detail=MappingProxyType(
        {
            CardState.ASKED: "No answer yet. Nothing is heard.",
            CardState.PAUSED: "Analysis paused. Nothing is heard now.",
            CardState.REFUSED: "Nothing is heard or analysed.",
            CardState.WITHDRAWN: "Nothing is heard or analysed any more.",
            CardState.OBJECTED: "Nothing is heard or analysed any more.",
            CardState.FAILED: "Analysis failed. Nothing is measured.",
            CardState.ENDED: "Nothing is heard or analysed any more.",
        }
    ),
    tone="Caller's tone: {}.",
    tones=("calm", "rather calm", "neither calm nor tense", "rather tense", "tense"),
    fairly_sure="fairly sure",
    uncertain="uncertain",
    unclear="unclear (very uncertain)",
    not_measured="Caller's tone not measured: {}.",
    reasons=MappingProxyType(
        {
            Reason.TOO_LITTLE_SPEECH: "too little speech",
            Reason.BOTH_SPEAK: "both spoke at once",
            Reason.LINE: "poor line",
            Reason.NOISE: "noise",
            Reason.SECOND_VOICE: "another voice nearby",
            Reason.UNFAMILIAR: "unlike what the model knows",
            Reason.LANGUAGE: "not tried in this language",
            Reason.ENGINE: "the analysis did not keep up",
            Reason.WARMING_UP: "not enough heard yet",
        }
    ),
    no_verdict_yet="nothing judged yet",
    talk_share="Your share of the talk: about {} %.",
    overlap="Both at once: about {} s. Begun: you {} / caller {}.",
    longest_pause="Longest pause: about {} s.",
    answers="Time to answer: you {} s / caller {} s.",
    pace="Caller: about {} syllables/s.",
    level="Level since the start: {:+} dB.",
    too_short="Talk times not measured: too little heard yet.",
    footer="Advice only. You decide.",
    stop="Stop",
    exit="Exit",
    update="Update",
    snapshot="As of the last update.",
    stop_failed="The stop did not work, the analysis may go on. *9 stops it.",
)

FRENCH = Words(
    title="Analyse d'appel",
    consent=MappingProxyType(
        {
            CardState.ASKED: "Accord : demandé.",
            CardState.GRANTED: "Accord : donné.",
            CardState.PAUSED: "Accord : donné.",
            CardState.REFUSED: "Accord : refusé.",
            CardState.WITHDRAWN: "Accord : retiré par l'appelant.",
            CardState.OBJECTED: "Accord : arrêté par l'agent.",
            CardState.FAILED: "Accord : donné.",
            CardState.ENDED: "Appel terminé.",
        }
    ),
    detail=MappingProxyType(
        {
            CardState.ASKED: "Pas encore de réponse. Rien n'est écouté.",
            CardState.PAUSED: "Analyse en pause. Rien n'est écouté en ce moment.",
            CardState.REFUSED: "Rien n'est écouté ni analysé.",
            CardState.WITHDRAWN: "Plus rien n'est écouté ni analysé.",
            CardState.OBJECTED: "Plus rien n'est écouté ni analysé.",
            CardState.FAILED: "L'analyse a échoué. Rien n'est mesuré.",
            CardState.ENDED: "Plus rien n'est écouté ni analysé.",
        }
    ),
    tone="Ton de l'appelant : {}.",
    tones=("calme", "plutôt calme", "ni calme ni tendu", "plutôt tendu", "tendu"),
    fairly_sure="assez sûr",
    uncertain="incertain",
    unclear="pas net (très incertain)",
    not_measured="Ton de l'appelant non mesuré : {}.",
    reasons=MappingProxyType(
        {
            Reason.TOO_LITTLE_SPEECH: "trop peu de parole",
            Reason.BOTH_SPEAK: "les deux parlaient à la fois",
            Reason.LINE: "mauvaise ligne",
            Reason.NOISE: "bruit",
            Reason.SECOND_VOICE: "une autre voix tout près",
            Reason.UNFAMILIAR: "inconnu du modèle",
            Reason.LANGUAGE: "pas essayé dans cette langue",
            Reason.ENGINE: "l'analyse n'a pas suivi",
            Reason.WARMING_UP: "pas assez entendu pour l'instant",
        }
    ),
    no_verdict_yet="rien d'évalué pour l'instant",
    talk_share="Votre part de parole : env. {} %.",
    overlap="Les deux à la fois : env. {} s. Débuts : vous {} / appelant {}.",
    longest_pause="Plus longue pause : env. {} s.",
    answers="Réponse : vous {} s / appelant {} s.",
    pace="Appelant : env. {} syllabes/s.",
    level="Voix depuis le début : {:+} dB.",
    too_short="Temps de parole non mesuré : trop peu écouté.",
    footer="Simple avis. Vous décidez.",
    stop="Arrêter",
    exit="Quitter",
    update="Actualiser",
    snapshot="Vu à la dernière mise à jour.",
    stop_failed="L'arrêt a échoué, l'analyse continue peut-être. *9 l'arrête.",
)

LANGUAGES: Mapping[str, Words] = MappingProxyType({"en": ENGLISH, "fr": FRENCH})


def words_of(language: str) -> Words:
    """The words for a language tag such as `fr`, `fr_CA` or `fr-FR`; English for one we do not have."""
    primary = language.lower().replace("_", "-").partition("-")[0]
    return LANGUAGES.get(primary, ENGLISH)
