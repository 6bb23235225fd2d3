"""XML trees as phones take them over HTTP. Elements only, never strings glued together."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping

from ari_bridge.screens.card import ScoreCard
from ari_bridge.screens.document import Document, TooLarge
from ari_bridge.screens.lettering import clean

Element = ElementTree.Element


def parent(above: Element, tag: str, **attributes: str) -> Element:
    """Add an element that holds elements or attributes only."""
    return ElementTree.SubElement(above, tag, attributes)


def leaf(above: Element, tag: str, *lines: str) -> Element:
    """Add an element that holds only text: the lines, each cleaned of what XML cannot carry."""
    child = ElementTree.SubElement(above, tag)
    child.text = "\n".join(clean(line) for line in lines)
    return child


def broken_leaf(above: Element, tag: str, *lines: str) -> Element:
    """Add an element that holds the lines, a `br` between each two; nobody cleans them here."""
    child = ElementTree.SubElement(above, tag)
    child.text = lines[0] if lines else None
    for line in lines[1:]:
        ElementTree.SubElement(child, "br").tail = line
    return child


def document(root: Element, encoding: str, max_bytes: int, headers: Mapping[str, str]) -> Document:
    """The tree as an encoded document with its declaration.

    Raises:
        TooLarge: more than `max_bytes` after encoding.
    """
    body = ElementTree.tostring(root, encoding=encoding, xml_declaration=True)
    if len(body) > max_bytes:
        raise TooLarge(f"{root.tag} has {len(body)} bytes, the phone takes {max_bytes}")
    return Document(body, f"text/xml; charset={encoding}", headers)


def page(root: Element, max_bytes: int, headers: Mapping[str, str]) -> Document:
    """The tree as a page of XHTML that a browser of HTML reads too: every element has its end tag.

    Raises:
        TooLarge: more than `max_bytes` of UTF-8.
    """
    body = ElementTree.tostring(root, encoding="utf-8", short_empty_elements=False)
    if len(body) > max_bytes:
        raise TooLarge(f"{root.tag} has {len(body)} bytes, the phone takes {max_bytes}")
    return Document(body, "text/html; charset=UTF-8", headers)


def refresh_headers(card: ScoreCard, url: str) -> dict[str, str]:
    """The header that makes a phone ask again; none on the last card of a call, so that the phone stops asking."""
    if card.refresh_s is None:
        return {}
    return {"Refresh": f"{card.refresh_s}; url={url}"}
