"""Laws of Grandstream's documents."""

from __future__ import annotations

import unicodedata
import xml.etree.ElementTree as ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ari_bridge.screens import cueing, grandstream
from ari_bridge.screens.card import CardState, ScoreCard
from ari_bridge.screens.document import PushKind, TooLarge
from ari_bridge.screens.lettering import clean
from ari_bridge.screens.wording import card_of
from ari_bridge.screens.words import LANGUAGES
from tests.ari_bridge.screens.hostile import texts
from tests.golden.phone_cards import address, cards

URL = address("grandstream")
ALL = [pytest.param(card, id=f"{name}-{tag}") for tag in LANGUAGES for name, card in cards(tag).items()]


def rows(body: bytes) -> list[tuple[int, int, str]]:
    """X, Y and text of each string of a document."""
    return [
        (int(one.findtext("X") or ""), int(one.findtext("Y") or ""), one.findtext("DisplayStr") or "")
        for one in ElementTree.fromstring(body).iter("DisplayString")
    ]


def cells(text: str) -> int:
    """How many columns a row takes: ideographs two."""
    return sum(2 if unicodedata.east_asian_width(one) in "WF" else 1 for one in text)


def squeezed(text: str) -> str:
    """A text without the spaces that may go at the end of a row."""
    return clean(text).replace("$", "＄").replace(" ", "")


@pytest.mark.parametrize("card", ALL)
def test_the_consent_stands_first_and_age_and_advice_last(card: ScoreCard) -> None:
    """Row under row from the left upper corner: measurements go where room is short, never consent, age or advice."""
    placed = rows(grandstream.render(card, URL).body)
    assert [(x, y) for x, y, _ in placed] == [(0, index * 16) for index in range(len(placed))]
    shown = squeezed("".join(text for _, _, text in placed))
    assert shown.startswith(squeezed(card.consent))
    age = "" if card.refresh_s is None else card.snapshot
    assert shown.endswith(squeezed(age + card.footer))


def test_structure_is_that_of_the_guide() -> None:
    """Names in the guide's own letters; the application stays on the screen in a call."""
    root = ElementTree.fromstring(grandstream.render(card_of(CardState.GRANTED, language="en"), URL).body)
    page = root.find("Page")
    assert root.tag == "Screen"
    assert page is not None
    assert page.attrib == {"ignoreCallUpdate": "true"}
    assert [child.tag for child in page] == ["ShowStatusLine", "Contents", "SoftKeys"]
    assert {one.get("font") for one in root.iter("DisplayString")} == {"unifont"}


def test_keys_lead_below_the_cards_own_address() -> None:
    """Stop first, then the key that renews what nothing else renews, then the way out."""
    root = ElementTree.fromstring(grandstream.render(card_of(CardState.GRANTED, language="fr"), URL).body)
    keys = [(one.get("label"), one.get("action"), one.get("commandArgs")) for one in root.iter("SoftKey")]
    assert keys == [
        ("Arrêter", "UseURL", f"{URL}/stop"),
        ("Actualiser", "UseURL", URL),
        ("Quitter", "QuitApp", None),
    ]


def test_the_phone_asks_again_when_a_call_begins_or_ends() -> None:
    """Each event once, all to the card's own address; the last card of a call asks for nothing any more."""
    root = ElementTree.fromstring(grandstream.render(card_of(CardState.GRANTED, language="en"), URL).body)
    states = [event.get("state") for event in root.iter("Event")]
    assert "callStateEnded" in states
    assert len(states) == len(set(states))
    assert {action.get("commandArgs") for action in root.iter("Action")} == {URL}
    ended = ElementTree.fromstring(grandstream.render(card_of(CardState.ENDED, language="en"), URL).body)
    assert [key.get("action") for key in ended.iter("SoftKey")] == ["QuitApp"]
    assert not list(ended.iter("Event"))


@given(texts, st.lists(texts, max_size=5), texts)
def test_hostile_texts_keep_to_the_screen(title: str, lines: list[str], footer: str) -> None:
    """Whatever a text holds: six rows of thirty cells, what is shown is the card's own beginning, no variable."""
    card = ScoreCard(CardState.FAILED, title, "Consent: granted.", tuple(lines), footer, (), 5)
    shown = [text for _, _, text in rows(grandstream.render(card, URL).body)]
    assert len(shown) <= grandstream.ROWS
    assert all(cells(text) <= grandstream.COLUMNS and "$" not in text for text in shown)
    whole = squeezed("".join((card.consent, *lines, footer)))
    text = squeezed("".join(shown))
    assert text == whole or whole.startswith(text.partition(grandstream.MORE)[0].rstrip("."))


def test_a_sum_of_money_is_no_variable() -> None:
    """`$G` in a string is the number of the missed call: no text of ours makes the phone write it."""
    card = card_of(CardState.FAILED, language="en", problem="$G and $e cost 5 $")
    assert "$" not in grandstream.render(card, URL).body.decode()


def test_an_address_too_long_for_the_phone_is_refused() -> None:
    """P337 takes 256 characters: a longer address is never written."""
    with pytest.raises(TooLarge):
        grandstream.render(card_of(CardState.GRANTED, language="en"), f"http://{'a' * 250}/")


def test_nothing_is_pushed() -> None:
    """The guide has no push: none is sent."""
    assert grandstream.FAMILY.notify is None
    assert grandstream.CAPABILITY.push is PushKind.NONE


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_line_stands_there_whole_or_not_at_all(language: str) -> None:
    """The tone is never cut after a word that would say something else; three dots say that there is more."""
    card = cards(language)["granted"]
    shown = squeezed("".join(text for _, _, text in rows(grandstream.render(card, URL).body)))
    assert squeezed(card.consent + card.lines[0]) in shown
    assert grandstream.MORE in shown
    for line in card.lines:
        assert squeezed(line) in shown or squeezed(line)[:8] not in shown


def test_no_cue_is_left_standing() -> None:
    """Nothing renews this screen: a cue, which holds for seconds, is not put there, nor the key that hides cues."""
    card = cueing.offering(cueing.telling(cards("en")["granted"], "Both at once: about 9 s."), "en")
    assert card.lines[0] == card.cue
    body = grandstream.render(card, URL).body.decode()
    assert "about 9 s" not in body
    assert "hide" not in body.lower()
