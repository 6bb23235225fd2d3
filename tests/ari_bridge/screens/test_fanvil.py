"""Laws of Fanvil's documents."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ari_bridge.screens import cueing, fanvil
from ari_bridge.screens.card import CardState, ScoreCard
from ari_bridge.screens.document import PushKind
from ari_bridge.screens.lettering import clean
from ari_bridge.screens.words import LANGUAGES
from tests.ari_bridge.screens.hostile import texts
from tests.golden.phone_cards import address, cards

URL = address("fanvil")
ALL = [pytest.param(card, id=f"{name}-{tag}") for tag in LANGUAGES for name, card in cards(tag).items()]


@pytest.mark.parametrize("card", ALL)
def test_the_text_is_the_whole_card(card: ScoreCard) -> None:
    """Title and text as the guide has them, the consent first, the footer last, without a beep."""
    document = fanvil.render(card, URL)
    root = ElementTree.fromstring(document.body)
    assert document.content_type == "text/xml; charset=UTF-8"
    assert (root.tag, root.attrib) == ("FanvilIPPhoneText", {"beep": "no"})
    assert [child.tag for child in root] == ["Title", "Text"]
    snapshot = [card.snapshot] if card.refresh_s is not None and card.snapshot else []
    assert (root.findtext("Text") or "").split("\n") == [card.consent, *card.lines, *snapshot, card.footer]


@pytest.mark.parametrize("card", ALL)
def test_a_living_card_asks_to_be_fetched_again(card: ScoreCard) -> None:
    """All but the last card of a call name the seconds after which they are old."""
    headers = fanvil.render(card, URL).headers
    assert headers == ({} if card.refresh_s is None else {"Refresh": f"{card.refresh_s}; url={URL}"})


def test_nothing_is_pushed() -> None:
    """No guide documents a NOTIFY for Fanvil: none is sent."""
    assert fanvil.FAMILY.notify is None
    assert fanvil.CAPABILITY.push is PushKind.NONE


@given(texts, st.lists(texts, max_size=5), texts)
def test_hostile_texts_come_back(title: str, lines: list[str], footer: str) -> None:
    """Whatever a text holds, the document parses and holds the same text, cleaned."""
    card = ScoreCard(CardState.FAILED, title, "Consent: granted.", tuple(lines), footer, (), 5)
    root = ElementTree.fromstring(fanvil.render(card, URL).body)
    assert (root.findtext("Text") or "").split("\n") == [clean(text) for text in (card.consent, *lines, footer)]
    assert len(root.findtext("Title") or "") <= fanvil.MAX_TITLE_CHARACTERS


def test_no_cue_is_left_standing() -> None:
    """Whether this screen is renewed is not known: a cue, which holds for seconds, is not put there."""
    card = cueing.telling(cards("en")["granted"], "Both at once: about 9 s.")
    assert card.lines[0] == card.cue
    assert "about 9 s" not in fanvil.render(card, URL).body.decode()
