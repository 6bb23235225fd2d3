"""Poly's microbrowser (VVX, SoundPoint): a page of XHTML to fetch. Nothing is pushed.

Sources: Web Application Developer Guide, UC Software 5.0.0 (3725-49106-001), and that of SIP 3.1. The guides document a
push by HTTP with the phone's password, and no SIP NOTIFY, so none is sent. A header asks the phone to fetch again; the
guides promise that it is obeyed on the idle screen only, so the page says how old it may be, and has a key Update.
"""

from __future__ import annotations

from ari_bridge.screens.card import Action, Key, ScoreCard
from ari_bridge.screens.document import Capability, Document, Family, PushKind, TooLarge
from ari_bridge.screens.lettering import clean, shorten
from ari_bridge.screens.xml_wire import Element, leaf, page, parent, refresh_headers

MAX_OBJECT_BYTES = 10_000
"""Not in the guides."""
MAX_TITLE_CHARACTERS = 32
MAX_URL_CHARACTERS = 255
"""Of mb.idleDisplay.home and mb.main.home."""

CAPABILITY = Capability(
    push=PushKind.NONE,
    object_bytes=MAX_OBJECT_BYTES,
    text_characters=MAX_OBJECT_BYTES,
    softkeys=8,
    encoding="UTF-8",
    hardware_tested=False,
    needs="the address in mb.main.home, opened by the key Applications; nothing arrives unasked",
)


def render(card: ScoreCard, url: str) -> Document:
    """The document for a GET of `url`.

    Raises:
        TooLarge: an address of more than 255 characters, or a page of more than 10,000 bytes.
    """
    root = Element("html", {"xmlns": "http://www.w3.org/1999/xhtml"})
    leaf(parent(root, "head"), "title", shorten(clean(card.title), MAX_TITLE_CHARACTERS))
    body = parent(root, "body")
    leaf(parent(body, "p"), "b", card.consent)
    for line in _lines(card):
        leaf(body, "p", line)
    _softkeys(body, card, url)
    return page(root, MAX_OBJECT_BYTES, refresh_headers(card, url))


def picture(card: ScoreCard, url: str, image_url: str) -> Document:
    """The image, and the caller's tone in words below it.

    Raises:
        TooLarge: as `render` says.
    """
    root = Element("html", {"xmlns": "http://www.w3.org/1999/xhtml"})
    leaf(parent(root, "head"), "title", shorten(clean(card.title), MAX_TITLE_CHARACTERS))
    body = parent(root, "body")
    parent(parent(body, "p"), "img", src=image_url, alt=clean(card.lines[0]))
    leaf(body, "p", card.lines[0])
    _softkeys(body, card, url)
    return page(root, MAX_OBJECT_BYTES, refresh_headers(card, url))


def _softkeys(body: Element, card: ScoreCard, url: str) -> None:
    for index, key in enumerate(_keys(card), start=1):
        parent(body, "softkey", index=str(index), label=clean(key.label), action=_action(key, url))


def _lines(card: ScoreCard) -> list[str]:
    """What stands below the consent. A cue would stand there for long after its moment: it is left out."""
    snapshot = (card.snapshot,) if card.refresh_s is not None and card.snapshot else ()
    return [*(line for line in card.lines if not card.cue or line != card.cue), *snapshot, card.footer]


def _keys(card: ScoreCard) -> list[Key]:
    """Where no cue is shown none is hidden; before the key that leaves stands the one that fetches the page anew."""
    keys = [key for key in card.keys if key.action is not Action.HIDE]
    if card.refresh_s is None or any(key.action is Action.BACK for key in keys):
        return keys
    staying = [key for key in keys if key.action is not Action.EXIT]
    return [*staying, Key(card.update, Action.BACK), *(key for key in keys if key.action is Action.EXIT)]


def _action(key: Key, url: str) -> str:
    if key.action is Action.EXIT:
        return "SoftKey:Exit"
    address = f"{url}/{key.action.value}"
    if len(address) > MAX_URL_CHARACTERS:
        raise TooLarge(f"an address of {len(address)} characters, the phone takes {MAX_URL_CHARACTERS}")
    return f"SoftKey:Fetch;{address}"


FAMILY = Family("poly", "p", CAPABILITY, render, None, picture=picture)
