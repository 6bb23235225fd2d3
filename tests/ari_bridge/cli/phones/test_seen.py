"""Reading a screen back out of a phone's document."""

import xml.etree.ElementTree as ElementTree

import pytest

from ari_bridge.cli.phones.samples import samples
from ari_bridge.cli.phones.seen import Seen, seen
from ari_bridge.screens.card import Action
from ari_bridge.screens.families import FAMILIES
from ari_bridge.screens.lettering import latin1
from ari_bridge.screens.words import LANGUAGES


def letters(text: str) -> str:
    """A text as any family may spell it, without spaces."""
    return latin1(text).replace(" ", "").replace("...", "")


@pytest.mark.parametrize("family", FAMILIES)
def test_what_a_document_says_is_seen(family: str) -> None:
    """Law: for each family and state the consent stands first on the screen, and each key of the card has its label."""
    for language in LANGUAGES:
        for card in samples(language).values():
            screen = seen(FAMILIES[family].render(card, "http://192.0.2.10/p/y/y").body)
            assert letters("".join(screen.lines)).startswith(letters(card.consent))
            if FAMILIES[family].capability.softkeys >= len(card.keys):
                wanted = {letters(key.label) for key in card.keys if key.action is not Action.HIDE}
                assert wanted <= {letters(key) for key in screen.keys}


def test_a_break_is_an_end_of_line_and_a_namespace_is_no_part_of_a_name() -> None:
    """Law: a text with elements in it is read as a reader sees it."""
    body = b"<h xmlns='urn:x'><title>t</title><p>one<br/>two <b>three</b></p><!-- no --><softkey label='Stop'/></h>"
    assert seen(body) == Seen("t", ("one", "two three"), "", ("Stop",))


def test_what_is_no_xml_is_refused() -> None:
    """Law: there is no picture of a document that no phone could read."""
    with pytest.raises(ElementTree.ParseError):
        seen(b"<Text>")
