"""A card cut to what one SIP NOTIFY carries in one packet. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from ari_bridge.screens import notify_lines
from ari_bridge.screens.card import Action, ScoreCard
from ari_bridge.screens.document import TooLarge
from ari_bridge.screens.xml_wire import Element

MAX_NOTIFY_BYTES: Final = 1200
"""Of a whole request: less than the 1,300 bytes that may go over UDP where the path's MTU is not known (RFC 3261,
18.1.1), so that a tunnel on the way to a teleworker has room too.
"""
NOTIFY_HEADER_BYTES: Final = 550
"""Reserved for the request line and headers that the PBX writes (about 520 with addresses of usual length)."""
MAX_BODY_BYTES: Final = MAX_NOTIFY_BYTES - NOTIFY_HEADER_BYTES
LIVE_TIMEOUT_S: Final = 120
"""A pushed card leaves by itself when nothing renews it: a dead bridge must not leave an old tone on a screen."""
ENDED_TIMEOUT_S: Final = 10
LEAST_LINES: Final = 2
MORE: Final = "..."
"""Stands where lines are missing."""


_FIRST_TO_GO: Final = frozenset({Action.HIDE, Action.DETAILS})
"""Keys that the card has too that is fetched."""


def timeout_s(card: ScoreCard) -> int:
    """After how long a card leaves the screen when nothing comes after it."""
    return ENDED_TIMEOUT_S if card.refresh_s is None else LIVE_TIMEOUT_S


def fitting(card: ScoreCard, screen: Callable[[ScoreCard], Element]) -> tuple[str, ...] | None:
    """The lines of the body that hold the card; where there is no room, without its last lines, with dots for them.

    Before more than the first two lines would go, the key that hides cues or leads to the details does: the card that
    is fetched has it. Before the first line would go, the title does, and then the words that all this is advice.
    `screen` draws a card. None where not even the first line has room.
    """
    without_more = replace(card, keys=tuple(key for key in card.keys if key.action not in _FIRST_TO_GO))
    bare = replace(_cut(without_more, min(1, len(card.lines))), title="")
    shorter = (
        *(_cut(card, kept) for kept in range(len(card.lines), min(LEAST_LINES, len(card.lines)) - 1, -1)),
        *(_cut(without_more, kept) for kept in range(len(card.lines), 0, -1)),
        bare,
        replace(bare, footer=""),
    )
    found = (whole(screen(one)) for one in shorter)
    return next((content for content in found if content is not None), None)


def _cut(card: ScoreCard, kept: int) -> ScoreCard:
    if kept == len(card.lines):
        return card
    return replace(card, lines=(*card.lines[:kept], MORE))


def whole(root: Element) -> tuple[str, ...] | None:
    """The lines of the body that hold the tree; None where it is too large for one packet or for the way there."""
    try:
        content = notify_lines.lines(root)
    except TooLarge:
        return None
    return content if notify_lines.body_bytes(content) <= MAX_BODY_BYTES else None
