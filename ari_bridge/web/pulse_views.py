"""The pages of the survey of staff: to answer with the code of a slip, and to close it with the works council's code.

Codes and answers travel in the body of a POST, never in an address. No cookie, no script, no log line: a line of an
answer would have a clock.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Final

import structlog
from aiohttp import web

from ari_bridge.web.pages import draw, words_of
from ari_bridge.web.rights_views import html, is_of_another_site, language_of
from consent.errors import DatabaseUnavailable
from consent.pulse import MARKS, MAX_TEXT, QUESTIONS, Pulse, Refusal, Reply, Results, Survey, as_text
from consent.wording import LANGUAGES

MAX_FORM_BYTES: Final = 16_384
"""A text of MAX_TEXT signs has twelve bytes a sign at most when a browser sends it."""
_STATUS: Final = {"unknown_code": 404, "unknown_council_code": 404, "none_open": 409, "too_early": 409, "not_read": 400}
_EMPTY: Final[dict[str, Any]] = {"code": "", "text": "", **dict.fromkeys(QUESTIONS, 0)}

_log = structlog.get_logger(__name__)


class PulseViews:
    """The views below `/pulse`."""

    def __init__(self, pulse: Pulse) -> None:
        self._pulse = pulse
        self._at_the_file = asyncio.Lock()
        """One of us at a time: whoever tries a thousand codes a second waits in this row, and no call behind them."""

    def routes(self) -> list[web.RouteDef]:
        """Looking is a GET; what carries a code is a POST."""
        return [
            web.get("/pulse", self.form),
            web.post("/pulse", self.answer),
            web.get("/pulse/close", self.close_form),
            web.post("/pulse/close", self.close),
        ]

    async def form(self, request: web.Request) -> web.Response:
        """The questions while a survey is open, and the sums of the last one that was closed."""
        return await self._page(language_of(request), "", _EMPTY)

    async def answer(self, request: web.Request) -> web.Response:
        """One answer; after a slip of a finger the page still holds all that was typed."""
        fields = await _fields(request)
        language, typed = _language(request, fields), _typed(fields)
        try:
            reply = Reply(tuple(typed[question] for question in QUESTIONS), typed["text"])
            async with self._at_the_file:
                refusal = await self._pulse.answer(typed["code"], reply)
        except ValueError:
            return await self._page(language, "not_read", typed | {"text": typed["text"][:MAX_TEXT]})
        except DatabaseUnavailable as error:
            return self._trouble(language, error)
        if refusal is not None:
            return await self._page(language, refusal, typed)
        return html(draw("pulse_done", language, results=None))

    async def close_form(self, request: web.Request) -> web.Response:
        """Where the works council's code is entered."""
        return await self._close_page(language_of(request), "")

    async def close(self, request: web.Request) -> web.Response:
        """Close it, and show the results with the texts to who had the code."""
        fields = await _fields(request)
        language = _language(request, fields)
        if fields.get("sure") != "yes":
            return await self._close_page(language, "not_sure")
        try:
            async with self._at_the_file:
                results = await self._pulse.close(fields.get("code", ""))
        except DatabaseUnavailable as error:
            return self._trouble(language, error)
        if results is Refusal.UNKNOWN_CODE:
            return await self._close_page(language, "unknown_council_code")
        if isinstance(results, Refusal):
            return await self._close_page(language, results)
        return html(draw("pulse_done", language, **_told(results, results.texts)))

    async def _page(self, language: str, problem: str, typed: Mapping[str, Any]) -> web.Response:
        try:
            async with self._at_the_file:
                survey, closed = await self._pulse.standing(), await self._pulse.results()
        except DatabaseUnavailable as error:
            return self._trouble(language, error)
        values = _told(closed[0] if closed else None, None)
        values |= {"survey": survey, "problem": _sentence(language, problem, survey), "typed": typed}
        values |= {"marks": (0, *MARKS), "most": MAX_TEXT}
        return html(draw("pulse", language, **values), _STATUS.get(problem, 200))

    async def _close_page(self, language: str, problem: str) -> web.Response:
        try:
            async with self._at_the_file:
                survey = await self._pulse.standing()
        except DatabaseUnavailable as error:
            return self._trouble(language, error)
        values = {"survey": survey, "problem": _sentence(language, problem, survey)}
        return html(draw("pulse_close", language, **values), _STATUS.get(problem, 400 if problem else 200))

    def _trouble(self, language: str, error: DatabaseUnavailable) -> web.Response:
        _log.error("pulse.failed", error=str(error))
        problem = words_of(language)["trouble"]
        return html(draw("pulse_close", language, survey=None, problem=problem), 503)


def _told(results: Results | None, texts: tuple[str, ...] | None) -> dict[str, Any]:
    return {"results": results, "texts": texts, "questions": QUESTIONS}


def _sentence(language: str, problem: str, survey: Survey | None) -> str:
    if not problem:
        return ""
    name = problem if problem == "not_sure" else f"pulse_{problem}"
    return words_of(language)[name].format(earliest=survey.closes_from if survey else "")


async def _fields(request: web.Request) -> dict[str, str]:
    """The fields of a form, none of one that cannot be read. A form of another site is refused."""
    if is_of_another_site(request):
        raise web.HTTPForbidden
    try:
        fields = await request.clone(client_max_size=MAX_FORM_BYTES).post()
    except (ValueError, LookupError):  # no text, or in a character set that nobody knows
        return {}
    return {name: value for name, value in fields.items() if isinstance(value, str)}


def _language(request: web.Request, fields: Mapping[str, str]) -> str:
    chosen = fields.get("lang", "")
    return chosen if chosen in LANGUAGES else language_of(request)


def _typed(fields: Mapping[str, str]) -> dict[str, Any]:
    """What somebody entered, to be shown again if it is refused: a mark that there is not is no answer."""
    marks = {question: _mark(fields.get(question, "")) for question in QUESTIONS}
    return {"code": fields.get("code", "")[:40], "text": as_text(fields.get("text", "")), **marks}


def _mark(text: str) -> int:
    return int(text) if text in {str(mark) for mark in MARKS} else 0
