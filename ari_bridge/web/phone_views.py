"""What a desk phone fetches: its call's card, and the agent's objection behind the softkey Stop."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

import structlog
from aiohttp import web

from ari_bridge.pbx.port import PbxRefused
from ari_bridge.screens.document import Document
from ari_bridge.screens.tokens import Ticket
from ari_bridge.screens.wording import stop_failed
from ari_bridge.web.desk import Desk
from consent.errors import OuidireError

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class PhoneStats:
    """Counts since the start: cards fetched and Stop pressed, by family; stops that failed; dead or wrong tokens."""

    fetched: Mapping[str, int]
    stopped: Mapping[str, int]
    stop_failed: int
    not_found: int


class PhoneViews:
    """The views below `/phone`. `stop` is told the id of the call that an agent objects to."""

    def __init__(self, desk: Desk, stop: Callable[[str], Awaitable[None]]) -> None:
        self._desk = desk
        self._stop = stop
        self._fetched: Counter[str] = Counter()
        self._stopped: Counter[str] = Counter()
        self._stop_failed = 0
        self._not_found = 0

    def routes(self) -> list[web.RouteDef]:
        """Stop answers to GET too, since phones know nothing else; never to HEAD, which only looks."""
        return [
            web.get("/phone/{family}/{token}", self.card),
            web.get("/phone/{family}/{token}/stop", self.stop, allow_head=False),
            web.post("/phone/{family}/{token}/stop", self.stop),
        ]

    async def card(self, request: web.Request) -> web.Response:
        """The card as it stands now; "call ended" for 60 s after hang-up; 404 for all else, whatever the cause."""
        ticket = self._ticket(request)
        self._fetched[ticket.family] += 1
        return _response(self._desk.page(ticket))

    async def stop(self, request: web.Request) -> web.Response:
        """Object for the agent, then the card as it stands; where the PBX did not take it, a card that says so."""
        ticket = self._ticket(request)
        if ticket.ended:
            return _response(self._desk.page(ticket))
        self._stopped[ticket.family] += 1
        try:
            await self._stop(ticket.call_id)
        except (PbxRefused, TimeoutError, OSError, OuidireError) as error:
            self._stop_failed += 1
            _log.warning("stop.failed", call_id=ticket.call_id, error=str(error))
            return _response(self._desk.draw(ticket, stop_failed(ticket.language)))
        return _response(self._desk.page(ticket))

    def stats(self) -> PhoneStats:
        """What was fetched so far."""
        return PhoneStats(dict(self._fetched), dict(self._stopped), self._stop_failed, self._not_found)

    def _ticket(self, request: web.Request) -> Ticket:
        ticket = self._desk.find(request.match_info["family"], request.match_info["token"])
        if ticket is None:
            self._not_found += 1
            raise web.HTTPNotFound
        return ticket


def _response(document: Document) -> web.Response:
    return web.Response(body=document.body, headers={"Content-Type": document.content_type, **document.headers})
