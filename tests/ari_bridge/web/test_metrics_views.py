"""The page of figures."""

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from ari_bridge.web.app import Readiness, make_app
from ari_bridge.web.metrics_views import MetricsViews


def _app() -> web.Application:
    views = MetricsViews(lambda accept: (f"# {accept}\n".encode(), "application/openmetrics-text; version=1.0.0"))
    return make_app([views], lambda: Readiness(True, {}))


async def test_the_page_is_handed_on_as_it_was_drawn() -> None:
    """Law: what Prometheus accepts reaches who draws the page, and its content type reaches Prometheus, unchanged."""
    headers = {"Accept": "application/openmetrics-text"}
    async with TestClient(TestServer(_app())) as client, client.get("/metrics", headers=headers) as answer:
        assert answer.status == 200
        assert answer.headers["Content-Type"] == "application/openmetrics-text; version=1.0.0"
        assert answer.headers["Cache-Control"] == "no-store"
        assert await answer.text() == "# application/openmetrics-text\n"


async def test_nothing_can_be_sent_to_it() -> None:
    """Law: the page is read; there is nothing to change."""
    async with TestClient(TestServer(_app())) as client, client.post("/metrics") as answer:
        assert answer.status == 405
