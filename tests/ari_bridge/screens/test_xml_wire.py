"""Laws of documents on their way over HTTP."""

from __future__ import annotations

import dataclasses
import xml.etree.ElementTree as ElementTree

import pytest
from hypothesis import given

from ari_bridge.screens.card import CardState
from ari_bridge.screens.document import TooLarge
from ari_bridge.screens.lettering import clean
from ari_bridge.screens.wording import card_of
from ari_bridge.screens.xml_wire import Element, broken_leaf, document, leaf, page, parent, refresh_headers
from tests.ari_bridge.screens.hostile import texts


@given(texts, texts)
def test_text_and_attributes_come_back_equal(text: str, other: str) -> None:
    """Any text parses back as it was written, cleaned; lines stay lines."""
    root = Element("Root")
    leaf(root, "Text", text, other)
    parent(root, "Item", URL="http://192.0.2.1/?a=1&b='\"<")
    parsed = ElementTree.fromstring(document(root, "UTF-8", 10_000, {}).body)
    assert (parsed.findtext("Text") or "") == f"{clean(text)}\n{clean(other)}"
    assert parsed[1].get("URL") == "http://192.0.2.1/?a=1&b='\"<"


def test_a_document_beyond_the_phones_limit_is_never_sent() -> None:
    """The limit counts encoded bytes, not characters."""
    root = Element("Root")
    leaf(root, "Text", "é" * 50)
    size = len(document(root, "UTF-8", 10_000, {}).body)
    assert document(root, "UTF-8", size, {}).content_type == "text/xml; charset=UTF-8"
    with pytest.raises(TooLarge):
        document(root, "UTF-8", size - 1, {})


def test_the_refresh_header_leads_back_to_the_card() -> None:
    """A live card is asked for again at its own address; the last one is not."""
    card = card_of(CardState.GRANTED, language="en")
    assert refresh_headers(card, "http://192.0.2.1/c") == {"Refresh": "5; url=http://192.0.2.1/c"}
    assert refresh_headers(dataclasses.replace(card, refresh_s=None), "http://192.0.2.1/c") == {}


def test_lines_may_be_parted_by_breaks() -> None:
    """For phones whose text knows no other end of line; no line is lost, an empty one neither."""
    root = Element("Root")
    text = broken_leaf(root, "Text", "one", "", "three & more")
    assert [text.text, *(child.tail for child in text)] == ["one", "", "three & more"]
    assert broken_leaf(root, "Text").text is None


def test_a_page_reads_the_same_as_xml_and_as_html() -> None:
    """Every element has its end tag, and the bytes are counted as for every document."""
    root = Element("html")
    parent(root, "softkey", label="é <")
    made = page(root, 100, {"Refresh": "5"})
    assert made.body.decode() == '<html><softkey label="é &lt;"></softkey></html>'
    assert (made.content_type, made.headers) == ("text/html; charset=UTF-8", {"Refresh": "5"})
    with pytest.raises(TooLarge):
        page(root, len(made.body) - 1, {})
