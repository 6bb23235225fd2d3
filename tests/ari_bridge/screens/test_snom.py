"""Laws of Snom's documents."""

from __future__ import annotations

import dataclasses
import xml.etree.ElementTree as ElementTree

import pytest

from ari_bridge.screens import notify_lines, one_packet, snom
from ari_bridge.screens.card import CardState, ScoreCard
from ari_bridge.screens.document import TooLarge
from ari_bridge.screens.wording import card_of
from ari_bridge.screens.words import LANGUAGES
from tests.ari_bridge.screens.asterisk_arguments import notify_body
from tests.ari_bridge.screens.shown import broken_lines
from tests.golden.phone_cards import address, cards

URL = address("snom")
ALL = [pytest.param(card, id=f"{name}-{tag}") for tag in LANGUAGES for name, card in cards(tag).items()]


def pushed(card: ScoreCard) -> ElementTree.Element:
    """The tree that a phone gets by NOTIFY."""
    return ElementTree.fromstring(notify_body(snom.notify(card, URL).content).encode())


@pytest.mark.parametrize("card", ALL)
def test_the_text_is_the_whole_card(card: ScoreCard) -> None:
    """Every line, a break between each two; the keys at F1 to F4; the call's own keys go on working."""
    root = ElementTree.fromstring(snom.render(card, URL).body)
    assert (root.tag, root.get("state"), root.get("track")) == ("SnomIPPhoneText", "relevant", "no")
    assert broken_lines(root) == [card.consent, *card.lines, card.footer]
    assert [one.findtext("Name") for one in root.iter("SoftKeyItem")] == [f"F{n + 1}" for n in range(len(card.keys))]
    assert [one.findtext("Label") for one in root.iter("SoftKeyItem")] == [key.label for key in card.keys]


@pytest.mark.parametrize("card", ALL)
def test_what_is_cut_at_the_end_is_never_that_this_is_advice(card: ScoreCard) -> None:
    """The phone cuts a text without a sign: the footer stands second, right after the consent."""
    text = ElementTree.fromstring(snom.render(card, URL).body).find("Text")
    assert text is not None
    assert (text.text, text[0].tail) == (card.consent, card.footer)


@pytest.mark.parametrize("card", ALL)
def test_a_fetched_card_is_fetched_again_by_itself(card: ScoreCard) -> None:
    """After the seconds of the card; the last card of a call leaves the screen instead."""
    fetch = ElementTree.fromstring(snom.render(card, URL).body).findall("fetch")
    wanted = (snom.LEAVE, "10000") if card.refresh_s is None else (URL, f"{card.refresh_s}000")
    assert [(one.text, one.get("mil")) for one in fetch] == [wanted]


@pytest.mark.parametrize("card", ALL)
def test_a_push_is_one_packet_and_leaves_by_itself(card: ScoreCard) -> None:
    """Event and type as Snom's page has them; a phone off the LAN fetches nothing, and keeps no old tone for ever."""
    document = snom.notify(card, URL)
    assert (document.event, document.content_type) == ("xml", "application/snomxml")
    assert notify_lines.body_bytes(document.content) <= one_packet.MAX_BODY_BYTES
    text = broken_lines(pushed(card))
    assert text[:2] == [card.consent, card.lines[0]]
    assert tuple(text) == card.told or text[-2] == "..."
    assert text[-1] == card.footer or text[2:] == ["...", ""]
    assert [one.text for one in pushed(card).iter("fetch")] == [snom.LEAVE]


def test_a_card_that_fits_no_notify_is_fetched_at_once() -> None:
    """The consent meanwhile, and dots for what is missing."""
    card = dataclasses.replace(card_of(CardState.FAILED, language="en"), lines=("," * 200,))
    assert broken_lines(pushed(card)) == [card.consent, "...", card.footer]
    assert [(one.text, one.get("mil")) for one in pushed(card).iter("fetch")] == [(URL, "1")]
    with pytest.raises(TooLarge):
        snom.notify(dataclasses.replace(card, footer="," * 200), URL)


def test_keys_lead_below_the_cards_own_address() -> None:
    """Each key carries the call's own secret address, and the last one leaves."""
    root = ElementTree.fromstring(snom.render(cards("en")["tense"], URL).body)
    assert [uri.text for uri in root.iter("URL")] == [f"{URL}/stop", f"{URL}/contest", f"{URL}/details", snom.LEAVE]


def test_no_text_makes_the_phone_tell_or_set_anything() -> None:
    """The phone evaluates `$(...)`: in a text of ours the sign is another one."""
    card = card_of(CardState.FAILED, language="en", problem="$(set:admin_mode) $(remote)")
    assert b"$" not in snom.render(card, URL).body
    assert "＄(remote)" in broken_lines(pushed(card))[2]
