"""Who a leg belongs to."""

import pytest

from ari_bridge.calls.roles import Roles
from consent.parties import Party
from tests.fakes.pbx import channel


@pytest.mark.parametrize(
    ("endpoint", "party"),
    [
        ("trunk", Party.CALLER),
        ("trunk-paris", Party.CALLER),
        ("1001", Party.AGENT),
        ("TRUNK", Party.AGENT),
        ("trunks", Party.AGENT),
        ("", Party.AGENT),
        ("unknown", Party.AGENT),
        (None, None),
    ],
)
def test_the_endpoint_decides(endpoint: str | None, party: Party | None) -> None:
    """Law: a role comes from the endpoint alone; unknown is staff, whose tone is never judged."""
    assert Roles(("trunk", "trunk-*")).of(channel("1.1", endpoint)) is party


@pytest.mark.parametrize(
    ("endpoint", "alone"),
    [("1900", True), ("doctor-2", True), ("1901", False), ("DOCTOR-2", False), ("", False), (None, False)],
)
def test_some_endpoints_are_left_alone(endpoint: str | None, alone: bool) -> None:
    """Law: the endpoints that settings name as unmonitored are known by their patterns; by default there are none."""
    leg = channel("1.1", endpoint)
    assert Roles(("trunk",), ("1900", "doctor-*")).is_unmonitored(leg) is alone
    assert not Roles(("trunk",)).is_unmonitored(leg)
