"""From what is known of a call to the card that an agent reads. Pure."""

from __future__ import annotations

from analysis.conversation import ConversationFacts
from analysis.delivery import Delivery
from analysis.emotion.score import Abstained, Estimate, Verdict
from ari_bridge.screens.card import MAX_TEXT_CHARACTERS, Action, CardState, Key, ScoreCard
from ari_bridge.screens.lettering import clean, shorten
from ari_bridge.screens.words import Words, words_of

LIVE_REFRESH_S = 5
"""As often as a push may come: a phone that pulls knows as much as one that is pushed to."""
SETTLED_REFRESH_S = 15
"""After a no: only the call's end is still to come, and its card can be had for 60 s."""

FAIRLY_SURE_SIGMA = 0.1
"""Up to here one sigma stays within half a step of the scale of five words."""
UNCLEAR_SIGMA = 0.25
"""From here one sigma to each side covers half the scale: any word would claim more than is known."""
MIN_HEARD_S = 10.0
"""Below this a share of talk is one sentence more or less."""
SHARE_STEP_PERCENT = 5
"""Voice activity detection on telephone speech is no better than a few percent: no digit is shown that is not known."""
MIN_ANSWERS = 3
"""Of each party: a median of fewer is one answer more or less."""
ANSWER_STEP_S = 0.2
"""The lines' own delays, up to 0.3 s there and back (ITU-T G.114), are part of an answer: no finer digit is known."""
LEVEL_STEP_DB = 3
"""A phone held a little nearer or farther moves the level by as much."""

_LIVE = frozenset({CardState.ASKED, CardState.GRANTED, CardState.PAUSED, CardState.FAILED})
_STOPPABLE = frozenset({CardState.GRANTED, CardState.PAUSED, CardState.FAILED})


def card_of(
    state: CardState,
    *,
    language: str,
    tone: Verdict | None = None,
    facts: ConversationFacts | None = None,
    problem: str = "",
) -> ScoreCard:
    """The card of a call in `state`.

    `tone` (the caller's newest verdict) and `facts` are shown while consent is granted and the call is heard, and
    never else, whatever is handed in. `problem` is a sentence shown where `state` is FAILED. An unknown `language`
    is answered in English.
    """
    words = words_of(language)
    lines: tuple[str, ...]
    match state:
        case CardState.GRANTED:
            lines = (_tone_line(words, tone), *_fact_lines(words, facts))
        case CardState.FAILED if problem:
            lines = (words.detail[state], shorten(clean(problem), MAX_TEXT_CHARACTERS))
        case _:
            lines = (words.detail[state],)
    return _card(words, state, lines)


def stop_failed(language: str) -> ScoreCard:
    """The card for an agent whose Stop did not reach the PBX: it says so, and what works without us."""
    words = words_of(language)
    return _card(words, CardState.GRANTED, (words.stop_failed,))


def _card(words: Words, state: CardState, lines: tuple[str, ...]) -> ScoreCard:
    leave = Key(words.exit, Action.EXIT)
    return ScoreCard(
        state=state,
        title=words.title,
        consent=words.consent[state],
        lines=lines,
        footer=words.footer,
        keys=(Key(words.stop, Action.STOP), leave) if state in _STOPPABLE else (leave,),
        refresh_s=_refresh_s(state),
        update=words.update,
        snapshot=words.snapshot,
    )


def _refresh_s(state: CardState) -> int | None:
    if state is CardState.ENDED:
        return None
    return LIVE_REFRESH_S if state in _LIVE else SETTLED_REFRESH_S


def _tone_line(words: Words, tone: Verdict | None) -> str:
    if tone is None:
        return words.not_measured.format(words.no_verdict_yet)
    if isinstance(tone, Abstained):
        return words.not_measured.format(words.reasons[tone.reason])
    return words.tone.format(_tone_words(words, tone.activation))


def _tone_words(words: Words, activation: Estimate) -> str:
    """Only activation is put into words: a likelihood of anger, read on a screen, becomes "he is angry"."""
    if activation.sigma >= UNCLEAR_SIGMA:
        return words.unclear
    step = min(int(activation.value * len(words.tones)), len(words.tones) - 1)
    if activation.sigma <= FAIRLY_SURE_SIGMA:
        return f"{words.tones[step]} ({words.fairly_sure})"
    # The ends of the scale are words without a "rather": they are kept for when the model is fairly sure.
    return f"{words.tones[min(max(step, 1), len(words.tones) - 2)]} ({words.uncertain})"


def _fact_lines(words: Words, facts: ConversationFacts | None) -> tuple[str, ...]:
    share = None if facts is None else facts.agent_talk_share
    if facts is None or share is None or facts.heard_s < MIN_HEARD_S:
        return (words.too_short,)
    return (
        words.talk_share.format(round(share * 100 / SHARE_STEP_PERCENT) * SHARE_STEP_PERCENT),
        words.overlap.format(round(facts.overlap_s), facts.agent_overlaps, facts.caller_overlaps),
        words.longest_pause.format(round(facts.longest_pause_s)),
        *_answer_line(words, facts),
        *_delivery_line(words, facts.delivery),
    )


def _answer_line(words: Words, facts: ConversationFacts) -> tuple[str, ...]:
    agent_s, caller_s = facts.agent_latency_s, facts.caller_latency_s
    if agent_s is None or caller_s is None or min(facts.agent_answers, facts.caller_answers) < MIN_ANSWERS:
        return ()
    return (words.answers.format(_answer_s(agent_s), _answer_s(caller_s)),)


def _answer_s(latency_s: float) -> str:
    return f"{round(latency_s / ANSWER_STEP_S) * ANSWER_STEP_S:.1f}"


def _delivery_line(words: Words, delivery: Delivery | None) -> tuple[str, ...]:
    """One line of the caller's pace and level, as far as they are known."""
    if delivery is None:
        return ()
    parts = []
    if delivery.articulation_rate is not None:
        parts.append(words.pace.format(round(delivery.articulation_rate)))
    if delivery.level_change_db is not None:
        parts.append(words.level.format(round(delivery.level_change_db / LEVEL_STEP_DB) * LEVEL_STEP_DB))
    return (" ".join(parts),) if parts else ()
