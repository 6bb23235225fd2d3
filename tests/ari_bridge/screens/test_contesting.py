"""Laws of contesting a score on a phone."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from analysis.emotion.score import Estimate, ToneScore
from ari_bridge.screens.card import MAX_KEYS, MAX_LABEL_CHARACTERS, Action, CardState, Key
from ari_bridge.screens.contesting import (
    LANGUAGES,
    contest_words,
    dropped,
    offering,
    question,
    too_late,
)
from ari_bridge.screens.document import Family
from ari_bridge.screens.families import FAMILIES
from ari_bridge.screens.wording import card_of

TONE = ToneScore(1.0, 4.0, Estimate(0.7, 0.05), Estimate(0.3, 0.2), "m")
URL = "http://192.0.2.10:8480/p/y/AAAAAAAAAAAAAAAAAAAAAA"


def test_every_language_has_its_own_words() -> None:
    """English, French, Spanish, German, Italian, each with every word; one that we do not have is told in English."""
    assert LANGUAGES.keys() == {"en", "fr", "es", "de", "it"}
    for field in fields(LANGUAGES["en"]):
        assert len({getattr(words, field.name) for words in LANGUAGES.values()}) == len(LANGUAGES), field.name
    assert contest_words("fr_CA") is LANGUAGES["fr"]
    assert contest_words("xx") is LANGUAGES["en"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_labels_fit_the_shortest_keys(language: str) -> None:
    """No family cuts a key's label."""
    words = LANGUAGES[language]
    assert max(map(len, (words.contest, words.confirm, words.back))) <= MAX_LABEL_CHARACTERS


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_key_comes_before_the_one_that_leaves(language: str) -> None:
    """Stop stays where it is, and the way out stays last."""
    card = offering(card_of(CardState.GRANTED, language=language, tone=TONE), language)
    assert [key.action for key in card.keys] == [Action.STOP, Action.CONTEST, Action.EXIT]


def test_a_card_without_room_keeps_its_keys() -> None:
    """No key is taken away for this one."""
    card = replace(card_of(CardState.GRANTED, language="en"), keys=(Key("Stop", Action.STOP),) * MAX_KEYS)
    assert offering(card, "en") == card


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_dropped_score_leaves_no_word_of_it(language: str) -> None:
    """What stood there is gone, the rest of the card stays, and so does what a late contest finds."""
    card = card_of(CardState.GRANTED, language=language, tone=TONE)
    without = dropped(card, language)
    assert without.lines[0] == LANGUAGES[language].dropped
    assert without.lines[1:] == card.lines[1:]
    assert card.lines[0] not in without.lines
    assert too_late(card, language).lines == (LANGUAGES[language].too_late,)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_question_does_not_lie_under_the_first_key(language: str) -> None:
    """A key pressed twice by mistake contests nothing: what confirms is elsewhere, and beside it the way back."""
    asked = question(language)
    first = offering(card_of(CardState.GRANTED, language=language, tone=TONE), language)
    assert [key.action for key in asked.keys] == [Action.CONFIRM, Action.BACK]
    assert [key.action for key in first.keys].index(Action.CONTEST) == 1


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "family", [one for one in FAMILIES.values() if one.capability.softkeys], ids=lambda one: one.name
)
def test_every_family_with_keys_leads_there(family: Family, language: str) -> None:
    """Question and card lead to the addresses below the call's own, within the family's limits."""
    card = offering(card_of(CardState.GRANTED, language=language, tone=TONE), language)
    assert f"{URL}/contest".encode() in family.render(card, URL).body
    assert f"{URL}/contest/confirm".encode() in family.render(question(language), URL).body
