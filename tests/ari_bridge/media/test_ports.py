"""Ports in use, at rest and free."""

import pytest

from ari_bridge.media.ports import PortRange
from consent.errors import InvalidValue


def test_a_used_port_rests_before_it_is_given_again() -> None:
    """Law: a port is not offered while it is used, nor for its rest afterwards."""
    ports = PortRange(40000, 40001, rest_s=30)
    ports.take(40000)
    assert list(ports.candidates(0.0)) == [40001]
    ports.give_back(40000, 100.0)
    assert list(ports.candidates(129.9)) == [40001]
    assert sorted(ports.candidates(130.0)) == [40000, 40001]


def test_the_longest_unused_come_first() -> None:
    """Law: ports go round, so that a late packet meets a closed port and not another call."""
    ports = PortRange(40000, 40003, rest_s=0)
    ports.take(40001)
    ports.give_back(40001, 1.0)
    assert list(ports.candidates(2.0)) == [40002, 40003, 40000, 40001]


@pytest.mark.parametrize(("first", "last"), [(80, 90), (40001, 40000), (65000, 70000)])
def test_an_impossible_range_is_refused(first: int, last: int) -> None:
    """Law: a range is ports above 1023, the first not after the last."""
    with pytest.raises(InvalidValue):
        PortRange(first, last)
