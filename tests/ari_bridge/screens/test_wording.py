"""Laws of the card that an agent reads."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.conversation import ConversationFacts
from analysis.delivery import Delivery
from analysis.emotion.score import Abstained, Estimate, Reason, ToneScore, Verdict
from ari_bridge.screens.card import Action, CardState
from ari_bridge.screens.wording import card_of, stop_failed
from ari_bridge.screens.words import ENGLISH, LANGUAGES
from tests.ari_bridge.screens.hostile import texts

FACTS = ConversationFacts(heard_s=100.0, caller_talk_s=40.0, agent_talk_s=61.0, overlap_s=12.2, longest_pause_s=3.9)
units = st.floats(min_value=0, max_value=1)
estimates = st.builds(Estimate, units, units)
verdicts = st.one_of(
    st.none(),
    st.builds(lambda activation, anger: ToneScore(1.0, 2.0, activation, anger, "m"), estimates, estimates),
    st.builds(lambda reason: Abstained(1.0, 2.0, reason), st.sampled_from(Reason)),
)
seconds = st.floats(min_value=0, max_value=1e6)
counts = st.integers(min_value=0, max_value=10_000)
latencies = st.none() | st.floats(min_value=0, max_value=3)
deliveries = st.builds(
    Delivery,
    st.floats(min_value=10, max_value=1e5),
    st.none() | st.floats(min_value=0, max_value=20),
    st.none() | st.floats(min_value=-100, max_value=100),
)
facts = st.one_of(
    st.none(),
    st.builds(ConversationFacts, *[seconds] * 5, *[counts] * 4, latencies, latencies, delivery=st.none() | deliveries),
)


def _score(value: float, sigma: float) -> ToneScore:
    return ToneScore(1.0, 4.0, Estimate(value, sigma), Estimate(0.9, 0.1), "m")


def _first_line(tone: Verdict | None) -> str:
    return card_of(CardState.GRANTED, language="en", tone=tone, facts=FACTS).lines[0]


@pytest.mark.parametrize("state", [state for state in CardState if state is not CardState.GRANTED])
def test_tone_and_facts_show_only_under_a_live_consent(state: CardState) -> None:
    """Handed a tone and facts, a card of any other state shows exactly what it shows without them."""
    with_them = card_of(state, language="en", tone=_score(0.9, 0.05), facts=FACTS)
    assert with_them == card_of(state, language="en")


@pytest.mark.parametrize(
    ("tone", "line"),
    [
        (_score(0.7, 0.15), "Caller's tone: rather tense (uncertain)."),
        (_score(0.7, 0.05), "Caller's tone: rather tense (fairly sure)."),
        (_score(1.0, 0.05), "Caller's tone: tense (fairly sure)."),
        (_score(1.0, 0.2), "Caller's tone: rather tense (uncertain)."),
        (_score(0.0, 0.05), "Caller's tone: calm (fairly sure)."),
        (_score(0.0, 0.2), "Caller's tone: rather calm (uncertain)."),
        (_score(0.5, 0.2), "Caller's tone: neither calm nor tense (uncertain)."),
        (_score(0.0, 0.25), "Caller's tone: unclear (very uncertain)."),
        (Abstained(1.0, 2.0, Reason.NOISE), "Caller's tone not measured: noise."),
        (None, "Caller's tone not measured: nothing judged yet."),
    ],
)
def test_a_tone_is_never_said_without_its_uncertainty(tone: Verdict | None, line: str) -> None:
    """The word for the tone carries how sure the model is; what it does not know never looks like calm."""
    assert _first_line(tone) == line


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("en", "Caller's tone not measured: not tried in this language."),
        ("fr", "Ton de l'appelant non mesuré : pas essayé dans cette langue."),
    ],
)
def test_a_language_that_was_not_tried_leaves_the_facts(language: str, line: str) -> None:
    """Law: facts only: the screen says why there is no tone, in one line, and shows the facts as ever."""
    tone = Abstained(1.0, 2.0, Reason.LANGUAGE)
    lines = card_of(CardState.GRANTED, language=language, tone=tone, facts=FACTS).lines
    assert lines[0] == line
    assert lines[1:] == card_of(CardState.GRANTED, language=language, facts=FACTS).lines[1:]
    assert len(lines) > 1


@given(estimates, estimates, estimates)
def test_the_likelihood_of_anger_never_reaches_the_screen(
    activation: Estimate, anger: Estimate, other: Estimate
) -> None:
    """Two verdicts that differ in anger alone give the same card."""
    one, two = (ToneScore(1.0, 2.0, activation, each, "m") for each in (anger, other))
    assert _first_line(one) == _first_line(two)


def test_the_facts_are_the_agents_own_and_rounded_to_what_is_known() -> None:
    """Talk share to 5 %, times to a second, each said to be about so much."""
    assert card_of(CardState.GRANTED, language="en", facts=FACTS).lines[1:] == (
        "Your share of the talk: about 60 %.",
        "Both at once: about 12 s. Begun: you 0 / caller 0.",
        "Longest pause: about 4 s.",
    )


def test_answers_are_shown_when_there_are_some_of_each() -> None:
    """Three answers of each party, to 0.2 s, since the lines' own delay is in them; with two there is no line."""
    some = replace(FACTS, agent_answers=3, caller_answers=4, agent_latency_s=0.288, caller_latency_s=1.12)
    assert card_of(CardState.GRANTED, language="en", facts=some).lines[4:] == (
        "Time to answer: you 0.2 s / caller 1.2 s.",
    )
    few = replace(some, agent_answers=2)
    assert len(card_of(CardState.GRANTED, language="en", facts=few).lines) == 4


@pytest.mark.parametrize(
    ("delivery", "line"),
    [
        (Delivery(8.0), None),
        (Delivery(12.0, 4.4), "Caller: about 4 syllables/s."),
        (Delivery(40.0, 4.4, 1.4), "Caller: about 4 syllables/s. Level since the start: +0 dB."),
        (Delivery(40.0, 4.4, 6.2), "Caller: about 4 syllables/s. Level since the start: +6 dB."),
        (Delivery(40.0, 4.4, -8.0), "Caller: about 4 syllables/s. Level since the start: -9 dB."),
    ],
    ids=str,
)
def test_pace_and_level_are_the_callers_and_said_when_known(delivery: Delivery, line: str | None) -> None:
    """An observation with what it is compared to; nothing before enough was heard."""
    lines = card_of(CardState.GRANTED, language="en", facts=replace(FACTS, delivery=delivery)).lines
    assert lines[4:] == (() if line is None else (line,))


@pytest.mark.parametrize("early", [None, ConversationFacts(9.9, 4, 4, 0, 1), ConversationFacts(60, 0, 0, 0, 60)])
def test_facts_of_too_little_are_said_to_be_missing(early: ConversationFacts | None) -> None:
    """Before ten seconds were heard, or before anybody talked, no share is shown as a number."""
    assert card_of(CardState.GRANTED, language="en", facts=early).lines[1:] == (ENGLISH.too_short,)


def test_the_agent_can_stop_wherever_something_may_be_heard() -> None:
    """Stop is there while consent is granted, in a pause and a failure too, and nowhere else; Exit always is."""
    for state in CardState:
        actions = [key.action for key in card_of(state, language="fr").keys]
        assert (Action.STOP in actions) is (state.consent is CardState.GRANTED)
        assert Action.EXIT in actions


def test_the_last_card_of_a_call_asks_for_no_other() -> None:
    """Every card is asked for again, except that of a call that ended."""
    for state in CardState:
        assert (card_of(state, language="en").refresh_s is None) is (state is CardState.ENDED)


def test_a_stop_that_failed_says_so_and_names_the_key() -> None:
    """An agent whose Stop did not work is not left to believe that it did, and reads what works without us."""
    for language in LANGUAGES:
        card = stop_failed(language)
        assert "*9" in card.lines[0]
        assert Action.STOP in [key.action for key in card.keys]


@given(st.sampled_from(CardState), texts, verdicts, facts, texts | st.just("x" * 5000))
def test_any_input_gives_a_card(
    state: CardState, language: str, tone: Verdict | None, spoken: ConversationFacts | None, problem: str
) -> None:
    """Consent comes first and "advice only" last on every card, whatever is handed in."""
    card = card_of(state, language=language, tone=tone, facts=spoken, problem=problem)
    assert card.consent in {words.consent[state] for words in LANGUAGES.values()}
    assert card.lines
    assert card.footer


def test_a_failure_is_shown_with_its_sentence() -> None:
    """A failed card says that nothing is measured, and why."""
    lines = card_of(CardState.FAILED, language="en", problem="The database\nis locked.").lines
    assert lines == (ENGLISH.detail[CardState.FAILED], "The database is locked.")
