"""Laws of a cue on the card."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ari_bridge.screens.card import MAX_KEYS, MAX_LABEL_CHARACTERS, MAX_LINES, Action, CardState, Key
from ari_bridge.screens.cueing import HIDE, offering, telling
from ari_bridge.screens.wording import card_of

GRANTED = card_of(CardState.GRANTED, language="en")
LINE = "Silence on both sides: at least 10 s (±2 s)."


def test_a_cue_stands_on_top() -> None:
    """Law: the cue is the first line; the last one goes where there are too many; without a cue nothing changes."""
    assert telling(GRANTED, LINE).lines == (LINE, *GRANTED.lines)
    full = replace(GRANTED, lines=tuple(f"line {number}" for number in range(MAX_LINES)))
    assert telling(full, LINE).lines == (LINE, *full.lines[:-1])
    assert telling(GRANTED, "") == GRANTED


@pytest.mark.parametrize("state", [one for one in CardState if one is not CardState.GRANTED])
def test_no_other_card_has_a_cue_or_its_key(state: CardState) -> None:
    """Law: where nothing is heard nothing is observed, and there is nothing to hide."""
    card = card_of(state, language="en")
    assert telling(card, LINE) == card
    assert offering(card, "en") == card


@pytest.mark.parametrize("language", [*HIDE, "fr-CA", "pl"])
def test_the_key_lies_before_the_one_that_leaves(language: str) -> None:
    """Law: in every language one key hides the cues, short enough for every family; Stop keeps its place."""
    card = offering(GRANTED, language)
    assert [key.action for key in card.keys] == [Action.STOP, Action.HIDE, Action.EXIT]
    assert len(card.keys[1].label) <= MAX_LABEL_CHARACTERS
    assert card.keys[1].label == HIDE.get(language[:2], HIDE["en"])


def test_no_key_is_displaced() -> None:
    """Law: a card that has all its keys keeps them: what stops comes before what hides."""
    full = replace(GRANTED, keys=tuple(Key(str(number), Action.STOP) for number in range(MAX_KEYS)))
    assert offering(full, "en") == full
