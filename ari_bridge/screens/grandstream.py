"""Grandstream's XML application (GXP21xx): strings placed by pixels, to fetch. Nothing is pushed, nothing refreshes.

Source: GXP21xx XML Application Guide 1.0.0.2 (firmware 1.0.4.23). What the phone shows is renewed by the softkey
Update, and by the phone itself whenever a call begins, ends or is taken up again.
"""

from __future__ import annotations

import unicodedata

from ari_bridge.screens.card import Action, Key, ScoreCard
from ari_bridge.screens.document import Capability, Document, Family, PushKind, TooLarge
from ari_bridge.screens.lettering import clean, literal
from ari_bridge.screens.xml_wire import Element, document, leaf, parent

MAX_OBJECT_BYTES = 10_000
"""Not in the guide; no card comes near it."""
MAX_URL_CHARACTERS = 256
"""P337."""
CELL_PX = 8
"""The width of a letter of unifont; ideographs take two."""
ROW_PX = 16
COLUMNS = 30
ROWS = 6
"""240 x 96 pixels, what the softkeys leave of the smaller screens; the guide shows sizes in pictures only."""
MORE = "..."

CAPABILITY = Capability(
    push=PushKind.NONE,
    object_bytes=MAX_OBJECT_BYTES,
    text_characters=COLUMNS * ROWS,
    softkeys=4,
    encoding="UTF-8",
    hardware_tested=False,
    needs="a softkey that opens the address (P337, P352); nothing arrives unasked: the agent presses Update",
)

_EVENTS = (
    "callStateStarted", "callStateEnded", "resumeFromCallConnected", "resumeFromCallOnhold", "resumeFromCallEnded",
)  # fmt: skip


_LEFT_OUT = frozenset({Action.HIDE, Action.DETAILS})
"""Keys that this family has not: no cue is shown, and a screen has four keys, of which Update is one."""


def render(card: ScoreCard, url: str) -> Document:
    """The document for a GET of `url`: the consent first, the footer last, between them what has room.

    Raises:
        TooLarge: an address of more than 256 characters.
    """
    root = Element("Screen")
    page = parent(root, "Page", ignoreCallUpdate="true")
    leaf(page, "ShowStatusLine", "false")
    contents = parent(page, "Contents")
    for index, row in enumerate(_rows(card)):
        string = parent(contents, "DisplayString", font="unifont", halign="left", color="Black", bgcolor="White")
        leaf(string, "X", "0")
        leaf(string, "Y", str(index * ROW_PX))
        leaf(string, "DisplayStr", row)
    softkeys = parent(page, "SoftKeys")
    for key in card.keys:
        if key.action in _LEFT_OUT:
            continue
        if key.action is Action.EXIT and card.refresh_s is not None:
            _use_url(softkeys, card.update, url)
        _softkey(softkeys, key, url)
    if card.refresh_s is not None:
        _events(root, url)
    return document(root, CAPABILITY.encoding, MAX_OBJECT_BYTES, {})


def _softkey(above: Element, key: Key, url: str) -> None:
    if key.action is Action.EXIT:
        parent(above, "SoftKey", action="QuitApp", label=clean(key.label))
    else:
        _use_url(above, key.label, f"{url}/{key.action.value}")


def _use_url(above: Element, label: str, url: str) -> None:
    parent(above, "SoftKey", action="UseURL", label=clean(label), commandArgs=_checked(url))


def _events(root: Element, url: str) -> None:
    events = parent(root, "Events")
    for state in _EVENTS:
        parent(parent(events, "Event", state=state), "Action", action="UseURL", commandArgs=_checked(url))


def _rows(card: ScoreCard) -> list[str]:
    """What is on the screen. The last rows say how old it may be and that it is advice: they stay, measurements go.

    A line stands there whole or not at all: "rather tense" cut after its first word would say something else. Only
    one that alone is longer than the screen is cut. A cue is never there: it would stand for long after its moment.
    """
    snapshot = () if card.refresh_s is None else _wrapped(card.snapshot)
    footer = [*snapshot, *_wrapped(card.footer)][: ROWS - 2]
    room = ROWS - len(footer)
    lines = [_wrapped(line) for line in (card.consent, *card.lines) if not card.cue or line != card.cue]
    body = [row for line in lines for row in line]
    if len(body) > room:
        kept = _whole(lines, room - 1)
        body = [*kept, MORE] if kept else [*body[: room - 1], _cut(body[room - 1], COLUMNS - len(MORE)) + MORE]
    return [*body, *footer]


def _whole(lines: list[list[str]], room: int) -> list[str]:
    """The rows of the first lines that have room, the consent and one more at least; else none."""
    kept: list[str] = []
    for index, line in enumerate(lines):
        if len(kept) + len(line) > room:
            return kept if index > 1 else []
        kept += line
    return kept


def _wrapped(text: str) -> list[str]:
    """The text in rows of at most 30 cells, broken between words where a word is no longer than a row."""
    rows: list[str] = []
    row = ""
    for word in literal(text).split(" "):
        longer = f"{row} {word}" if row else word
        if _cells(longer) <= COLUMNS:
            row = longer
            continue
        if row:
            rows.append(row)
        while _cells(word) > COLUMNS:
            head = _cut(word, COLUMNS)
            rows.append(head)
            word = word[len(head) :]
        row = word
    return [*rows, row] if row else rows


def _cut(text: str, cells: int) -> str:
    while _cells(text) > cells:
        text = text[:-1]
    return text


def _cells(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def _checked(url: str) -> str:
    if len(url) > MAX_URL_CHARACTERS:
        raise TooLarge(f"an address of {len(url)} characters, the phone takes {MAX_URL_CHARACTERS}")
    return url


FAMILY = Family("grandstream", "g", CAPABILITY, render, None)
