"""A contest from the key on a phone to the sealed record: HTTP server, session, engine and file as `serve` has them."""

from __future__ import annotations

import asyncio
import xml.etree.ElementTree as ElementTree
from collections.abc import AsyncIterator, Sequence

import pytest
from aiohttp.test_utils import TestClient, TestServer
from aiohttp.web import Application, Request

from analysis.emotion.drift import CONTESTED
from analysis.emotion.score import Estimate, ToneScore, Verdict
from analysis.store.weeks import Vote
from ari_bridge.calls.board import Stage
from ari_bridge.pbx.port import ChannelGone
from ari_bridge.screens.push import Pusher
from ari_bridge.screens.tokens import Tokens
from ari_bridge.web.app import Readiness, make_app
from ari_bridge.web.desk import Desk
from ari_bridge.web.phone_views import PhoneViews
from consent.database import Database
from consent.parties import Party
from tests.ari_bridge.calls.bench import Bench, running
from tests.conftest import Callers


class Floor:
    """A bench with a phone server; the agent 1001 has a Yealink."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.tokens = Tokens()
        self.pusher = Pusher(self)
        board = bench.board
        desk = Desk(lambda endpoint: "yealink", "http://127.0.0.1:8480", self.pusher, self.tokens, board.view)
        board.watch(desk.changed)
        views = PhoneViews(desk, self.stop, bench.switchboard.contest)
        app = make_app([views], lambda: Readiness(True, {}))
        self.client: TestClient[Request, Application] = TestClient(TestServer(app))

    async def stop(self, call_id: str) -> None:
        """Nobody stops here."""

    async def notify(self, endpoint: str, event: str, content_type: str, content: Sequence[str]) -> None:
        """As `Phones.notify`."""

    async def text(self, address: str) -> str:
        """What the phone shows at an address."""
        async with self.client.get(address) as answer:
            return ElementTree.fromstring(await answer.read()).findtext("Text") or ""

    def hear(self, end_s: float) -> None:
        """The engine says so of the caller's last two seconds."""
        grant = next(grant for grant, _ in self.bench.pbx.opened if grant.party is Party.CALLER)
        tense: Verdict = ToneScore(end_s - 2.0, end_s, Estimate(0.9, 0.05), Estimate(0.8, 0.1), "steady-1")
        self.bench.switchboard.verdict(grant.admit(tense))


@pytest.fixture
async def floor(callers: Callers, database: Database) -> AsyncIterator[Floor]:
    """At work."""
    async with running(Bench(callers, database)) as bench:
        floor = Floor(bench)
        await floor.client.start_server()
        yield floor
        await floor.client.close()
        await floor.pusher.stop()


async def test_from_the_key_to_the_sealed_record(floor: Floor, monkeypatch: pytest.MonkeyPatch) -> None:
    """Law: a score is contested by two keys of a phone, hidden at once, erased from the file, counted in the model's
    sums and in nobody's; the sealed record of the call holds the other scores, and no word of the contest.
    """
    bench, votes = floor.bench, list[Vote]()
    monkeypatch.setattr(bench.weeks, "count", votes.append)
    await bench.talk()
    await bench.until(lambda: bench.stage() is Stage.GRANTED)
    address = f"/p/y/{floor.tokens.of_call('1.1')[0].token}"
    floor.hear(10.0)
    assert "tense (fairly sure)" in await floor.text(address)
    await floor.text(f"{address}/contest")
    assert "tense (fairly sure)" in await floor.text(address)
    shown = await floor.text(f"{address}/contest/confirm")
    assert "Score contested and erased." in shown
    assert "tense" not in shown
    await bench.until(lambda: bench.rooms.tally.contested == 1)
    assert await bench.scores.of_call("1.1") == []
    floor.hear(9.5)
    assert "tense" not in await floor.text(address)
    floor.hear(20.0)
    assert "tense (fairly sure)" in await floor.text(address)
    async with asyncio.timeout(10):  # a score that the file has not taken when the call ends goes with its grant
        while not await bench.scores.of_call("1.1"):
            await asyncio.sleep(0.005)
    await bench.tell(ChannelGone("1.1"))
    await bench.until(lambda: not bench.switchboard.sessions(), 10)
    _, derived = await bench.sealed()
    assert [one["end_s"] for one in derived["scores"]] == [20.0]
    assert "contest" not in str(derived)
    assert await bench.in_clear() == 0
    assert votes == [Vote(CONTESTED, None, frozenset({"1001"}))]
    assert "Call ended." in await floor.text(f"{address}/contest")
