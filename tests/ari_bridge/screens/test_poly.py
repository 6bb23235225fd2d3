"""Laws of Poly's documents."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import pytest

from ari_bridge.screens import cueing, poly
from ari_bridge.screens.card import CardState, ScoreCard
from ari_bridge.screens.document import PushKind, TooLarge
from ari_bridge.screens.wording import card_of
from ari_bridge.screens.words import LANGUAGES
from tests.ari_bridge.screens.shown import paragraphs
from tests.golden.phone_cards import address, cards

URL = address("poly")
ALL = [pytest.param(card, id=f"{name}-{tag}") for tag in LANGUAGES for name, card in cards(tag).items()]


def keys(card: ScoreCard) -> list[tuple[str | None, str | None]]:
    """Label and action of each key, from the left."""
    root = ElementTree.fromstring(poly.render(card, URL).body)
    found = [one for one in root.iter() if one.tag.endswith("softkey")]
    assert [one.get("index") for one in found] == [str(index + 1) for index in range(len(found))]
    return [(one.get("label"), one.get("action")) for one in found]


@pytest.mark.parametrize("card", ALL)
def test_the_page_is_the_whole_card(card: ScoreCard) -> None:
    """A page of XHTML with a paragraph for each line, the consent first; it says how old it may be."""
    document = poly.render(card, URL)
    assert document.content_type == "text/html; charset=UTF-8"
    snapshot = [card.snapshot] if card.refresh_s is not None and card.snapshot else []
    assert paragraphs(ElementTree.fromstring(document.body)) == [card.consent, *card.lines, *snapshot, card.footer]
    assert b"/>" not in document.body


@pytest.mark.parametrize("card", ALL)
def test_a_living_card_asks_to_be_fetched_again(card: ScoreCard) -> None:
    """By a header, and by a key, since the guides promise the header for the idle screen only."""
    headers = poly.render(card, URL).headers
    assert headers == ({} if card.refresh_s is None else {"Refresh": f"{card.refresh_s}; url={URL}"})
    back = [action for _, action in keys(card) if action == f"SoftKey:Fetch;{URL}/card"]
    assert len(back) == (card.refresh_s is not None)


def test_keys_lead_below_the_cards_own_address() -> None:
    """The keys of the card, and before the one that leaves the one that fetches anew; no cue is shown to be hidden."""
    assert keys(cards("en")["tense"]) == [
        ("Stop", f"SoftKey:Fetch;{URL}/stop"),
        ("Contest", f"SoftKey:Fetch;{URL}/contest"),
        ("Details", f"SoftKey:Fetch;{URL}/details"),
        ("Update", f"SoftKey:Fetch;{URL}/card"),
        ("Exit", "SoftKey:Exit"),
    ]


def test_nothing_is_pushed() -> None:
    """No guide documents a NOTIFY for Poly: none is sent."""
    assert poly.FAMILY.notify is None
    assert poly.CAPABILITY.push is PushKind.NONE


def test_no_cue_is_left_standing() -> None:
    """Whether this screen is renewed is not known: a cue, which holds for seconds, is not put there."""
    card = cueing.telling(cards("en")["tense"], "Both at once: about 9 s.")
    assert card.lines[0] == card.cue
    assert "about 9 s" not in poly.render(card, URL).body.decode()


def test_an_address_too_long_for_the_phone_is_refused() -> None:
    """The phone takes 255 characters: it never gets an address that it would cut."""
    with pytest.raises(TooLarge):
        poly.render(card_of(CardState.GRANTED, language="en"), f"http://{'a' * 250}/")
