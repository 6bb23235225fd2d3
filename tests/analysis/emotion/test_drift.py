"""Weeks compared: what is a shift, what is chance, and what is not said."""

import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.emotion.drift import (
    BINS,
    CONTESTED,
    KINDS,
    LARGE,
    SCORED,
    START_WEEKS,
    Drift,
    Outcome,
    Reference,
    Shift,
    Week,
    bin_of,
    drifts,
    psi_of,
    reference_of,
    week_of,
)
from analysis.emotion.score import Reason
from consent.errors import InvalidValue

CALM = (0.30, 0.25, 0.15, 0.10, 0.08, 0.05, 0.03, 0.02, 0.01, 0.01)
TENSE = tuple(reversed(CALM))
CARD = {"reference": {"activation": list(CALM), "anger": list(CALM), "abstained": 0.1}}


def spread(calls: int, shares: tuple[float, ...]) -> tuple[int, ...]:
    """So many calls in these shares, as near as whole ones can be."""
    bounds = [round(calls * sum(shares[:end])) for end in range(len(shares) + 1)]
    return tuple(after - before for before, after in pairwise(bounds))


def week(number: int, calls: int = 200, shares: tuple[float, ...] = CALM, unfamiliar: int = 20) -> Week:
    """A week in which the scores of so many calls lie in these shares."""
    scores = spread(calls - unfamiliar, shares)
    return Week(f"2026-W{number:02}", "m", scores, scores, {SCORED: calls - unfamiliar, Reason.UNFAMILIAR: unfamiliar})


def newest(weeks: list[Week], card: Mapping[str, object] = CARD) -> Drift:
    """How the last of them stands."""
    return drifts(weeks, reference_of(card))[-1]


def test_the_index_is_that_of_the_textbook() -> None:
    """Law: PSI is the sum of (p - q) ln(p / q), worked out by hand for two shares of a half against .2 and .8."""
    half = Week("2026-W20", "m", (0,) * BINS, (0,) * BINS, {SCORED: 0, Reason.UNFAMILIAR: 500_000})
    scores = (500_000, *(0,) * (BINS - 1))
    half += Week("2026-W21", "m", scores, scores, {SCORED: 500_000})
    reference = Reference(CALM, CALM, 0.2)
    (found,) = drifts([half], reference)
    by_hand = (0.5 - 0.8) * math.log(0.5 / 0.8) + (0.5 - 0.2) * math.log(0.5 / 0.2)
    assert psi_of(found.from_card, "unfamiliar") == pytest.approx(by_hand, rel=0.01)


def test_the_same_callers_are_steady_and_others_a_shift() -> None:
    """Law: what is distributed as at first is steady; scores that moved from calm to tense are a shift, and named."""
    first = [week(n) for n in range(10, 14)]
    assert newest([*first, week(14)]).outcome is Outcome.STEADY
    shifted = newest([*first, week(14), week(15, shares=TENSE)])
    assert shifted.outcome is Outcome.SHIFTED
    assert {one.output for one in shifted.since_start if one.outcome is Outcome.SHIFTED} == {"activation", "anger"}
    assert psi_of(shifted.since_start, "anger") > LARGE
    told = " ".join(shifted.sentences)
    assert "anger" in told
    assert "shifted" in told
    assert "Nothing was adapted" in told


def test_more_abstentions_are_a_shift_too() -> None:
    """Law: a model that suddenly keeps silent is told, though what it still says is as before."""
    found = newest([*(week(n) for n in range(10, 14)), week(14, 400, unfamiliar=220)])
    assert [one.output for one in found.since_start if one.outcome is Outcome.SHIFTED] == ["abstained"]


def test_reasons_of_the_calls_course_are_not_compared() -> None:
    """Law: that the engine failed, or that both spoke, is no drift of the model; the card's recordings have neither."""
    busy = week(14)
    busy = Week(busy.name, "m", busy.activation, busy.anger, {**busy.kinds, Reason.BOTH_SPEAK: 900, Reason.ENGINE: 900})
    assert newest([*(week(n) for n in range(10, 14)), busy]).outcome is Outcome.STEADY


def test_shorter_calls_are_no_drift() -> None:
    """Law: a window that only warmed a call up was judged: where calls are shorter, no larger share is silent."""
    first = [week(n, 400, unfamiliar=200) for n in range(10, 14)]
    brief = week(14, 400, unfamiliar=200)
    brief = Week(
        brief.name, "m", brief.activation, brief.anger, {SCORED: 20, Reason.WARMING_UP: 180, Reason.UNFAMILIAR: 200}
    )
    found = newest([*first, brief])
    assert found.outcome is Outcome.STEADY
    assert psi_of(found.since_start, "abstained") == pytest.approx(0, abs=0.001)


def test_the_card_is_asked_only_what_it_can_know() -> None:
    """Law: its recordings have no noise and no loss, so calls that have are not far off for that."""
    noisy = week(10, 400)
    noisy = Week(
        noisy.name, "m", noisy.activation, noisy.anger, {SCORED: 360, Reason.UNFAMILIAR: 40, Reason.NOISE: 500}
    )
    found = newest([noisy])
    assert [one.output for one in found.from_card] == ["activation", "anger", "unfamiliar"]
    assert found.card_outcome is Outcome.STEADY


def test_too_few_calls_say_nothing_and_are_no_all_clear() -> None:
    """Law: while chance alone may pass the threshold nothing is said, in either direction, and that is told."""
    first = [week(n, 60, unfamiliar=5) for n in range(10, 14)]
    for shares in (CALM, TENSE):
        found = newest([*first, week(14, 60, shares, unfamiliar=5)])
        assert found.outcome is Outcome.TOO_FEW
        assert "too few calls" in " ".join(found.sentences)
    assert math.isnan(psi_of(found.since_start, "anger"))


def test_small_weeks_are_taken_together() -> None:
    """Law: a small site is told too: up to four weeks count as one, and never one of the first among them."""
    first = [week(n) for n in range(10, 14)]
    later = [week(n, 60, TENSE, unfamiliar=5) for n in range(14, 18)]
    assert newest([*first, later[0]]).outcome is Outcome.TOO_FEW
    found = newest([*first, *later])
    assert (found.outcome, found.weeks, found.week.calls) == (Outcome.SHIFTED, 2, 120)
    assert "2 in all" in found.sentences[0]


def test_the_first_weeks_are_what_others_are_compared_with() -> None:
    """Law: of the first four weeks themselves nothing but the card's comparison is said."""
    found = drifts([week(n, shares=TENSE) for n in range(10, 10 + START_WEEKS)], reference_of(CARD))
    assert [one.since_start for one in found] == [()] * START_WEEKS
    assert {one.outcome for one in found} == {Outcome.TOO_FEW}
    assert {one.card_outcome for one in found} == {Outcome.SHIFTED}


def test_a_difference_from_the_card_alone_is_no_drift() -> None:
    """Law: the card's figures are of actors: callers who differ from them, always alike, do not drift; both is said."""
    found = newest([week(n, shares=TENSE) for n in range(10, 16)])
    assert (found.outcome, found.card_outcome) == (Outcome.STEADY, Outcome.SHIFTED)
    told = " ".join(found.sentences)
    assert "actors" in told
    assert "expected" in told


def test_a_card_without_a_reference_is_said() -> None:
    """Law: where there is nothing to compare with, that is a sentence and not a silence."""
    found = newest([week(n) for n in range(10, 16)], {})
    assert found.from_card == ()
    assert found.card_outcome is Outcome.TOO_FEW
    assert "The card has no reference to compare with." in found.sentences
    assert drifts([], None) == []


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"reference": None},
        {"reference": {"activation": [0.1] * 10, "anger": [0.1] * 10}},
        {"reference": {"activation": [0.1] * 9, "anger": [0.1] * 10, "abstained": 0.1}},
        {"reference": {"activation": [0.5, 0.5], "anger": [0.5, 0.5], "abstained": 0.1}},
        {"reference": {"activation": [0.2] * 10, "anger": [0.1] * 10, "abstained": 0.1}},
        {"reference": {"activation": ["a"] * 10, "anger": [0.1] * 10, "abstained": 0.1}},
        {"reference": {"activation": [0.1] * 10, "anger": [0.1] * 10, "abstained": 1.2}},
        {"reference": {"activation": [math.nan] * 10, "anger": [0.1] * 10, "abstained": 0.2}},
    ],
    ids=str,
)
def test_a_reference_that_is_none_is_none(told: dict[str, object]) -> None:
    """Law: what holds no shares is compared with nothing, and ends no service."""
    assert reference_of(told) is None


def test_chance_alone_seldom_warns() -> None:
    """Law: the index passes what is told as chance in about one week of a hundred, as Yurdakul and Naranjo derived, and
    a shift that is none is told in fewer: 900 weeks drawn from one and the same distribution.
    """
    lots = np.random.default_rng(20260301)
    above: list[bool] = []
    alarms = 0
    for _ in range(300):
        drawn = [_drawn(number, lots) for number in range(10, 10 + START_WEEKS + 3)]
        found = drifts(drawn, None)[START_WEEKS:]
        above += [one.psi > one.by_chance for drift in found for one in drift.since_start]
        alarms += sum(drift.outcome is Outcome.SHIFTED for drift in found)
    print(f"above chance: {np.mean(above):.4f} of {len(above)} comparisons; false alarms: {alarms} of 900 weeks")
    assert np.mean(above) < 0.02
    assert alarms < 9


def _drawn(number: int, lots: np.random.Generator) -> Week:
    silent = int(lots.binomial(150, 0.15))
    scores = [tuple(map(int, lots.multinomial(150 - silent, CALM))) for _ in range(2)]
    return Week(f"2026-W{number}", "m", *scores, {SCORED: 150 - silent, Reason.UNFAMILIAR: silent})


def test_a_slight_shift_has_a_word_of_its_own() -> None:
    """Law: between .1 and .25, and beyond chance, it is told as a little; below chance it is steady."""
    assert Shift("anger", 0.2, 0.05).is_slight
    assert not Shift("anger", 0.2, 0.22).is_slight
    assert not Shift("anger", 0.3, 0.05).is_slight
    assert not Shift("anger", 0.2, 0.3).is_slight


@pytest.mark.parametrize(
    ("moment", "name"),
    [
        (datetime(2026, 3, 1, 23, 59, 59, 999_999, tzinfo=UTC), "2026-W09"),
        (datetime(2026, 3, 2, tzinfo=UTC), "2026-W10"),
        (datetime(2026, 3, 2, 0, 30, tzinfo=timezone(timedelta(hours=1))), "2026-W09"),
        (datetime(2027, 1, 3, 12, tzinfo=UTC), "2026-W53"),
        (datetime(2024, 12, 30, tzinfo=UTC), "2025-W01"),
    ],
)
def test_a_week_begins_on_monday_in_utc(moment: datetime, name: str) -> None:
    """Law: weeks are ISO 8601's, of UTC wherever the machine stands; their names sort as text."""
    assert week_of(moment) == name


def test_a_naive_moment_has_no_week() -> None:
    """Law: stored time is never a guess."""
    with pytest.raises(InvalidValue):
        week_of(datetime(2026, 3, 2))  # noqa: DTZ001


@given(st.floats(0, 1))
def test_every_value_has_its_bin(value: float) -> None:
    """Law: ten equal bins take every value of 0..1, and 1 itself falls into the last."""
    assert 0 <= bin_of(value) < BINS
    assert bin_of(value) <= value * BINS


@pytest.mark.parametrize(
    ("activation", "anger", "kinds"),
    [
        ((1,) * 9, (1,) * 10, {SCORED: 10}),
        ((1,) * 10, (2,) * 10, {SCORED: 10}),
        ((1,) * 10, (1,) * 10, {SCORED: 9}),
        ((1,) * 10, (1,) * 10, {SCORED: 11}),
        ((-1, *(1,) * 9), (-1, *(1,) * 9), {SCORED: 8}),
        ((0,) * 10, (0,) * 10, {Reason.NOISE: 3, Reason.LINE: -1}),
    ],
)
def test_sums_that_do_not_add_up_are_no_week(
    activation: tuple[int, ...], anger: tuple[int, ...], kinds: dict[str, int]
) -> None:
    """Law: a row that was tampered with, or folded twice in part, is not compared with anything."""
    with pytest.raises(InvalidValue):
        Week("2026-W10", "m", activation, anger, kinds)


def test_every_reason_has_its_place() -> None:
    """Law: a reason that is new is counted as soon as it can be given."""
    assert set(KINDS) == {SCORED, CONTESTED, *Reason}
