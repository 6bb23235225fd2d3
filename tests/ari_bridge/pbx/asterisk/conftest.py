"""A whole Asterisk of tests: an ARI and an AMI."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import TypeVar

import pytest

from ari_bridge.pbx.asterisk import link
from ari_bridge.pbx.asterisk.adapter import AsteriskPbx
from ari_bridge.pbx.port import PbxEvent, PbxRefused
from tests import wire
from tests.ari_bridge.pbx.asterisk.ami_server import AmiServer, ami_server
from tests.ari_bridge.pbx.asterisk.ari_server import AriServer, ari_server

E = TypeVar("E")


class Watched:
    """A Pbx whose events are read by a task, as the switchboard does."""

    def __init__(self, pbx: AsteriskPbx) -> None:
        self.pbx = pbx
        self.events: list[PbxEvent] = []
        self.refusal: PbxRefused | None = None

    async def read(self) -> None:
        """Read until it ends."""
        try:
            async for event in self.pbx.events():
                self.events.append(event)
        except PbxRefused as refusal:
            self.refusal = refusal

    def of(self, kind: type[E]) -> list[E]:
        """The events of one kind so far."""
        return [event for event in self.events if isinstance(event, kind)]


async def until(condition: Callable[[], object], limit_s: float = 5) -> None:
    """Let the loop run until it holds."""
    async with asyncio.timeout(limit_s):
        while not condition():
            await asyncio.sleep(0.01)


@pytest.fixture
async def ari() -> AsyncIterator[AriServer]:
    """A running ARI."""
    async with ari_server() as made:
        yield made


@pytest.fixture(params=wire.VERSIONS)
async def ami(request: pytest.FixtureRequest) -> AsyncIterator[AmiServer]:
    """A running AMI that answers as each version does."""
    async with ami_server(request.param) as made:
        yield made


@pytest.fixture
async def watched(ari: AriServer, ami: AmiServer, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Watched]:
    """The adapter between them, with short pauses."""
    monkeypatch.setattr(link, "FIRST_PAUSE_S", 0.05)
    made = Watched(AsteriskPbx(ari.access(), ami.access(), 8))
    task = asyncio.ensure_future(made.read())
    await until(lambda: made.events)
    yield made
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
