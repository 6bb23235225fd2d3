"""The HTTP server: the phones' cards, the pages for persons and staff, and whether the service lives and is ready."""

from __future__ import annotations

import ipaddress
import logging
import ssl
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler

from consent.errors import InvalidValue

MOST_AT_ONCE = 32
"""Connections that wait to be taken, and are taken in one turn of the loop, which carries the calls' sound: with the
usual 128, whoever opens a thousand a second holds it up for 60 ms at a time."""
MAX_BODY_BYTES = 1024
"""Nobody has much to send us: a softkey's POST is empty, a form holds a reference."""

_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Server": "ouidire",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

_log = structlog.get_logger(__name__)
_http_log = logging.getLogger("ari_bridge.web.http")
"""aiohttp's own words about requests that it could not read."""


def _without_request(record: logging.LogRecord) -> bool:
    """Name the error alone: aiohttp's traceback quotes the broken request, whose path may hold a token."""
    if record.exc_info and record.exc_info[0] is not None:
        record.msg = f"{record.msg} ({record.exc_info[0].__name__})"
        record.exc_info = None
    return True


_http_log.addFilter(_without_request)


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether calls can be analysed, and a sentence for each thing that it takes; "ok" where nothing is the matter.

    `notes` are sentences on what an admin should know although the service is ready.
    """

    ready: bool
    checks: Mapping[str, str]
    notes: Mapping[str, str] = field(default_factory=dict)


class Views(Protocol):
    """Whatever answers to some addresses."""

    def routes(self) -> list[web.RouteDef]:
        """Which ones, and how."""
        ...


def make_app(views: Iterable[Views], readiness: Callable[[], Readiness]) -> web.Application:
    """The application: the views, `/healthz` (the process answers), `/readyz` (503 while `readiness` says no)."""

    async def healthz(request: web.Request) -> web.Response:
        return web.json_response({"alive": True})

    async def readyz(request: web.Request) -> web.Response:
        state = readiness()
        body = {"ready": state.ready, "checks": dict(state.checks), "notes": dict(state.notes)}
        return web.json_response(body, status=200 if state.ready else 503)

    app = web.Application(middlewares=[_guarded], client_max_size=MAX_BODY_BYTES)
    for one in views:
        app.add_routes(one.routes())
    app.add_routes([web.get("/healthz", healthz), web.get("/readyz", readyz)])
    app.on_response_prepare.append(_add_headers)
    return app


async def open_site(app: web.Application, host: str, port: int, tls: ssl.SSLContext | None) -> web.AppRunner:
    """Listen; `runner.addresses` says where, `await runner.cleanup()` ends it. No access log: paths hold the tokens.

    Raises:
        InvalidValue: `host` is not loopback and there is no TLS.
        OSError: the address cannot be had.
    """
    if tls is None and not _is_loopback(host):
        raise InvalidValue(f"listening on {host} needs TLS: only loopback goes without")
    runner = web.AppRunner(app, access_log=None, logger=_http_log)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port, ssl_context=tls, backlog=MOST_AT_ONCE).start()
    except OSError:
        await runner.cleanup()
        raise
    return runner


def server_tls(certificate: Path | None, key: Path | None) -> ssl.SSLContext | None:
    """What a listener speaks with these PEM files; plain HTTP without. Raises OSError where they do not serve."""
    if certificate is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    return context


@web.middleware
async def _guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except web.HTTPException:
        raise
    except Exception as error:  # noqa: BLE001 - the root of a request: logged without its path, which holds the token
        _log.error("request.failed", error=type(error).__name__, exc_info=True)
        raise web.HTTPInternalServerError from None


async def _add_headers(request: web.Request, response: web.StreamResponse) -> None:
    for name, value in _HEADERS.items():
        if name != "Content-Security-Policy" or name not in response.headers:  # a page has a style sheet and forms
            response.headers[name] = value


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
