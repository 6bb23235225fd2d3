"""Fanvil's XML browser: a text to fetch. Nothing is pushed.

Source: Fanvil XML Operation Guide 1.1 (2018-08-11). A text has a title and a body and no softkeys: the agent stops
the analysis with the feature code. The guide names no refresh; the header that Yealink and Cisco phones obey is sent,
since Fanvil's browser claims to read theirs. No guide documents a SIP NOTIFY, so none is sent.
"""

from __future__ import annotations

from ari_bridge.screens.card import ScoreCard
from ari_bridge.screens.document import Capability, Document, Family, PushKind
from ari_bridge.screens.lettering import clean, shorten
from ari_bridge.screens.xml_wire import Element, document, leaf, refresh_headers

MAX_TITLE_CHARACTERS = 32
MAX_OBJECT_BYTES = 10_000
"""Not in the guide: that of the families whose objects Fanvil copied."""

CAPABILITY = Capability(
    push=PushKind.NONE,
    object_bytes=MAX_OBJECT_BYTES,
    text_characters=MAX_OBJECT_BYTES,
    softkeys=0,
    encoding="UTF-8",
    hardware_tested=False,
    needs="a key of the phone that opens the address; nothing arrives unasked, and *9 is the way to stop",
)


def render(card: ScoreCard, url: str) -> Document:
    """The document for a GET of `url`.

    Raises:
        TooLarge: more than 10,000 bytes.
    """
    # What a beep's absence means is not in the guide; the agent would hear it in mid-call.
    root = Element("FanvilIPPhoneText", {"beep": "no"})
    leaf(root, "Title", shorten(clean(card.title), MAX_TITLE_CHARACTERS))
    # Whether the phone obeys the header is not known: the card says how old it may be.
    snapshot = (card.snapshot,) if card.refresh_s is not None and card.snapshot else ()
    # A cue would stand there for long after its moment.
    lines = (line for line in card.lines if not card.cue or line != card.cue)
    leaf(root, "Text", card.consent, *lines, *snapshot, card.footer)
    return document(root, CAPABILITY.encoding, MAX_OBJECT_BYTES, refresh_headers(card, url))


FAMILY = Family("fanvil", "f", CAPABILITY, render, None)
