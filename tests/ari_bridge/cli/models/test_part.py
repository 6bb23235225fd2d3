"""The parts of `ouidire model`."""

from ari_bridge.cli.model import PARTS


def test_no_two_parts_share_a_name() -> None:
    """Law: a name means one thing."""
    assert len({part.name for part in PARTS}) == len(PARTS)
