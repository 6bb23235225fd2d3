"""How sure a figure is, against cases that can be checked on paper."""

import numpy as np
import pytest

from analysis.emotion.evaluation.intervals import (
    MIN_SPEAKERS,
    NOT_SHOWN,
    draws,
    ends,
    is_shown,
    lower_bound,
    needed,
    ranking,
    rankings,
    rate,
    ratios,
    upper_bound,
)


def flags(count: int, total: int) -> np.ndarray:
    """So many of so many."""
    return np.arange(total) < count


def test_the_exact_bounds_are_those_of_clopper_and_pearson() -> None:
    """Law: 0 of 30 leaves 11.6 % possible (1 - .025^(1/30)); 5 of 100 means 1.6 to 11.3 %, as any table says."""
    assert upper_bound(0, 30) == pytest.approx(1 - 0.025 ** (1 / 30), abs=1e-5)
    assert upper_bound(5, 100) == pytest.approx(0.1128, abs=1e-4)
    assert lower_bound(5, 100) == pytest.approx(0.0164, abs=1e-4)
    assert (upper_bound(7, 7), lower_bound(0, 7)) == (1.0, pytest.approx(0.0, abs=1e-5))


@pytest.mark.parametrize(("limit", "share", "least"), [(0.1, 0.0, 36), (0.05, 0.0, 72), (0.1, 0.02, 70)])
def test_it_is_computed_how_many_clips_are_needed(limit: float, share: float, least: int) -> None:
    """Law: with so many clips, and alarms at that share, the bound lies under the limit; with one clip less it does
    not.
    """
    assert needed(limit, share) == least
    alarms = int(np.ceil(share * least))
    assert upper_bound(alarms, least) <= limit < upper_bound(alarms, least - 1)


def test_no_number_of_clips_shows_what_is_not_so() -> None:
    """Law: at the limit, above it, or just under it more clips are not asked for."""
    assert needed(0.1, 0.1) is None
    assert needed(0.1, 0.3) is None
    assert needed(0.1, 0.0999) is None
    assert needed(0.0) is None


def test_a_rate_is_the_share_and_its_interval_the_wider_one() -> None:
    """Law: where no clip had an event all replicates agree on 0, and yet the interval is the exact binomial's."""
    speaker = np.arange(40) % 8
    figure = rate(flags(0, 40), speaker, "of all")
    assert (figure["value"], figure["low"]) == (0.0, pytest.approx(0.0, abs=1e-4))
    assert figure["high"] == pytest.approx(upper_bound(0, 40), abs=1e-4)
    # one of eight speakers has all the events: the clips of one are alike, so the binomial is too narrow
    figure = rate(speaker == 0, speaker, "of all")
    assert figure["value"] == 0.125
    assert figure["high"] > upper_bound(5, 40)


def test_too_little_is_not_shown_and_says_why() -> None:
    """Law: no clip, few clips and few speakers each have their sentence, and never a number that means nothing."""
    assert rate(flags(0, 0), np.zeros(0, np.intp), "of this kind")["value"] == NOT_SHOWN
    figure = rate(flags(1, 9), np.zeros(9, np.intp), "of this kind")
    assert not is_shown(figure)
    assert figure["why"] == "9 clips of this kind, and 10 are needed"
    figure = rate(flags(3, 20), np.arange(20) % 4, "of this kind")
    assert figure == {"value": 0.15, "why": f"no interval: 4 speakers, and {MIN_SPEAKERS} are needed"}


def test_a_ranking_needs_both_kinds() -> None:
    """Law: an AUC of one class is not shown; a perfect order is 1, from 1 to 1."""
    speaker = np.arange(40) % 8
    figure = ranking(np.arange(40.0), flags(0, 40), speaker, "heard as angry")
    assert figure["why"] == "0 clips heard as angry and 40 others, and 10 of each are needed"
    figure = ranking(-np.arange(40.0), flags(20, 40), speaker, "heard as angry")
    assert figure == {"value": 1.0, "low": 1.0, "high": 1.0}


def test_replicates_weigh_speakers() -> None:
    """Law: a speaker drawn twice counts twice, one who is not drawn not at all; ties count half."""
    drawn = np.array([[2.0, 0.0], [0.0, 2.0], [1.0, 1.0]])
    code = np.array([0, 0, 1, 1])
    assert ratios(np.array([True, False, False, False]), code, drawn).tolist() == [0.5, 0.0, 0.25]
    scores, positive = np.array([0.2, 0.1, 0.1, 0.2]), np.array([True, False, True, False])
    # speaker 0 is right (1), speaker 1 wrong (0); both together: 1 + .5 + .5 + 0 of 4 pairs
    assert rankings(scores, positive, code, drawn).tolist() == [1.0, 0.0, 0.5]
    assert np.isnan(rankings(scores[:2], np.array([True, True]), code[:2], drawn[:, :1])).all()


def test_few_speakers_widen_the_interval() -> None:
    """Law: percentiles of few clusters are taken further out, and those of fewer than five not at all."""
    replicates = np.arange(1001) / 1000
    many, five = ends(replicates, 10_000), ends(replicates, 5)
    assert many is not None
    assert five is not None
    assert many == pytest.approx((0.025, 0.975), abs=1e-3)
    assert five[0] < 0.002
    assert ends(replicates, 4) is None
    assert ends(np.where(replicates < 0.2, np.nan, replicates), 10) is None


def test_the_same_speakers_are_drawn_every_time() -> None:
    """Law: a report can be made again to the digit; each replicate draws as many as there are."""
    assert np.array_equal(draws(7), draws(7))
    assert (draws(7).sum(axis=1) == 7).all()
