"""Datagrams of one leg into its sound."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ari_bridge.media.codecs import decoder
from ari_bridge.media.ear import Sound
from ari_bridge.media.jitter import HELD_PACKETS, HELD_S, REMEMBERED
from ari_bridge.media.payload import COMFORT_NOISE, G722, PCMA, PCMU, SLIN16, TELEPHONE_EVENT, PayloadFormat
from ari_bridge.media.rtp import MalformedPacket, parse
from ari_bridge.media.stats import ReceiverStats
from ari_bridge.media.stream import FAR_S, SILENT_S, MediaStream
from tests import wire
from tests.ari_bridge.media.packets import HOST, PORT, SAMPLES, arrival, datagram, numbered

FAR_SAMPLES = round(FAR_S * 16_000)


def heard(stream: MediaStream, *data: bytes, at_s: float = 1.0) -> list[Sound]:
    """What comes of datagrams from the PBX."""
    return stream.take([arrival(one, at_s=at_s) for one in data], at_s)


def counts(stream: MediaStream) -> dict[str, float]:
    """What was counted, without zeros and times."""
    stats = stream.stats()
    return {name: value for name in stats.__slots__ if not name.endswith("_ms") and (value := getattr(stats, name))}


def levels(sounds: Sequence[Sound]) -> list[tuple[int, int]]:
    """Start and first value of each run."""
    return [(sound.start_sample, int(sound.pcm[0])) for sound in sounds]


@pytest.mark.parametrize("version", wire.VERSIONS)
def test_a_real_fork_is_heard(version: str) -> None:
    """Law: the tone that Asterisk sent comes out at 16 kHz, native order, without a gap (700 Hz, silence before it)."""
    stream = MediaStream()
    sounds = [heard(stream, data, at_s=5 + index / 50)[0] for index, data in enumerate(wire.fork(version))]
    assert [sound.start_sample for sound in sounds] == [index * 320 for index in range(25)]
    assert [round(sound.spoken_s, 3) for sound in sounds] == [round(4.98 + index / 50, 3) for index in range(25)]
    assert {sound.rate_hz for sound in sounds} == {16_000}
    pcm = np.concatenate([sound.pcm for sound in sounds])
    assert pcm.dtype == np.dtype(np.int16)
    assert pcm.dtype.isnative
    spectrum = np.abs(np.fft.rfft(pcm[-4000:].astype(np.float64)))
    assert int(np.argmax(spectrum)) * 4 in range(690, 711)  # the calling side plays 700 Hz
    assert counts(stream) == {"packets": 25}
    assert stream.stats().jitter_ms < 0.01


def test_what_came_together_is_one_sound() -> None:
    """Law: packets in order make one run of samples, spoken before the first of them came."""
    stream = MediaStream()
    arrivals = [arrival(datagram(number, level=number), at_s=2 + number / 50) for number in range(4)]
    (sound,) = stream.take(arrivals, 2.1)
    assert (len(sound.pcm), sound.start_sample, sound.rate_hz) == (4 * SAMPLES, 0, 16_000)
    assert sound.spoken_s == pytest.approx(1.98)
    assert stream.stats().lag_ms == pytest.approx(100)


def test_time_is_that_of_the_timestamps() -> None:
    """Law: a gap in the stream is a gap in time, never filled and never closed."""
    stream = MediaStream()
    sounds = heard(stream, datagram(0, level=1))
    for sequence in range(2, 3 + HELD_PACKETS):
        sounds += heard(stream, datagram(sequence, level=sequence))
    assert levels(sounds) == [(0, 1), (2 * SAMPLES, 2)]
    assert len(sounds[1].pcm) == (HELD_PACKETS + 1) * SAMPLES
    assert counts(stream) == {"packets": HELD_PACKETS + 2, "lost": 1}


def test_a_loss_is_declared_when_its_time_is_over() -> None:
    """Law: what waits for a packet that does not come is handed on by itself, and the lag is told, and then over."""
    stream = MediaStream()
    heard(stream, datagram(0, level=1), at_s=1.0)
    assert heard(stream, datagram(2, level=2), at_s=1.04) == []
    assert stream.is_waiting
    assert stream.take((), 1.1) == []
    (sound,) = stream.take((), 1.05 + HELD_S)
    assert (sound.start_sample, sound.spoken_s) == (2 * SAMPLES, pytest.approx(1.02))
    assert not stream.is_waiting
    assert stream.stats().lag_ms == pytest.approx(110)
    heard(stream, datagram(3), at_s=1.2)
    assert (stream.stats().lag_ms, stream.stats().max_lag_ms) == (0, pytest.approx(110))


@pytest.mark.parametrize("first", [2**32 - SAMPLES, 2**32 - 1, 0, 2**31])
def test_the_timestamp_may_wrap(first: int) -> None:
    """Law: the stream's clock runs on where its 32 bits begin again."""
    stream, sounds = MediaStream(), []
    for sequence in range(3):
        sounds += heard(stream, datagram(sequence, timestamp=(first + sequence * SAMPLES) % 2**32))
    assert [sound.start_sample for sound in sounds] == [0, 320, 640]


@pytest.mark.parametrize("name", wire.rtp_names("foreign_"))
def test_what_is_not_our_sound_is_dropped_and_never_chosen(name: str) -> None:
    """Law: RTCP, SIP, STUN or another codec at our port is counted, and the stream that comes later is heard."""
    stream = MediaStream()
    assert heard(stream, wire.rtp(name)) == []
    assert len(stream.take([arrival(datagram(1), port=5)], 1.0)) == 1
    stats = stream.stats()
    assert stats.malformed + stats.wrong_payload_type == 1


@pytest.mark.parametrize("name", wire.rtp_names("silent_"))
def test_keys_and_comfort_noise_are_no_sound_and_no_loss(name: str) -> None:
    """Law: a packet of RFC 4733 or RFC 3389 takes its sequence number: nothing waits for it, nothing is lost, nothing
    is heard of it; one that comes first does not decide what the stream is.
    """
    stream, data = MediaStream(), wire.rtp(name)
    sequence, ssrc = parse(data).sequence, parse(data).ssrc
    assert stream.take([arrival(data, port=9)], 1.0) == []
    sounds = heard(stream, datagram(sequence - 1, ssrc=ssrc), data, datagram(sequence + 1, ssrc=ssrc))
    assert [(sound.start_sample, len(sound.pcm)) for sound in sounds] == [(0, SAMPLES), (2 * SAMPLES, SAMPLES)]
    assert counts(stream) == {"packets": 2, "no_sound": 2}


def test_a_press_of_a_key_has_one_timestamp() -> None:
    """Law: all packets of a key bear the time of its beginning (RFC 4733, 2.5.1.2); the voice after it is in time."""
    stream = MediaStream()
    keys = [datagram(sequence, payload_type=TELEPHONE_EVENT, samples=2, timestamp=320) for sequence in (1, 2, 3)]
    sounds = heard(stream, datagram(0), *keys, datagram(4, timestamp=4 * SAMPLES))
    assert [sound.start_sample for sound in sounds] == [0, 4 * SAMPLES]
    assert counts(stream) == {"packets": 2, "no_sound": 3}


def test_only_the_first_source_is_heard() -> None:
    """Law: another port, address or SSRC is never mixed in: a voice is attributed by no guess."""
    stream = MediaStream()
    heard(stream, datagram(0))
    assert stream.take([arrival(datagram(1, level=9), port=1)], 1.0) == []
    assert stream.take([arrival(datagram(1, level=9), host="127.0.0.9")], 1.0) == []
    assert heard(stream, datagram(1, level=9, ssrc=8)) == []
    assert levels(heard(stream, datagram(1, level=1))) == [(SAMPLES, 1)]
    assert counts(stream) == {"packets": 2, "foreign": 2, "wrong_ssrc": 1}


def test_a_new_ssrc_is_followed_once_the_old_one_is_silent() -> None:
    """Law: after SILENT_S of silence, and two packets in sequence, the same source's new SSRC is the voice; it lies
    where it arrived, and what lies between was not heard.
    """
    stream = MediaStream()
    heard(stream, datagram(0, level=1), at_s=1.0)
    assert heard(stream, datagram(500, level=2, ssrc=8), at_s=1.0 + SILENT_S - 0.01) == []
    assert heard(stream, datagram(501, level=2, ssrc=8), at_s=1.0 + SILENT_S + 0.01) == []
    (sound,) = heard(stream, datagram(502, level=3, ssrc=8), at_s=1.5)
    assert (sound.start_sample, int(sound.pcm[0]), len(sound.pcm)) == (8_000, 3, SAMPLES)
    assert counts(stream) == {"packets": 2, "wrong_ssrc": 2, "lost": (8_000 - SAMPLES) // SAMPLES}
    assert levels(heard(stream, datagram(503, level=4, ssrc=8), at_s=1.52)) == [(8_320, 4)]
    assert heard(stream, datagram(1, level=9), at_s=1.53) == [], "the old one is a stranger now"


def test_no_new_ssrc_is_followed_from_elsewhere_or_by_chance() -> None:
    """Law: neither another port nor packets out of sequence ever take the stream over, however silent it is."""
    stream = MediaStream()
    heard(stream, datagram(0), at_s=1.0)
    assert stream.take([arrival(datagram(n, ssrc=8), port=1, at_s=5.0) for n in range(9)], 5.0) == []
    assert heard(stream, *(datagram(n, ssrc=8) for n in (10, 12, 14, 13)), at_s=5.0) == []
    assert heard(stream, *(datagram(n, ssrc=n) for n in range(20, 30)), at_s=5.0) == []
    assert len(heard(stream, datagram(1), at_s=5.1)) == 1
    assert counts(stream) == {"packets": 2, "foreign": 9, "wrong_ssrc": 14}


@pytest.mark.parametrize(("sequence", "timestamp"), [(30_000, 320), (1, 2**31), (1, 10)])
def test_a_source_that_begins_anew_is_heard_again(sequence: int, timestamp: int) -> None:
    """Law: a sender that restarts its numbers without a word (RFC 3550, A.1) is silent for moments, not for ever."""
    stream = MediaStream()
    heard(stream, *(datagram(number) for number in range(65_530, 65_536)), datagram(0, timestamp=2**20), at_s=1.0)
    data = [datagram(sequence + n, timestamp=timestamp + n * SAMPLES) for n in range(40)]
    sounds = [sound for n, one in enumerate(data) for sound in heard(stream, one, at_s=1.02 + n / 50)]
    assert len(sounds) >= 25
    assert sounds[-1].spoken_s == pytest.approx(1.0 + 39 / 50)


def test_a_replay_is_dropped_even_after_the_sequence_wrapped() -> None:
    """Law: recorded packets sent again say nothing new, though their sequence numbers look ahead of the stream."""
    stream = MediaStream()
    recorded = [datagram(sequence) for sequence in range(40_000, 40_010)]
    heard(stream, *recorded)
    for sequence in range(40_010, 40_010 + 40_000):
        heard(stream, datagram(sequence))
    assert [heard(stream, data) for data in recorded] == [[]] * 10
    assert counts(stream) == {"packets": 40_010, "replayed": 10}


def test_a_leap_of_the_clock_does_not_end_the_stream() -> None:
    """Law: one packet with a mad timestamp is dropped, and those after it are heard where they belong."""
    stream = MediaStream()
    heard(stream, datagram(0))
    assert heard(stream, datagram(1, timestamp=FAR_SAMPLES + 1000)) == []
    sounds = heard(stream, *(datagram(sequence) for sequence in range(2, 3 + HELD_PACKETS)))
    assert sounds[0].start_sample == 2 * SAMPLES


def test_sound_never_overlaps() -> None:
    """Law: a packet whose timestamp lies within what was heard is refused, so that time never runs twice."""
    stream = MediaStream()
    heard(stream, datagram(0))
    assert heard(stream, datagram(1, timestamp=SAMPLES // 2)) == []
    assert counts(stream) == {"packets": 1, "malformed": 1}


@pytest.mark.parametrize("samples", [0, 1])
def test_half_a_sample_or_none_is_malformed(samples: int) -> None:
    """Law: a payload that is no whole number of samples is not guessed at."""
    data = datagram(0, samples=samples) + (b"x" if samples else b"")
    stream = MediaStream()
    assert heard(stream, data) == []
    assert counts(stream) == {"malformed": 1}


def test_flush_gives_what_waits() -> None:
    """Law: when a stream ends, what waited for a lost packet is not lost with it."""
    stream = MediaStream()
    heard(stream, datagram(0))
    assert heard(stream, datagram(2, level=2)) == []
    assert levels(stream.flush(1.0)) == [(2 * SAMPLES, 2)]
    assert counts(stream) == {"packets": 2, "lost": 1}


@pytest.mark.parametrize("payload", [SLIN16, PCMU, PCMA, G722], ids=lambda one: one.codec)
def test_every_format_is_heard_in_its_own_rate(payload: PayloadFormat) -> None:
    """Law: 20 ms are 20 ms in every format, and the samples are those that its codec gives."""
    stream = MediaStream(payload)
    sounds = [sound for number in range(5) for sound in heard(stream, numbered(number, payload))]
    samples = payload.sample_rate_hz // 50
    assert [(s.start_sample, len(s.pcm), s.rate_hz) for s in sounds] == [
        (number * samples, samples, payload.sample_rate_hz) for number in range(5)
    ]
    octets = np.frombuffer(b"".join(numbered(number, payload)[12:] for number in range(5)), np.uint8)
    assert np.array_equal(np.concatenate([sound.pcm for sound in sounds]), decoder(payload.codec).decode(octets))


def test_g722_begins_anew_after_a_gap() -> None:
    """Law: what a codec remembers of before a gap does not colour what comes after it."""
    stream = MediaStream(G722)
    heard(stream, *(numbered(number, G722) for number in range(3)))
    sounds = heard(stream, *(numbered(number, G722) for number in range(4, 5 + HELD_PACKETS)))
    octets = np.frombuffer(b"".join(numbered(n, G722)[12:] for n in range(4, 5 + HELD_PACKETS)), np.uint8)
    assert np.array_equal(sounds[-1].pcm, decoder(G722.codec).decode(octets))


def fated() -> st.SearchStrategy[list[int]]:
    """The numbers 0..n, some lost, some doubled, and moved by few enough places to be put right again."""

    def disturbed(fates: list[tuple[int, int]]) -> list[int]:
        places = [(number + delay, number) for number, (copies, delay) in enumerate(fates) for _ in range(copies)]
        return [0, *(number + 1 for _, number in sorted(places))]

    return st.lists(st.tuples(st.integers(0, 2), st.integers(0, HELD_PACKETS)), max_size=60).map(disturbed)


@given(fated(), st.sampled_from([SLIN16, PCMU, PCMA]), st.integers(1, 12))
def test_whatever_is_lost_doubled_or_late_samples_are_right_and_in_place(
    order: list[int], payload: PayloadFormat, together: int
) -> None:
    """Law: within the window every packet that came is heard once, at its place, with its own samples."""
    stream, samples = MediaStream(payload), payload.sample_rate_hz // 50
    whole = np.full(80 * samples, 12_345, np.int32)
    for first in range(0, len(order), together):
        for sound in heard(stream, *(numbered(number, payload) for number in order[first : first + together])):
            whole[sound.start_sample : sound.start_sample + len(sound.pcm)] = sound.pcm
    for sound in stream.flush(1.0):
        whole[sound.start_sample : sound.start_sample + len(sound.pcm)] = sound.pcm
    codec, came = decoder(payload.codec), set(order)
    for number in range(80):
        expected = 12_345
        if number in came:
            expected = codec.decode(np.frombuffer(numbered(number, payload)[12:], np.uint8))
        assert np.array_equal(whole[number * samples : (number + 1) * samples], np.broadcast_to(expected, samples))
    stats = stream.stats()
    assert stats.packets == len(came)
    assert stats.packets + stats.replayed + stats.late == len(order)
    assert stats.lost == max(came) + 1 - len(came)


def anything() -> st.SearchStrategy[bytes]:
    """Any octets, and packets of every kind that are nearly of the stream."""
    kind = st.sampled_from([118, 118, 118, 0, COMFORT_NOISE, TELEPHONE_EVENT])
    good = st.builds(
        datagram,
        st.integers(0, 400) | st.integers(0, 2**16),
        samples=st.integers(0, 400),
        timestamp=st.integers(-1, 200_000) | st.integers(0, 2**32 - 1),
        payload_type=kind,
        ssrc=st.integers(7, 8),
    )
    return st.binary(max_size=700) | good | st.sampled_from([datagram(n) for n in range(20)])


@given(st.lists(st.tuples(anything(), st.floats(0, 0.5), st.integers(0, 1)), max_size=80))
def test_any_datagrams_give_sound_in_order(data: list[tuple[bytes, float, int]]) -> None:
    """Law: no datagrams raise; sound comes in order without overlap; every datagram is counted exactly once; what is
    kept is bounded.
    """
    stream, sounds, at_s = MediaStream(), [], 1.0
    for one, later_s, port in data:
        at_s += later_s
        sounds += stream.take([arrival(one, port=PORT + port, at_s=at_s)], at_s)
        assert stream._jitter._missing.bit_length() <= REMEMBERED
        assert len(stream._jitter._held) <= HELD_PACKETS
    sounds += stream.flush(at_s)
    end = 0
    for sound in sounds:
        assert sound.start_sample >= end
        end = sound.start_sample + len(sound.pcm)
    stats = stream.stats()
    dropped = stats.malformed + stats.foreign + stats.wrong_payload_type + stats.wrong_ssrc
    assert stats.packets + dropped + stats.replayed + stats.late + stats.no_sound == len(data)


def test_what_went_past_is_counted_as_if_it_had_been_taken() -> None:
    """Law: a stream that is told of packets which simply went on stands where it would have stood with them."""
    taken, told = MediaStream(), MediaStream()
    for stream in (taken, told):
        heard(stream, datagram(65_535), at_s=1.0)
    taken.take([arrival(datagram(65_536 + n), at_s=1.02 + n / 50) for n in range(4)], 1.1)
    course = taken.course()
    told.catch_up(course._replace(packets=4))
    assert told.expected == taken.expected == (7, 4, 65_540 * SAMPLES)
    assert told.stats() == taken.stats()
    assert told.course() == course
    assert ReceiverStats(**counts(told)) == ReceiverStats(packets=5)


def test_every_broken_file_is_counted_and_no_more() -> None:
    """Law: a broken datagram in the midst of a stream changes nothing of it."""
    stream, names = MediaStream(), wire.rtp_names("broken_")
    heard(stream, datagram(0))
    for name in names:
        with pytest.raises(MalformedPacket):
            parse(wire.rtp(name))
        assert heard(stream, wire.rtp(name)) == []
    assert len(heard(stream, datagram(1))) == 1
    assert counts(stream) == {"packets": 2, "malformed": len(names)}
    assert stream.source == (HOST, PORT)
