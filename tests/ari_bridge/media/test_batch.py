"""Many streams' headers as columns: only what is as plain as can be goes on by itself."""

import struct

import numpy as np
import pytest

from ari_bridge.media.batch import Datagrams, Headers, Lanes, Stretches
from ari_bridge.media.payload import PCMU, SLIN16
from ari_bridge.media.rtp import HEADER_BYTES
from ari_bridge.media.stream import Course
from tests.ari_bridge.media.packets import SAMPLES, datagram, numbered

NAME = np.array([0xCAFE], np.uint64)
COURSE = Course(0, 1000, SAMPLES, 0.98, 0.0, 0.0, 0.0)


def stretches(
    *streams: list[bytes], names: list[int] | None = None, at_s: list[float] | None = None, payload: object = SLIN16
) -> Stretches:
    """What each stream received, in one look."""
    rows = [data for stream in streams for data in stream]
    octets = np.zeros((max(len(rows), 4), 1024), np.uint8)
    for place, data in enumerate(rows):
        octets[place, : len(data)] = np.frombuffer(data, np.uint8)
    firsts = [sum(map(len, streams[:place])) for place in range(len(streams))]
    senders = np.array(names or [int(NAME[0])] * len(rows), np.uint64)[:, None]
    sizes = np.array([len(data) for data in rows], np.int64)
    times = np.array(at_s or [1 + place / 50 for place in range(len(rows))])
    return Headers(octets, payload).stretches(Datagrams(senders, sizes, times), firsts)  # type: ignore[arg-type]


def plain(*data: bytes, **more: object) -> bool:
    """Whether this stream's packets simply follow each other."""
    return bool(stretches(list(data), **more).is_plain[0])  # type: ignore[arg-type]


def test_what_follows_is_plain() -> None:
    """Law: version 2, the one payload type, numbers that go on, one length: over a wrap of both numbers too."""
    assert plain(*(datagram(number) for number in range(5)))
    assert plain(*(datagram(65_534 + n, timestamp=(2**32 - SAMPLES + n * SAMPLES) % 2**32) for n in range(4)))
    assert plain(datagram(9))
    assert plain(*(numbered(number, PCMU) for number in range(3)), payload=PCMU)
    marked = bytearray(datagram(9))
    marked[1] |= 0x80
    assert plain(bytes(marked)), "a marker changes nothing"


@pytest.mark.parametrize(
    "data",
    [
        [datagram(0), datagram(2)],
        [datagram(1), datagram(0)],
        [datagram(0), datagram(0)],
        [datagram(0), datagram(1, timestamp=SAMPLES + 1)],
        [datagram(0), datagram(1, samples=SAMPLES - 1)],
        [datagram(0), datagram(1, ssrc=8)],
        [datagram(0), datagram(1, payload_type=0)],
        [datagram(0, payload_type=13)],
        [datagram(0) + b"x"],
        [datagram(0, samples=0)],
        [datagram(0)[:11]],
        [b""],
        [b"\xa0" + datagram(0)[1:]],
        [b"\x90" + datagram(0)[1:]],
        [b"\x81" + datagram(0)[1:]],
        [b"\x40" + datagram(0)[1:]],
    ],
)
def test_what_does_not_simply_follow_is_not_plain(data: list[bytes]) -> None:
    """Law: a gap, a repetition, another length, source or type, padding, extension, sources: packet by packet."""
    assert not plain(*data)


def test_a_second_sender_is_not_plain() -> None:
    """Law: two senders at one port are never one voice, however well their numbers fit."""
    assert not plain(datagram(0), datagram(1), names=[1, 2])


def test_streams_do_not_touch_each_other() -> None:
    """Law: what one stream received says nothing of its neighbours in the same look."""
    found = stretches([datagram(5), datagram(6)], [datagram(0), datagram(9)], [datagram(7)])
    assert found.is_plain.tolist() == [True, False, True]
    assert (found.firsts.tolist(), found.stops.tolist()) == ([0, 2, 4], [2, 4, 5])
    assert found.sequences.tolist() == [5, 0, 7]


def test_unevenness_is_that_of_the_arrivals() -> None:
    """Law: packets 20 ms apart by their timestamps that came 50 and 20 ms apart are 15 ms uneven on average."""
    found = stretches([datagram(0), datagram(1), datagram(2)], [datagram(0)], at_s=[1.0, 1.05, 1.07, 9.0])
    assert found.uneven_s == pytest.approx([0.015, 0.0])
    assert (found.first_at_s.tolist(), found.last_at_s.tolist()) == ([1.0, 9.0], [1.07, 9.0])


def test_what_is_expected_goes_on() -> None:
    """Law: a plain stretch that begins with the expected packet goes on where the stream ended; so does the next."""
    lanes = Lanes(SLIN16)
    lane = lanes.open()
    lanes.start(lane, NAME, (7, 5, 5 * SAMPLES), COURSE)
    first = lanes.go_on([lane], stretches([datagram(5), datagram(6)]), 1.1)
    assert (first.places, first.start_samples, first.spoken_s) == ([0], [1000], [pytest.approx(0.98)])
    again = lanes.go_on([lane], stretches([datagram(7)], at_s=[1.04]), 1.1)
    assert again.start_samples == [1000 + 2 * SAMPLES]
    course = lanes.course(lane)
    assert course is not None
    assert course[:3] == (3, 1000 + 3 * SAMPLES, SAMPLES)
    assert course[3:] == pytest.approx((1.04, 0.0, 0.06, 0.1))
    assert lanes.course(lane) == course._replace(packets=0), "each packet is counted once"


@pytest.mark.parametrize(
    ("data", "name"),
    [(datagram(6), NAME), (datagram(5, timestamp=1), NAME), (datagram(5, ssrc=8), NAME), (datagram(5), NAME + 1)],
)
def test_nothing_else_goes_on(data: bytes, name: np.ndarray) -> None:
    """Law: another number, time, SSRC or sender is for the stream to judge; the lane stands where it stood."""
    lanes = Lanes(SLIN16)
    lane = lanes.open()
    lanes.start(lane, NAME, (7, 5, 5 * SAMPLES), COURSE)
    assert lanes.go_on([lane], stretches([data], names=[int(name[0])]), 1.1).places == []
    assert lanes.course(lane) == COURSE


def test_each_lane_is_its_own_streams() -> None:
    """Law: of many streams exactly those that fit go on, wherever their lanes lie, and each by its own state."""
    lanes = Lanes(SLIN16)
    opened = [lanes.open() for _ in range(200)]
    assert len(set(opened)) == 200
    for number, lane in enumerate(opened):
        lanes.start(lane, NAME, (7, number, number * SAMPLES), COURSE._replace(end_sample=number))
    chosen = [150, 3, 77]
    found = stretches([datagram(150)], [datagram(4)], [datagram(77)])
    gone_on = lanes.go_on([opened[number] for number in chosen], found, 1.1)
    assert (gone_on.places, gone_on.start_samples) == ([0, 2], [150, 77])


def test_nothing_goes_on_in_a_lane_that_was_stopped_or_closed() -> None:
    """Law: after `stop`, and in a lane that is new or closed, nothing goes on by itself."""
    lanes = Lanes(SLIN16)
    lane = lanes.open()
    found = stretches([datagram(5)])
    assert lanes.stop(lane) is None
    assert lanes.go_on([lane], found, 1.1).places == []
    lanes.start(lane, NAME, (7, 5, 5 * SAMPLES), COURSE)
    assert lanes.stop(lane) == COURSE
    assert lanes.go_on([lane], found, 1.1).places == []
    lanes.start(lane, NAME, (7, 5, 5 * SAMPLES), COURSE)
    lanes.close(lane)
    assert lanes.open() == lane
    assert lanes.go_on([lane], found, 1.1).places == []


def test_the_header_has_the_fields_of_the_standard() -> None:
    """Law: the columns are read where RFC 3550 puts them."""
    found = stretches([struct.pack(">BBHII", 0x80, 118, 0x0102, 0x03040506, 0x0708090A) + bytes(640)])
    assert (found.sequences[0], found.timestamps[0], found.ssrcs[0]) == (0x0102, 0x03040506, 0x0708090A)
    assert found.sizes[0] - HEADER_BYTES == 640
