"""The page of an agent: paired once by dialling the digits that it shows, then live, with the keys of a desk phone.

The one page that sets a cookie and runs a script. Whoever has the cookie has the page, so it goes to nobody else: to no
script, to no other site, and over TLS alone where there is any. What is done is done by POST, from this page only.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from aiohttp import web

from ari_bridge.calls.own_history import OwnHistory
from ari_bridge.screens.card import Action
from ari_bridge.web import own_calls
from ari_bridge.web.page_cards import PageCards, Shown
from ari_bridge.web.page_keys import PageKeys
from ari_bridge.web.page_streams import Page, Streams
from ari_bridge.web.pages import LIVE_CSP, SCRIPT, draw
from ari_bridge.web.pairing import Pairings
from ari_bridge.web.patience import Patience
from ari_bridge.web.rights_views import is_of_another_site, language_of
from consent.wording import LANGUAGES

KEYS: Final[Mapping[str, Action]] = {action.value: action for action in Action}
_GONE: Final = "gone"
_WAITING: Final = "waiting"
_PAIRED: Final = "paired"


class PageViews:
    """The views below `/desk`. `number` is what staff dial before the digits; `base_url` is where the site is reached,
    which decides whether the cookie travels over TLS alone; `history` the calls that each agent was shown today.
    """

    def __init__(
        self, pairings: Pairings, cards: PageCards, keys: PageKeys, history: OwnHistory, number: str, base_url: str
    ) -> None:
        self._pairings = pairings
        self._history = history
        self._cards = cards
        self._keys = keys
        self._number = number
        self._site = urlsplit(base_url).netloc
        self._is_secure = base_url.startswith("https://")
        self._cookie = "__Host-ouidire-desk" if self._is_secure else "ouidire-desk"
        self._patience = Patience()
        self._streams = Streams(self._state)
        cards.watch(self._streams.wake)
        pairings.watch(self._streams.wake_all)

    def routes(self) -> list[web.RouteDef]:
        """Looking is a GET; whatever does something is a POST."""
        return [
            web.get("/desk", self.page),
            web.get("/desk.js", self.script),
            web.get("/desk/history", self.history),
            web.get("/desk/events", self.events, allow_head=False),
            web.post("/desk/code", self.offer),
            web.post("/desk/key", self.press),
            web.post("/desk/leave", self.leave),
        ]

    def close(self) -> None:
        """End the live updates; before the server is taken down, which would wait for them."""
        self._streams.close()

    async def page(self, request: web.Request) -> web.Response:
        """The call of the agent whose page it is; the digits to dial; or how a page is paired."""
        return _html(await self._drawn(request, language_of(request)))

    async def history(self, request: web.Request) -> web.Response:
        """The calls of today of the agent whose page it is. Which agent that is no address says, the cookie alone."""
        language = language_of(request)
        endpoint = self._pairings.endpoint_of(await self._secret(request))
        if endpoint is None:
            return _to_page({"lang": language})
        calls = own_calls.lines(self._history.of(endpoint), language)
        return _html(draw("desk_history", language, endpoint=endpoint, calls=calls))

    async def script(self, request: web.Request) -> web.Response:
        """The one script."""
        return web.Response(text=SCRIPT, content_type="text/javascript")

    async def events(self, request: web.Request) -> web.StreamResponse:
        """What changes, as it changes."""
        secret = await self._secret(request)
        if not self._is_known(secret):
            raise web.HTTPNotFound
        endpoint = self._pairings.endpoint_of(secret) or ""
        return await self._streams.serve(request, Page(secret, language_of(request), endpoint))

    async def offer(self, request: web.Request) -> web.Response:
        """New digits, unless this browser has a page, or waits for one."""
        fields = await self._fields(request)
        answer = _to_page(fields)
        if not self._is_known(await self._secret(request)):
            secret = self._pairings.offer().secret
            answer.set_cookie(self._cookie, secret, path="/", secure=self._is_secure, httponly=True, samesite="Strict")
        return answer

    async def press(self, request: web.Request) -> web.Response:
        """A key, which counts for the call that the page showed."""
        fields = await self._fields(request)
        endpoint = self._pairings.endpoint_of(await self._secret(request))
        action, number = KEYS.get(fields.get("key", "")), fields.get("call", "")
        if endpoint is not None and action is not None and number.isascii() and number.isdigit():
            await self._keys.press(endpoint, int(number[:18]), action)
        return _to_page(fields)

    async def leave(self, request: web.Request) -> web.Response:
        """Logout: the page is nobody's, and what was kept for it alone is erased."""
        fields = await self._fields(request)
        endpoint = self._pairings.endpoint_of(await self._secret(request))
        if endpoint is not None:
            self._pairings.forget(endpoint)
        answer = _to_page(fields)
        answer.del_cookie(self._cookie, path="/", secure=self._is_secure, httponly=True, samesite="Strict")
        return answer

    async def _drawn(self, request: web.Request, language: str) -> str:
        secret = await self._secret(request)
        if (endpoint := self._pairings.endpoint_of(secret)) is not None:
            shown = self._cards.shown(endpoint, language)
            return draw("desk", language, page=_PAIRED, endpoint=endpoint, shown=shown, told=_told(shown))
        code = self._pairings.code_of(secret)
        if code is not None:
            return draw("desk_pairing", language, page=_WAITING, code=code, number=self._number)
        return draw("desk_pairing", language, page=_GONE, code="", number=self._number)

    def _state(self, page: Page) -> str | None:
        """What a page shows, as its script reads it. Another kind of page than its own: it fetches that one."""
        if (endpoint := self._pairings.endpoint_of(page.secret)) is not None:
            return json.dumps({"page": _PAIRED, **_told(self._cards.shown(endpoint, page.language))})
        if page.endpoint or self._pairings.code_of(page.secret) is None:
            return None
        return json.dumps({"page": _WAITING})

    def _is_known(self, secret: str) -> bool:
        return self._pairings.endpoint_of(secret) is not None or self._pairings.code_of(secret) is not None

    async def _secret(self, request: web.Request) -> str:
        """The secret of a browser; "" for none. Whoever guesses them waits."""
        secret = request.cookies.get(self._cookie, "")
        if secret and not self._is_known(secret):
            if not await self._patience.wait() and request.transport is not None:
                request.transport.abort()
            return ""
        return secret

    async def _fields(self, request: web.Request) -> dict[str, str]:
        """The fields of a form of this page. One of another site is refused, or one that does not say whose it is."""
        site = urlsplit(request.headers.get("Origin", "")).netloc
        if is_of_another_site(request) or not site or site not in (request.host, self._site):
            raise web.HTTPForbidden
        try:
            fields = await request.post()
        except (ValueError, LookupError):  # no text, or in a character set that nobody knows
            return {}
        return {name: value for name, value in fields.items() if isinstance(value, str)}


def _told(shown: Shown) -> dict[str, Any]:
    """A card for the script, which puts texts into places that are there, and never reads any of it as HTML."""
    card = shown.card
    return {
        "call": shown.number,
        "state": card.state.value,
        "consent": card.consent,
        "lines": [{"text": line, "cue": bool(card.cue) and line == card.cue} for line in card.lines],
        "footer": card.footer,
        "keys": [{"key": key.action.value, "label": key.label} for key in card.keys],
    }


def _to_page(fields: Mapping[str, str]) -> web.Response:
    language = fields.get("lang", "")
    kept = f"?lang={language}" if language in LANGUAGES else ""
    return web.Response(status=303, headers={"Location": f"/desk{kept}"})


def _html(page: str) -> web.Response:
    return web.Response(text=page, content_type="text/html", headers={"Content-Security-Policy": LIVE_CSP})
