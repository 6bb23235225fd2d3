"""Counts as values."""

from ari_bridge.media.stats import ReceiverStats


def test_counts_of_two_observers_add_up() -> None:
    """Law: receiver and stream count different things of the same fork, and their sum is the whole."""
    both = ReceiverStats(foreign=2) + ReceiverStats(packets=3, foreign=1, lost=4)
    assert both == ReceiverStats(packets=3, foreign=3, lost=4)
