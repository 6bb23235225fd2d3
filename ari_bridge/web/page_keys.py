"""What the keys of the page do: the objection, the contest with its second press, the hiding of cues."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Final

import structlog

from ari_bridge.calls.cue_file import Choice
from ari_bridge.pbx.port import PbxRefused
from ari_bridge.screens.card import Action
from ari_bridge.web.page_cards import PageCards
from consent.errors import OuidireError

_CHOICES: Final[Mapping[Action, Choice]] = MappingProxyType(
    {
        Action.HIDE_IN_THIS_CALL: Choice.THIS_CALL,
        Action.HIDE_FOR_GOOD: Choice.FOR_GOOD,
        Action.SHOW: Choice.SHOWN,
    }
)

_log = structlog.get_logger(__name__)


class PageKeys:
    """`stop` is told the id of the call that an agent objects to; `contest` that of the call whose score an agent
    contests, and says whether there was one. Which key it was is neither counted nor logged: a page is one agent's.
    """

    def __init__(
        self, cards: PageCards, stop: Callable[[str], Awaitable[None]], contest: Callable[[str], bool]
    ) -> None:
        self._cards = cards
        self._stop = stop
        self._contest = contest

    async def press(self, endpoint: str, number: int, action: Action) -> None:
        """A key on that endpoint's page. Nothing is done where the page shows another call than the one pressed for."""
        call_id = self._cards.call_id(endpoint, number)
        if call_id is None:
            return
        match action:
            case Action.STOP:
                await self._object(endpoint, call_id)
            case Action.CONTEST:
                self._ask(endpoint)
            case Action.CONFIRM:
                self._confirm(endpoint, call_id)
            case Action.HIDE:
                self._cards.hide(endpoint)
            case Action.BACK:
                self._cards.back(endpoint)
            case _ if action in _CHOICES:
                self._cards.choose(endpoint, _CHOICES[action])

    async def _object(self, endpoint: str, call_id: str) -> None:
        self._cards.back(endpoint)
        try:
            await self._stop(call_id)
        except (PbxRefused, TimeoutError, OSError, OuidireError) as error:
            _log.warning("stop.failed", call_id=call_id, error=str(error))
            self._cards.stop_failed(endpoint)

    def _ask(self, endpoint: str) -> None:
        if self._cards.has_score(endpoint):
            self._cards.ask(endpoint)

    def _confirm(self, endpoint: str, call_id: str) -> None:
        """Without the first press it asks."""
        if not self._cards.is_answered(endpoint):
            self._ask(endpoint)
        elif not (self._cards.has_score(endpoint) and self._contest(call_id)):
            self._cards.too_late(endpoint)
