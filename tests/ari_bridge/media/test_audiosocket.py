"""AudioSocket's bytes into frames, and frames into sound with its place in time."""

import struct
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.resample import RATES_HZ, UnsupportedRate
from ari_bridge.media.audiosocket import (
    BY_KIND,
    HEADER_BYTES,
    MAX_AHEAD,
    MAX_PAYLOAD_BYTES,
    RATE_OF_KIND_HZ,
    AudioSocketStream,
    Frame,
    FrameReader,
    MalformedFrame,
)
from ari_bridge.media.ear import Sound
from tests import wire

UUID = bytes.fromhex("0549ec21a18143398ae7f935be7bb040")
FRAME = 320
"""Samples of 20 ms at 16 kHz."""


def written(kind: int, payload: bytes) -> bytes:
    return struct.pack(">BH", kind, len(payload)) + payload


def sound(*values: int, kind: int = 0x12) -> bytes:
    """A frame of 20 ms for each value, all its samples that value."""
    return b"".join(written(kind, struct.pack("<h", value) * FRAME) for value in values)


def outcome(pieces: list[bytes], rate_hz: int = 16_000) -> tuple[list[Frame], str]:
    """The frames that were read, and what was wrong after them ("" where nothing was)."""
    reader, frames = FrameReader(rate_hz), []
    for piece in pieces:
        try:
            for frame in reader.read(piece):
                frames.append(frame)  # noqa: PERF402 - those before a fault count too
        except MalformedFrame as fault:
            return frames, str(fault)
        assert reader.waiting_bytes < HEADER_BYTES + MAX_PAYLOAD_BYTES
    return frames, ""


def split(data: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    return [data[start:end] for start, end in pairwise(places)]


frames = st.one_of(
    st.builds(lambda n: written(0x12, bytes(2 * n)), st.integers(1, 500)),
    st.builds(lambda key: written(0x03, key), st.binary(min_size=1, max_size=1)),
    st.builds(written, st.integers(0, 255), st.binary(max_size=40)),
)


@given(st.booleans(), st.lists(frames, max_size=8), st.binary(max_size=20), st.lists(st.integers(0), max_size=12))
def test_any_split_of_the_bytes_gives_the_same(is_named: bool, sent: list[bytes], rest: bytes, cuts: list[int]) -> None:
    """Law: frames and fault depend on the bytes alone, never on the pieces in which TCP brought them."""
    data = (written(1, UUID) if is_named else b"") + b"".join(sent) + rest
    assert outcome(split(data, cuts)) == outcome([data])


@given(st.lists(st.binary(max_size=400), max_size=30), st.sampled_from([BY_KIND, *sorted(RATES_HZ)]), st.booleans())
def test_no_bytes_raise_anything_else_or_are_kept(pieces: list[bytes], rate_hz: int, is_named: bool) -> None:
    """Law: MalformedFrame alone, again and again; less than one frame is held, and after a fault nothing."""
    reader = FrameReader(rate_hz)
    for piece in [written(1, UUID), *pieces] if is_named else pieces:
        try:
            list(reader.read(piece))
        except MalformedFrame:
            assert reader.waiting_bytes == 0
        assert reader.waiting_bytes < HEADER_BYTES + MAX_PAYLOAD_BYTES


@given(st.binary(max_size=60), st.binary(max_size=2000), st.floats(0, 1e6), st.booleans())
def test_a_stream_survives_any_bytes(first: bytes, second: bytes, now_s: float, drained: bool) -> None:
    """Law: whatever a peer sends, at whatever time, the stream raises MalformedFrame at most."""
    stream = AudioSocketStream()
    for data in (written(1, UUID), first, sound(1), second):
        try:
            stream.feed(data, now_s)
            stream.take(now_s + 0.1, drained=drained)
        except MalformedFrame:
            assert stream.stats().malformed


@pytest.mark.parametrize("name", wire.audiosocket_names("valid_"))
def test_every_valid_form_has_the_same_sound(name: str) -> None:
    """Law: the old mark of the rate, keys, a hang-up and an error change nothing of the sound before them."""
    stream = AudioSocketStream()
    stream.feed(wire.audiosocket(name), 1.0)
    heard = stream.take(1.0)
    assert stream.name == UUID
    assert heard is not None
    assert (heard.start_sample, heard.rate_hz, heard.pcm.dtype) == (0, 16_000, np.dtype(np.int16))
    assert heard.pcm.tolist() == [(i * 97) % 2000 - 1000 for i in range(FRAME)] * 3
    assert stream.is_over is ("hung_up" in name or "error" in name)
    assert stream.stats().packets == 3


@pytest.mark.parametrize("name", wire.audiosocket_names("broken_"))
@pytest.mark.parametrize("rate_hz", [16_000, BY_KIND])
def test_every_broken_file_is_malformed(name: str, rate_hz: int) -> None:
    """Law: what no AudioSocket peer may send is refused with a reason, a torn stream once it has lost its place."""
    _, fault = outcome([wire.audiosocket(name)], rate_hz)
    assert fault


@pytest.mark.parametrize("name", wire.audiosocket_names("cut_"))
def test_a_cut_file_is_waited_for(name: str) -> None:
    """Law: what is not whole yet is no fault, and no sound."""
    found, fault = outcome([wire.audiosocket(name)])
    assert not fault
    assert all(len(frame.payload) in (16, 2 * FRAME) for frame in found)


def test_a_real_fork_is_read() -> None:
    """Law: what Asterisk 22's AudioSocket sends is its UUID, then 20 ms of slin16 at a time, marked as such."""
    found, fault = outcome([wire.audiosocket("fork_22.10.1")])
    assert not fault
    assert [frame.kind for frame in found] == [0x01] + [0x12] * (len(found) - 1)
    assert {len(frame.payload) for frame in found[1:]} == {640}
    assert len(found) > 20


@pytest.mark.parametrize(("kind", "rate_hz"), RATE_OF_KIND_HZ.items())
def test_the_kind_tells_the_rate(kind: int, rate_hz: int) -> None:
    """Law: by kind, each rate that the analysis takes is taken, and every other one refused before a sample is read."""
    stream = AudioSocketStream(BY_KIND)
    stream.feed(written(1, UUID), 0.0)
    if rate_hz not in RATES_HZ:
        with pytest.raises(MalformedFrame, match=str(rate_hz)):
            stream.feed(sound(5, kind=kind), 0.0)
        assert stream.take(0.0) is None
        return
    stream.feed(sound(5, kind=kind), 0.0)
    heard = stream.take(0.0)
    assert heard is not None
    assert heard.rate_hz == rate_hz


def test_the_site_tells_the_rate() -> None:
    """Law: kind 0x10 has the rate that was set, as older releases mark it; a contradiction is refused."""
    for kind, fault in ((0x10, ""), (0x12, ""), (0x13, "24000")):
        assert fault in outcome([written(1, UUID) + sound(1, kind=kind)], 16_000)[1]
    assert "16000" in outcome([written(1, UUID) + sound(1)], 8_000)[1]


@pytest.mark.parametrize("rate_hz", [12_000, 96_000, 192_000, -1])
def test_a_rate_that_no_line_has_is_refused(rate_hz: int) -> None:
    """Law: a rate that the analysis does not take is an error before anything is heard."""
    with pytest.raises(UnsupportedRate):
        FrameReader(rate_hz)


def flowing(stream: AudioSocketStream, start_s: float, count: int) -> list[Sound]:
    """So many frames, each when it is due, taken as they come."""
    heard = []
    for number in range(count):
        at_s = start_s + number * 0.02
        stream.feed(sound(1), at_s)
        if (piece := stream.take(at_s)) is not None:
            heard.append(piece)
    return heard


def named() -> AudioSocketStream:
    stream = AudioSocketStream()
    stream.feed(written(1, UUID), 9.0)
    return stream


def test_sound_that_flows_has_no_gap() -> None:
    """Law: one sample follows the other, and the first was spoken one packet before it came."""
    heard = flowing(named(), 10.0, 50)
    assert [piece.start_sample for piece in heard] == list(range(0, 50 * FRAME, FRAME))
    assert heard[0].spoken_s == pytest.approx(9.98)
    assert heard[49].spoken_s == pytest.approx(9.98 + 49 * 0.02)


@pytest.mark.parametrize("late_s", [0.02, 0.1, 0.19])
def test_what_is_a_little_late_is_no_gap(late_s: float) -> None:
    """Law: jitter up to 200 ms moves no sample."""
    stream = named()
    flowing(stream, 10.0, 10)
    stream.feed(sound(1), 10.2 + late_s)
    piece = stream.take(10.2 + late_s)
    assert piece is not None
    assert piece.start_sample == 10 * FRAME
    assert stream.stats().lost == 0
    assert stream.stats().lag_ms == pytest.approx(1000 * late_s, abs=1)


def test_a_stall_of_ours_loses_nothing() -> None:
    """Law: what waited in the kernel while we stood still is heard as it was spoken, without a gap."""
    stream = named()
    flowing(stream, 10.0, 10)
    stream.feed(sound(*range(2, 52)), 11.18)
    piece = stream.take(11.18)
    assert piece is not None
    assert (piece.start_sample, len(piece.pcm)) == (10 * FRAME, 50 * FRAME)
    assert stream.stats().lost == 0
    assert stream.stats().max_lag_ms == pytest.approx(980, abs=1)


def test_a_stall_of_the_pbx_is_a_gap() -> None:
    """Law: what was not sent was not heard: what follows stands where the clock says, and nothing is filled in."""
    stream = named()
    flowing(stream, 10.0, 10)
    after = flowing(stream, 11.2, 3)
    assert [piece.start_sample for piece in after] == [60 * FRAME, 61 * FRAME, 62 * FRAME]
    assert after[0].spoken_s == pytest.approx(11.18)
    assert stream.stats().lost == 50
    assert stream.stats().lag_ms == pytest.approx(0, abs=1)


def test_a_lost_gap_that_comes_after_all_is_not_heard_twice() -> None:
    """Law: sound whose place was declared not heard is dropped and counted; what is kept is set apart, never joined."""
    stream = named()
    flowing(stream, 10.0, 10)
    stream.feed(sound(*range(100, 125)), 11.18)
    first = stream.take(11.18)
    stream.feed(sound(*range(125, 154)), 11.26)
    second = stream.take(11.26)
    assert first is not None
    assert second is not None
    end = first.start_sample + len(first.pcm)
    assert end == 60 * FRAME
    assert end + FRAME <= second.start_sample
    assert second.start_sample + len(second.pcm) == round((11.26 - 9.98) * 16_000)
    assert second.pcm[-1] == 153
    assert stream.stats().late == 29 - len(second.pcm) // FRAME
    assert stream.stats().packets == 10 + 25 + 3


def test_sounds_come_in_order_and_never_overlap() -> None:
    """Law: whatever the pace, each sound begins where the one before ended, or later; time is never ahead for long."""
    stream, end = named(), 0
    rng = np.random.default_rng(5)
    now_s = 10.0
    for _ in range(400):
        now_s += float(rng.choice([0.0, 0.02, 0.08, 0.5, 3.0]))
        stream.feed(sound(*[1] * int(rng.integers(0, 30))), now_s)
        try:
            piece = stream.take(now_s, drained=bool(rng.integers(0, 4)))
        except MalformedFrame:
            stream, end = named(), 0
            continue
        if piece is not None:
            assert piece.start_sample >= end
            end = piece.start_sample + len(piece.pcm)


def test_an_old_backlog_is_dropped() -> None:
    """Law: while more waits than 2 s, the oldest is no news and is dropped: the lag is bounded."""
    stream = named()
    flowing(stream, 10.0, 10)
    stream.feed(sound(*[1] * 50), 20.0)
    assert stream.take(20.0, drained=False) is None
    assert stream.stats().late == 50
    stream.feed(sound(*[1] * 50), 20.0)
    piece = stream.take(20.0)
    assert piece is not None
    assert piece.start_sample + len(piece.pcm) == round((20.0 - 9.98) * 16_000)


def test_sound_that_outruns_time_is_of_another_rate() -> None:
    """Law: sound marked with a wrong rate is refused soon, since a voice at another speed would be misheard."""
    stream = AudioSocketStream(BY_KIND)
    stream.feed(written(1, UUID), 9.0)

    def hear(number: int) -> None:
        at_s = 10 + 0.08 * number
        stream.feed(sound(*[1] * 4, kind=0x10), at_s)
        stream.take(at_s)

    for number in range(MAX_AHEAD + 1):
        hear(number)
    with pytest.raises(MalformedFrame, match="8000 Hz"):
        hear(MAX_AHEAD + 1)


def test_nothing_is_heard_after_a_hang_up() -> None:
    """Law: a frame after the last one is not taken."""
    stream = named()
    stream.feed(written(0, b"") + sound(1), 10.0)
    assert stream.is_over
    assert stream.take(10.0) is None


def test_keys_are_neither_sound_nor_kept() -> None:
    """Law: a digit that somebody pressed is counted, and that is all."""
    stream = named()
    stream.feed(written(3, b"7"), 10.0)
    assert stream.stats().no_sound == 1
    assert stream.take(10.0) is None
