"""What a desk phone fetches: its card; and what its keys do: the objection, the contest, the hiding of cues."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

import structlog
from aiohttp import web

from ari_bridge.calls.cue_file import Choice
from ari_bridge.calls.screen_tally import ScreenTally
from ari_bridge.calls.tally import MANY_CALLS, SEVERAL_AGENTS
from ari_bridge.pbx.port import PbxRefused
from ari_bridge.screens.document import Document
from ari_bridge.screens.families import CODES
from ari_bridge.screens.tokens import Ticket
from ari_bridge.screens.wording import stop_failed
from ari_bridge.web.desk import TRACE, Desk
from ari_bridge.web.patience import Patience
from consent.errors import OuidireError

_log = structlog.get_logger(__name__)


async def _anybody(endpoint: str, address: str) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class PhoneStats:
    """Counts since the start: cards fetched and keys pressed, by family; stops that failed; dead or wrong tokens, and
    right ones from another address than the phone's.

    Which key it was is not counted by family: where one agent has a phone of a family, it would be that agent's.
    """

    fetched: Mapping[str, int]
    pressed: Mapping[str, int]
    stop_failed: int
    not_found: int


class PhoneViews:
    """The views below `/phone`. `stop` is told the id of the call that an agent objects to; `contest` that of the call
    whose score an agent contests, and says whether there was one; `is_phone_of` says whether a phone of an endpoint is
    at an address; `tally` counts what was fetched and pressed.
    """

    def __init__(
        self,
        desk: Desk,
        stop: Callable[[str], Awaitable[None]],
        contest: Callable[[str], bool],
        is_phone_of: Callable[[str, str], Awaitable[bool]] = _anybody,
        tally: ScreenTally | None = None,
    ) -> None:
        self._desk = desk
        self._stop = stop
        self._contest = contest
        self._is_phone_of = is_phone_of
        self._patience = Patience()
        self._tally = tally or ScreenTally(MANY_CALLS, SEVERAL_AGENTS)
        self._stop_failed = 0

    def routes(self) -> list[web.RouteDef]:
        """Keys answer to GET too, since phones know nothing else; never to HEAD, which only looks."""
        keys = {"stop": self.stop, "contest": self.ask, "contest/confirm": self.contest, "hide": self.hide}
        keys |= {"details": self.details, "picture": self.picture}
        keys |= {f"hide/{choice}": self.choose for choice in Choice}
        own = "/p/{code}/{token}"
        return [
            web.get(own, self.card),
            web.get(f"{own}/card", self.card),
            web.get(f"{own}/{TRACE}", self.trace),
            *(web.get(f"{own}/{key}", handler, allow_head=False) for key, handler in keys.items()),
            *(web.post(f"{own}/{key}", handler) for key, handler in keys.items()),
        ]

    async def card(self, request: web.Request) -> web.Response:
        """The card as it stands now; "call ended" for 60 s after hang-up; 404 for all else, whatever the cause."""
        ticket = await self._ticket(request)
        self._tally.fetched[ticket.family] += 1
        return _response(self._desk.page(ticket))

    async def stop(self, request: web.Request) -> web.Response:
        """Object for the agent, then the card as it stands; where the PBX did not take it, a card that says so."""
        ticket = await self._ticket(request)
        if ticket.ended:
            return _response(self._desk.page(ticket))
        self._tally.pressed[ticket.family] += 1
        try:
            await self._stop(ticket.call_id)
        except (PbxRefused, TimeoutError, OSError, OuidireError) as error:
            self._stop_failed += 1
            _log.warning("stop.failed", call_id=ticket.call_id, error=str(error))
            return _response(self._desk.draw(ticket, stop_failed(ticket.language)))
        return _response(self._desk.page(ticket))

    async def ask(self, request: web.Request) -> web.Response:
        """The first key: whether the score is wrong. Nothing is done yet; the card where no score is shown."""
        ticket = await self._ticket(request)
        if ticket.ended or not self._desk.has_score(ticket):
            return _response(self._desk.page(ticket))
        self._tally.pressed[ticket.family] += 1
        return _response(self._desk.ask(ticket))

    async def contest(self, request: web.Request) -> web.Response:
        """The second key: the score is hidden and dropped, and the card says so. Without the first key it asks."""
        ticket = await self._ticket(request)
        if ticket.ended:
            return _response(self._desk.page(ticket))
        if not self._desk.is_answered(ticket):
            return await self.ask(request)
        if self._desk.has_score(ticket) and self._contest(ticket.call_id):
            return _response(self._desk.page(ticket))
        return _response(self._desk.too_late(ticket))

    async def details(self, request: web.Request) -> web.Response:
        """What was observed with its error."""
        return _response(self._desk.details(await self._pressed(request)))

    async def picture(self, request: web.Request) -> web.Response:
        """The screen with the picture of the caller's last readings."""
        return _response(self._desk.picture(await self._pressed(request)))

    async def trace(self, request: web.Request) -> web.Response:
        """The picture, which the phone fetches for that screen; 404 where nothing is heard."""
        image = self._desk.trace(await self._ticket(request))
        if image is None:
            raise web.HTTPNotFound
        return web.Response(body=image, content_type="image/png")

    async def _pressed(self, request: web.Request) -> Ticket:
        """The ticket of a phone whose key was pressed in a call."""
        ticket = await self._ticket(request)
        if not ticket.ended:
            self._tally.pressed[ticket.family] += 1
        return ticket

    async def hide(self, request: web.Request) -> web.Response:
        """What the agent may choose for the cues. It is in no log, and this key is never counted as pressed."""
        return _response(self._desk.hide(await self._ticket(request)))

    async def choose(self, request: web.Request) -> web.Response:
        """The agent hides the cues or brings them back. It is in no log, and never counted either."""
        ticket, choice = await self._ticket(request), request.path.rpartition("/")[2]
        return _response(self._desk.choose(ticket, Choice(choice)))

    def stats(self) -> PhoneStats:
        """What was fetched so far."""
        tally = self._tally
        return PhoneStats(dict(tally.fetched), dict(tally.pressed), self._stop_failed, tally.not_found)

    async def _ticket(self, request: web.Request) -> Ticket:
        ticket = self._desk.find(CODES.get(request.match_info["code"], ""), request.match_info["token"])
        if ticket is not None and await self._is_phone_of(ticket.extension, request.remote or ""):
            return ticket
        self._tally.not_found += 1
        if not await self._patience.wait() and request.transport is not None:
            request.transport.abort()
        raise web.HTTPNotFound


def _response(document: Document) -> web.Response:
    return web.Response(body=document.body, headers={"Content-Type": document.content_type, **document.headers})
