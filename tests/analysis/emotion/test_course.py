"""Laws of the tone over a call."""

from __future__ import annotations

from itertools import pairwise
from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.emotion.course import (
    FORGOTTEN_S,
    MEMORY_S,
    SHARED,
    WARM_SPEECH_S,
    WARM_WINDOWS,
    Course,
)
from analysis.emotion.score import Abstained, Estimate, Reason, ToneScore, Verdict

WINDOW_S = 4.0
MODEL = "model-1"

values = st.floats(0.0, 1.0)
estimates = st.builds(Estimate, values, values)
starts_s = st.floats(0.0, 86_400.0)
lengths_s = st.floats(0.032, 30.0)


def window(start_s: float, anger: float, sigma: float = 0.2, length_s: float = WINDOW_S) -> ToneScore:
    """One window's own score; activation is the other way round."""
    estimate, other = Estimate(anger, sigma), Estimate(1.0 - anger, sigma)
    return ToneScore(start_s, start_s + length_s, other, estimate, MODEL)


def told(course: Course, *windows: Verdict) -> list[ToneScore]:
    """The scores that come of windows."""
    return [said for one in windows if isinstance(said := course.take(one), ToneScore)]


def in_a_row(*angers: float, pause_s: float = 0.0, start_s: float = 0.0) -> list[ToneScore]:
    """Windows of 4 s one after the other, with a pause between each."""
    return [window(start_s + at * (WINDOW_S + pause_s), anger) for at, anger in enumerate(angers)]


def floor_of(sigma: float) -> float:
    """Below which sigma may not fall."""
    return sqrt(SHARED) * sigma


def scores(start_s: float, length_s: float, activation: Estimate, anger: Estimate, model_id: str) -> Verdict:
    """A score from drawn parts."""
    return ToneScore(start_s, start_s + length_s, activation, anger, model_id)


def abstentions(start_s: float, length_s: float, reason: Reason) -> Verdict:
    """An abstention from drawn parts."""
    return Abstained(start_s, start_s + length_s, reason)


verdicts = st.one_of(
    st.builds(scores, starts_s, lengths_s, estimates, estimates, st.sampled_from(["a", "b"])),
    st.builds(abstentions, starts_s, lengths_s, st.sampled_from(Reason)),
)


@given(st.lists(verdicts, max_size=30))
def test_whatever_comes_each_verdict_is_answered_for_its_own_stretch(given_: list[Verdict]) -> None:
    """Law: in any order, after any gap, with any model: a valid verdict of the same stretch, by the same model; an
    abstention as it was; and no verdict is a score that was none.
    """
    course = Course()
    for verdict in given_:
        said = course.take(verdict)
        assert (said.start_s, said.end_s) == (verdict.start_s, verdict.end_s)
        if isinstance(verdict, Abstained):
            assert said is verdict
        elif isinstance(said, Abstained):
            assert said.reason is Reason.WARMING_UP
        else:
            assert said.model_id == verdict.model_id


@given(st.lists(verdicts, min_size=1, max_size=30))
def test_the_first_verdict_is_never_a_score(given_: list[Verdict]) -> None:
    """Law: nobody is judged by one window, whatever it says."""
    course = Course()
    judged = [course.take(one) for one in given_ if isinstance(one, ToneScore)]
    assert all(isinstance(said, Abstained) for said in judged[: WARM_WINDOWS - 1])


@given(st.lists(st.tuples(lengths_s, estimates), min_size=1, max_size=30))
def test_what_is_told_lies_between_what_was_heard(heard: list[tuple[float, Estimate]]) -> None:
    """Law: a mean, never sharper than the windows: no number beyond the lowest and the highest of them."""
    course, start_s = Course(), 0.0
    for length_s, estimate in heard:
        said = course.take(ToneScore(start_s, start_s + length_s, estimate, estimate, MODEL))
        start_s += length_s
        if isinstance(said, ToneScore):
            numbers = [one.value for _, one in heard]
            assert min(numbers) - 1e-9 <= said.anger.value <= max(numbers) + 1e-9
            assert said.anger == said.activation


@given(values, st.floats(0.01, 0.5), st.integers(2, 40), st.floats(0.0, 20.0))
def test_one_thing_said_again_and_again_is_told_as_it_is(
    value: float, sigma: float, count: int, pause_s: float
) -> None:
    """Law: constant windows give their number at once; sigma never grows, and never falls below the part that all
    windows of a caller share: to hear the same doubt often does not end it.
    """
    said = told(Course(), *(window(at * (WINDOW_S + pause_s), value, sigma) for at in range(count)))
    assert len(said) == count - WARM_WINDOWS + 1
    assert all(one.anger.value == pytest.approx(value, abs=1e-9) for one in said)
    sigmas = [sigma, *(one.anger.sigma for one in said)]
    assert all(after <= before + 1e-9 for before, after in pairwise(sigmas))
    assert all(one >= floor_of(sigma) - 1e-9 for one in sigmas)


def test_many_windows_come_near_the_floor_and_no_nearer() -> None:
    """Law: speech without a pause brings sigma to within 8 % above the floor, for the memory holds so many windows."""
    last = told(Course(), *in_a_row(*[0.3] * 50))[-1]
    assert floor_of(0.2) < last.anger.sigma < 1.08 * floor_of(0.2)


def test_until_enough_was_judged_it_warms_up() -> None:
    """Law: the warm-up is what is stated: so many windows and so many seconds, whichever comes last."""
    course = Course()
    short = [window(at * 3.0, 0.9, length_s=1.5) for at in range(4)]
    kinds = [type(course.take(one)) for one in short]
    assert kinds == [Abstained, Abstained, ToneScore, ToneScore]
    assert 2 * 1.5 < WARM_SPEECH_S < 3 * 1.5
    assert told(Course(), window(0.0, 0.9, length_s=8.0)) == []


@pytest.mark.parametrize(("pause_s", "within_s"), [(0.0, 12.0), (8.0, 12.0)])
def test_a_step_is_not_hidden_for_long(pause_s: float, within_s: float) -> None:
    """Law: from calm to angry, half of the way is told 12 s after the step, while the caller speaks on or pauses 8 s
    between windows; and nine tenths of it within a minute.
    """
    course, length_s = Course(), WINDOW_S + pause_s
    told(course, *in_a_row(*[0.1] * 20, pause_s=pause_s))
    step_s = 19 * length_s + WINDOW_S
    after = told(course, *in_a_row(*[0.9] * 20, pause_s=pause_s, start_s=20 * length_s))
    half = next(one.end_s for one in after if one.anger.value > 0.5)
    assert half - step_s <= within_s
    assert next(one.end_s for one in after if one.anger.value > 0.82) - step_s < 60.0


def test_a_change_is_doubt_before_it_is_a_number() -> None:
    """Law: windows that differ by more than their own sigma widen it: the first window after a step says so."""
    course = Course()
    before = told(course, *in_a_row(*[0.1] * 10))[-1]
    first, *_, last = told(course, *in_a_row(*[0.9] * 30, start_s=40.0))
    assert first.anger.value < 0.5
    assert first.anger.sigma > 1.5 * before.anger.sigma
    assert last.anger.sigma == pytest.approx(before.anger.sigma, abs=0.01)


def test_noise_moves_nothing() -> None:
    """Law: whether windows between were not judged, for whatever reason, changes no number that is told."""
    windows = in_a_row(0.2, 0.4, 0.8, 0.3, pause_s=4.0)
    alone = told(Course(), *windows)
    among: list[Verdict] = []
    for one in windows:
        among += [one, *(Abstained(one.end_s, one.end_s + 4.0, reason) for reason in Reason)]
    assert told(Course(), *among) == alone


def test_after_a_pause_the_newest_counts_most() -> None:
    """Law: the longer ago, the less it counts and the nearer sigma is to that of one window."""
    said = []
    for gap_s in (0.0, 20.0, 50.0):
        course = Course()
        told(course, *in_a_row(*[0.1] * 5))
        said += told(course, window(20.0 + gap_s, 0.2))
    assert [one.anger.value for one in said] == sorted(one.anger.value for one in said)
    assert [one.anger.sigma for one in said] == sorted(one.anger.sigma for one in said)
    assert said[-1].anger.value == pytest.approx(0.2, abs=0.01)
    assert said[-1].anger.sigma == pytest.approx(0.2, abs=0.01)


def test_after_a_very_long_gap_it_warms_up_again() -> None:
    """Law: what is older than the course remembers says nothing: the next window alone is no score, and the next but
    one is told as if the call had begun there.
    """
    course, late_s = Course(), 20.0 + FORGOTTEN_S + 0.1
    told(course, *in_a_row(*[0.9] * 5))
    after = [course.take(one) for one in in_a_row(0.1, 0.2, start_s=late_s)]
    fresh = Course()
    assert after == [fresh.take(one) for one in in_a_row(0.1, 0.2, start_s=late_s)]
    assert [type(one) for one in after] == [Abstained, ToneScore]


def test_two_models_are_never_mixed() -> None:
    """Law: where another model speaks the course begins anew, and its name is on what it says."""
    course = Course()
    told(course, *in_a_row(*[0.9] * 5))
    others = [ToneScore(20.0 + at, 23.0 + at, *[Estimate(0.1, 0.2)] * 2, "model-2") for at in (0.0, 4.0)]
    first, second = (course.take(one) for one in others)
    assert isinstance(first, Abstained)
    assert isinstance(second, ToneScore)
    assert (second.anger.value, second.model_id) == (pytest.approx(0.1), "model-2")


def test_a_window_that_comes_late_adds_what_it_is_still_worth() -> None:
    """Law: out of order, the sum is nearly the same as in order, and what is told names the window's own stretch."""
    windows = in_a_row(0.1, 0.8, 0.3, 0.6)
    in_order, mixed = Course(), Course()
    told(in_order, *windows)
    told(mixed, windows[0], windows[2], windows[1], windows[3])
    (last,), (other,) = told(in_order, window(16.0, 0.5)), told(mixed, window(16.0, 0.5))
    assert other.anger.value == pytest.approx(last.anger.value)
    assert other.anger.sigma == pytest.approx(last.anger.sigma)
    (late,) = told(mixed, window(2.0, 0.5))
    assert (late.start_s, late.end_s) == (2.0, 6.0)


def test_a_longer_window_weighs_more() -> None:
    """Law: seconds of speech count, not windows: a scrap of a second moves little."""
    (scrap,) = told(Course(), window(0.0, 0.1), window(4.0, 0.9, length_s=1.0))
    (whole,) = told(Course(), window(0.0, 0.1), window(4.0, 0.9, length_s=4.0))
    assert scrap.anger.value < 0.35 < 0.5 < whole.anger.value


def test_one_course_knows_nothing_of_another() -> None:
    """Law: two callers' courses share no state."""
    one, other = Course(), Course()
    told(one, *in_a_row(*[0.9] * 5))
    assert isinstance(other.take(window(0.0, 0.1)), Abstained)
    (said,) = told(other, window(4.0, 0.1))
    assert said.anger.value == pytest.approx(0.1)


def test_the_memory_is_what_it_is_said_to_be() -> None:
    """Law: after `MEMORY_S` a window weighs 1/e of a new one."""
    (said,) = told(Course(), window(0.0, 0.0), window(MEMORY_S, 1.0))
    assert said.anger.value == pytest.approx(1 / (1 + 1 / 2.718281828))
