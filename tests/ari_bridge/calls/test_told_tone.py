"""What an agent is told of the caller's tone."""

from __future__ import annotations

import pytest

from analysis.emotion.score import Abstained, Estimate, Reason, ToneScore, Verdict
from ari_bridge.calls.told_tone import MAX_READINGS, TONE_STAYS_S, ToldTone


def score(end_s: float) -> ToneScore:
    """A score of two seconds."""
    return ToneScore(end_s - 2.0, end_s, Estimate(0.7, 0.1), Estimate(0.2, 0.1), "m")


WARMING: Verdict = Abstained(10.0, 12.0, Reason.WARMING_UP)


def test_a_verdict_is_shown_until_it_is_old() -> None:
    """Law: the screen cannot tell a verdict's age, so an old one is not shown."""
    told = ToldTone()
    assert told.shown(0.0) is None
    assert told.tell(score(10.0), 100.0)
    assert told.shown(100.0 + TONE_STAYS_S) == score(10.0)
    assert told.shown(100.1 + TONE_STAYS_S) is None


def test_a_contested_score_is_hidden_at_once() -> None:
    """Law: from the very moment of the contest the score is not shown, and it is said why."""
    told = ToldTone()
    told.tell(score(10.0), 100.0)
    assert told.contest(101.0) == score(10.0)
    assert told.shown(101.0) is None
    assert told.is_contested(101.0)
    assert told.contest(101.0) is None


@pytest.mark.parametrize("end_s", [9.0, 10.0, 11.9])
def test_no_score_of_a_contested_stretch_is_taken(end_s: float) -> None:
    """Law: one that was on its way when its stretch was contested is neither shown nor kept."""
    told = ToldTone()
    told.tell(score(10.0), 100.0)
    told.contest(101.0)
    assert not told.tell(score(end_s), 102.0)
    assert told.shown(102.0) is None
    assert told.is_contested(102.0)


def test_contested_is_said_until_there_is_a_new_score() -> None:
    """Law: while the model warms up again the contest stands on the screen; a new score, or time, takes its place."""
    told = ToldTone()
    told.tell(score(10.0), 100.0)
    told.contest(101.0)
    assert told.tell(WARMING, 102.0)
    assert told.is_contested(102.0)
    assert not told.is_contested(101.1 + TONE_STAYS_S)
    assert told.tell(score(14.0), 103.0)
    assert not told.is_contested(103.0)
    assert told.shown(103.0) == score(14.0)


@pytest.mark.parametrize("shown", [None, WARMING], ids=["nothing", "an abstention"])
def test_without_a_score_there_is_nothing_to_contest(shown: Verdict | None) -> None:
    """Law: an abstention claims nothing; and what is too old to be shown is not contested behind the screen."""
    told = ToldTone()
    if shown is not None:
        told.tell(shown, 100.0)
    assert told.contest(100.0) is None
    assert not told.is_contested(100.0)
    told.tell(score(20.0), 100.0)
    assert told.contest(100.1 + TONE_STAYS_S) is None


def test_nothing_is_said_any_more_once_it_is_cleared() -> None:
    """Law: after a stop, and for the next agent, there is neither a tone nor a contest on the screen."""
    told = ToldTone()
    told.tell(score(10.0), 100.0)
    told.contest(100.0)
    told.clear()
    assert told.shown(100.0) is None
    assert not told.is_contested(100.0)


def test_the_trace_holds_what_was_told() -> None:
    """Law: the newest readings of activation in their order, a silence of the model as such, no more than a few."""
    told = ToldTone()
    told.tell(score(10.0), 100.0)
    told.tell(WARMING, 101.0)
    assert told.trace == (score(10.0).activation, None)
    for number in range(MAX_READINGS):
        told.tell(score(20.0 + number), 110.0 + number)
    assert told.trace == (score(10.0).activation,) * MAX_READINGS


def test_what_is_contested_leaves_the_trace_with_all_that_overlaps_it() -> None:
    """Law: a contested score is in no picture any more, nor are the readings that it was smoothed with."""
    told = ToldTone()
    for end_s in (6.0, 8.0, 9.0, 10.0):
        told.tell(score(end_s), 90.0 + end_s)
    told.contest(101.0)
    assert told.trace == (score(6.0).activation, score(8.0).activation, None, None)
    told.clear()
    assert told.trace == ()
