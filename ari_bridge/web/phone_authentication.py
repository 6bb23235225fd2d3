"""What Cisco phones with the firmware of Cisco's own call manager ask us before they take a push: whether we sent it.

Source: Cisco Unified IP Phone Services Application Development Notes (OL-20949-01), "HTTP authentication": the phone
passes on the name and password that came with the push, and takes it if the answer is the one word.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from typing import Final

from aiohttp import web

from ari_bridge.screens.http_phone import HttpPhone
from ari_bridge.web.patience import Patience

AUTHORIZED: Final = "AUTHORIZED"
"""With no newline after it, or the phone takes it for a no."""
UNAUTHORIZED: Final = "UN-AUTHORIZED"


class PhoneAuthentication:
    """The view `/phone/authenticate`. Yes to a phone of the settings alone, for the name and password we send to it."""

    def __init__(self, phones: Iterable[HttpPhone]) -> None:
        self._phones = tuple(phone for phone in phones if phone.login is not None)
        self._patience = Patience()

    def routes(self) -> list[web.RouteDef]:
        """None where no phone has a password."""
        return [web.get("/phone/authenticate", self.answer, allow_head=False)] if self._phones else []

    async def answer(self, request: web.Request) -> web.Response:
        """The one word. A wrong question is answered like a wrong token: soon while there are few, late beyond."""
        if self._is_ours(request):
            return web.Response(text=AUTHORIZED)
        if not await self._patience.wait() and request.transport is not None:
            request.transport.abort()
        return web.Response(text=UNAUTHORIZED)

    def _is_ours(self, request: web.Request) -> bool:
        username = request.query.get("UserID", "")
        password = request.query.get("Password", "")
        told = f"{username}:{password}".encode(errors="replace")
        found = False
        for phone in self._phones:  # all of them, so that the time it takes tells nothing
            ours = f"{phone.login.username}:{phone.login.password}".encode() if phone.login else b""
            found |= hmac.compare_digest(told, ours) and phone.is_at(request.remote or "")
        return found
