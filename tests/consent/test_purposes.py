"""Purposes."""

import pytest

from consent.errors import InvalidValue
from consent.parties import Party
from consent.purposes import PERMITTED, QUESTIONS, Purpose, question


def test_tone_is_never_permitted_for_the_agent() -> None:
    """Law: the agent's emotion is never inferred (EU AI Act, Article 5(1)(f))."""
    assert PERMITTED[Party.AGENT] == {Purpose.FACTS}


def test_every_party_has_its_purposes() -> None:
    """Law: a party without an entry would be a party without a limit."""
    assert set(PERMITTED) == set(Party)


def test_every_purpose_is_asked_for_once() -> None:
    """Law: each purpose belongs to one question, so that no yes covers what was not asked."""
    asked = [purpose for one in QUESTIONS for purpose in one.purposes]
    assert sorted(asked) == sorted(Purpose)
    assert question("tone").purposes == PERMITTED[Party.CALLER]


@pytest.mark.parametrize("name", ["clips", "mood", "", "TONE"])
def test_what_cannot_be_asked_is_refused_with_the_reason(name: str) -> None:
    """Law: clips are declared and refused until there are clips; an unknown question is no question."""
    with pytest.raises(InvalidValue, match=r"clip|no such question"):
        question(name)


def test_clips_are_in_no_grant() -> None:
    """Law: what is refused as a question can be in nobody's grant either."""
    assert not any(Purpose.CLIPS in permitted for permitted in PERMITTED.values())
