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
