"""Bare samples in messages of any size into sound with its place in time."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.audio import Pcm16
from ari_bridge.media.ear import Sound
from ari_bridge.media.websocket import (
    AHEAD_S,
    FRAME_BYTES,
    FRAME_SAMPLES,
    MAX_AGE_S,
    MAX_AHEAD,
    MAX_MESSAGE_BYTES,
    RATE_HZ,
    MalformedSound,
    WebSocketStream,
    token_of,
)
from tests.ari_bridge.media import recorded

FRAME = FRAME_SAMPLES


def sound(*values: int) -> bytes:
    """20 ms for each value, all its samples that value."""
    return b"".join(np.full(FRAME, value, "<i2").tobytes() for value in values)


def split(data: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    return [data[start:end] for start, end in pairwise(places)]


def values(sounds: list[Sound]) -> list[int]:
    """The value of each 20 ms."""
    return [int(value) for one in sounds for value in one.pcm[::FRAME]]


def flowing(stream: WebSocketStream, start_s: float, count: int, value: int = 1) -> list[Sound]:
    """So many frames, each when it is due, taken as they come."""
    heard = []
    for number in range(count):
        at_s = start_s + number * 0.02
        stream.feed(sound(value), at_s)
        if (piece := stream.take(at_s)) is not None:
            heard.append(piece)
    return heard


@given(st.binary(max_size=5 * FRAME_BYTES), st.lists(st.integers(0), max_size=12))
def test_any_cutting_into_messages_gives_the_same(data: bytes, cuts: list[int]) -> None:
    """Law: samples and their place depend on the bytes alone, never on the messages that bring them."""
    heard = []
    for messages in ([data], split(data, cuts)):
        stream = WebSocketStream()
        for message in messages:
            stream.feed(message, 10.0)
        heard.append(stream.take(10.0))
        assert stream.waiting_bytes < FRAME_BYTES
    whole, cut = heard
    if whole is None or cut is None:
        assert whole is cut is None
        return
    assert whole.pcm.tolist() == cut.pcm.tolist()
    assert whole.start_sample == cut.start_sample == 0
    assert whole.spoken_s == pytest.approx(cut.spoken_s, abs=2 * 0.02)


@given(st.lists(st.integers(0, 3 * FRAME_BYTES), min_size=1, max_size=200))
def test_messages_of_changing_size_lose_nothing(sizes: list[int]) -> None:
    """Law: while sound flows at the pace of time every sample is heard once and in order, whatever the sizes."""
    data = (np.arange(sum(sizes) // 2 + 1) % 20_000).astype("<i2").tobytes()[: sum(sizes)]
    stream, done, heard = WebSocketStream(), 0, []
    for size in sizes:
        stream.feed(data[done : done + size], 10 + (done + size) / 2 / RATE_HZ)
        if (piece := stream.take(10 + (done + size) / 2 / RATE_HZ)) is not None:
            heard.append(piece)
        done += size
    assert [one.start_sample for one in heard[1:]] == [one.start_sample + len(one.pcm) for one in heard[:-1]]
    whole = len(data) // FRAME_BYTES * FRAME_BYTES
    assert b"".join(one.pcm.astype("<i2").tobytes() for one in heard) == data[:whole]


@given(
    st.lists(st.tuples(st.sampled_from([0.0, 0.02, 0.08, 0.5, 3.0, 40.0]), st.integers(0, 60)), max_size=60),
    st.booleans(),
)
def test_sounds_come_in_order_and_never_overlap(looks: list[tuple[float, int]], is_odd: bool) -> None:
    """Law: whatever the pace, a sound begins where the one before ended or later, is never told to be spoken much later
    than now, and never handed on when it is older than MAX_AGE_S; every frame is heard, late, or still held.
    """
    stream, end, now_s, fed, heard = WebSocketStream(), 0, 10.0, 0, 0
    for wait_s, count in looks:
        now_s += wait_s
        fed += count
        for message in (sound(*[1] * count), b"\x01" * is_odd):
            stream.feed(message, now_s)
        try:
            piece = stream.take(now_s)
        except MalformedSound:
            return
        if piece is not None:
            assert piece.start_sample >= end
            end = piece.start_sample + len(piece.pcm)
            assert piece.spoken_s + len(piece.pcm) / RATE_HZ <= now_s + AHEAD_S + 0.02
            assert piece.spoken_s >= now_s - MAX_AGE_S - 0.001
            heard += len(piece.pcm) // FRAME
            assert stream.stats().packets == heard
        assert stream.waiting_bytes <= (MAX_AGE_S / 0.02 + 60 + 1) * FRAME_BYTES
    if not is_odd:
        assert fed == heard + stream.stats().late + stream.waiting_bytes // FRAME_BYTES


@given(st.lists(st.tuples(st.binary(max_size=2_000), st.floats(0, 1e6)), max_size=30))
def test_a_stream_survives_any_bytes_at_any_time(told: list[tuple[bytes, float]]) -> None:
    """Law: whatever a peer sends, also with a clock that jumps, the stream raises MalformedSound at most."""
    stream = WebSocketStream()
    for message, at_s in told:
        stream.feed(message, at_s)
        try:
            stream.take(at_s)
        except MalformedSound:
            assert stream.stats().malformed


def test_sound_that_flows_has_no_gap() -> None:
    """Law: one sample follows the other, the first was spoken one message before it came, and all are native int16."""
    heard = flowing(WebSocketStream(), 10.0, 50)
    assert [piece.start_sample for piece in heard] == list(range(0, 50 * FRAME, FRAME))
    assert heard[0].spoken_s == pytest.approx(9.98)
    assert heard[49].spoken_s == pytest.approx(9.98 + 49 * 0.02)
    assert {(piece.pcm.dtype, piece.rate_hz) for piece in heard} == {(np.dtype(np.int16), RATE_HZ)}
    assert heard[0].pcm.flags.writeable


def test_first_messages_at_once_were_spoken_before() -> None:
    """Law: what waited for the connection is placed before its arrival, and ends with it."""
    stream = WebSocketStream()
    for value in (1, 2, 3):
        stream.feed(sound(value), 10.0)
    piece = stream.take(10.0)
    assert piece is not None
    assert (piece.start_sample, len(piece.pcm)) == (0, 3 * FRAME)
    assert piece.spoken_s == pytest.approx(9.94)


@pytest.mark.parametrize("late_s", [0.02, 0.05, 0.06])
def test_what_is_a_little_late_is_no_gap(late_s: float) -> None:
    """Law: jitter moves no sample."""
    stream = WebSocketStream()
    flowing(stream, 10.0, 10)
    stream.feed(sound(1), 10.2 + late_s)
    piece = stream.take(10.2 + late_s)
    assert piece is not None
    assert piece.start_sample == 10 * FRAME
    assert stream.stats().lost == 0


def test_jitter_for_an_hour_makes_no_drift() -> None:
    """Law: messages that come up to 40 ms late, looked at each 80 ms, are one sound without a gap, an hour long."""
    stream, rng, due, end = WebSocketStream(), np.random.default_rng(3), 0, 0
    arrivals = np.maximum.accumulate(np.arange(1, 180_001) * 0.02 + rng.uniform(0, 0.04, 180_000))
    frame = sound(1)
    for look in range(1, 45_001):
        while due < len(arrivals) and arrivals[due] <= look * 0.08:
            stream.feed(frame, float(arrivals[due]))
            due += 1
        piece = stream.take(look * 0.08)
        if piece is not None:
            assert piece.start_sample == end
            end += len(piece.pcm)
    assert stream.stats().late == stream.stats().lost == 0


def test_a_hold_is_a_gap() -> None:
    """Law: what was not sent was not heard: what follows stands as late as it came, nothing is filled in."""
    stream = WebSocketStream()
    flowing(stream, 10.0, 10)
    after = flowing(stream, 14.0, 30, value=2)
    assert after[0].start_sample == (200 - 1) * FRAME + FRAME
    assert after[0].spoken_s == pytest.approx(13.98)
    assert values(after) == [2] * 30
    assert [b.start_sample - a.start_sample - len(a.pcm) for a, b in pairwise(after)] == [0] * (len(after) - 1)
    assert stream.stats().lost == 190
    assert stream.stats().late == 0


def test_a_short_stall_that_is_made_up_for_is_no_gap() -> None:
    """Law: what was held up for half a second and then comes at once stands where it was spoken, in pieces or whole."""
    for pieces in (1, 2, 4):
        stream = WebSocketStream()
        flowing(stream, 10.0, 10)
        now_s, heard = 10.66, []
        for _ in range(pieces):
            stream.feed(sound(*[2] * (24 // pieces)), now_s)
            heard.append(stream.take(now_s))
            now_s += 0.001
        heard += flowing(stream, 10.68, 10, value=3)
        sounds = [one for one in heard if one is not None]
        assert sounds[0].start_sample == 10 * FRAME
        assert values(sounds) == [2] * 24 + [3] * 10
        assert stream.stats().lost == 0


def test_a_late_burst_is_dropped_by_age() -> None:
    """Law: of half a minute that comes all at once only what is no older than MAX_AGE_S is heard, where it was spoken;
    the rest is counted, and never told as if it were spoken now.
    """
    stream = WebSocketStream()
    flowing(stream, 10.0, 10)
    heard = []
    for look in range(4):
        for start in range(0, 375, 100):
            burst = [100 + look] * min(100, 375 - start)
            stream.feed(sound(*burst), 40.18 + 0.08 * look)
        if (piece := stream.take(40.18 + 0.08 * look)) is not None:
            heard.append(piece)
    heard += flowing(stream, 40.44, 50, value=1)  # a quarter of a second was never sent
    assert sum(values(heard)) > 50
    first = heard[0]
    assert first.spoken_s == pytest.approx(40.42 - MAX_AGE_S, abs=0.1)
    assert values([first])[0] == 103
    assert stream.stats().late == pytest.approx(1500 - 100, abs=6)
    assert stream.stats().lost == 12
    assert heard[-1].spoken_s == pytest.approx(40.44 + 49 * 0.02 - 0.02, abs=0.05)


def test_a_lost_gap_that_comes_after_all_is_not_heard_twice() -> None:
    """Law: sound whose place was declared not heard is dropped and counted; what is kept is set apart, never joined."""
    stream = WebSocketStream()
    flowing(stream, 10.0, 10)
    flowing(stream, 12.0, 10)
    end = stream.take(12.18)
    assert end is None
    stream.feed(sound(*range(100, 120)), 12.26)
    piece = stream.take(12.26)
    assert piece is not None
    assert values([piece])[-1] == 119
    assert piece.start_sample >= 110 * FRAME + FRAME
    assert piece.start_sample + len(piece.pcm) == pytest.approx((12.26 - 9.98) * RATE_HZ, abs=FRAME)
    assert stream.stats().late == 20 - len(piece.pcm) // FRAME


def test_filler_is_silence() -> None:
    """Law: frames that are wholly -1 are what the PBX writes for nothing, and are told as zeros; others stay."""
    stream = WebSocketStream()
    data = sound(-1, 5, -1) + sound(-1)[:-2] + b"\x05\x00"
    for message in split(data, [1, 700, 1500]):
        stream.feed(message, 10.0)
    piece = stream.take(10.0)
    assert piece is not None
    assert values([piece]) == [0, 5, 0, -1]
    assert piece.pcm[:FRAME].any() is np.False_
    assert piece.pcm[-1] == 5


def test_half_a_sample_survives_a_gap() -> None:
    """Law: a part of a frame is not carried over a gap, but the bytes keep step."""
    stream = WebSocketStream()
    flowing(stream, 10.0, 10)
    data = sound(7) + sound(9, 9, 9, 9, 9, 9)
    stream.feed(data[:301], 10.2)
    assert stream.take(10.2) is None
    for number in range(8):
        stream.feed(data[301 + number * 640 : 301 + (number + 1) * 640], 15 + number * 0.02)
        piece = stream.take(15 + number * 0.02)
        if piece is not None:
            assert set(piece.pcm.tolist()) <= {7, 9}


def test_a_message_that_is_too_long_is_refused() -> None:
    """Law: 64 KiB are taken, one byte more is none of ours."""
    stream = WebSocketStream()
    stream.feed(bytes(MAX_MESSAGE_BYTES), 10.0)
    with pytest.raises(MalformedSound, match="65537"):
        stream.feed(bytes(MAX_MESSAGE_BYTES + 1), 10.0)
    assert stream.stats().malformed == 1


def test_an_empty_message_is_no_sound() -> None:
    """Law: only samples count as sound."""
    stream = WebSocketStream()
    stream.feed(b"", 10.0)
    assert not stream.has_sound
    assert stream.take(10.0) is None
    stream.feed(sound(-1), 10.0)
    assert stream.has_sound


def test_sound_that_outruns_time_is_not_mono() -> None:
    """Law: twice the sound that time allows is two voices in one, and is refused soon."""
    stream = WebSocketStream()

    def hear(number: int) -> None:
        stream.feed(sound(*[1] * 8), 10 + 0.08 * number)
        stream.take(10 + 0.08 * number)

    for number in range(MAX_AHEAD + 1):
        hear(number)
    with pytest.raises(MalformedSound, match="mono"):
        hear(MAX_AHEAD + 1)
    assert stream.waiting_bytes == 0


@pytest.mark.parametrize(
    ("header", "token"),
    [
        ("Bearer " + "0a" * 16, "0a" * 16),
        ("bearer " + "0a" * 16, ""),
        ("Bearer  " + "0a" * 16, ""),
        ("Bearer " + "0A" * 16, ""),
        ("Bearer " + "0a" * 16 + "\n", ""),
        ("Bearer " + "0a" * 17, ""),
        ("Basic " + "0a" * 16, ""),
        ("", ""),
    ],
)
def test_a_token_has_one_form(header: str, token: str) -> None:
    """Law: Bearer and 32 lower-case digits, no more and no less."""
    assert token_of(header) == token


@given(st.text(max_size=80))
def test_any_header_is_read(header: str) -> None:
    """Law: no text raises, and what is none has no token."""
    assert token_of(header) in {"", header[7:]}


def spoken(name: str) -> Pcm16:
    """All samples of a recorded connection, with the PBX's filler as silence."""
    data = b"".join(message.data for message in recorded.messages(name))
    return np.frombuffer(data.replace(b"\xff" * FRAME_BYTES, bytes(FRAME_BYTES)), "<i2").astype(np.int16)


def test_a_real_connection_is_one_sound() -> None:
    """Law: what FreeSWITCH sends of a party who speaks is 20 ms at a time, and one sound without a gap."""
    messages = recorded.messages("tone")
    assert {len(data) for _, data in messages} == {FRAME_BYTES}
    stream, heard = WebSocketStream(), []
    for at_s, data in messages:
        stream.feed(data, at_s)
        if (piece := stream.take(at_s)) is not None:
            heard.append(piece)
    assert [b.start_sample - a.start_sample - len(a.pcm) for a, b in pairwise(heard)] == [0] * (len(heard) - 1)
    pcm = np.concatenate([piece.pcm for piece in heard])
    assert len(pcm) == len(messages) * FRAME
    spectrum = np.abs(np.fft.rfft(pcm[-8_000:].astype(float)))
    assert np.argmax(spectrum) * RATE_HZ / 8_000 == pytest.approx(440, abs=2)


@given(st.lists(st.integers(0), max_size=30))
def test_a_real_connection_cut_anew_is_the_same(cuts: list[int]) -> None:
    """Law: the sound does not depend on where the sender's messages end."""
    data = b"".join(message.data for message in recorded.messages("tone"))
    stream = WebSocketStream()
    for message in split(data, cuts):
        stream.feed(message, 10.0)
    piece = stream.take(10.0)
    assert piece is not None
    assert piece.pcm.astype("<i2").tobytes() == data.replace(b"\xff" * FRAME_BYTES, bytes(FRAME_BYTES))


@pytest.mark.parametrize("look_s", [0.0, 0.02, 0.08])
def test_a_real_hold_is_placed_where_it_was_spoken(look_s: float) -> None:
    """Law: what FreeSWITCH held back while a party was on hold, and sends all at once afterwards, stands where it was
    spoken, sample for sample; what is older than MAX_AGE_S by then is dropped, and nothing is taken for lost.
    """
    stream, heard, looked_s = WebSocketStream(), [], 0.0
    for at_s, data in recorded.messages("hold"):
        stream.feed(data, at_s)
        if at_s - looked_s >= look_s:
            looked_s = at_s
            if (piece := stream.take(at_s)) is not None:
                heard.append(piece)
    said = spoken("hold")
    assert all(piece.pcm.tolist() == said[piece.start_sample :][: len(piece.pcm)].tolist() for piece in heard)
    gaps = [b.start_sample - a.start_sample - len(a.pcm) for a, b in pairwise(heard)]
    assert sum(gaps) == stream.stats().late * FRAME <= 0.2 * RATE_HZ
    assert stream.stats().lost == 0
    assert stream.stats().max_lag_ms > 1_500
