"""Cisco's IP phone services: a text object to fetch; a push brings its address, since a phone takes 512 bytes at most.

Sources: Cisco Unified IP Phone Services Application Development Notes (OL-20949-01); SPA500 and 8800 MPP
administration guides, "SIP NOTIFY XML-Service". Latin-1, which the old models need and the new ones take.
"""

from __future__ import annotations

from ari_bridge.screens import notify_lines
from ari_bridge.screens.card import Action, Key, ScoreCard
from ari_bridge.screens.document import Capability, Document, Family, NotifyDocument, PushKind, TooLarge
from ari_bridge.screens.lettering import clean, latin1, shorten_latin1
from ari_bridge.screens.xml_wire import Element, document, leaf, parent, refresh_headers

MAX_TITLE_CHARACTERS = 32
"""Of Title and of Prompt."""
MAX_TEXT_CHARACTERS = 1024
"""The older guide's limit; newer phones take 4,000."""
MAX_OBJECT_BYTES = 10_000
MAX_URL_CHARACTERS = 256
MAX_PUSH_BYTES = 512

CAPABILITY = Capability(
    push=PushKind.ADDRESS,
    object_bytes=MAX_OBJECT_BYTES,
    text_characters=MAX_TEXT_CHARACTERS,
    softkeys=4,
    encoding="ISO-8859-1",
    hardware_tested=False,
    needs="outbound_auth on the PBX's endpoint: the phone challenges a NOTIFY with the line's SIP password",
)

# 79xx reads positions 1 to 4 and keeps 3 for Exit; 78xx and 88xx place keys in order of position.
_POSITIONS = {
    Action.STOP: 1, Action.CONFIRM: 1, Action.CONTEST: 2, Action.BACK: 2, Action.EXIT: 3, Action.HIDE: 4,
    Action.DETAILS: 4, Action.PICTURE: 3, Action.HIDE_IN_THIS_CALL: 1, Action.HIDE_FOR_GOOD: 3, Action.SHOW: 4,
}  # fmt: skip


def render(card: ScoreCard, url: str) -> Document:
    """The document for a GET of `url`. The text begins with the consent, since some models show no title.

    Raises:
        TooLarge: an address of more than 256 characters, or a document of more than 10,000 bytes.
    """
    root = Element("CiscoIPPhoneText")
    leaf(root, "Title", _short(card.title))
    leaf(root, "Prompt", _short(card.footer))
    leaf(root, "Text", *_text_lines(card))
    _softkeys(root, card, url)
    return document(root, CAPABILITY.encoding, MAX_OBJECT_BYTES, refresh_headers(card, url))


def notify(card: ScoreCard, url: str) -> NotifyDocument:
    """The address of the card, to be opened at once (priority 0) even in a call; the same for every card of a call.

    Raises:
        TooLarge: an address that the phone does not take.
    """
    del card
    root = Element("CiscoIPPhoneExecute")
    parent(root, "ExecuteItem", Priority="0", URL=_checked(url))
    line = notify_lines.one_line(root)
    if len(line.encode()) > MAX_PUSH_BYTES:
        raise TooLarge(f"a push of {len(line.encode())} bytes, the phone takes {MAX_PUSH_BYTES}")
    return NotifyDocument("XML-Service", "text/xml", (line,))


def picture(card: ScoreCard, url: str, image_url: str) -> Document:
    """The image, on models with a colour screen, and the caller's tone in words below it.

    Raises:
        TooLarge: as `render` says.
    """
    root = Element("CiscoIPPhoneImageFile")
    leaf(root, "Title", _short(card.title))
    leaf(root, "Prompt", _short(card.lines[0]))
    leaf(root, "LocationX", "-1")
    leaf(root, "LocationY", "-1")
    leaf(root, "URL", _checked(image_url))
    _softkeys(root, card, url)
    return document(root, CAPABILITY.encoding, MAX_OBJECT_BYTES, refresh_headers(card, url))


def _softkeys(root: Element, card: ScoreCard, url: str) -> None:
    for key in card.keys:
        softkey = parent(root, "SoftKeyItem")
        leaf(softkey, "Name", latin1(clean(key.label)))
        leaf(softkey, "URL", _checked(_key_url(key, url)))
        leaf(softkey, "Position", str(_POSITIONS[key.action]))


def _text_lines(card: ScoreCard) -> list[str]:
    lines: list[str] = []
    room = MAX_TEXT_CHARACTERS
    for text in (card.consent, *card.lines, card.footer):
        line = shorten_latin1(clean(text), room)
        lines.append(line)
        room = max(room - len(line) - 1, 0)
    return [line for line in lines if line]


def _short(text: str) -> str:
    return shorten_latin1(clean(text), MAX_TITLE_CHARACTERS)


def _key_url(key: Key, url: str) -> str:
    match key.action:
        case Action.EXIT:
            return "SoftKey:Exit"
        case _:
            return f"{url}/{key.action.value}"


def _checked(url: str) -> str:
    if len(url) > MAX_URL_CHARACTERS:
        raise TooLarge(f"an address of {len(url)} characters, the phone takes {MAX_URL_CHARACTERS}")
    return url


FAMILY = Family("cisco", "c", CAPABILITY, render, notify, picture=picture)
