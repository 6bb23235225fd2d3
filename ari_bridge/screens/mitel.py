"""Mitel's and Aastra's XML browser (67xx, 68xx, 69xx, 53i to 57i): one text screen, fetched or pushed whole.

Sources: XML API for Aastra SIP Phones (PA-001011-03-04) and for Mitel SIP Phones (58015044, 58015045); the makers' own
PHP classes. The text screen is taken since the phone wraps it to its own width, be that 16 letters or 40.
"""

from __future__ import annotations

from dataclasses import replace

from ari_bridge.screens import one_packet
from ari_bridge.screens.card import Action, Key, ScoreCard
from ari_bridge.screens.document import Capability, Document, Family, NotifyDocument, PushKind, TooLarge
from ari_bridge.screens.lettering import clean, shorten
from ari_bridge.screens.xml_wire import Element, document, leaf, parent, refresh_headers

MAX_OBJECT_BYTES = 10_000
MAX_TITLE_CHARACTERS = 32

CAPABILITY = Capability(
    push=PushKind.CARD,
    object_bytes=MAX_OBJECT_BYTES,
    text_characters=MAX_OBJECT_BYTES,
    softkeys=6,
    encoding="UTF-8",
    hardware_tested=False,
    needs="sip xml notify event: 1 on the phone; sets without softkeys show no keys, and *9 is the way to stop",
)

# The agent talks: digits go on into the call, and sets without softkeys keep their keys of the call. No screen is
# locked, and none beeps, which is the default here.
_ATTRIBUTES = {
    "destroyOnExit": "yes", "allowDTMF": "yes", "allowAnswer": "yes", "allowDrop": "yes", "allowXfer": "yes",
    "allowConf": "yes",
}  # fmt: skip


def render(card: ScoreCard, url: str) -> Document:
    """The document for a GET of `url`.

    Raises:
        TooLarge: more than 10,000 bytes.
    """
    return document(_screen(card, url), CAPABILITY.encoding, MAX_OBJECT_BYTES, refresh_headers(card, url))


def notify(card: ScoreCard, url: str) -> NotifyDocument:
    """The whole card for one NOTIFY; without its last lines where it would not fit, with three dots in their place.

    Where even the first line does not fit, the address of the card alone. A phone opens no https address from a
    NOTIFY: there it gets the consent and three dots, and of the keys only the one that leaves the screen.

    Raises:
        TooLarge: not even that fits.
    """
    content = one_packet.fitting(card, lambda shorter: _screen(shorter, url))
    if content is None:
        content = one_packet.whole(_execute(url) if url.startswith("http:") else _least(card, url))
    if content is None:
        raise TooLarge("no form of the card fits one packet")
    return NotifyDocument("aastra-xml", "application/xml", content)


def _screen(card: ScoreCard, url: str) -> Element:
    root = Element("AastraIPPhoneTextScreen", {**_ATTRIBUTES, "Timeout": str(one_packet.timeout_s(card))})
    if card.title:
        leaf(root, "Title", shorten(clean(card.title), MAX_TITLE_CHARACTERS))
    leaf(root, "Text", *card.told)
    for index, key in enumerate(card.keys, start=1):
        softkey = parent(root, "SoftKey", index=str(index))
        leaf(softkey, "Label", key.label)
        leaf(softkey, "URI", _key_uri(key, url))
    return root


def _least(card: ScoreCard, url: str) -> Element:
    leaving = tuple(key for key in card.keys if key.action is Action.EXIT)
    return _screen(replace(card, keys=leaving, lines=(one_packet.MORE,)), url)


def _key_uri(key: Key, url: str) -> str:
    return "SoftKey:Exit" if key.action is Action.EXIT else f"{url}/{key.action.value}"


def _execute(url: str) -> Element:
    root = Element("AastraIPPhoneExecute")
    parent(root, "ExecuteItem", URI=url)
    return root


FAMILY = Family("mitel", "m", CAPABILITY, render, notify)
