"""Counting figures between bounds."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.engine.histogram import Histogram, Tally
from consent.errors import InvalidValue

BOUNDS = (1.0, 2.0, 5.0)


def test_a_figure_counts_at_the_first_bound_that_holds_it() -> None:
    """Law: a bound includes itself, as in Prometheus ("le"); what is above all has the last place."""
    tally = Tally(BOUNDS)
    for figure in (0.5, 1.0, 1.1, 5.0, 5.1, 100.0):
        tally.add(figure)
    snapshot = tally.snapshot()
    assert snapshot.counts == (2, 1, 1, 2)
    assert (snapshot.count, snapshot.total) == (6, pytest.approx(112.7))


def test_a_snapshot_does_not_change() -> None:
    """Law: whoever polls holds a value, not a view into what goes on."""
    tally = Tally(BOUNDS)
    before = tally.snapshot()
    tally.add(1)
    assert before.count == 0


def test_a_quantile_lies_between_the_bounds_of_its_bucket() -> None:
    """Law: with figures of 0 to 4 evenly, half lie under 2 and 95 % under 5; none is told of nothing."""
    tally = Tally(BOUNDS)
    assert tally.snapshot().quantile(0.5) is None
    for i in range(400):
        tally.add(i / 100)
    snapshot = tally.snapshot()
    assert snapshot.quantile(0.5) == pytest.approx(2, abs=0.05)
    assert 2 < (snapshot.quantile(0.95) or 0) <= 5
    tally.add(9)
    assert tally.snapshot().quantile(1.0) == math.inf


@given(st.lists(st.floats(0, 10)), st.floats(0, 1), st.floats(0, 1))
def test_quantiles_rise_with_their_share(figures: list[float], one: float, other: float) -> None:
    """Law: a greater share never has the smaller figure."""
    tally = Tally(BOUNDS)
    for figure in figures:
        tally.add(figure)
    low, high = (tally.snapshot().quantile(share) for share in sorted((one, other)))
    assert low is None or high is None or low <= high


@pytest.mark.parametrize(("bounds", "counts"), [((2.0, 1.0), (0, 0, 0)), ((1.0, 1.0), (0, 0, 0)), ((1.0,), (0,))])
def test_a_histogram_is_valid_at_birth(bounds: tuple[float, ...], counts: tuple[int, ...]) -> None:
    """Law: bounds rise, and each has its count."""
    with pytest.raises(InvalidValue):
        Histogram(bounds, counts, 0.0)
