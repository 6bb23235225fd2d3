"""The pace of a WebSocket: our own delay is none of the PBX's, and half of it is another rate."""

import asyncio
import socket
import struct
import time
from collections.abc import AsyncIterator
from itertools import pairwise

import pytest
import pytest_asyncio
from structlog.testing import capture_logs

from ari_bridge.media.websocket import MalformedSound, WebSocketStream
from ari_bridge.media.websocket_place import WebSocketPlace
from tests.ari_bridge.media.websocket_peer import BINARY, FRAME, Heard, Peer, fork, sound, until, written

SILENCE = bytes(2 * FRAME)


@pytest_asyncio.fixture
async def place() -> AsyncIterator[WebSocketPlace]:
    """Any free port."""
    opened = await WebSocketPlace.listen("127.0.0.1", 0, "127.0.0.1")
    yield opened
    await opened.close()


@pytest.mark.parametrize("turns", [4, 15])
async def test_our_own_delay_is_no_gap(place: WebSocketPlace, turns: int) -> None:
    """Law: however often a turn of our loop takes 70 ms, what the PBX sends on time meanwhile is heard whole and in its
    place: none is taken for lost, and none is dropped as too late.
    """
    heard = Heard()
    ear = await place.open(heard)
    peer = await fork(place, ear)
    sending = asyncio.create_task(asyncio.to_thread(_send_on_time, peer, range(1, 101)))
    await asyncio.sleep(0.3)
    for _ in range(turns):
        time.sleep(0.07)  # noqa: ASYNC251 - it is the delay
        await asyncio.sleep(0)
    await sending
    await until(lambda: len(heard.values) == 100)
    assert heard.values == list(range(1, 101))
    assert all(a.start_sample + len(a.pcm) == b.start_sample for a, b in pairwise(heard.sounds))
    assert (ear.stats().lost, ear.stats().late) == (0, 0)


def _send_on_time(peer: Peer, numbers: range) -> None:
    """20 ms each, from outside of the loop."""
    pbx = peer.writer.get_extra_info("socket").dup()
    began_s = time.monotonic()
    for at, number in enumerate(numbers):
        time.sleep(max(0.0, began_s + 0.02 * at - time.monotonic()))
        pbx.send(sound(number))
    pbx.close()


@pytest.mark.parametrize("linger", [None, struct.pack("ii", 1, 0)], ids=["closed", "reset"])
async def test_the_end_of_a_connection_is_no_fault(place: WebSocketPlace, linger: bytes | None) -> None:
    """Law: sound that a hang-up follows at once is handed on whole, and however the PBX hangs up nothing is logged."""
    heard = Heard()
    peer = await fork(place, await place.open(heard), sound(1))
    await until(lambda: heard.values == [1])
    peer.send(sound(2, 3, 4))
    await asyncio.sleep(0.01)
    if linger is not None:
        peer.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    with capture_logs() as logs:
        peer.writer.transport.abort()
        await asyncio.sleep(0.3)
    assert logs == []
    assert linger or heard.values == [1, 2, 3, 4]


async def test_a_stream_at_half_the_rate_is_ended(place: WebSocketPlace) -> None:
    """Law: samples at 8 kHz, which a changed gate would send, are not told as a voice of 16 kHz for long."""
    heard = Heard()
    ear = await place.open(heard)
    peer = await fork(place, ear)
    for _ in range(150):
        peer.send(written(BINARY, bytes(FRAME)))
        await asyncio.sleep(0.02)
        if peer.reader.at_eof():
            break
    assert await peer.is_ended(0.5)
    assert ear.stats().malformed == 1
    assert len(heard.values) < 75


def at_pace(stream: WebSocketStream, frames: list[int], start_s: float = 10.0) -> None:
    """So many frames in each 80 ms, looked at after each."""
    for number, count in enumerate(frames):
        stream.feed(SILENCE * count, start_s + 0.08 * number)
        stream.take(start_s + 0.08 * number)


def test_half_the_sound_that_time_takes_is_not_at_16_khz() -> None:
    """Law: a flow without a pause at half the pace is refused within three seconds, and nothing of it is kept."""
    stream = WebSocketStream()
    with pytest.raises(MalformedSound, match="half"):
        at_pace(stream, [2] * 37)
    assert stream.waiting_bytes == 0
    assert stream.stats().malformed == 1


@pytest.mark.parametrize("frames", [[4], [3, 5], [4] * 5 + [0] * 5, [4, 0, 0], [4] * 3 + [0] * 9, [1, 7]])
def test_pauses_are_no_lower_rate(frames: list[int]) -> None:
    """Law: a party whose sound stops and goes on, also half of the time, is heard for a minute."""
    stream = WebSocketStream()
    at_pace(stream, [*frames * (750 // len(frames))])
    assert stream.stats().malformed == 0
