"""Laws of a cue on the card."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from ari_bridge.screens.card import MAX_KEYS, MAX_LABEL_CHARACTERS, MAX_LINES, Action, CardState, Key
from ari_bridge.screens.cueing import CHOICES, HIDE, choosing, offering, telling
from ari_bridge.screens.document import Family
from ari_bridge.screens.families import FAMILIES
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


@pytest.mark.parametrize("language", [*CHOICES, "fr-CA", "pl"])
def test_the_choice_says_what_holds_and_each_key_what_shall_hold(language: str) -> None:
    """Law: no key depends on what was chosen before; the consent stays on the screen, a cue does not."""
    card = choosing(telling(GRANTED, LINE), language, "Cues: shown.")
    assert (card.state, card.consent, card.lines, card.cue) == (GRANTED.state, GRANTED.consent, ("Cues: shown.",), "")
    assert [key.action.value for key in card.keys] == ["hide/this_call", "hide/for_good", "hide/shown", "card"]
    assert CHOICES.keys() == HIDE.keys()


@pytest.mark.parametrize("family", FAMILIES.values(), ids=lambda one: one.name)
def test_every_family_with_keys_draws_the_choice(family: Family) -> None:
    """Law: wherever the key Hide is drawn the keys behind it are too, no two of them in one place."""
    url = "http://192.0.2.1/p/y/TOKEN"
    if "/hide" not in family.render(offering(GRANTED, "en"), url).body.decode("latin-1"):
        return
    drawn = family.render(choosing(GRANTED, "en", "Cues: shown."), url).body.decode("latin-1")
    assert all(f"{url}/{action}" in drawn for action in ("hide/this_call", "hide/for_good", "hide/shown"))
    positions = re.findall(r"<Position>(\d)</Position>", drawn)
    assert len(set(positions)) == len(positions)
