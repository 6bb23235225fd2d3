"""Findings: two kinds."""

from ari_bridge.cli.checks.finding import amiss, well


def test_a_finding_is_well_or_says_what_to_do() -> None:
    """Law: both kinds carry subject and sentence."""
    assert (well("a", "b").ok, amiss("a", "b").ok) == (True, False)
    assert (amiss("a", "b").subject, amiss("a", "b").sentence) == ("a", "b")
