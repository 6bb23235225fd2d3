"""Laws of Cisco's documents."""

from __future__ import annotations

import dataclasses
import xml.etree.ElementTree as ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ari_bridge.screens import cisco
from ari_bridge.screens.card import CardState, ScoreCard
from ari_bridge.screens.document import TooLarge
from ari_bridge.screens.lettering import clean, latin1
from ari_bridge.screens.wording import card_of
from ari_bridge.screens.words import LANGUAGES
from tests.ari_bridge.screens.asterisk_arguments import notify_body
from tests.ari_bridge.screens.hostile import texts
from tests.golden.phone_cards import address, cards

URL = address("cisco")
ALL = [pytest.param(card, id=f"{name}-{tag}") for tag in LANGUAGES for name, card in cards(tag).items()]


@pytest.mark.parametrize("card", ALL)
def test_the_consent_comes_first(card: ScoreCard) -> None:
    """The text begins with the consent, since some models show no title, and holds every line."""
    document = cisco.render(card, URL)
    root = ElementTree.fromstring(document.body)
    assert document.content_type == "text/xml; charset=ISO-8859-1"
    assert [child.tag for child in root][:3] == ["Title", "Prompt", "Text"]
    assert (root.findtext("Text") or "").split("\n") == [card.consent, *card.lines, card.footer]


@pytest.mark.parametrize("card", ALL)
def test_a_push_is_the_address_on_one_short_line(card: ScoreCard) -> None:
    """At most 512 bytes without a line end, opened at once, and the same through Asterisk."""
    document = cisco.notify(card, URL)
    body = notify_body(document.content)
    root = ElementTree.fromstring(body)
    assert document.event == "XML-Service"
    assert len(document.content) == 1
    assert len(body.encode()) <= 512
    assert "\n" not in body
    assert root.tag == "CiscoIPPhoneExecute"
    assert root[0].attrib == {"Priority": "0", "URL": URL}


def test_keys_lead_below_the_cards_own_address() -> None:
    """Stop is at the first position, Exit where the 79xx keep it."""
    root = ElementTree.fromstring(cisco.render(card_of(CardState.GRANTED, language="fr"), URL).body)
    keys = [
        (item.findtext("Name"), item.findtext("URL"), item.findtext("Position")) for item in root.iter("SoftKeyItem")
    ]
    assert keys == [("Arrêter", f"{URL}/stop", "1"), ("Quitter", "SoftKey:Exit", "3")]


@given(texts, st.lists(texts, max_size=5), texts)
def test_hostile_texts_come_back_in_latin1(title: str, lines: list[str], footer: str) -> None:
    """Whatever a text holds, the document parses, encodes and keeps the limits in characters."""
    card = ScoreCard(CardState.FAILED, title, "Consent: granted.", tuple(lines), footer, (), 5)
    root = ElementTree.fromstring(cisco.render(card, URL).body)
    spelled = [latin1(clean(text)) for text in (card.consent, *lines, footer)]
    text = root.findtext("Text") or ""
    assert text == "\n".join(line for line in spelled if line) or len(text) == cisco.MAX_TEXT_CHARACTERS
    assert len(root.findtext("Title") or "") <= 32
    assert len(root.findtext("Prompt") or "") <= 32


def test_a_long_text_ends_within_the_older_guides_limit() -> None:
    """Five full lines are cut at 1,024 characters, with dots where they were cut."""
    card = dataclasses.replace(card_of(CardState.FAILED, language="en"), lines=("€" * 200,) * 5)
    text = ElementTree.fromstring(cisco.render(card, URL).body).findtext("Text") or ""
    assert len(text) <= cisco.MAX_TEXT_CHARACTERS
    assert "..." in text


def test_an_address_too_long_for_the_phone_is_refused() -> None:
    """A phone cuts an address at 256 characters and then fetches something else: it never gets one."""
    card = card_of(CardState.GRANTED, language="en")
    long = f"http://{'a' * 250}/"
    with pytest.raises(TooLarge):
        cisco.render(card, long)
    with pytest.raises(TooLarge):
        cisco.notify(card, long)
    with pytest.raises(TooLarge):
        cisco.notify(card, f"http://a/{',' * 200}")
