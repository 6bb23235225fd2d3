"""One port for all WebSockets, on real sockets: who is heard, as whom, and until when."""

import asyncio
import contextlib
import socket
import struct
import time
from collections.abc import AsyncIterator, Sequence

import numpy as np
import pytest
import pytest_asyncio
from structlog.testing import capture_logs

from ari_bridge.media import websocket_place
from ari_bridge.media.ear import Sound
from ari_bridge.media.ports import NoFreePort
from ari_bridge.media.websocket_place import WebSocketPlace
from consent.errors import InvalidValue
from tests.ari_bridge.media.websocket_peer import (
    BINARY,
    CLOSE,
    FRAME,
    PING,
    PONG,
    TEXT,
    Heard,
    dial,
    fork,
    request,
    sound,
    until,
    written,
)


@pytest_asyncio.fixture
async def place() -> AsyncIterator[WebSocketPlace]:
    """Any free port."""
    opened = await WebSocketPlace.listen("127.0.0.1", 0, "127.0.0.1")
    yield opened
    await opened.close()


async def test_each_ear_hears_its_own_leg(place: WebSocketPlace) -> None:
    """Law: sound goes to the ear whose token was shown first, in order, as native int16, and to no other."""
    one, other = Heard(), Heard()
    ears = [await place.open(one), await place.open(other)]
    peers = [await fork(place, ear) for ear in reversed(ears)]
    for number in range(1, 11):
        for peer, sign in zip(peers, (-2, 2), strict=True):
            peer.send(sound(sign * number))
        await asyncio.sleep(0.02)
    await until(lambda: len(one.values) == len(other.values) == 10)
    assert one.values == list(range(2, 22, 2))
    assert other.values == list(range(-2, -22, -2))
    assert {sound.pcm.dtype for sound in one.sounds} == {np.dtype(np.int16)}
    assert len(one.sounds) < 8
    assert ears[0].stats().packets == 10


async def test_the_first_sample_bears_the_time_of_its_message(place: WebSocketPlace) -> None:
    """Law: spoken when its message came, less that message's length; the batch it is handed on with changes nothing."""
    heard = Heard()
    ear = await place.open(heard)
    assert ear.connected_at_s is None
    peer = await fork(place, ear)
    await until(lambda: ear.connected_at_s is not None)
    assert not ear.has_sound
    await asyncio.sleep(0.11)
    before_s = asyncio.get_running_loop().time()
    peer.send(sound(1))
    await until(lambda: heard.sounds)
    assert before_s - 0.02 <= heard.sounds[0].spoken_s < before_s - 0.02 + 0.03
    assert ear.has_sound
    assert ear.connected_at_s is not None
    assert ear.connected_at_s < before_s


async def test_text_and_pings_change_nothing(place: WebSocketPlace) -> None:
    """Law: metadata and any other text is not read, a ping is answered, a message may come in pieces of any size."""
    heard = Heard()
    peer = await fork(place, await place.open(heard), written(TEXT, b'{"call": 1}') + written(PONG, b""))
    half = struct.pack("<h", 5) * (FRAME // 2)
    peer.send(written(PING, b"x") + written(BINARY, half[:301], first=0) + written(0, half[301:]))
    peer.send(written(BINARY, half[:101]) + written(BINARY, half[101:]) + written(TEXT, b"\xc3\xa9"))
    await until(lambda: heard.values == [5])
    assert await peer.reader.readexactly(3) == b"\x8a\x01x"
    assert set(heard.sounds[0].pcm.tolist()) == {5}


async def test_nothing_is_heard_after_close(place: WebSocketPlace) -> None:
    """Law: once `close` has returned nothing is handed on, not even what the kernel holds; the connection ends at once,
    without a close frame, on which the PBX would keep its part attached.
    """
    heard = Heard()
    ear = await place.open(heard)
    peer = await fork(place, ear, sound(1))
    await until(lambda: heard.sounds)
    peer.send(sound(2, 3))
    ear.close()
    ear.close()
    left = b""
    with contextlib.suppress(ConnectionError):
        async with asyncio.timeout(0.5):
            left = await peer.reader.read(-1)
    assert left == b""
    assert heard.values == [1]
    assert ear.stats().packets == 1


async def test_an_ear_that_is_closed_before_anybody_came_is_no_ear(place: WebSocketPlace) -> None:
    """Law: who is late finds nobody: it is refused, and counted."""
    ear = await place.open(Heard())
    ear.close()
    assert await (await dial(place, request(ear.target))).status() == 401
    assert place.stats().foreign == 1


async def test_an_ear_may_be_closed_while_it_hands_on(place: WebSocketPlace) -> None:
    """Law: a withdrawal that comes with the sound ends the connection then and there."""
    heard: list[int] = []

    def hear(sounds: Sequence[Sound]) -> None:
        heard.append(len(sounds))
        ear.close()

    ear = await place.open(hear)
    peer = await fork(place, ear, sound(1))
    assert await peer.is_ended(0.5)
    await asyncio.sleep(0.2)
    assert heard == [1]


async def test_a_token_is_good_once(place: WebSocketPlace) -> None:
    """Law: a second request with the same token is refused and counted at its ear, also after the first has gone."""
    heard = Heard()
    ear = await place.open(heard)
    first = await fork(place, ear, sound(1))
    await until(lambda: heard.values == [1])
    assert await (await dial(place, request(ear.target))).status() == 401
    first.send(sound(2))
    await until(lambda: heard.values == [1, 2])
    first.writer.close()
    await asyncio.sleep(0.2)
    assert await (await dial(place, request(ear.target))).status() == 401
    assert heard.values == [1, 2]
    assert ear.stats().foreign == 2
    assert place.stats().foreign == 0


@pytest.mark.parametrize(
    ("said", "status"),
    [
        (request(None), 401),
        (request("0" * 32), 401),
        (request("0" * 31), 401),
        (request(None, "/"), 404),
        (request("0" * 32, "/fork/x"), 404),
        (b"GET /fork HTTP/1.0\r\n\r\n", 401),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
    ],
)
async def test_whoever_shows_no_token_of_ours_is_turned_away(place: WebSocketPlace, said: bytes, status: int) -> None:
    """Law: no token, an unknown one, another path or protocol: refused before any upgrade, counted, heard by nobody."""
    heard = Heard()
    await place.open(heard)
    peer = await dial(place, said)
    assert await peer.status() == status
    assert await peer.is_ended(0.5)
    await until(lambda: place.stats().foreign == 1)
    assert heard.sounds == []


@pytest.mark.parametrize("said", ["elsewhere", "POST", "plain"])
async def test_a_token_is_not_spent_on_what_is_no_fork(place: WebSocketPlace, said: str) -> None:
    """Law: a request that could not be heard anyway is counted at the token's ear, which goes on waiting."""
    heard = Heard()
    ear = await place.open(heard)
    whole = {
        "elsewhere": request(ear.target, "/forks"),
        "POST": request(ear.target, method="POST"),
        "plain": request(ear.target).replace(b"Upgrade:websocket", b"X:y"),
    }[said]
    assert await (await dial(place, whole)).status() in {400, 404}
    assert ear.stats().foreign == 1
    await fork(place, ear, sound(4))
    await until(lambda: heard.values == [4])


async def test_whoever_says_nothing_is_turned_away(place: WebSocketPlace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Law: a connection without a request lives no longer than one takes, and only so many wait at a time."""
    monkeypatch.setattr(websocket_place, "ASKS_WITHIN_S", 0.2)
    monkeypatch.setattr(websocket_place, "MAX_WAITING", 3)
    started_s = time.monotonic()
    peers = [await dial(place, b"GET /fork HTTP/1.1\r\nX: ") for _ in range(3)]
    await asyncio.sleep(0.02)
    assert await (await dial(place)).is_ended(0.1)
    for peer in peers:
        assert await peer.is_ended(1.0)
    assert time.monotonic() - started_s >= 0.2
    assert place.stats().foreign == 4


async def test_other_addresses_are_turned_away(place: WebSocketPlace) -> None:
    """Law: who does not call from the PBX's address is not listened to, whatever token it knows."""
    heard = Heard()
    ear = await place.open(heard)
    assert await (await dial(place, request(ear.target), host="127.0.0.9")).is_ended(0.5)
    assert place.stats().foreign == 1
    await fork(place, ear, sound(2))
    await until(lambda: heard.values == [2])


@pytest.mark.parametrize(
    "broken",
    [
        written(BINARY, bytes(1 << 16) + b"\x00\x00"),
        written(BINARY, b"\x00" * 640, first=0xC0),
        b"\x82\x7f" + b"\xff" * 8,
        b"\x83\x00",
        written(TEXT, b"\xff\xfe"),
    ],
    ids=["too long", "compressed", "huge", "no such kind", "no text"],
)
async def test_a_broken_stream_is_ended_and_hurts_no_other(place: WebSocketPlace, broken: bytes) -> None:
    """Law: bytes that are no message end their own connection; what was good before them is heard."""
    good, bad = Heard(), Heard()
    healthy = await fork(place, await place.open(good))
    torn = await fork(place, await place.open(bad), sound(7))
    await until(lambda: bad.values == [7])
    torn.send(broken)
    assert await torn.is_ended(1.0)
    healthy.send(sound(1))
    await until(lambda: good.values == [1])
    assert bad.values == [7]


async def test_an_error_of_one_listener_hurts_no_other(place: WebSocketPlace) -> None:
    """Law: a fault in what one ear's sound is handed to leaves the other legs heard."""

    def fail(_: Sequence[Sound]) -> None:
        raise RuntimeError("made for the test")

    complaints: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context["exception"]))
    good = Heard()
    peers = [await fork(place, await place.open(hear)) for hear in (fail, good)]
    for number in range(1, 11):
        for peer in peers:
            peer.send(sound(number))
        await asyncio.sleep(0.02)
    await until(lambda: good.values == list(range(1, 11)))
    assert complaints


async def test_a_peer_that_reads_nothing_holds_nobody_up(place: WebSocketPlace) -> None:
    """Law: pongs that are not taken end the connection that asks for them; no other waits, and nothing is gathered."""
    good = Heard()
    healthy = await fork(place, await place.open(good))
    bad = await place.open(Heard())
    with socket.socket() as pbx:
        pbx.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
        pbx.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(pbx, ("127.0.0.1", place.port))
        await loop.sock_sendall(pbx, request(bad.target))
        with contextlib.suppress(ConnectionError, TimeoutError):
            async with asyncio.timeout(10):
                while True:
                    await loop.sock_sendall(pbx, written(PING, bytes(125)) * 500)
                    await asyncio.sleep(0)
        healthy.send(sound(1))
        await until(lambda: good.values == [1])
        await until(lambda: len(place._connections) == 1)


async def test_a_hold_is_a_gap(place: WebSocketPlace) -> None:
    """Law: where no message comes for a while, what follows stands where the clock says, not heard between."""
    heard = Heard()
    ear = await place.open(heard)
    peer = await fork(place, ear)
    for number in range(30):
        peer.send(sound(1))
        await asyncio.sleep(1.0 if number == 14 else 0.02)
    await until(lambda: len(heard.values) == 30)
    ends = [one.start_sample + len(one.pcm) for one in heard.sounds]
    gaps = [after.start_sample - end for end, after in zip(ends, heard.sounds[1:], strict=False)]
    assert sum(gap > 0 for gap in gaps) == 1
    assert 0.85 < max(gaps) / 16_000 < 1.1
    assert ear.stats().lost == round(max(gaps) / FRAME)


async def test_the_end_of_sound_is_not_kept_waiting(place: WebSocketPlace) -> None:
    """Law: what was watched after a gap is handed on also where nothing follows it."""
    heard = Heard()
    peer = await fork(place, await place.open(heard), sound(1))
    await until(lambda: heard.values == [1])
    await asyncio.sleep(0.5)
    peer.send(sound(2))
    await until(lambda: heard.values == [1, 2], tries=50)


async def test_no_audio_is_an_alarm(place: WebSocketPlace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Law: an ear that is connected and hears nothing is told once, with nothing about the call; others are not."""
    monkeypatch.setattr(websocket_place, "NO_AUDIO_AFTER_S", 0.2)
    mute, gone, good = [await place.open(Heard()) for _ in range(3)]
    with capture_logs() as logs:
        peers = [await fork(place, mute), await fork(place, gone), await fork(place, good, sound(1))]
        gone.close()
        await asyncio.sleep(0.5)
    assert len(peers) == 3
    assert logs == [{"event": "fork.no_audio", "connected_s": 0.2, "log_level": "warning"}]
    assert place.no_audio == 1


async def test_a_close_of_the_pbx_is_answered(place: WebSocketPlace) -> None:
    """Law: the PBX's own close gets its answer at once, so that no hang-up waits for us; what came with it is heard."""
    heard = Heard()
    peer = await fork(place, await place.open(heard), sound(1) + written(CLOSE, b"\x03\xe8"))
    async with asyncio.timeout(0.5):
        assert await peer.reader.read(-1) == b"\x88\x02\x03\xe8"
    await until(lambda: not place._connections)
    assert heard.values == [1]


async def test_a_closed_place_hears_nobody() -> None:
    """Law: closing ends every connection and every ear at once; afterwards nothing can be opened, the port is free."""
    place = await WebSocketPlace.listen("127.0.0.1", 0, "localhost")
    heard = Heard()
    peer = await fork(place, await place.open(heard))
    silent = await dial(place)
    await asyncio.sleep(0.02)
    started_s = time.monotonic()
    await place.close()
    await place.close()
    assert time.monotonic() - started_s < 1.0
    assert await peer.is_ended(0.5)
    assert await silent.is_ended(0.5)
    with pytest.raises(NoFreePort):
        await place.open(heard)
    again = await WebSocketPlace.listen("127.0.0.1", place.port, "127.0.0.1")
    await again.close()


async def test_a_port_that_cannot_be_had_is_an_error(place: WebSocketPlace) -> None:
    """Law: another program's port, an address that is not ours and a rate that is not asked for are said at once."""
    with pytest.raises(OSError, match=r"."):
        await WebSocketPlace.listen("127.0.0.1", place.port, "127.0.0.1")
    with pytest.raises(OSError, match=r"."):
        await WebSocketPlace.listen("192.0.2.1", 0, "127.0.0.1")
    with pytest.raises(InvalidValue):
        await WebSocketPlace.listen("127.0.0.1", 0, "127.0.0.1", 8_000)


async def test_targets_are_random_and_fit_the_gate(place: WebSocketPlace) -> None:
    """Law: a token is never given out twice, and has the form that the gate takes."""
    targets = {(await place.open(Heard())).target for _ in range(100)}
    assert len(targets) == 100
    assert all(len(one) == 32 and set(one) <= set("0123456789abcdef") for one in targets)
