"""Laws of Yealink's documents."""

from __future__ import annotations

import dataclasses
import xml.etree.ElementTree as ElementTree

import pytest
from hypothesis import given

from ari_bridge.screens import notify_lines, one_packet, yealink
from ari_bridge.screens.card import CardState, ScoreCard
from ari_bridge.screens.lettering import clean
from ari_bridge.screens.wording import card_of
from ari_bridge.screens.words import LANGUAGES
from tests.ari_bridge.screens.asterisk_arguments import notify_body
from tests.ari_bridge.screens.hostile import texts
from tests.golden.phone_cards import FACTS, PROBLEM, TENSE, address, cards

URL = address("yealink")
ALL = [pytest.param(card, id=f"{name}-{tag}") for tag in LANGUAGES for name, card in cards(tag).items()]
SHORT = [one for one in ALL if len(one.values[0].keys) <= 2]


@pytest.mark.parametrize("card", SHORT)
def test_one_notify_holds_the_whole_card(card: ScoreCard) -> None:
    """Pushed and fetched documents say the same, and the push fits one packet: a phone off the LAN needs no fetch."""
    content = yealink.notify(card, URL).content
    pushed = ElementTree.fromstring(notify_body(content).encode())
    fetched = ElementTree.fromstring(yealink.render(card, URL).body)
    assert [(e.tag, " ".join((e.text or "").split())) for e in pushed.iter()] == [
        (e.tag, " ".join((e.text or "").split())) for e in fetched.iter()
    ]
    assert notify_lines.body_bytes(content) + one_packet.NOTIFY_HEADER_BYTES <= one_packet.MAX_NOTIFY_BYTES


@pytest.mark.parametrize("card", ALL)
def test_the_consent_comes_first_and_no_beep_is_heard(card: ScoreCard) -> None:
    """The text begins with the consent and ends with "advice only"; the phone is told not to beep."""
    root = ElementTree.fromstring(yealink.render(card, URL).body)
    text = root.findtext("Text") or ""
    assert root.tag == "YealinkIPPhoneTextScreen"
    assert root.get("Beep") == "no"
    assert text.startswith(card.consent)
    assert text.endswith(card.footer)


def test_a_pushed_card_leaves_the_screen_by_itself() -> None:
    """Nothing stays for ever, since a dead bridge cannot take it back; a call that ended leaves within seconds."""
    live = ElementTree.fromstring(yealink.render(card_of(CardState.GRANTED, language="en"), URL).body)
    ended = ElementTree.fromstring(yealink.render(card_of(CardState.ENDED, language="en"), URL).body)
    assert live.get("Timeout") == "120"
    assert ended.get("Timeout") == "10"


def test_stop_leads_below_the_cards_own_address() -> None:
    """The softkey carries the call's own secret address and nothing of the call."""
    root = ElementTree.fromstring(yealink.render(card_of(CardState.GRANTED, language="en"), URL).body)
    assert [uri.text for uri in root.iter("URI")] == [f"{URL}/stop", "SoftKey:Exit"]


def test_where_room_is_short_the_last_facts_go_and_the_tone_stays() -> None:
    """A long address costs facts, marked by dots, never the consent, the tone, the footer or a key."""
    card = card_of(CardState.GRANTED, language="fr", tone=TENSE, facts=FACTS)
    document = yealink.notify(card, f"http://{'a' * 120}/p/y/{'A' * 22}")
    text = ElementTree.fromstring(notify_body(document.content).encode()).findtext("Text") or ""
    assert text.startswith(f"{card.consent}\n{card.lines[0]}\n")
    assert text.endswith(f"...\n{card.footer}")
    assert card.lines[-1] not in text


def test_a_card_that_fits_no_notify_is_sent_as_its_address() -> None:
    """The phone is told where the card is, in the same family's own form."""
    card = dataclasses.replace(card_of(CardState.FAILED, language="en"), lines=("," * 200,))
    document = yealink.notify(card, URL)
    root = ElementTree.fromstring(notify_body(document.content).encode())
    assert (document.event, document.content_type) == ("Yealink-xml", "application/xml")
    assert root.tag == "YealinkIPPhoneExecute"
    assert root[0].get("URI") == URL


@given(texts, texts, texts)
def test_hostile_texts_come_back_equal(title: str, line: str, footer: str) -> None:
    """Whatever a text holds, fetched and pushed documents parse and show it, cleaned."""
    card = ScoreCard(CardState.FAILED, title, "Consent: granted.", (line,), footer, (), 5)
    root = ElementTree.fromstring(yealink.render(card, URL).body)
    assert root.findtext("Text") == "\n".join(clean(text) for text in card.told)
    pushed = ElementTree.fromstring(notify_body(yealink.notify(card, URL).content).encode())
    if pushed.tag == "YealinkIPPhoneTextScreen":
        assert pushed.findtext("Text") == "\n".join(clean(text) for text in card.told)
    assert len(root.findtext("Title") or "") <= yealink.MAX_TITLE_CHARACTERS


def test_a_problem_is_part_of_the_push() -> None:
    """A failure's own sentence reaches the phone, so that silence does not look like calm."""
    content = yealink.notify(card_of(CardState.FAILED, language="en", problem=PROBLEM), URL).content
    assert PROBLEM in notify_body(content)
