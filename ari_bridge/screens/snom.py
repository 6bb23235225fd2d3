"""Snom's minibrowser: a text, fetched or pushed whole.

Sources: Snomio's documentation of the XML minibrowser (2016); service.snom.com, "Via SIP NOTIFY". Firmware before 8
knows no entities and is not served. The phone puts values of its own in the place of `$(...)`, so no text holds a
dollar sign. What is too long for the screen is cut there without a sign: that this is advice stands second, not last.
"""

from __future__ import annotations

from ari_bridge.screens import one_packet
from ari_bridge.screens.card import Action, Key, ScoreCard
from ari_bridge.screens.document import Capability, Document, Family, NotifyDocument, PushKind, TooLarge
from ari_bridge.screens.lettering import literal, shorten
from ari_bridge.screens.xml_wire import Element, broken_leaf, document, leaf, parent

MAX_OBJECT_BYTES = 10_000
"""Not in the documentation."""
MAX_TITLE_CHARACTERS = 32
LEAVE = "snom://mb_exit"

CAPABILITY = Capability(
    push=PushKind.CARD,
    object_bytes=MAX_OBJECT_BYTES,
    text_characters=MAX_OBJECT_BYTES,
    softkeys=4,
    encoding="UTF-8",
    hardware_tested=False,
    needs="xml_notify = on on the phone; the PBX is its registrar, or is named in mb_trusted_hosts",
)


# The next card replaces this one, it is not kept among the pages to go back to, and the call's keys go on working.
_ATTRIBUTES = {"document_id": "ouidire", "track": "no", "state": "relevant"}


def render(card: ScoreCard, url: str) -> Document:
    """The document for a GET of `url`. The phone fetches it anew by itself; the last card of a call it leaves.

    Raises:
        TooLarge: more than 10,000 bytes.
    """
    root = _screen(card, url)
    if card.refresh_s is None:
        _fetch(root, LEAVE, after_ms=one_packet.timeout_s(card) * 1000)
    else:
        _fetch(root, url, after_ms=card.refresh_s * 1000)
    return document(root, CAPABILITY.encoding, MAX_OBJECT_BYTES, {})


def notify(card: ScoreCard, url: str) -> NotifyDocument:
    """The whole card for one NOTIFY; without its last lines where it would not fit, with three dots in their place.

    Where even the first line does not fit, the consent alone, after which the phone fetches the card at once.

    Raises:
        TooLarge: not even that fits.
    """
    content = one_packet.fitting(card, lambda shorter: _pushed(shorter, url))
    if content is None:
        content = one_packet.whole(_brief(card, url))
    if content is None:
        raise TooLarge("no form of the card fits one packet")
    return NotifyDocument("xml", "application/snomxml", content)


def picture(card: ScoreCard, url: str, image_url: str) -> Document:
    """The image. After a while the phone fetches the card again by itself.

    Raises:
        TooLarge: more than 10,000 bytes.
    """
    root = Element("SnomIPPhoneImageFile", _ATTRIBUTES)
    leaf(root, "LocationX", "0")
    leaf(root, "LocationY", "0")
    leaf(root, "URL", image_url)
    _softkeys(root, card, url)
    _fetch(root, url, after_ms=(card.refresh_s or one_packet.timeout_s(card)) * 1000)
    return document(root, CAPABILITY.encoding, MAX_OBJECT_BYTES, {})


def _pushed(card: ScoreCard, url: str) -> Element:
    """A phone off the LAN could not fetch: a pushed card leaves by itself when no other comes."""
    root = _screen(card, url)
    _fetch(root, LEAVE, after_ms=one_packet.timeout_s(card) * 1000)
    return root


def _brief(card: ScoreCard, url: str) -> Element:
    root = _root(card, (one_packet.MORE,))
    _fetch(root, url, after_ms=1)
    return root


def _screen(card: ScoreCard, url: str) -> Element:
    root = _root(card, card.lines)
    _softkeys(root, card, url)
    return root


def _softkeys(root: Element, card: ScoreCard, url: str) -> None:
    for number, key in enumerate(card.keys, start=1):
        softkey = parent(root, "SoftKeyItem")
        leaf(softkey, "Name", f"F{number}")
        leaf(softkey, "Label", literal(key.label))
        leaf(softkey, "URL", _key_url(key, url))


def _root(card: ScoreCard, lines: tuple[str, ...]) -> Element:
    root = Element("SnomIPPhoneText", _ATTRIBUTES)
    if card.title:
        leaf(root, "Title", shorten(literal(card.title), MAX_TITLE_CHARACTERS))
    broken_leaf(root, "Text", *(literal(line) for line in (card.consent, card.footer, *lines)))
    return root


def _fetch(root: Element, url: str, after_ms: int) -> None:
    leaf(root, "fetch", url).set("mil", str(after_ms))


def _key_url(key: Key, url: str) -> str:
    return LEAVE if key.action is Action.EXIT else f"{url}/{key.action.value}"


FAMILY = Family("snom", "s", CAPABILITY, render, notify, picture=picture)
