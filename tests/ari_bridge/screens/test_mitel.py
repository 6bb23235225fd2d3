"""Laws of Mitel's and Aastra's documents."""

from __future__ import annotations

import dataclasses
import xml.etree.ElementTree as ElementTree

import pytest

from ari_bridge.screens import mitel, notify_lines, one_packet
from ari_bridge.screens.card import Action, CardState, ScoreCard
from ari_bridge.screens.document import TooLarge
from ari_bridge.screens.wording import card_of
from ari_bridge.screens.words import LANGUAGES
from tests.ari_bridge.screens.asterisk_arguments import notify_body
from tests.golden.phone_cards import address, cards

URL = address("mitel")
ALL = [pytest.param(card, id=f"{name}-{tag}") for tag in LANGUAGES for name, card in cards(tag).items()]


def pushed(card: ScoreCard, url: str = URL) -> ElementTree.Element:
    """The tree that a phone gets by NOTIFY."""
    return ElementTree.fromstring(notify_body(mitel.notify(card, url).content).encode())


@pytest.mark.parametrize("card", ALL)
def test_the_text_is_the_whole_card(card: ScoreCard) -> None:
    """One text screen with every line, the consent first and the footer last, its charset said as the guide asks."""
    document = mitel.render(card, URL)
    root = ElementTree.fromstring(document.body)
    assert document.content_type == "text/xml; charset=UTF-8"
    assert root.tag == "AastraIPPhoneTextScreen"
    assert (root.findtext("Text") or "").split("\n") == [card.consent, *card.lines, card.footer]
    assert [key.findtext("Label") for key in root.iter("SoftKey")] == [key.label for key in card.keys]
    assert [key.get("index") for key in root.iter("SoftKey")] == [str(index + 1) for index in range(len(card.keys))]


@pytest.mark.parametrize("card", ALL)
def test_the_agent_can_still_dial_and_hang_up(card: ScoreCard) -> None:
    """Digits go into the call, a set without softkeys keeps its keys of the call, nothing locks the screen or beeps."""
    for root in (ElementTree.fromstring(mitel.render(card, URL).body), pushed(card)):
        assert root.get("allowDTMF") == root.get("allowDrop") == root.get("allowXfer") == "yes"
        assert root.get("Beep") in {None, "no"}
        assert root.get("LockIn") is None


@pytest.mark.parametrize("card", ALL)
def test_a_push_is_one_packet_with_the_consent_and_the_first_line(card: ScoreCard) -> None:
    """Event and type as the phone takes them; what does not fit goes from the end, marked by dots."""
    document = mitel.notify(card, URL)
    assert (document.event, document.content_type) == ("aastra-xml", "application/xml")
    assert notify_lines.body_bytes(document.content) <= one_packet.MAX_BODY_BYTES
    text = (pushed(card).findtext("Text") or "").split("\n")
    assert text[:2] == [card.consent, card.lines[0]]
    assert tuple(text) == card.told or "..." in text[2:]
    assert text[-1] == card.footer or tuple(text) == (card.consent, card.lines[0], "...")


def test_keys_lead_below_the_cards_own_address() -> None:
    """Each key carries the call's own secret address, and the last one leaves."""
    root = ElementTree.fromstring(mitel.render(cards("en")["tense"], URL).body)
    assert [uri.text for uri in root.iter("URI")] == [f"{URL}/stop", f"{URL}/contest", f"{URL}/details", "SoftKey:Exit"]


def test_a_card_leaves_the_screen_by_itself() -> None:
    """A dead bridge cannot take it back; a call that ended leaves within seconds."""
    assert pushed(card_of(CardState.GRANTED, language="en")).get("Timeout") == "120"
    assert pushed(card_of(CardState.ENDED, language="en")).get("Timeout") == "10"


def test_a_card_that_fits_no_notify_is_sent_as_its_address() -> None:
    """The phone is told where the card is, in the family's own form."""
    root = pushed(dataclasses.replace(card_of(CardState.FAILED, language="en"), lines=("," * 200,)))
    assert root.tag == "AastraIPPhoneExecute"
    assert root[0].get("URI") == URL


def test_an_https_address_is_never_pushed_alone() -> None:
    """A phone opens no https address from a NOTIFY: it gets the consent, dots, and the key that leaves."""
    card = dataclasses.replace(card_of(CardState.FAILED, language="en"), lines=("," * 200,))
    root = pushed(card, "https://192.0.2.10/p/m/A")
    assert (root.findtext("Text") or "").split("\n") == [card.consent, "...", card.footer]
    assert [key.findtext("URI") for key in root.iter("SoftKey")] == ["SoftKey:Exit"]
    with pytest.raises(TooLarge):
        mitel.notify(dataclasses.replace(card, footer="," * 200), "https://192.0.2.10/p/m/A")


def test_every_action_has_an_address() -> None:
    """No action is without a way."""
    for action in Action:
        key = dataclasses.replace(card_of(CardState.ASKED, language="en").keys[0], action=action)
        card = dataclasses.replace(card_of(CardState.ASKED, language="en"), keys=(key,))
        assert ElementTree.fromstring(mitel.render(card, URL).body).findtext("SoftKey/URI")
