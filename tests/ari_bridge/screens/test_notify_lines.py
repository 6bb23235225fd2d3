"""Laws of the lines that carry a document through AMI."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ari_bridge.screens import notify_lines
from ari_bridge.screens.document import TooLarge
from ari_bridge.screens.lettering import clean
from ari_bridge.screens.xml_wire import Element, broken_leaf
from tests.ari_bridge.screens.asterisk_arguments import notify_body
from tests.ari_bridge.screens.hostile import texts


def _tree(rows: list[tuple[str, str]]) -> Element:
    root = Element("Root", {"Beep": "no"})
    for text, value in rows:
        outer = ElementTree.SubElement(root, "Outer", {"value": value})
        ElementTree.SubElement(outer, "Inner").text = text
    return root


trees = st.lists(st.tuples(texts, texts), max_size=20)


@given(trees)
def test_a_document_survives_asterisk_and_reads_the_same(rows: list[tuple[str, str]]) -> None:
    """What Asterisk makes of the lines is the lines joined by CRLF, and every text and attribute parses back equal."""
    lines = notify_lines.lines(_tree(rows))
    body = notify_body(lines)
    assert body == "\r\n".join(lines)
    assert len(body.encode()) == notify_lines.body_bytes(lines)
    parsed = ElementTree.fromstring(body.encode())
    assert [(outer.findtext("Inner") or "", outer.get("value")) for outer in parsed] == [
        tuple("\n".join(clean(line) for line in part.split("\n")) for part in row) for row in rows
    ]


@given(trees)
def test_no_line_holds_what_ami_takes_for_syntax(rows: list[tuple[str, str]]) -> None:
    """No line is over 1,000 bytes; none holds a line end, a double quote, a comma, a backslash or a bracket: without
    a comma a parenthesis keeps nothing together.
    """
    for line in notify_lines.lines(_tree(rows)):
        assert len(line.encode()) <= notify_lines.MAX_LINE_BYTES
        assert not set(line) & set('"\\,[]{}\r\n\0')


def test_lines_are_full_before_a_new_one_begins() -> None:
    """A short document takes one line: fewer AMI headers, fewer bytes on the wire."""
    assert len(notify_lines.lines(_tree([("a", "b")] * 3))) == 1


def test_an_element_that_fits_no_line_is_refused() -> None:
    """A cut inside a text would put a line end into it, so there is none: the caller sends the address instead."""
    with pytest.raises(TooLarge):
        notify_lines.lines(_tree([("é" * 500, "")]))
    with pytest.raises(TooLarge):
        notify_lines.one_line(_tree([("a", "b")] * 50))


def test_one_line_has_no_declaration_and_no_line_end() -> None:
    """Phones that take no trailing line end get a single line."""
    assert notify_lines.one_line(Element("Root", {"URL": "http://192.0.2.1/"})) == "<Root URL='http://192.0.2.1/'/>"


def test_an_element_with_text_among_its_elements_is_never_cut() -> None:
    """A line end of AMI within it would be shown: it stays on one line, or is refused."""
    root = Element("Root")
    for count in (450, 450):
        broken_leaf(root, "Text", "a" * count, "b'" * 30)
    content = notify_lines.lines(root)
    assert len(content) == 2
    assert [len(one.text or "") for one in ElementTree.fromstring("\r\n".join(content)).iter("Text")] == [450, 450]
    assert content[1].endswith("<br/>" + "b'" * 30 + "</Text></Root>")
    broken_leaf(root, "Text", "a" * 500, "b" * 500)
    with pytest.raises(TooLarge):
        notify_lines.lines(root)


def test_an_apostrophe_is_a_reference_only_where_it_would_end_a_value() -> None:
    """AMI leaves it alone, and in a text five bytes for one are room for a line less."""
    line = notify_lines.one_line(_tree([("l'appel", "l'appel")]))
    assert "'l&#39;appel'" in line
    assert ">l'appel<" in line
