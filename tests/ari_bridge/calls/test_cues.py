"""Laws of the cues of one call: what gives rise to one, and what never does."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.conversation import ConversationFacts
from analysis.emotion.score import Abstained, Reason
from ari_bridge.calls.cue_file import Kind, shipped
from ari_bridge.calls.cues import CallCues, Cue, CueCounts
from consent.errors import InvalidValue
from tests.ari_bridge.calls.cue_calls import LOOK_S, Talk, score

RULES = shipped()


def heard(looks: Iterable[ConversationFacts], cues: CallCues | None = None, at_s: float = 0.0) -> list[Cue]:
    """The cues of looks that come every 2 s."""
    cues = cues or CallCues(RULES, CueCounts())
    found = (cues.hear(facts, at_s + LOOK_S * number) for number, facts in enumerate(looks))
    return [cue for cue in found if cue is not None]


def judged(
    said: Iterable[tuple[float, float]], cues: CallCues | None = None, *, sigma: float = 0.1, late_s: float = 0.0
) -> list[Cue]:
    """The cues of tones told as (second, activation), each of them so late."""
    cues = cues or CallCues(RULES, CueCounts())
    found = (cues.judge(score(end_s, activation, sigma), end_s + late_s) for end_s, activation in said)
    return [cue for cue in found if cue is not None]


def talking(talk: Talk, looks: int) -> list[ConversationFacts]:
    """The caller alone talks."""
    return [talk.look(caller_s=1.5) for _ in range(looks)]


def test_a_long_silence_is_said_once_with_how_long_it_was_at_least() -> None:
    """Law: ten seconds of both silent give one cue with the seconds that are sure, however long the silence goes on."""
    talk = Talk()
    (cue,) = heard([*talking(talk, 3), *(talk.look() for _ in range(40))])
    assert (cue.kind, cue.amount, cue.error) == (Kind.LONG_SILENCE, 10.0, RULES.long_silence.error_s)


def test_another_silence_is_another_cue() -> None:
    """Law: a silence that was broken by a word and comes again is said again."""
    talk = Talk()
    silence = [*talking(talk, 3), *(talk.look() for _ in range(14))]
    again = [talk.look(agent_s=0.5), *(talk.look() for _ in range(14))]
    assert [cue.kind for cue in heard([*silence, *again])] == [Kind.LONG_SILENCE] * 2


def test_a_silence_before_anybody_talked_is_none() -> None:
    """Law: a detector that hears nobody at all gives no cue."""
    talk = Talk()
    assert heard(talk.look() for _ in range(60)) == []


def test_what_was_not_heard_is_no_silence() -> None:
    """Law: a lost leg (looks without more of anything heard) and the silence around it are no long silence."""
    talk, cues = Talk(), CallCues(RULES, CueCounts())
    assert heard([*talking(talk, 3), *(talk.look() for _ in range(4))], cues) == []
    assert heard((talk.look() for _ in range(4)), cues, at_s=40.0) == []


def test_a_pause_of_the_hearing_ends_a_silence() -> None:
    """Law: silence before a hold and silence after it are not added."""
    talk, cues = Talk(), CallCues(RULES, CueCounts())
    assert heard([*talking(talk, 3), *(talk.look() for _ in range(4))], cues) == []
    cues.pause()
    assert heard((talk.look() for _ in range(4)), cues, at_s=14.0) == []


def test_talk_at_once_is_said_once_with_its_window() -> None:
    """Law: four of the last ten seconds of both give one cue, that names how many of how many."""
    talk = Talk()
    looks = [*talking(talk, 5), *(talk.look(caller_s=2, agent_s=2, both_s=2) for _ in range(20))]
    (cue,) = heard(looks)
    assert (cue.kind, cue.amount, cue.of) == (Kind.BOTH_AT_ONCE, 4.0, 10.0)


@pytest.mark.parametrize("start", range(0, 425, 5))
def test_who_talk_at_once_all_the_time_talk_no_longer_than_they_are_heard(start: int) -> None:
    """Law: sums of 32 ms chunks round each in its own way, and no rounding stops the looking: one cue, of all of it."""
    chunk_s, step = 0.032, 63
    looks = [ConversationFacts((start + at) * chunk_s, at * chunk_s, at * chunk_s, at * chunk_s, 0.0)
             for at in range(0, 10 * step, step)]  # fmt: skip
    (cue,) = heard(looks)
    assert cue.kind is Kind.BOTH_AT_ONCE
    assert cue.amount <= cue.of


def test_brief_talk_at_once_is_common_and_no_cue() -> None:
    """Law: an overlap of 0.6 s every two seconds never gives a cue."""
    talk = Talk()
    assert heard(talk.look(caller_s=1.6, agent_s=1.0, both_s=0.6) for _ in range(100)) == []


def test_a_tone_that_rises_beyond_its_error_is_said_once() -> None:
    """Law: the cue tells the difference and its error, and comes again only after the tone has fallen."""
    rising = [(10.0, 0.3), (20.0, 0.3), *((60.0 + 10 * n, 0.8) for n in range(20))]
    (cue,) = judged(rising)
    assert cue.kind is Kind.TENSER
    assert cue.amount == pytest.approx(0.5)
    assert cue.error == pytest.approx(RULES.tenser.error(0.1, 0.1))
    falling_and_rising = [*rising, (270.0, 0.35), (280.0, 0.8)]
    assert len(judged(falling_and_rising)) == 2


@pytest.mark.parametrize(
    ("said", "sigma"),
    [
        ([(10.0, 0.9), (60.0, 0.9), (90.0, 0.95)], 0.1),  # tense from the first word on: told as it is, and no rise
        ([(10.0, 0.1), (60.0, 0.5)], 0.1),  # tenser, and not tense
        ([(10.0, 0.3), (60.0, 0.8)], 0.3),  # within its error
        ([(10.0, 0.6), (60.0, 0.75)], 0.02),  # less than a step
        ([(10.0, 0.3), (35.0, 0.8)], 0.1),  # the start, or too near to it
    ],
)
def test_what_is_no_rise_gives_no_cue(said: list[tuple[float, float]], sigma: float) -> None:
    """Law: no cue for a tone that is high, uncertain, near the start's or early, but has not risen beyond its error."""
    assert judged(said, sigma=sigma) == []


def test_an_abstention_is_no_tone() -> None:
    """Law: not measured is neither calm nor tense: it starts nothing and ends nothing."""
    cues = CallCues(RULES, CueCounts())
    assert cues.judge(Abstained(1.0, 2.0, Reason.NOISE), 3.0) is None
    judged([(10.0, 0.3)], cues)
    assert cues.judge(Abstained(50.0, 55.0, Reason.NOISE), 56.0) is None
    assert len(judged([(60.0, 0.8)], cues)) == 1


def test_one_cue_each_thirty_seconds() -> None:
    """Law: whatever happens, two cues of a call are 30 s apart; one held back is counted once, and said if it lasts."""
    talk, counts = Talk(), CueCounts()
    cues = CallCues(RULES, counts)
    looks = [*talking(talk, 3), *(talk.look() for _ in range(6))]  # 10 s of silence at 16 s
    looks += [talk.look(caller_s=2, agent_s=2, both_s=2) for _ in range(30)]
    first, second = heard(looks, cues)
    assert (first.kind, second.kind) == (Kind.LONG_SILENCE, Kind.BOTH_AT_ONCE)
    assert second.seen_at_s - first.seen_at_s >= RULES.one_each_s
    assert counts.held_back == 1


def test_a_cue_is_stale_after_five_seconds() -> None:
    """Law: what was observed is shown for 5 s, and never later."""
    talk, cues = Talk(), CallCues(RULES, CueCounts())
    (cue,) = heard([*talking(talk, 3), *(talk.look() for _ in range(6))], cues)
    assert cues.showing(cue.seen_at_s + 4.9) == cue
    assert cues.showing(cue.seen_at_s + 5.0) is None
    assert cues.showing(cue.seen_at_s) is None


def test_a_tone_that_comes_late_is_dropped_and_counted() -> None:
    """Law: a rise of which the bridge learns 5 s later than usual is not said, and counted; the next one in time is."""
    counts = CueCounts()
    cues = CallCues(RULES, counts)
    judged([(10.0, 0.3)], cues)
    assert judged([(60.0, 0.8)], cues, late_s=5.0) == []
    assert counts.stale == 1
    (cue,) = judged([(64.0, 0.8)], cues, late_s=3.0)
    assert cue.seen_at_s == 64.0


def test_another_agent_begins_anew() -> None:
    """Law: an agent to whom a call is handed is shown no cue of what was before, and none sooner than 30 s later."""
    talk, cues = Talk(), CallCues(RULES, CueCounts())
    judged([(10.0, 0.2)], cues)
    heard([*talking(talk, 3), *(talk.look() for _ in range(4))], cues, at_s=40.0)
    cues.meet()
    assert cues.showing(55.0) is None
    assert judged([(60.0, 0.8), (70.0, 0.8)], cues) == []
    assert heard((Talk(0.0).look() for _ in range(4)), cues, at_s=54.0) == []


def test_nothing_rests_on_a_contested_tone() -> None:
    """Law: with the score its cue goes, and what follows is compared with what is told after it."""
    cues = CallCues(RULES, CueCounts())
    (cue,) = judged([(10.0, 0.3), (60.0, 0.8)], cues)
    cues.forget_tone()
    assert cues.showing(cue.seen_at_s) is None
    assert judged([(100.0, 0.8), (200.0, 0.85)], cues) == []


def test_another_model_is_another_scale() -> None:
    """Law: tones of two models are never compared."""
    cues = CallCues(RULES, CueCounts())
    judged([(10.0, 0.2)], cues)
    other = dataclasses.replace(score(60.0, 0.9), model_id="other")
    assert cues.judge(other, 60.0) is None


def test_a_cue_is_more_than_its_error() -> None:
    """Law: no cue can be made whose error is as large as what it observes, or that has none."""
    for amount, of, error in ((1.0, 10.0, 1.0), (1.0, 10.0, 0.0), (3.0, 2.0, 1.0)):
        with pytest.raises(InvalidValue):
            Cue(Kind.BOTH_AT_ONCE, amount, of, error, 0.0)


looks = st.lists(
    st.tuples(st.floats(0, 2), st.floats(0, 2), st.floats(0.1, 6.0), st.floats(0, 1), st.floats(0, 0.4)), max_size=80
)


@given(looks)
def test_no_course_of_a_call_breaks_a_law(course: list[tuple[float, float, float, float, float]]) -> None:
    """Law: whatever is heard, cues are 30 s apart, each is more than its error, and each one raised is counted."""
    talk, counts = Talk(), CueCounts()
    cues = CallCues(RULES, counts)
    at_s, found = 0.0, []
    for caller_s, agent_s, step_s, activation, sigma in course:
        at_s += step_s
        facts = talk.look(caller_s=caller_s, agent_s=agent_s, both_s=min(caller_s, agent_s), heard_s=2.0)
        found += [cues.hear(facts, at_s), cues.judge(score(at_s, activation, sigma), at_s)]
    raised = [cue for cue in found if cue is not None]
    assert sum(counts.raised.values()) == len(raised)
    assert all(b.seen_at_s - a.seen_at_s >= RULES.one_each_s for a, b in pairwise(raised))
