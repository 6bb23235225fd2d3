"""The page of agents in the running service: there where the settings say what staff dial to pair one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Final

from ari_bridge.calls.board import Board, CallView
from ari_bridge.calls.cue_watch import CueWatch
from ari_bridge.calls.own_history import OwnHistory
from ari_bridge.run.codes import Codes
from ari_bridge.run.sections import ScreensSection
from ari_bridge.web.page_cards import PageCards
from ari_bridge.web.page_keys import PageKeys
from ari_bridge.web.page_views import PageViews
from ari_bridge.web.pairing import Pairings

EXPIRE_S: Final = 30.0
"""How late what was kept for a page may go after its time is up."""


@dataclass(frozen=True, slots=True)
class PageSite:
    """The page's views, its cards, to be given each view of a call, and its pairings."""

    views: PageViews
    cards: PageCards
    pairings: Pairings


def open_page(
    screens: ScreensSection,
    board: Board,
    cues: CueWatch,
    redraw: Callable[[CallView], None],
    stop: Callable[[str], Awaitable[None]],
    contest: Callable[[str], bool],
    codes: Codes | None,
    stack: AsyncExitStack,
) -> PageSite | None:
    """The page until the stack is left; None where no number leads to the pairing. Arguments as PageCards and PageKeys
    have them; from now on dialled codes go to its pairings.
    """
    if codes is None or not screens.pair_number:
        return None
    pairings = Pairings()
    history = OwnHistory(pairings.has_page)
    pairings.at_end(history.erase)
    cards = PageCards(board.view, cues, redraw)
    views = PageViews(pairings, cards, PageKeys(cards, stop, contest), history, screens.pair_number, screens.base_url)
    board.watch(cards.changed)
    board.watch(history.see)
    codes.pairs_with(pairings.pair)
    stack.callback(asyncio.create_task(_expire(pairings, history), name="pairings").cancel)
    return PageSite(views, cards, pairings)


async def _expire(pairings: Pairings, history: OwnHistory) -> None:
    while True:
        await asyncio.sleep(EXPIRE_S)
        pairings.expire()
        history.expire()
