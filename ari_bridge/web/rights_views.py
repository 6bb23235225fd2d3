"""The page on which a person exercises rights, with the reference that was said after the yes.

The reference itself is the capability: it travels in the body of a POST, never in an address, so that no log and no
history holds it. There is no session and no cookie, hence nothing that another site could ride on.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Final

import structlog
from aiohttp import web

from ari_bridge.web.pages import CSP, STYLE, draw, draw_copy, spoken_by
from consent.access import Site, export
from consent.errors import DatabaseUnavailable, Held, SealBroken, TooManyTries
from consent.guesses import Guesses
from consent.keyring import Record
from consent.rights import Confirmation, Rights
from consent.wording import LANGUAGES

SOURCE: Final = "web"
_STATUS: Final = {"unknown": 404, "later": 429, "held_problem": 409, "trouble": 503, "not_sure": 400}

_log = structlog.get_logger(__name__)


class RightsViews:
    """The views below `/rights`."""

    def __init__(self, rights: Rights, guesses: Guesses, site: Site) -> None:
        self._rights = rights
        self._guesses = guesses
        self._site = site

    def routes(self) -> list[web.RouteDef]:
        """Looking at the form is a GET; whatever names a call is a POST."""
        return [
            web.get("/rights", self.form),
            web.post("/rights", self.show),
            web.post("/rights/copy.json", self.download),
            web.post("/rights/stop", self.stop),
            web.post("/rights/erase", self.erase),
            web.get("/pages.css", self.style),
        ]

    async def form(self, request: web.Request) -> web.Response:
        """Where a reference is entered."""
        return self._form(language_of(request), "")

    async def style(self, request: web.Request) -> web.Response:
        """The one style sheet."""
        return web.Response(text=STYLE, content_type="text/css")

    async def show(self, request: web.Request) -> web.Response:
        """What is kept, and what can be done."""
        return await self._answer(request, await Entered.of(request), self._show)

    async def download(self, request: web.Request) -> web.Response:
        """The same for machines."""
        return await self._answer(request, await Entered.of(request), self._download)

    async def stop(self, request: web.Request) -> web.Response:
        """The yes is taken back."""
        return await self._answer(request, await Entered.of(request), self._stop)

    async def erase(self, request: web.Request) -> web.Response:
        """All of it is erased; what proves that is handed out once."""
        entered = await Entered.of(request)
        if not entered.is_sure:
            return self._form(entered.language, "not_sure")
        return await self._answer(request, entered, self._erase)

    async def _answer(
        self, request: web.Request, entered: Entered, work: Callable[[Entered, Record], Awaitable[web.Response]]
    ) -> web.Response:
        record = await self._find(request, entered)
        if isinstance(record, str):
            return self._form(entered.language, record)
        try:
            return await work(entered, record)
        except Held:
            return self._form(entered.language, "held_problem")
        except (DatabaseUnavailable, SealBroken) as error:
            _log.error("rights.failed", error=str(error), source=SOURCE)
            return self._form(entered.language, "trouble")

    async def _show(self, entered: Entered, record: Record) -> web.Response:
        copy = await export(self._rights, record, self._site)
        return html(draw_copy(copy, entered.language, reference=entered.reference, site=self._site))

    async def _download(self, _: Entered, record: Record) -> web.Response:
        text = json.dumps(await export(self._rights, record, self._site), indent=2, ensure_ascii=False)
        named = {"Content-Disposition": 'attachment; filename="call.json"'}
        return web.Response(text=text, content_type="application/json", headers=named)

    async def _stop(self, entered: Entered, record: Record) -> web.Response:
        is_done = await self._rights.withdraw(record, SOURCE)
        _log.info("rights.stopped", is_done=is_done, source=SOURCE)
        return self._done(entered.language, "stopped" if is_done else "no_yes", None)

    async def _erase(self, entered: Entered, record: Record) -> web.Response:
        proof = await self._rights.erase(record, SOURCE)
        _log.info("rights.erased", is_to_come=proof.is_to_come, source=SOURCE)
        return self._done(entered.language, "erasing" if proof.is_to_come else "erased", proof)

    async def _find(self, request: web.Request, entered: Entered) -> Record | str:
        """The record, or the problem to tell."""
        try:
            record = await self._guesses.find(entered.reference, f"{SOURCE} {request.remote}")
        except TooManyTries:
            _log.warning("rights.too_many_tries", source=SOURCE)
            return "later"
        except DatabaseUnavailable as error:
            _log.error("rights.failed", error=str(error), source=SOURCE)
            return "trouble"
        return "unknown" if record is None else record

    def _form(self, language: str, problem: str) -> web.Response:
        return html(draw("rights", language, problem=problem, site=self._site), _STATUS.get(problem, 200))

    def _done(self, language: str, done: str, proof: Confirmation | None) -> web.Response:
        return html(draw("done", language, done=done, proof=proof))


class Entered:
    """What came in a form. Nothing of it is in any `repr`."""

    __slots__ = ("is_sure", "language", "reference")

    def __init__(self, reference: str, language: str, is_sure: bool) -> None:
        self.reference = reference
        self.language = language
        self.is_sure = is_sure

    @classmethod
    async def of(cls, request: web.Request) -> Entered:
        """The fields of a request. A form of another site is refused: it could only try references."""
        if is_of_another_site(request):
            raise web.HTTPForbidden
        try:
            fields = await request.post()
        except (ValueError, LookupError):  # no text, or in a character set that nobody knows
            return cls("", language_of(request), is_sure=False)
        texts = {name: value for name, value in fields.items() if isinstance(value, str)}
        language = texts.get("lang", "")
        if language not in LANGUAGES:
            language = language_of(request)
        return cls(texts.get("reference", ""), language, texts.get("sure") == "yes")


def is_of_another_site(request: web.Request) -> bool:
    """Whether a page that is not ours sent this form."""
    return request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none")


def language_of(request: web.Request) -> str:
    """The language that was chosen, else the browser's."""
    chosen = request.query.get("lang", "")
    return chosen if chosen in LANGUAGES else spoken_by(request.headers.get("Accept-Language", ""))


def html(page: str, status: int = 200) -> web.Response:
    """A page of ours."""
    return web.Response(text=page, status=status, content_type="text/html", headers={"Content-Security-Policy": CSP})
