"""Laws of the neutral card."""

from __future__ import annotations

import pytest

from ari_bridge.screens.card import Action, CardState, Key, ScoreCard
from consent.errors import InvalidValue


def _card(lines: tuple[str, ...] = (), keys: tuple[Key, ...] = (), footer: str = "") -> ScoreCard:
    return ScoreCard(CardState.ASKED, "title", "consent", lines, footer, keys, 5)


def test_a_card_is_refused_where_no_phone_could_hold_it() -> None:
    """A card with too many lines or keys, or too long a text, is never born."""
    key = Key("Stop", Action.STOP)
    assert _card(("line",) * 6, (key,) * 4, "f" * 200)
    with pytest.raises(InvalidValue):
        _card(("line",) * 7)
    with pytest.raises(InvalidValue):
        _card(keys=(key,) * 5)
    with pytest.raises(InvalidValue):
        _card(footer="f" * 201)


@pytest.mark.parametrize("label", ["", "seventeen letters"])
def test_a_key_has_a_label_that_fits(label: str) -> None:
    """No key is blank, none has more than 16 characters."""
    with pytest.raises(InvalidValue):
        Key(label, Action.EXIT)


def test_a_pause_or_a_failure_is_no_change_of_consent() -> None:
    """Under a pause and a failure the consent is the same granted one; every other state is a consent of its own."""
    consents = {state: state.consent for state in CardState}
    assert consents[CardState.PAUSED] is consents[CardState.FAILED] is CardState.GRANTED
    assert len(set(consents.values())) == len(CardState) - 2
