"""What a tone model may say."""

import math

import pytest

from analysis.emotion.score import Abstained, Estimate, Reason, ToneScore
from consent.errors import InvalidValue


@pytest.mark.parametrize(("value", "sigma"), [(-0.1, 0.1), (1.1, 0.1), (0.5, -0.1), (0.5, 1.1), (math.nan, 0.1)])
def test_an_estimate_outside_its_scale_is_never_born(value: float, sigma: float) -> None:
    """Law: no screen ever shows a number that means nothing."""
    with pytest.raises(InvalidValue):
        Estimate(value, sigma)


@pytest.mark.parametrize(("start_s", "end_s"), [(2.0, 2.0), (3.0, 2.0), (-1.0, 2.0), (0.0, math.nan)])
def test_a_verdict_covers_a_stretch_of_time(start_s: float, end_s: float) -> None:
    """Law: a verdict, and an abstention too, says what it is about."""
    with pytest.raises(InvalidValue):
        Abstained(start_s, end_s, Reason.NOISE)
    with pytest.raises(InvalidValue):
        ToneScore(start_s, end_s, Estimate(0.5, 0.1), Estimate(0.5, 0.1), "model")
