"""Laws of live updates: what changes comes at once, a sign of life between, and no page holds the service up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer
from aiohttp.web import Application, Request

from ari_bridge.web import page_streams
from ari_bridge.web.page_streams import MOST_OF_ONE, Page, Streams


class Site:
    """Streams on a server; `states` by endpoint."""

    def __init__(self) -> None:
        self.states: dict[str, str | None] = {"1001": "a", "1002": "x"}
        self.looks = 0
        self.streams = Streams(self.state)
        app = web.Application()
        app.add_routes([web.get("/{secret}/{endpoint}", self.serve)])
        self.client: TestClient[Request, Application] = TestClient(TestServer(app))

    def state(self, page: Page) -> str | None:
        """What a page shall show."""
        self.looks += 1
        return self.states[page.endpoint]

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """A stream."""
        return await self.streams.serve(
            request, Page(request.match_info["secret"], "en", request.match_info["endpoint"])
        )

    async def open(self, name: str = "s", endpoint: str = "1001") -> ClientResponse:
        """A browser asks for a stream."""
        return await self.client.get(f"/{name}/{endpoint}")


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    """A site without a stream."""
    made = Site()
    async with made.client:
        yield made
        made.streams.close()


async def event(answer: ClientResponse) -> tuple[str, str]:
    """The next event: its name and its data."""
    async with asyncio.timeout(5):
        lines = [(await answer.content.readline()).decode().rstrip("\n") for _ in range(3)]
    assert lines[2] == ""
    return lines[0].removeprefix("event: "), lines[1].removeprefix("data: ")


async def test_each_change_comes_at_once_and_once(site: Site) -> None:
    """Law: a page is told what it shall show when it asks, and then each change."""
    answer = await site.open()
    assert answer.headers["Content-Type"] == "text/event-stream"
    assert await event(answer) == ("state", "a")
    site.states["1001"] = "b"
    site.streams.wake("1001")
    assert await event(answer) == ("state", "b")


async def test_a_change_of_another_wakes_nobody(site: Site) -> None:
    """Law: many calls at once cost each page no more than its own."""
    answer = await site.open()
    assert await event(answer) == ("state", "a")
    looks = site.looks
    for _ in range(100):
        site.streams.wake("1002")
        await asyncio.sleep(0)
    assert site.looks == looks


async def test_a_page_hears_that_the_service_lives(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Law: silence is never taken for calm: where nothing changes there is a sign of life."""
    monkeypatch.setattr(page_streams, "ALIVE_S", 0.05)
    answer = await site.open()
    assert await event(answer) == ("state", "a")
    assert await event(answer) == ("alive", "1")


async def test_a_page_that_is_nobodys_any_more_is_told_nothing(site: Site) -> None:
    """Law: after logout the stream says that it is over, and ends."""
    answer = await site.open()
    await event(answer)
    site.states["1001"] = None
    site.streams.wake_all()
    assert await event(answer) == ("over", "1")
    assert await answer.content.read() == b""
    assert len(site.streams) == 0


async def test_one_page_takes_few_streams(site: Site) -> None:
    """Law: a browser with many tabs leaves room for its keys, and for everybody else's pages."""
    for _ in range(MOST_OF_ONE):
        await event(await site.open())
    assert (await site.open()).status == 503
    assert (await site.open("other", "1002")).status == 200


async def test_all_together_are_limited(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Law: beyond a number of streams a page fetches anew instead; the service is not filled up."""
    monkeypatch.setattr(page_streams, "MOST_STREAMS", 2)
    answers = [await site.open(str(number)) for number in range(3)]
    assert [answer.status for answer in answers] == [200, 200, 503]


async def test_a_browser_that_is_gone_leaves_nothing(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Law: a closed tab's place is free at the next sign of life."""
    monkeypatch.setattr(page_streams, "ALIVE_S", 0.02)
    answer = await site.open()
    await event(answer)
    answer.close()
    async with asyncio.timeout(5):
        while len(site.streams):
            await asyncio.sleep(0.01)


async def test_a_browser_that_takes_nothing_is_cut_off(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Law: who opens streams and reads none of them costs a few seconds of memory, no more."""
    monkeypatch.setattr(page_streams, "ALIVE_S", 0.01)
    monkeypatch.setattr(page_streams, "SLOW_S", 0.1)
    reader, writer = await asyncio.open_connection(site.client.host, site.client.port)
    site.states["1001"] = "x" * 30_000_000
    writer.write(b"GET /s/1001 HTTP/1.1\r\nHost: x\r\n\r\n")
    await writer.drain()
    async with asyncio.timeout(5):
        while not site.looks:
            await asyncio.sleep(0.01)
        while len(site.streams):
            await asyncio.sleep(0.01)
    writer.close()
    del reader


async def test_a_service_that_stops_ends_all_streams(site: Site) -> None:
    """Law: no open page holds a stop of the service up, and none is opened after it."""
    answer = await site.open()
    await event(answer)
    site.streams.close()
    assert await answer.content.read() == b""
    assert (await site.open()).status == 503
