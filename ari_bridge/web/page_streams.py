"""Live updates of pages, as server-sent events (HTML Living Standard, section 9.2): each change at once, and a sign of
life between, by which a page notices that it is cut off.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from aiohttp import web

ALIVE_S: Final = 5.0
"""A page that hears nothing for more than twice as long says that it may be old."""
SLOW_S: Final = 5.0
"""A browser that takes no bytes for so long is cut off; it comes back by itself."""
MOST_STREAMS: Final = 500
MOST_OF_ONE: Final = 4
"""Of one page, in several tabs: browsers open six connections to a site, and a key must get through too. Tabs beyond
fetch the page anew every few seconds."""
_HEAD: Final = {"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"}


@dataclass(frozen=True, slots=True)
class Page:
    """One tab of a browser: its secret, its language, and whose page it was when it was opened; "" for nobody's."""

    secret: str = field(repr=False)
    language: str
    endpoint: str


class Streams:
    """All open streams. `state` gives what a page shall show now, as one line of text; None where it is to be told
    nothing any more, after which the stream ends.
    """

    def __init__(self, state: Callable[[Page], str | None]) -> None:
        self._state = state
        self._open: dict[asyncio.Event, Page] = {}
        self._is_closed = False

    def wake(self, endpoint: str) -> None:
        """Something may have changed for the pages of that endpoint: they are sent what is new."""
        for changed, page in self._open.items():
            if page.endpoint == endpoint:
                changed.set()

    def wake_all(self) -> None:
        """Something may have changed for any page."""
        for changed in self._open:
            changed.set()

    def close(self) -> None:
        """End all streams, and open no more."""
        self._is_closed = True
        self.wake_all()

    def __len__(self) -> int:
        return len(self._open)

    async def serve(self, request: web.Request, page: Page) -> web.StreamResponse:
        """The stream of one page, until its browser goes or its state is None. 503 where there are too many."""
        if len(self._open) >= MOST_STREAMS or self._tabs_of(page.secret) >= MOST_OF_ONE or self._is_closed:
            raise web.HTTPServiceUnavailable
        response = web.StreamResponse(headers=_HEAD)
        changed = asyncio.Event()
        self._open[changed] = page
        try:
            await response.prepare(request)
            await self._send_all(response, changed, page)
        except (ConnectionError, TimeoutError):  # the browser is gone, or takes nothing: it asks again if it is there
            response.force_close()
            if request.transport is not None:
                request.transport.abort()
        finally:
            del self._open[changed]
        return response

    def _tabs_of(self, secret: str) -> int:
        return sum(page.secret == secret for page in self._open.values())

    async def _send_all(self, response: web.StreamResponse, changed: asyncio.Event, page: Page) -> None:
        told = ""
        while not self._is_closed and (state := self._state(page)) is not None:
            changed.clear()
            event = "event: alive\ndata: 1\n\n" if state == told else f"event: state\ndata: {state}\n\n"
            told = state
            async with asyncio.timeout(SLOW_S):
                await response.write(event.encode())
            try:
                async with asyncio.timeout(ALIVE_S):
                    await changed.wait()
            except TimeoutError:
                continue
        if not self._is_closed:
            await response.write(b"event: over\ndata: 1\n\n")
