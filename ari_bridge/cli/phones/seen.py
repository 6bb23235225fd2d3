"""What stands on a phone's screen, read back out of the document that the phone gets. Pure.

A preview drawn from the document shows what a phone shows: what was cut or spelled anew on the way is so there too.
"""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_TITLES: Final = ("Title", "title", "h1", "h2")
_PROMPTS: Final = ("Prompt",)
_TEXTS: Final = ("Text", "DisplayStr", "Line", "p", "li", "pre")
_KEYS: Final = ("SoftKey", "SoftKeyItem", "softkey", "IppCommand")
_LABELS: Final = ("Label", "Name")
"""In this order: where a key has both, the name is that of the phone's own button."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A screen: its title, its lines from top to bottom, the line above the keys where a family has one, the labels."""

    title: str
    lines: tuple[str, ...]
    prompt: str
    keys: tuple[str, ...]


def seen(body: bytes) -> Seen:
    """The screen of a document of any of our families. Raises ElementTree.ParseError on what is no XML."""
    root = ElementTree.fromstring(body)  # noqa: S314 - a document that we wrote ourselves
    first = next((one for one in root.iter() if _name(one) == "IppScreen"), root)
    return Seen(
        title=next(_texts(first, _TITLES), ""),
        lines=tuple(line for text in _texts(first, _TEXTS) for line in text.split("\n") if line.strip()),
        prompt=next(_texts(first, _PROMPTS), ""),
        keys=tuple(_label(one) for one in first.iter() if _name(one) in _KEYS),
    )


def _texts(above: ElementTree.Element, names: tuple[str, ...]) -> Iterator[str]:
    for name in names:
        for one in above.iter():
            if _name(one) == name:
                yield _text(one)


def _text(element: ElementTree.Element) -> str:
    """The text within, each `br` an end of line."""
    pieces = [element.text or ""]
    for child in element:
        pieces += ["\n" if _name(child) == "br" else _text(child), child.tail or ""]
    return "".join(pieces).strip()


def _label(key: ElementTree.Element) -> str:
    attribute = key.get("label")
    return attribute if attribute is not None else next(_texts(key, _LABELS), "")


def _name(element: ElementTree.Element) -> str:
    """The tag without its namespace; nothing for a comment."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""
