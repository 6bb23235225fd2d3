"""RTP to one UDP port an ear, on real sockets."""

import asyncio
import random
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ari_bridge.media import udp_receiver
from ari_bridge.media.ear import Sound
from ari_bridge.media.jitter import HELD_PACKETS
from ari_bridge.media.mmsg_receiver import PlainReceiver
from ari_bridge.media.payload import G722, PCMU, SLIN16, PayloadFormat
from ari_bridge.media.stream import MediaStream
from ari_bridge.media.udp_receiver import BATCH_DATAGRAMS, POLL_S, NoFreePort, PortRange, RtpEar, RtpPlace
from tests.ari_bridge.media.packets import SAMPLES, arrival, datagram, numbered

RANGE = range(47100, 47160)
SOON_S = 0.005


@pytest.fixture(params=["recvmmsg", "one by one"])
def place(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> RtpPlace:
    """A place of its own for each test, that looks often; with either way of receiving."""
    if request.param == "one by one":
        monkeypatch.setattr(udp_receiver, "receiver", PlainReceiver)
    return RtpPlace("127.0.0.1", PortRange(RANGE[0], RANGE[-1]), "127.0.0.1", poll_s=SOON_S)


class Pbx:
    """A sender at the PBX's address."""

    def __init__(self, host: str = "127.0.0.1") -> None:
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind((host, 0))

    def send(self, ear: RtpEar, *data: bytes) -> None:
        """To an ear's port."""
        for one in data:
            self.sock.sendto(one, ("127.0.0.1", ear.port))


@pytest.fixture
def pbx() -> Iterator[Pbx]:
    """The PBX."""
    made = Pbx()
    yield made
    made.sock.close()


@pytest.fixture
def stranger() -> Iterator[Pbx]:
    """Somebody else on this machine."""
    made = Pbx("127.0.0.7")
    yield made
    made.sock.close()


async def until(condition: Callable[[], object], *, tries: int = 400) -> None:
    """Let the loop run until it holds."""
    for _ in range(tries):
        if condition():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("it did not come to hold")


async def test_what_the_pbx_sends_is_heard_in_order(place: RtpPlace, pbx: Pbx) -> None:
    """Law: every packet is heard, in order, without a gap, with its samples, and when it was spoken."""
    sounds: list[Sound] = []
    ear = await place.open(sounds.extend)
    before_s = asyncio.get_running_loop().time()
    for first in range(0, 100, 20):
        pbx.send(ear, *(datagram(number, level=number) for number in range(first, first + 20)))
        await asyncio.sleep(2 * SOON_S)
    await until(lambda: ear.stats().packets == 100)
    pcm = np.concatenate([sound.pcm for sound in sounds])
    assert np.array_equal(pcm, np.repeat(np.arange(100), SAMPLES))
    assert sounds[0].start_sample == 0
    assert all(one.start_sample + len(one.pcm) == other.start_sample for one, other in pairwise(sounds))
    assert len(sounds) <= 30, "what came together is one sound"
    assert before_s - 0.021 <= sounds[0].spoken_s <= asyncio.get_running_loop().time() - 0.02
    ear.close()
    assert ear.stats().packets == 100


async def test_each_voice_is_that_of_its_port(place: RtpPlace, pbx: Pbx) -> None:
    """Law: of many ears each hears its own port alone, although one look takes them all."""
    heard: dict[int, list[Sound]] = {number: [] for number in range(30)}
    ears = [await place.open(heard[number].extend) for number in range(30)]
    for turn in range(3):
        for sequence in range(4 * turn, 4 * turn + 4):
            for number, ear in enumerate(ears):
                if number % 3 != 2:  # some are silent
                    pbx.send(ear, datagram(sequence, level=number, ssrc=number))
        await asyncio.sleep(3 * SOON_S)
    await until(lambda: sum(ear.stats().packets for ear in ears) == 20 * 12)
    for number, sounds in heard.items():
        pcm = np.concatenate([np.empty(0, np.int16), *(sound.pcm for sound in sounds)])
        assert set(pcm.tolist()) == ({number} if number % 3 != 2 else set())
        assert len(pcm) == (12 * SAMPLES if number % 3 != 2 else 0)
    for ear in ears:
        ear.close()


async def test_other_addresses_are_counted_and_dropped(place: RtpPlace, pbx: Pbx, stranger: Pbx) -> None:
    """Law: what does not come from the PBX's address is never heard, not even between two packets that are."""
    sounds: list[Sound] = []
    ear = await place.open(sounds.extend)
    stranger.send(ear, datagram(0, level=9))
    await until(lambda: ear.stats().foreign == 1)
    pbx.send(ear, datagram(0, level=1))
    stranger.send(ear, datagram(1, level=9))
    pbx.send(ear, datagram(1, level=1))
    await until(lambda: ear.stats().packets == 2)
    assert (ear.stats().foreign, ear.stats().lost) == (2, 0)
    assert {int(value) for sound in sounds for value in sound.pcm} == {1}
    ear.close()


async def test_nothing_is_heard_after_close(place: RtpPlace, pbx: Pbx) -> None:
    """Law: once `close` has returned nothing is heard, not even what the kernel holds already."""
    sounds: list[Sound] = []
    ear = await place.open(sounds.extend)
    pbx.send(ear, datagram(0))
    ear.close()
    ear.close()
    await asyncio.sleep(0.05)
    assert sounds == []
    assert ear.stats().packets == 0


async def test_an_ear_may_be_closed_while_it_hears(place: RtpPlace, pbx: Pbx) -> None:
    """Law: a withdrawal that comes with a packet closes the port then and there, and those of the same call, which
    hear nothing of the same look any more.
    """
    heard: list[str] = []
    ears: list[RtpEar] = []

    def hear(name: str) -> Callable[[Sequence[Sound]], None]:
        def take(sounds: Sequence[Sound]) -> None:
            heard.append(name)
            for ear in ears[:2]:
                ear.close()

        return take

    ears = [await place.open(hear(name)) for name in ("one", "other", "of another call")]
    for ear in ears:
        pbx.send(ear, datagram(0))
    await until(lambda: len(heard) == 2)
    await asyncio.sleep(0.03)
    assert sorted(heard) in (["of another call", "one"], ["of another call", "other"])
    assert [ear.is_open for ear in ears] == [False, False, True]
    ears[2].close()


async def test_what_one_ear_breaks_no_other_one_feels(place: RtpPlace, pbx: Pbx) -> None:
    """Law: an error in what takes one voice is told, and neither ends the looks nor costs another voice a sample."""
    told: list[str] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context["message"]))
    sounds: list[Sound] = []

    def fail(_: Sequence[Sound]) -> None:
        raise RuntimeError("broken")

    broken, ear = await place.open(fail), await place.open(sounds.extend)
    for number in range(3):
        pbx.send(broken, datagram(number))
        pbx.send(ear, datagram(number))
        await until(lambda number=number: ear.stats().packets == number + 1)  # type: ignore[misc]
    assert told == [f"the ear at port {broken.port} failed"] * 3
    assert sum(len(sound.pcm) for sound in sounds) == 3 * SAMPLES
    broken.close()
    ear.close()


async def test_a_flood_at_one_port_starves_no_other(place: RtpPlace, pbx: Pbx) -> None:
    """Law: of one port at most BATCH_DATAGRAMS are taken in a look, so that all others have their turn in it."""
    taken: list[str] = []
    flooded = await place.open(lambda _: taken.append("flooded"))
    ear = await place.open(lambda _: taken.append("other"))
    pbx.send(flooded, *(datagram(number) for number in range(3 * BATCH_DATAGRAMS)))
    pbx.send(ear, datagram(0))
    await until(lambda: "other" in taken)
    assert taken.index("other") <= 1
    assert flooded.stats().packets <= BATCH_DATAGRAMS
    await until(lambda: flooded.stats().packets == 3 * BATCH_DATAGRAMS)
    flooded.close()
    ear.close()


async def test_a_gap_is_handed_on_in_time(place: RtpPlace, pbx: Pbx) -> None:
    """Law: what waits for a lost packet is handed on although nothing more comes, and the loss is counted."""
    sounds: list[Sound] = []
    ear = await place.open(sounds.extend)
    pbx.send(ear, datagram(0), datagram(2))
    await until(lambda: len(sounds) == 2)
    assert sounds[1].start_sample == 2 * SAMPLES
    assert ear.stats().lost == 1
    assert 100 <= ear.stats().max_lag_ms < 200
    pbx.send(ear, datagram(3))
    await until(lambda: ear.stats().packets == 3)
    assert ear.stats().lag_ms < 50, "the lag is over"
    ear.close()


async def test_the_looks_end_with_the_last_ear(place: RtpPlace, pbx: Pbx) -> None:
    """Law: while nobody is heard nothing is looked at; the next ear is heard like the first."""
    for _ in range(2):
        assert place._timer is None
        sounds: list[Sound] = []
        ear, other = await place.open(sounds.extend), await place.open(sounds.extend)
        ear.close()
        pbx.send(other, datagram(0))
        await until(lambda got=sounds: got)  # type: ignore[misc]
        other.close()
    assert place._timer is None


async def test_sound_waits_for_no_longer_than_a_look(pbx: Pbx) -> None:
    """Law: with the looks as they are in the bridge sound is handed on within 100 ms of its coming."""
    assert POLL_S < 0.1
    place = RtpPlace("127.0.0.1", PortRange(RANGE[0], RANGE[-1]), "127.0.0.1")
    sounds: list[Sound] = []
    ear = await place.open(sounds.extend)
    for number in range(10):
        pbx.send(ear, datagram(number))
        await asyncio.sleep(0.02)
    await until(lambda: ear.stats().packets == 10)
    assert 0 < ear.stats().max_lag_ms <= 100
    assert len(sounds) <= 5
    ear.close()


async def test_a_leap_of_the_machines_clock_is_no_leap_of_the_voice(
    place: RtpPlace, pbx: Pbx, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Law: times come of the kernel's clock of the day, which somebody may set: no sound comes of the far past or of
    the future.
    """
    sounds: list[Sound] = []
    ear = await place.open(sounds.extend)
    real = time.time
    for turn, leap_s in enumerate((3600, -3600)):
        monkeypatch.setattr(time, "time", lambda leap_s=leap_s: real() + leap_s)
        pbx.send(ear, datagram(turn))
        await until(lambda turn=turn: len(sounds) > turn)  # type: ignore[misc]
        now_s = asyncio.get_running_loop().time()
        assert now_s - 10.1 <= sounds[-1].spoken_s <= now_s
    ear.close()


async def test_a_port_of_another_program_is_passed_over(pbx: Pbx) -> None:
    """Law: a port that somebody else has is not shared with them; when none is left it is said."""
    taken = pbx.sock.getsockname()[1]
    with pytest.raises(NoFreePort, match=str(taken)):
        await RtpPlace("127.0.0.1", PortRange(taken, taken), "127.0.0.1").open(lambda _: None)


async def test_no_port_is_given_twice(place: RtpPlace) -> None:
    """Law: a port in use or at rest is not given out, so the range ends."""
    ears = [await place.open(lambda _: None) for _ in RANGE]
    assert len({ear.target for ear in ears}) == len(RANGE)
    for ear in ears:
        ear.close()
    with pytest.raises(NoFreePort):
        await place.open(lambda _: None)


async def test_an_address_that_is_not_ours_is_an_error(place: RtpPlace) -> None:
    """Law: a wrong `host` is said at once, and not taken for a range that is full."""
    wrong = RtpPlace("192.0.2.1", place.ports, "127.0.0.1")
    with pytest.raises(OSError, match=r"."):
        await wrong.open(lambda _: None)


async def test_it_hears_by_ipv6_too() -> None:
    """Law: the family of addresses is the host's."""
    sounds: list[Sound] = []
    ear = await RtpPlace("::1", PortRange(RANGE[0], RANGE[-1]), "::1", poll_s=SOON_S).open(sounds.extend)
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as sender:
        sender.bind(("::1", 0))
        for number in range(9):
            sender.sendto(datagram(number), ("::1", ear.port))
            await asyncio.sleep(SOON_S)
    await until(lambda: ear.stats().packets == 9)
    assert ear.stats().foreign == 0
    ear.close()


Script = list[list[list[bytes]]]
"""For each look, for each ear, what comes."""


def scripts(payload: PayloadFormat) -> st.SearchStrategy[Script]:
    """Three voices in up to eight looks: most of it plain, with losses, repetitions, disorder, strays and rubbish."""

    def script(seed: int, looks: int, trouble: float) -> Script:
        rng, made = random.Random(seed), []
        following = [rng.randrange(65_536) for _ in range(3)]
        for _ in range(looks):
            look = []
            for voice in range(3):
                data = []
                for _ in range(rng.randrange(7)):
                    number = following[voice]
                    following[voice] += 1
                    if rng.random() > trouble:
                        data.append(numbered(number, payload, voice))
                        continue
                    stray = [
                        b"",
                        b"\x80",
                        numbered(number, payload, 9),
                        rng.randbytes(40),
                        datagram(0, payload_type=13),
                    ]
                    again = numbered(number - rng.randrange(4), payload, voice)
                    data += rng.choice([[], [again], [rng.choice(stray)], [numbered(number, payload, voice), again]])
                if rng.random() < trouble:
                    rng.shuffle(data)
                look.append(data)
            made.append(look)
        return made

    return st.builds(script, st.integers(0, 2**32), st.integers(1, 8), st.sampled_from([0.0, 0.05, 0.3]))


@pytest.mark.parametrize("payload", [SLIN16, PCMU, G722], ids=lambda one: one.codec)
async def test_many_at_once_are_heard_as_packet_by_packet(
    payload: PayloadFormat, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Law: whatever comes, one look at all ports gives each voice the samples, the places and the counts that its own
    stream gives when it takes every packet by itself.
    """
    monkeypatch.setattr(udp_receiver, "want_times", lambda _: None)  # all comes at one moment, however slow we are
    monkeypatch.setattr(asyncio.get_running_loop(), "time", lambda: 1.0)
    loop, pbx = asyncio.get_running_loop(), Pbx()
    place = RtpPlace("127.0.0.1", PortRange(RANGE[0], RANGE[-1], rest_s=0), "127.0.0.1", payload, poll_s=1e6)

    def play(script: Script, ears: list[RtpEar], heard: list[list[Sound]]) -> None:
        streams, expected = [MediaStream(payload) for _ in ears], [list[Sound]() for _ in ears]
        for look in script:
            for ear, data in zip(ears, look, strict=True):
                pbx.send(ear, *data)
            place._look(loop, 0)
            for stream, sounds, data in zip(streams, expected, look, strict=True):
                sounds += stream.take([arrival(one) for one in data], 1.0)
        for ear, stream, mine, theirs in zip(ears, streams, heard, expected, strict=True):
            assert laid(mine) == laid(theirs)
            ours, plain = ear.stats(), stream.stats()
            for name in plain.__slots__:
                assert name.endswith("_ms") or getattr(ours, name) == getattr(plain, name), name

    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(scripts(payload))
    def law(script: Script) -> None:
        heard: list[list[Sound]] = [[], [], []]
        ears = [place._opened(socket.AF_INET, loop, one.extend) for one in heard]
        try:
            play(script, ears, heard)
        finally:
            for ear in ears:
                ear.close()

    first = await place.open(lambda _: None)
    law()
    first.close()
    pbx.sock.close()
    monkeypatch.undo()


def laid(sounds: list[Sound]) -> dict[int, int]:
    """The sample at each place."""
    return {
        sound.start_sample + place: int(value) for sound in sounds for place, value in enumerate(sound.pcm.tolist())
    }


async def test_what_waits_stays_bounded(place: RtpPlace, pbx: Pbx) -> None:
    """Law: whatever comes to a port, an ear keeps no more than a few packets, and a place no more than its rows."""
    ear = await place.open(lambda _: None)
    rng = random.Random(1)
    for _ in range(20):
        pbx.send(ear, *(numbered(rng.randrange(65_536), ssrc=rng.randrange(3)) for _ in range(40)))
        await asyncio.sleep(2 * SOON_S)
    assert ear.stream._jitter.held <= HELD_PACKETS
    assert not place._columns.octets.any(), "nothing of a voice is left in the rows"
    ear.close()
    assert not place._waiting
