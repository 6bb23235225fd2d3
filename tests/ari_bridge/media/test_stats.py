"""Counts as values."""

from ari_bridge.media.stats import ReceiverStats


def test_counts_of_two_observers_add_up() -> None:
    """Law: receiver and stream count different things of the same fork, and their sum is the whole."""
    both = ReceiverStats(foreign=2) + ReceiverStats(packets=3, foreign=1, lost=4)
    assert both == ReceiverStats(packets=3, foreign=3, lost=4)


def test_of_times_the_worse_one_stands() -> None:
    """Law: two forks that wait 80 ms each do not wait 160 ms; one that lags is not hidden by one that does not."""
    both = ReceiverStats(lag_ms=80, max_lag_ms=90, jitter_ms=2) + ReceiverStats(lag_ms=70, max_lag_ms=170, jitter_ms=1)
    assert (both.lag_ms, both.max_lag_ms, both.jitter_ms) == (80, 170, 2)
