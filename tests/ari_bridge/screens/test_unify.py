"""Laws of Unify's documents."""

from __future__ import annotations

import dataclasses
import xml.etree.ElementTree as ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ari_bridge.screens import unify
from ari_bridge.screens.card import MAX_KEYS, Action, CardState, Key, ScoreCard
from ari_bridge.screens.document import PushKind
from ari_bridge.screens.lettering import clean
from ari_bridge.screens.wording import card_of
from ari_bridge.screens.words import LANGUAGES
from tests.ari_bridge.screens.hostile import texts
from tests.golden.phone_cards import address, cards

URL = address("unify")
ALL = [pytest.param(card, id=f"{name}-{tag}") for tag in LANGUAGES for name, card in cards(tag).items()]


def screens(card: ScoreCard) -> list[ElementTree.Element]:
    """The screens of a card's document."""
    return list(ElementTree.fromstring(unify.render(card, URL).body).iter("IppScreen"))


@pytest.mark.parametrize("card", ALL)
def test_a_screen_is_one_alert_and_its_commands(card: ScoreCard) -> None:
    """At most five screens, each with one element and the number of its commands, numbered from 1."""
    found = screens(card)
    assert 1 <= len(found) <= unify.MAX_SCREENS
    assert [screen.get("ID") for screen in found] == [str(index + 1) for index in range(len(found))]
    for screen in found:
        commands = screen.findall("IppCommand")
        assert [child.tag for child in screen] == ["IppAlert"] + ["IppCommand"] * len(commands)
        assert screen.get("CommandCount") == str(len(commands))
        assert [command.get("Priority") for command in commands] == [str(index) for index in range(len(commands))]
    assert (found[0].findtext("IppAlert/Text") or "").split("\n") == [card.consent, *card.lines, card.footer]


@pytest.mark.parametrize("card", ALL)
def test_a_living_card_is_fetched_again_by_itself(card: ScoreCard) -> None:
    """The seconds stand in the command that the phone gives itself; the last card of a call has none."""
    updates = [one for one in screens(card)[0].findall("IppCommand") if one.get("Type") == "UPDATE"]
    assert [one.get("Auto") for one in updates] == ([] if card.refresh_s is None else [str(card.refresh_s)])


def test_stop_is_pressed_twice_and_goes_below_the_cards_address() -> None:
    """The key leads to a screen of its own with its own address, and from there back."""
    first, second = screens(card_of(CardState.GRANTED, language="fr"))
    assert first.findtext("IppAlert/Url") == URL
    assert second.findtext("IppAlert/Url") == f"{URL}/stop"
    leads = [one.findtext("ScreenID") for one in first.findall("IppCommand") if one.findtext("Label") == "Arrêter"]
    assert leads == ["2"]
    assert [(one.get("Type"), one.findtext("ScreenID")) for one in second.findall("IppCommand")] == [
        ("SELECT", None),
        ("SCREEN", "1"),
    ]


def test_a_card_full_of_keys_stays_within_the_screens() -> None:
    """As many keys as a card may have, none of which leaves: still five screens at most."""
    keys = tuple(Key(f"key {index}", Action.STOP) for index in range(MAX_KEYS))
    card = dataclasses.replace(card_of(CardState.GRANTED, language="en"), keys=keys)
    assert len(screens(card)) <= unify.MAX_SCREENS


@given(texts, st.lists(texts, max_size=5), texts)
def test_hostile_texts_come_back(title: str, lines: list[str], footer: str) -> None:
    """Whatever a text holds, the document parses and holds the same text, cleaned."""
    card = ScoreCard(CardState.FAILED, title, "Consent: granted.", tuple(lines), footer, (), 5)
    first = screens(card)[0]
    shown = (first.findtext("IppAlert/Text") or "").split("\n")
    assert shown == [clean(text) for text in card.told]
    assert len(first.findtext("IppAlert/Title") or "") <= unify.MAX_TITLE_CHARACTERS


def test_nothing_is_pushed() -> None:
    """The vendor's push only wakes an application: nothing is sent by NOTIFY."""
    assert unify.FAMILY.notify is None
    assert unify.CAPABILITY.push is PushKind.NONE
