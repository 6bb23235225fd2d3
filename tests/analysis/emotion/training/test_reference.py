"""What drift is measured against is counted as a site's calls are."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import pytest

from analysis.emotion.course import Course
from analysis.emotion.drift import SCORED, Week, bin_of, drifts
from analysis.emotion.drift import reference_of as read_back
from analysis.emotion.evaluation.judgement import Judgement
from analysis.emotion.score import Estimate, Reason, ToneScore
from analysis.emotion.training.reference import CLIP_S, LONGEST, PAUSE_S, reference_of
from tests.analysis.emotion.evaluation.judged import clip, judgement


def spoken(values: Sequence[float], speaker: int = 0, heard: str = "neutral") -> list[Judgement]:
    """One speaker's clips of one tone, each with such an anger, and as much activation."""
    return [judgement(clip(at, heard, speaker=speaker), value, value, sigma=0.1) for at, value in enumerate(values)]


def test_what_is_told_over_a_call_is_counted_and_not_what_windows_said() -> None:
    """Law: two clips that lie at the ends of the scale are told once, by their mean; the first only warms up."""
    found = reference_of(spoken([0.05, 0.95]), 1)
    assert sum(found["anger"]) == pytest.approx(1.0)
    assert found["anger"][0] == found["anger"][9] == 0.0
    assert (found["activation"], found["abstained"]) == (found["anger"], 0.0)


def test_it_is_the_very_course_of_a_call() -> None:
    """Law: where all clips are alike in order, the scores are those that a call's course tells of them."""
    bins = [0.0] * 10
    for told in _told([0.42] * LONGEST):
        bins[bin_of(told)] += 1 / (LONGEST - 1)
    assert reference_of(spoken([0.42] * LONGEST), 1)["anger"] == pytest.approx(bins)


def test_each_call_counts_once() -> None:
    """Law: six clips of one speaker weigh no more than two of another: so it is with a site's calls."""
    found = reference_of([*spoken([0.05] * LONGEST, 0), *spoken([0.95] * 2, 1)], 1)
    assert (found["anger"][0], found["anger"][9]) == (0.5, 0.5)


def test_nobody_is_mixed_with_another_and_no_tone_with_another() -> None:
    """Law: a call is of one speaker, in one tone: nothing between what each of them was said to be is told."""
    said = [*spoken([0.05] * 7, 0), *spoken([0.95] * 7, 0, "anger"), *spoken([0.55] * 7, 1, "anger")]
    found = reference_of(said, 1)
    assert [at for at, share in enumerate(found["anger"]) if share] == [0, 5, 9]


def test_a_clip_alone_is_judged_and_never_told() -> None:
    """Law: who was heard once has no score, and is no abstention either."""
    found = reference_of([*spoken([0.05, 0.05], 0), *spoken([0.95], 1)], 1)
    assert (found["anger"][0], found["anger"][9], found["abstained"]) == (1.0, 0.0, 0.0)


def test_what_is_unfamiliar_is_counted_among_all_that_was_judged() -> None:
    """Law: one clip in four that the model did not know is a quarter, though the first of the others only warms up."""
    strange = judgement(clip(9), 0.5, 0.5, reason=Reason.UNFAMILIAR)
    assert reference_of([*spoken([0.05] * 3), strange], 1)["abstained"] == 0.25


def test_the_order_is_drawn_from_the_seed() -> None:
    """Law: the same seed gives the same card, whatever the clips' values; another one another order."""
    values = [Random(at).random() for at in range(40)]
    once, again, other = (reference_of(spoken(values), seed) for seed in (1, 1, 2))
    assert once == again != other


def test_a_site_as_usual_as_can_be_is_not_far_off() -> None:
    """Law: calls that are told as the reference's own are alike to it: nothing but what was said makes a difference."""
    lots = Random(3)
    said = [one for at in range(300) for one in spoken([lots.betavariate(1, 3) for _ in range(5)], at)]
    reference = read_back({"reference": reference_of(said, 1)})
    assert reference is not None
    calls = [_told([lots.betavariate(1, 3) for _ in range(5)]) for _ in range(400)]
    scores = [lots.choice(told) for told in calls]
    bins = tuple(sum(bin_of(score) == at for score in scores) for at in range(10))
    week = Week("2026-W10", "m", bins, bins, {SCORED: 320, Reason.WARMING_UP: 80})
    (found,) = drifts([week], reference)
    assert {one.outcome.value for one in found.from_card} == {"steady"}
    assert max(one.psi for one in found.from_card) < 0.1


def _told(values: Sequence[float]) -> list[float]:
    """The angers that are told of a call of one speaker with so many windows."""
    course, told = Course(), []
    for at, value in enumerate(values):
        start_s = at * (CLIP_S + PAUSE_S)
        window = Estimate(value, 0.1)
        said = course.take(ToneScore(start_s, start_s + CLIP_S, window, window, "m"))
        told += [said.anger.value] if isinstance(said, ToneScore) else []
    return told


def test_nothing_at_all_is_no_reference() -> None:
    """Law: without a call that was told there are no shares, and drift says that the card has none."""
    assert read_back({"reference": reference_of([], 1)}) is None
