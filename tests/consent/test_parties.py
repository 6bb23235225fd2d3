"""Parties."""

from consent.parties import Party


def test_there_are_two_parties() -> None:
    """Law: a leg is the caller's or staff's; there is no third kind that rules could forget."""
    assert set(Party) == {"caller", "agent"}
