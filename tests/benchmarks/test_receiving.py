"""What the benchmarks of receiving have in common."""

import pytest

from benchmarks.receiving import Measured


def test_ratios_are_of_the_same_round() -> None:
    """Law: what a neighbour took of the machine in one round falls on both sides of its ratio."""
    measured = Measured()
    measured.cpu_us["ours"], measured.cpu_us["bare recvmmsg loop"] = [3.0, 30.0, 4.5], [2.0, 20.0, 3.0]
    assert measured.ratio("ours", "bare recvmmsg loop") == pytest.approx(1.5)
