"""Yealink's XML browser: one text screen, fetched or pushed whole.

Source: Yealink XML Browser Developer's Guide (T4X/T2/T19/T5). The text screen is taken since the phone wraps it to
its own width; the formatted one cuts lines on the small models.
"""

from __future__ import annotations

from ari_bridge.screens import notify_lines, one_packet
from ari_bridge.screens.card import Action, Key, ScoreCard
from ari_bridge.screens.document import Capability, Document, Family, NotifyDocument, PushKind
from ari_bridge.screens.lettering import shorten
from ari_bridge.screens.xml_wire import Element, document, leaf, parent, refresh_headers

MAX_OBJECT_BYTES = 10_000
MAX_TITLE_CHARACTERS = 32

CAPABILITY = Capability(
    push=PushKind.CARD,
    object_bytes=MAX_OBJECT_BYTES,
    text_characters=MAX_OBJECT_BYTES,
    softkeys=4,
    encoding="UTF-8",
    hardware_tested=False,
    needs="push_xml.sip_notify = 1 and push_xml.block_in_calling = 0 on the phone",
)


def render(card: ScoreCard, url: str) -> Document:
    """The document for a GET of `url`.

    Raises:
        TooLarge: more than 10,000 bytes.
    """
    return document(_screen(card, url), CAPABILITY.encoding, MAX_OBJECT_BYTES, refresh_headers(card, url))


def notify(card: ScoreCard, url: str) -> NotifyDocument:
    """The whole card for one NOTIFY; without its last lines where it would not fit, with three dots in their place.

    Where even the first line does not fit, the address of the card alone.
    """
    content = one_packet.fitting(card, lambda shorter: _screen(shorter, url))
    return _notify_document(notify_lines.lines(_execute(url)) if content is None else content)


def picture(card: ScoreCard, url: str, image_url: str) -> Document:
    """The image, on models with a colour screen.

    Raises:
        TooLarge: more than 10,000 bytes.
    """
    root = Element("YealinkIPPhoneImageScreen", {**_attributes(card), "LockIn": "no", "mode": "regular"})
    leaf(root, "Image", image_url).attrib.update({"verticalAlign": "middle", "horizontalAlign": "middle"})
    _softkeys(root, card, url)
    return document(root, CAPABILITY.encoding, MAX_OBJECT_BYTES, refresh_headers(card, url))


def _notify_document(content: tuple[str, ...]) -> NotifyDocument:
    return NotifyDocument("Yealink-xml", "application/xml", content)


def _screen(card: ScoreCard, url: str) -> Element:
    root = Element("YealinkIPPhoneTextScreen", _attributes(card))
    leaf(root, "Title", shorten(card.title, MAX_TITLE_CHARACTERS))
    leaf(root, "Text", *card.told)
    _softkeys(root, card, url)
    return root


def _attributes(card: ScoreCard) -> dict[str, str]:
    # Beep's default is yes, and the agent would hear it in mid-call.
    return {"Beep": "no", "Timeout": str(one_packet.timeout_s(card)), "destroyOnExit": "yes"}


def _softkeys(root: Element, card: ScoreCard, url: str) -> None:
    for index, key in enumerate(card.keys, start=1):
        softkey = parent(root, "SoftKey", index=str(index))
        leaf(softkey, "Label", key.label)
        leaf(softkey, "URI", _key_uri(key, url))


def _key_uri(key: Key, url: str) -> str:
    match key.action:
        case Action.EXIT:
            return "SoftKey:Exit"
        case _:
            return f"{url}/{key.action.value}"


def _execute(url: str) -> Element:
    root = Element("YealinkIPPhoneExecute", {"Beep": "no"})
    parent(root, "ExecuteItem", URI=url)
    return root


FAMILY = Family("yealink", "y", CAPABILITY, render, notify, picture=picture)
