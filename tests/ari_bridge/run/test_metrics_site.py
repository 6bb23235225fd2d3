"""The listener of the figures, scraped over a real socket."""

import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families as parsed
from structlog.testing import capture_logs

from ari_bridge.run.metrics_section import MetricsSection
from ari_bridge.run.metrics_site import open_metrics
from ari_bridge.web.app import Readiness
from tests.fakes.watched import READY, families, idle
from tests.lab.ports import take_ports


@pytest.fixture
def port() -> int:
    """A TCP port that nobody listens on."""
    block = take_ports()
    block.release()
    return block.spare[7]


@asynccontextmanager
async def listening(port: int, readiness: Readiness = READY) -> AsyncIterator[aiohttp.ClientSession]:
    """A client of the listener."""
    close: Callable[[], Awaitable[None]] = await open_metrics(MetricsSection(port=port), idle(readiness))
    try:
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as http:
            yield http
    finally:
        await close()


async def test_a_scrape_finds_every_figure(port: int) -> None:
    """Law: what the collector has is what Prometheus reads, with the process' own figures."""
    async with listening(port) as http, http.get("/metrics") as answer:
        assert answer.status == 200
        assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
        found = {f"{one.name}_total" if one.type == "counter" else one.name for one in parsed(await answer.text())}
    assert set(families()) <= found
    assert "process_cpu_seconds_total" in found


@pytest.mark.parametrize("is_ready", [True, False])
async def test_whoever_watches_needs_one_address_alone(port: int, is_ready: bool) -> None:
    """Law: whether it lives and is ready is told there too, with the reasons; a full engine is told, and is ready."""
    checks = {**READY.checks, "pbx": "ok" if is_ready else "the PBX was not reached yet"}
    readiness = Readiness(is_ready, checks, {"engine": "new calls are not analysed: 100 calls"})
    async with listening(port, readiness) as http:
        async with http.get("/healthz") as answer:
            assert answer.status == 200
        async with http.get("/readyz") as answer:
            assert answer.status == (200 if is_ready else 503)
            assert await answer.json() == {"ready": is_ready, "checks": checks, "notes": readiness.notes}


async def test_nobody_listens_at_port_0() -> None:
    """Law: switched off is off."""
    with capture_logs() as logged:
        close = await open_metrics(MetricsSection(port=0), idle())
        await close()
    assert logged == []


async def test_an_address_that_is_taken_stops_no_call(port: int) -> None:
    """Law: the service goes on without its figures, and the log names the address."""
    with socket.socket() as taken, capture_logs() as logged:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        close = await open_metrics(MetricsSection(port=port), idle())
        await close()
    assert [line["event"] for line in logged] == ["metrics.not_served"]
    assert str(port) in logged[0]["address"]


async def test_a_certificate_that_cannot_be_read_stops_no_call(port: int, tmp_path: Path) -> None:
    """Law: nothing is served in clear instead."""
    lost = tmp_path / "lost.pem"
    with capture_logs() as logged:
        await open_metrics(MetricsSection(port=port, tls_cert=lost, tls_key=lost), idle())
    assert [line["event"] for line in logged] == ["metrics.not_served"]
    with socket.socket() as free:
        free.bind(("127.0.0.1", port))
