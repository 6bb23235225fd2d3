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

SPANISH = Words(
    title="Análisis de llamada",
    consent=MappingProxyType(
        {
            CardState.ASKED: "Consentimiento: pedido.",
            CardState.GRANTED: "Consentimiento: dado.",
            CardState.PAUSED: "Consentimiento: dado.",
            CardState.REFUSED: "Consentimiento: negado.",
            CardState.WITHDRAWN: "Consentimiento: retirado por quien llama.",
            CardState.OBJECTED: "Consentimiento: detenido por el agente.",
            CardState.FAILED: "Consentimiento: dado.",
            CardState.ENDED: "Llamada terminada.",
        }
    ),
    detail=MappingProxyType(
        {
            CardState.ASKED: "Aún sin respuesta. No se escucha nada.",
            CardState.PAUSED: "Análisis en pausa. Ahora no se escucha nada.",
            CardState.REFUSED: "No se escucha ni se analiza nada.",
            CardState.WITHDRAWN: "Ya no se escucha ni se analiza nada.",
            CardState.OBJECTED: "Ya no se escucha ni se analiza nada.",
            CardState.FAILED: "El análisis falló. No se mide nada.",
            CardState.ENDED: "Ya no se escucha ni se analiza nada.",
        }
    ),
    tone="Tono de quien llama: {}.",
    tones=("calmo", "más bien calmo", "ni calmo ni tenso", "más bien tenso", "tenso"),
    fairly_sure="bastante seguro",
    uncertain="incierto",
    unclear="no está claro (muy incierto)",
    not_measured="Tono de quien llama sin medir: {}.",
    reasons=MappingProxyType(
        {
            Reason.TOO_LITTLE_SPEECH: "muy poca habla",
            Reason.BOTH_SPEAK: "hablaban los dos a la vez",
            Reason.LINE: "mala línea",
            Reason.NOISE: "ruido",
            Reason.SECOND_VOICE: "otra voz cerca",
            Reason.UNFAMILIAR: "desconocido para el modelo",
            Reason.LANGUAGE: "no probado en este idioma",
            Reason.ENGINE: "el análisis no dio abasto",
            Reason.WARMING_UP: "aún no se ha oído bastante",
        }
    ),
    no_verdict_yet="aún sin evaluar",
    talk_share="Su parte de habla: unos {} %.",
    overlap="Los dos a la vez: unos {} s. Inicios: usted {} / quien llama {}.",
    longest_pause="Pausa más larga: unos {} s.",
    answers="Respuesta: usted {} s / quien llama {} s.",
    pace="Quien llama: unas {} sílabas/s.",
    level="Voz desde el inicio: {:+} dB.",
    too_short="Tiempo de habla sin medir: se ha oído poco.",
    footer="Solo orientativo. Usted decide.",
    stop="Detener",
    exit="Salir",
    update="Actualizar",
    snapshot="Según la última lectura.",
    stop_failed="No se pudo detener, el análisis quizá siga. *9 lo detiene.",
)


GERMAN = Words(
    title="Anrufanalyse",
    consent=MappingProxyType(
        {
            CardState.ASKED: "Einwilligung: erfragt.",
            CardState.GRANTED: "Einwilligung: erteilt.",
            CardState.PAUSED: "Einwilligung: erteilt.",
            CardState.REFUSED: "Einwilligung: abgelehnt.",
            CardState.WITHDRAWN: "Einwilligung: vom Anrufer widerrufen.",
            CardState.OBJECTED: "Einwilligung: vom Agenten gestoppt.",
            CardState.FAILED: "Einwilligung: erteilt.",
            CardState.ENDED: "Anruf beendet.",
        }
    ),
    detail=MappingProxyType(
        {
            CardState.ASKED: "Noch keine Antwort. Nichts wird gehört.",
            CardState.PAUSED: "Analyse pausiert. Jetzt wird nichts gehört.",
            CardState.REFUSED: "Nichts wird gehört oder analysiert.",
            CardState.WITHDRAWN: "Nichts wird mehr gehört oder analysiert.",
            CardState.OBJECTED: "Nichts wird mehr gehört oder analysiert.",
            CardState.FAILED: "Analyse gescheitert. Nichts wird gemessen.",
            CardState.ENDED: "Nichts wird mehr gehört oder analysiert.",
        }
    ),
    tone="Ton (Anrufer): {}.",
    tones=("ruhig", "eher ruhig", "weder ruhig noch angespannt", "eher angespannt", "angespannt"),
    fairly_sure="eher sicher",
    uncertain="ungewiss",
    unclear="unklar (sehr ungewiss)",
    not_measured="Ton (Anrufer) nicht gemessen: {}.",
    reasons=MappingProxyType(
        {
            Reason.TOO_LITTLE_SPEECH: "zu wenig Sprache",
            Reason.BOTH_SPEAK: "beide sprachen zugleich",
            Reason.LINE: "schlechte Leitung",
            Reason.NOISE: "Geräusche",
            Reason.SECOND_VOICE: "andere Stimme in der Nähe",
            Reason.UNFAMILIAR: "dem Modell unbekannt",
            Reason.LANGUAGE: "Sprache nicht erprobt",
            Reason.ENGINE: "die Analyse kam nicht nach",
            Reason.WARMING_UP: "noch nicht genug gehört",
        }
    ),
    no_verdict_yet="noch nichts bewertet",
    talk_share="Ihr Anteil am Gespräch: etwa {} %.",
    overlap="Beide zugleich: etwa {} s. Begonnen: Sie {} / Anrufer {}.",
    longest_pause="Längste Pause: etwa {} s.",
    answers="Antwort nach: Sie {} s / Anrufer {} s.",
    pace="Anrufer: etwa {} Silben/s.",
    level="Stimme seit Beginn: {:+} dB.",
    too_short="Redezeiten nicht gemessen: zu wenig gehört.",
    footer="Nur Hinweise. Sie entscheiden.",
    stop="Stopp",
    exit="Verlassen",
    update="Neu laden",
    snapshot="Stand: letztes Neuladen.",
    stop_failed="Der Stopp misslang, die Analyse läuft vielleicht weiter. *9 stoppt sie.",
)


ITALIAN = Words(
    title="Analisi della chiamata",
    consent=MappingProxyType(
        {
            CardState.ASKED: "Consenso: chiesto.",
            CardState.GRANTED: "Consenso: dato.",
            CardState.PAUSED: "Consenso: dato.",
            CardState.REFUSED: "Consenso: negato.",
            CardState.WITHDRAWN: "Consenso: ritirato da chi chiama.",
            CardState.OBJECTED: "Consenso: fermato dall'agente.",
            CardState.FAILED: "Consenso: dato.",
            CardState.ENDED: "Chiamata terminata.",
        }
    ),
    detail=MappingProxyType(
        {
            CardState.ASKED: "Ancora nessuna risposta. Non si ascolta nulla.",
            CardState.PAUSED: "Analisi in pausa. Ora non si ascolta nulla.",
            CardState.REFUSED: "Non si ascolta né si analizza nulla.",
            CardState.WITHDRAWN: "Non si ascolta né si analizza più nulla.",
            CardState.OBJECTED: "Non si ascolta né si analizza più nulla.",
            CardState.FAILED: "L'analisi è fallita. Non si misura nulla.",
            CardState.ENDED: "Non si ascolta né si analizza più nulla.",
        }
    ),
    tone="Tono di chi chiama: {}.",
    tones=("calmo", "piuttosto calmo", "né calmo né teso", "piuttosto teso", "teso"),
    fairly_sure="abbastanza sicuro",
    uncertain="incerto",
    unclear="poco chiaro (molto incerto)",
    not_measured="Tono (chiamante) non misurato: {}.",
    reasons=MappingProxyType(
        {
            Reason.TOO_LITTLE_SPEECH: "troppo poco parlato",
            Reason.BOTH_SPEAK: "parlavano tutti e due",
            Reason.LINE: "linea scadente",
            Reason.NOISE: "rumore",
            Reason.SECOND_VOICE: "un'altra voce vicina",
            Reason.UNFAMILIAR: "sconosciuto al modello",
            Reason.LANGUAGE: "non provato in questa lingua",
            Reason.ENGINE: "l'analisi è rimasta indietro",
            Reason.WARMING_UP: "sentito ancora troppo poco",
        }
    ),
    no_verdict_yet="ancora nulla di valutato",
    talk_share="La sua parte di parola: circa {} %.",
    overlap="Tutti e due insieme: circa {} s. Inizi: lei {} / chi chiama {}.",
    longest_pause="Pausa più lunga: circa {} s.",
    answers="Risposta: lei {} s / chi chiama {} s.",
    pace="Chi chiama: circa {} sillabe/s.",
    level="Voce dall'inizio: {:+} dB.",
    too_short="Tempi di parola non misurati: sentito troppo poco.",
    footer="Solo indicazioni. Decide lei.",
    stop="Fermare",
    exit="Uscire",
    update="Aggiornare",
    snapshot="All'ultimo aggiornamento.",
    stop_failed="Lo stop non è riuscito, l'analisi forse continua. *9 la ferma.",
)


LANGUAGES: Mapping[str, Words] = MappingProxyType(
    {"en": ENGLISH, "fr": FRENCH, "es": SPANISH, "de": GERMAN, "it": ITALIAN}
)


def words_of(language: str) -> Words:
    """The words for a language tag such as `fr`, `fr_CA` or `fr-FR`; English for one we do not have."""
    primary = language.lower().replace("_", "-").partition("-")[0]
    return LANGUAGES.get(primary, ENGLISH)
