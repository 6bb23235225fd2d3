"""One port for all legs, on real sockets: who is heard, as whom, and until when."""

import asyncio
import contextlib
import socket
import struct
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from uuid import uuid4

import numpy as np
import pytest
import pytest_asyncio

from analysis.resample import UnsupportedRate
from ari_bridge.media import tcp_receiver
from ari_bridge.media.ear import Ear, Sound
from ari_bridge.media.ports import NoFreePort
from ari_bridge.media.tcp_receiver import AudioSocketPlace

FRAME = 320


def written(kind: int, payload: bytes) -> bytes:
    return struct.pack(">BH", kind, len(payload)) + payload


def sound(*values: int) -> bytes:
    """20 ms for each value."""
    return b"".join(written(0x12, struct.pack("<h", value) * FRAME) for value in values)


def name_of(ear: Ear) -> bytes:
    """The frame that says the ear's UUID, as the PBX makes it of the target."""
    assert ear.target.startswith("u")
    return written(0x01, bytes.fromhex(ear.target[1:]))


@dataclass(slots=True)
class Heard:
    """What an ear handed on."""

    sounds: list[Sound] = field(default_factory=list)

    def __call__(self, came: Sequence[Sound]) -> None:
        self.sounds += came

    @property
    def values(self) -> list[int]:
        """The value of each 20 ms."""
        return [int(value) for one in self.sounds for value in one.pcm[::FRAME]]


@dataclass(slots=True)
class Peer:
    """The PBX's end of one connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def send(self, data: bytes) -> None:
        self.writer.write(data)

    async def is_ended(self, within_s: float = 3.0) -> bool:
        """Whether our side ended it in time, whatever it said before."""
        with contextlib.suppress(ConnectionError):
            async with asyncio.timeout(within_s):
                await self.reader.read(-1)
        return True


@pytest_asyncio.fixture
async def place() -> AsyncIterator[AudioSocketPlace]:
    """Any free port."""
    opened = await AudioSocketPlace.listen("127.0.0.1", 0, "127.0.0.1")
    yield opened
    opened.close()


async def dial(place: AudioSocketPlace, first: bytes = b"", host: str = "127.0.0.1") -> Peer:
    reader, writer = await asyncio.open_connection("127.0.0.1", place.port, local_addr=(host, 0))
    peer = Peer(reader, writer)
    peer.send(first)
    return peer


async def until(condition: object, *, tries: int = 300) -> None:
    """Let the loop run until it holds."""
    for _ in range(tries):
        if condition():  # type: ignore[operator]
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not come to hold")


async def test_each_ear_hears_its_own_leg(place: AudioSocketPlace) -> None:
    """Law: sound goes to the ear whose UUID was said first, in order, as native int16, and to no other."""
    one, other = Heard(), Heard()
    ears = [await place.open(one), await place.open(other)]
    peers = [await dial(place, name_of(ear)) for ear in reversed(ears)]
    for number in range(1, 11):
        for peer, sign in zip(peers, (-1, 1), strict=True):
            peer.send(sound(sign * number))
        await asyncio.sleep(0.02)
    await until(lambda: len(one.values) == len(other.values) == 10)
    assert one.values == list(range(1, 11))
    assert other.values == list(range(-1, -11, -1))
    assert {sound.pcm.dtype for sound in one.sounds} == {np.dtype(np.int16)}
    assert len(one.sounds) < 8
    assert ears[0].stats().packets == 10


async def test_the_first_sample_bears_the_time_of_its_packet(place: AudioSocketPlace) -> None:
    """Law: spoken when its packet came, less that packet's length; the batch it is handed on with changes nothing."""
    heard = Heard()
    peer = await dial(place, name_of(await place.open(heard)))
    await asyncio.sleep(0.11)
    before_s = asyncio.get_running_loop().time()
    peer.send(sound(1))
    await until(lambda: heard.sounds)
    assert before_s - 0.02 <= heard.sounds[0].spoken_s < before_s - 0.02 + 0.03


async def test_bytes_in_any_pieces_are_the_same_sound(place: AudioSocketPlace) -> None:
    """Law: TCP cuts where it likes."""
    heard = Heard()
    peer = await dial(place)
    data = name_of(await place.open(heard)) + sound(1, 2, 3)
    for start in range(0, len(data), 211):
        peer.send(data[start : start + 211])
        await asyncio.sleep(0.001)
    await until(lambda: heard.values == [1, 2, 3])


async def test_nothing_is_heard_after_close(place: AudioSocketPlace) -> None:
    """Law: once `close` has returned nothing is handed on, not even what the kernel holds; the PBX is told at once."""
    heard = Heard()
    ear = await place.open(heard)
    peer = await dial(place, name_of(ear) + sound(1))
    await until(lambda: heard.sounds)
    peer.send(sound(2, 3))
    ear.close()
    ear.close()
    assert await peer.is_ended(0.5)
    assert heard.values == [1]
    assert ear.stats().packets == 1
    peer.writer.close()


async def test_an_ear_that_is_closed_before_anybody_came_is_no_ear(place: AudioSocketPlace) -> None:
    """Law: who is late finds nobody: the connection is ended, and counted."""
    heard = Heard()
    ear = await place.open(heard)
    ear.close()
    assert await (await dial(place, name_of(ear) + sound(1))).is_ended(0.5)
    assert heard.sounds == []
    assert place.stats().foreign == 1


async def test_an_ear_may_be_closed_while_it_hands_on(place: AudioSocketPlace) -> None:
    """Law: a withdrawal that comes with the sound ends the connection then and there."""
    heard: list[int] = []

    def hear(sounds: Sequence[Sound]) -> None:
        heard.append(len(sounds))
        ear.close()

    ear = await place.open(hear)
    peer = await dial(place, name_of(ear) + sound(1))
    assert await peer.is_ended(0.5)
    peer.send(sound(2))
    await asyncio.sleep(0.2)
    assert heard == [1]


async def test_a_uuid_is_good_once(place: AudioSocketPlace) -> None:
    """Law: a second connection with the same UUID is ended and counted at its ear, also after the first has gone."""
    heard = Heard()
    ear = await place.open(heard)
    first = await dial(place, name_of(ear) + sound(1))
    await until(lambda: heard.values == [1])
    assert await (await dial(place, name_of(ear) + sound(66))).is_ended(0.5)
    first.send(sound(2))
    await until(lambda: heard.values == [1, 2])
    first.writer.close()
    await asyncio.sleep(0.2)
    assert await (await dial(place, name_of(ear) + sound(66))).is_ended(0.5)
    assert heard.values == [1, 2]
    assert ear.stats().foreign == 2
    assert place.stats().foreign == 0


@pytest.mark.parametrize(
    "said",
    [written(0x01, uuid4().bytes) + sound(1), sound(1), b"GET / HTTP/1.1\r\n\r\n", written(0x00, b"")],
)
async def test_whoever_says_no_uuid_of_ours_is_turned_away(place: AudioSocketPlace, said: bytes) -> None:
    """Law: no UUID, an unknown one, another protocol: ended at once, counted, heard by nobody."""
    heard = Heard()
    await place.open(heard)
    assert await (await dial(place, said)).is_ended(0.5)
    assert place.stats().foreign == 1
    assert heard.sounds == []


async def test_whoever_says_nothing_is_turned_away(place: AudioSocketPlace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Law: a connection without a UUID lives no longer than it takes to say one, and only so many wait at a time."""
    monkeypatch.setattr(tcp_receiver, "NAMED_WITHIN_S", 0.2)
    monkeypatch.setattr(tcp_receiver, "MAX_WAITING", 3)
    started_s = time.monotonic()
    peers = [await dial(place) for _ in range(3)]
    await asyncio.sleep(0.02)
    assert await (await dial(place)).is_ended(0.1)
    for peer in peers:
        assert await peer.is_ended(1.0)
    assert time.monotonic() - started_s >= 0.2
    assert place.stats().foreign == 4


async def test_other_addresses_are_turned_away(place: AudioSocketPlace) -> None:
    """Law: who does not call from the PBX's address is not listened to, whatever UUID it knows."""
    heard = Heard()
    ear = await place.open(heard)
    assert await (await dial(place, name_of(ear) + sound(1), host="127.0.0.9")).is_ended(0.5)
    assert place.stats().foreign == 1
    peer = await dial(place, name_of(ear) + sound(2))
    await until(lambda: heard.values == [2])
    peer.writer.close()


async def test_a_broken_stream_is_ended_and_hurts_no_other(place: AudioSocketPlace) -> None:
    """Law: bytes that are no frame end their own connection; what was good before them is heard."""
    good, bad = Heard(), Heard()
    ears = [await place.open(good), await place.open(bad)]
    healthy = await dial(place, name_of(ears[0]))
    broken = await dial(place, name_of(ears[1]) + sound(7) + b"\x12\x00\x03abc")
    assert await broken.is_ended(0.5)
    healthy.send(sound(1))
    await until(lambda: good.values == [1])
    assert bad.values == [7]
    assert ears[1].stats().malformed == 1


async def test_an_error_of_one_listener_hurts_no_other(place: AudioSocketPlace) -> None:
    """Law: a fault in what one ear's sound is handed to leaves the other legs heard."""

    def fail(_: Sequence[Sound]) -> None:
        raise RuntimeError("made for the test")

    complaints: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context["exception"]))
    good = Heard()
    peers = [await dial(place, name_of(await place.open(hear))) for hear in (fail, good)]
    for number in range(1, 11):
        for peer in peers:
            peer.send(sound(number))
        await asyncio.sleep(0.02)
    await until(lambda: good.values == list(range(1, 11)))
    assert complaints


async def test_silence_answers_at_the_pace_of_time(place: AudioSocketPlace) -> None:
    """Law: 50 frames a second of nothing but silence, in the kind and size of what came; the stream stays whole."""
    heard = Heard()
    peer = await dial(place, name_of(await place.open(heard)))
    for _ in range(50):
        peer.send(sound(1))
        await asyncio.sleep(0.02)
    answer = await peer.reader.read(1 << 20)
    assert len(answer) % 643 == 0
    assert 40 <= len(answer) // 643 <= 54
    assert {answer[start : start + 643] for start in range(0, len(answer), 643)} == {sound(0)}
    peer.writer.close()


async def test_silence_begins_by_itself(place: AudioSocketPlace) -> None:
    """Law: where both sides would wait for the other to begin, we begin, with the kind that every release takes."""
    peer = await dial(place, name_of(await place.open(Heard())))
    async with asyncio.timeout(1.0):
        answer = await peer.reader.readexactly(323)
    assert answer == written(0x10, bytes(320))
    peer.writer.close()


async def test_a_pbx_that_reads_nothing_costs_no_memory(place: AudioSocketPlace) -> None:
    """Law: silence that is not taken is dropped, never kept for later; we go on hearing."""
    heard = Heard()
    ear = await place.open(heard)
    with socket.socket() as pbx:
        pbx.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
        await asyncio.get_running_loop().run_in_executor(None, pbx.connect, ("127.0.0.1", place.port))
        pbx.send(name_of(ear) + sound(1))
        await until(lambda: heard.values == [1])
        [connection] = place._connections
        connection._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2048)
        for number in range(2, 60):
            pbx.send(sound(number))
            connection._silences -= 8
            await asyncio.sleep(0.03)
            assert len(connection._unsent) < 643
        await until(lambda: heard.values[-1] == 59)
        pbx.setblocking(False)
        taken = b""
        for _ in range(100):
            with contextlib.suppress(BlockingIOError):
                taken += pbx.recv(1 << 16)
            await asyncio.sleep(0.005)
    assert len(taken) < 58 * 8 * 643 / 2
    assert taken[: len(taken) // 643 * 643] == sound(0) * (len(taken) // 643)


async def test_a_stall_of_the_pbx_is_not_heard(place: AudioSocketPlace) -> None:
    """Law: a stream that stood still goes on where the clock is, and what lies between is marked as lost."""
    heard = Heard()
    ear = await place.open(heard)
    peer = await dial(place, name_of(ear))
    for number in range(30):
        peer.send(sound(1))
        await asyncio.sleep(0.5 if number == 14 else 0.02)
    await until(lambda: len(heard.values) == 30)
    ends = [one.start_sample + len(one.pcm) for one in heard.sounds]
    gaps = [after.start_sample - end for end, after in zip(ends, heard.sounds[1:], strict=False)]
    assert sum(gap > 0 for gap in gaps) == 1
    assert 0.4 < max(gaps) / 16_000 < 0.7
    assert ear.stats().lost == round(max(gaps) / FRAME)
    peer.writer.close()


async def test_a_closed_place_hears_nobody() -> None:
    """Law: closing ends every connection and every ear; afterwards nothing can be opened, and the port is free."""
    place = await AudioSocketPlace.listen("127.0.0.1", 0, "localhost")
    heard = Heard()
    peer = await dial(place, name_of(await place.open(heard)))
    await asyncio.sleep(0.02)
    place.close()
    place.close()
    assert await peer.is_ended(0.5)
    with pytest.raises(NoFreePort):
        await place.open(heard)
    again = await AudioSocketPlace.listen("127.0.0.1", place.port, "127.0.0.1")
    again.close()


async def test_a_port_that_cannot_be_had_is_an_error(place: AudioSocketPlace) -> None:
    """Law: another program's port, an address that is not ours and a rate that no line has are said at once."""
    with pytest.raises(OSError, match=r"."):
        await AudioSocketPlace.listen("127.0.0.1", place.port, "127.0.0.1")
    with pytest.raises(OSError, match=r"."):
        await AudioSocketPlace.listen("192.0.2.1", 0, "127.0.0.1")
    with pytest.raises(UnsupportedRate):
        await AudioSocketPlace.listen("127.0.0.1", 0, "127.0.0.1", 12_000)


async def test_targets_are_random_and_fit_the_gate(place: AudioSocketPlace) -> None:
    """Law: a UUID is never given out twice, and an extension of it has a form that the gate takes."""
    targets = {(await place.open(Heard())).target for _ in range(100)}
    assert len(targets) == 100
    assert all(len(one) == 33 and one[0] == "u" and set(one[1:]) <= set("0123456789abcdef") for one in targets)
