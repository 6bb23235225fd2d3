"""Laws of the HTTP server."""

from __future__ import annotations

import asyncio
import logging
import ssl
from pathlib import Path

import pytest
import structlog
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestClient, TestServer

from ari_bridge.calls.board import Stage
from ari_bridge.web.app import Readiness, make_app, open_site, server_tls
from ari_bridge.web.phone_views import PhoneViews
from consent.errors import InvalidValue
from tests.ari_bridge.web.desk_phones import DeskPhones

READY = Readiness(True, {"pbx": "connected"}, {"engine": "it is full"})
NOT_READY = Readiness(False, {"pbx": "the ARI password is wrong"})


def _app(phones: DeskPhones, readiness: Readiness = READY) -> web.Application:
    async def stop(call_id: str) -> None:
        raise RuntimeError("bug")

    return make_app([PhoneViews(phones.desk, stop, lambda call_id: False)], lambda: readiness)


async def test_health_tells_alive_from_ready() -> None:
    """A service that cannot analyse is alive and not ready, and says why."""
    async with TestClient(TestServer(_app(DeskPhones(), NOT_READY))) as client:
        async with client.get("/healthz") as answer:
            assert (answer.status, await answer.json()) == (200, {"alive": True})
        async with client.get("/readyz") as answer:
            assert answer.status == 503
            assert (await answer.json())["checks"] == NOT_READY.checks
    async with TestClient(TestServer(_app(DeskPhones()))) as client, client.get("/readyz") as answer:
        assert answer.status == 200
        assert (await answer.json())["notes"] == READY.notes


@pytest.mark.parametrize("path", ["/healthz", "/p/y/x", "/nowhere", "/../etc/passwd"])
async def test_every_answer_is_closed_to_caches_and_frames(path: str) -> None:
    """Errors carry the same headers as cards, and none names the server's software."""
    async with TestClient(TestServer(_app(DeskPhones()))) as client, client.get(path) as answer:
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Server"] == "ouidire"


async def test_a_bug_in_a_view_is_a_500_and_names_no_token() -> None:
    """What was not foreseen ends its own request only; neither the answer nor the log holds the secret address."""
    phones = DeskPhones()
    await phones.put(Stage.GRANTED, "1001")
    token = phones.token("1001")
    async with TestClient(TestServer(_app(phones))) as client:
        with structlog.testing.capture_logs() as logs:
            async with client.get(f"/p/y/{token}/stop") as answer:
                assert answer.status == 500
                assert token not in await answer.text()
        assert [entry["event"] for entry in logs] == ["request.failed"]
        assert token not in str(logs)
        async with client.get(f"/p/y/{token}") as answer:
            assert answer.status == 200


async def test_no_log_holds_a_token(caplog: pytest.LogCaptureFixture) -> None:
    """Neither a fetch nor a broken request that carries a token leaves it in a log, at any level."""
    phones = DeskPhones()
    await phones.put(Stage.GRANTED, "1001")
    token = phones.token("1001")
    caplog.set_level(logging.DEBUG)
    runner = await open_site(_app(phones), "127.0.0.1", 0, None)
    host, port = runner.addresses[0][:2]
    async with ClientSession() as session, session.get(f"http://{host}:{port}/p/y/{token}") as answer:
        assert answer.status == 200
    for broken in (f"GET /p/y/{token} HTTP/9.x\r\n\r\n", f"GET /{token} HTTP/1.1\r\nA\x00{token}: b\r\n\r\n"):
        reader, writer = await asyncio.open_connection(host, port)
        writer.write(broken.encode())
        assert b" 400 " in await reader.readline()
        await reader.read()
        writer.close()
    await runner.cleanup()
    assert "BadStatusLine" in caplog.text
    assert token not in caplog.text


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.10", "::", "phones.example"])
async def test_only_loopback_goes_without_tls(host: str) -> None:
    """Cards never cross a network in clear by our doing."""
    with pytest.raises(InvalidValue):
        await open_site(_app(DeskPhones()), host, 0, None)


async def test_a_port_that_is_taken_is_an_error_that_leaves_nothing_open() -> None:
    """Who starts the service learns that the address cannot be had."""
    first = await open_site(_app(DeskPhones()), "127.0.0.1", 0, None)
    with pytest.raises(OSError, match="address already in use"):
        await open_site(_app(DeskPhones()), "127.0.0.1", first.addresses[0][1], None)
    await first.cleanup()


def test_a_certificate_that_is_none_is_refused(tmp_path: Path) -> None:
    """Law: TLS that was asked for is never plain HTTP instead."""
    empty = tmp_path / "empty.pem"
    empty.touch()
    assert server_tls(None, None) is None
    with pytest.raises(ssl.SSLError):
        server_tls(empty, empty)
    with pytest.raises(FileNotFoundError):
        server_tls(tmp_path / "lost.pem", empty)
