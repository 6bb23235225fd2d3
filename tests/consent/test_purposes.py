"""Purposes."""

from consent.parties import Party
from consent.purposes import PERMITTED, Purpose


def test_tone_is_never_permitted_for_the_agent() -> None:
    """Law: the agent's emotion is never inferred (EU AI Act, Article 5(1)(f))."""
    assert PERMITTED[Party.AGENT] == {Purpose.FACTS}


def test_every_party_has_its_purposes() -> None:
    """Law: a party without an entry would be a party without a limit."""
    assert set(PERMITTED) == set(Party)
