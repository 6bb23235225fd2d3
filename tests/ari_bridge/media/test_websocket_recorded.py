"""What FreeSWITCH's own module sent, replayed to the place on real sockets; and what was broken by hand."""

import asyncio
from collections.abc import AsyncIterator

import numpy as np
import pytest
import pytest_asyncio

from ari_bridge.media.ear import Ear
from ari_bridge.media.websocket_place import WebSocketPlace
from tests.ari_bridge.media import recorded
from tests.ari_bridge.media.websocket_peer import (
    FRAME,
    Heard,
    Peer,
    dial,
    fork,
    sound,
    until,
)


@pytest_asyncio.fixture
async def place() -> AsyncIterator[WebSocketPlace]:
    """Any free port."""
    opened = await WebSocketPlace.listen("127.0.0.1", 0, "127.0.0.1")
    yield opened
    await opened.close()


async def replay(place: WebSocketPlace, ear: Ear, name: str) -> Peer:
    """Send a recorded connection at the pace at which it was recorded."""
    peer, started_s = await dial(place), asyncio.get_running_loop().time()
    for at_s, data in recorded.reads(name, ear.target):
        await asyncio.sleep(max(0.0, started_s + at_s - asyncio.get_running_loop().time()))
        peer.send(data)
    await asyncio.sleep(0.2)
    return peer


@pytest.mark.parametrize("name", ["tone", "hold"])
async def test_a_recorded_connection_is_heard(place: WebSocketPlace, name: str) -> None:
    """Law: FreeSWITCH's own bytes at their own pace are heard sample for sample, each where it was spoken; of a hold
    that FreeSWITCH makes up for afterwards only what is too old by then is missing.
    """
    heard = Heard()
    ear = await place.open(heard)
    await replay(place, ear, name)
    sent = b"".join(data for _, data in recorded.messages(name)).replace(b"\xff" * 640, bytes(640))
    said = np.frombuffer(sent, "<i2")
    assert all(one.pcm.tolist() == said[one.start_sample :][: len(one.pcm)].tolist() for one in heard.sounds)
    stats = ear.stats()
    assert len(heard.values) == stats.packets == len(said) // FRAME - stats.late
    assert stats.lost == 0
    assert stats.late <= (15 if name == "hold" else 0)


@pytest.mark.parametrize("name", recorded.names("broken_"))
async def test_a_broken_recording_hurts_nobody(place: WebSocketPlace, name: str) -> None:
    """Law: what no WebSocket may send there ends its own connection; the next ear hears as before."""
    bad, good = Heard(), Heard()
    peer = await replay(place, await place.open(bad), name)
    assert await peer.is_ended(3.0)
    await fork(place, await place.open(good), sound(3))
    await until(lambda: good.values == [3])


async def test_a_connection_that_ends_within_a_message(place: WebSocketPlace) -> None:
    """Law: what was whole is heard, the rest is not, and nothing is left of the connection."""
    heard = Heard()
    peer = await replay(place, await place.open(heard), "cut")
    peer.writer.close()
    await until(lambda: not place._connections)
    assert len(heard.values) == len(recorded.messages("cut"))
