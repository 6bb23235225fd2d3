"""Datagrams of one leg into its sound."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ari_bridge.media.stats import ReceiverStats
from ari_bridge.media.stream import FAR_SAMPLES, MediaStream, PcmRun
from tests import wire
from tests.ari_bridge.media.packets import SAMPLES, arrival, datagram


def levels(runs: list[PcmRun]) -> list[tuple[int, int]]:
    """Start and first value of each run."""
    return [(run.start_sample, int(run.pcm[0])) for run in runs]


@pytest.mark.parametrize("version", wire.VERSIONS)
def test_a_real_fork_is_heard(version: str) -> None:
    """Law: the tone that Asterisk sent comes out at 16 kHz, native order, without a gap (440 Hz, silence before it)."""
    stream, heard = MediaStream(), []
    for index, data in enumerate(wire.fork(version)):
        heard += stream.feed(arrival(data, at_s=5 + index / 50))
    assert [run.start_sample for run in heard] == [index * 320 for index in range(25)]
    pcm = np.concatenate([run.pcm for run in heard])
    assert pcm.dtype == np.dtype(np.int16)
    assert pcm.dtype.isnative
    spectrum = np.abs(np.fft.rfft(pcm[-4000:].astype(np.float64)))
    assert int(np.argmax(spectrum)) * 4 in range(690, 711)  # the calling side plays 700 Hz
    assert stream.stats() == ReceiverStats(packets=25)


def test_time_is_that_of_the_timestamps() -> None:
    """Law: a gap in the stream is a gap in time, never filled and never closed."""
    stream = MediaStream()
    runs = stream.feed(arrival(datagram(0, level=1)))
    for sequence in (2, 3, 4, 5):
        runs += stream.feed(arrival(datagram(sequence, level=sequence)))
    assert levels(runs) == [(0, 1), (2 * SAMPLES, 2)]
    assert len(runs[1].pcm) == 4 * SAMPLES
    assert stream.stats() == ReceiverStats(packets=5, lost=1)


@pytest.mark.parametrize("first", [2**32 - SAMPLES, 2**32 - 1, 0, 2**31])
def test_the_timestamp_may_wrap(first: int) -> None:
    """Law: the stream's clock runs on where its 32 bits begin again."""
    stream, runs = MediaStream(), []
    for sequence in range(3):
        runs += stream.feed(arrival(datagram(sequence, timestamp=(first + sequence * SAMPLES) % 2**32)))
    assert [run.start_sample for run in runs] == [0, 320, 640]


@pytest.mark.parametrize("name", wire.rtp_names("foreign_"))
def test_what_is_not_our_sound_is_dropped_and_never_chosen(name: str) -> None:
    """Law: RTCP, SIP, STUN or another codec at our port is counted, and the stream that comes later is heard."""
    stream = MediaStream()
    assert stream.feed(arrival(wire.rtp(name))) == []
    assert len(stream.feed(arrival(datagram(1), port=5))) == 1
    stats = stream.stats()
    assert stats.malformed + stats.wrong_payload_type == 1


def test_only_the_first_source_is_heard() -> None:
    """Law: another port, address or SSRC is never mixed in: a voice is attributed by no guess."""
    stream = MediaStream()
    stream.feed(arrival(datagram(0)))
    assert stream.feed(arrival(datagram(1, level=9), port=1)) == []
    assert stream.feed(arrival(datagram(1, level=9), host="127.0.0.9")) == []
    assert stream.feed(arrival(datagram(1, level=9, ssrc=8))) == []
    assert levels(stream.feed(arrival(datagram(1, level=1)))) == [(SAMPLES, 1)]
    assert stream.stats() == ReceiverStats(packets=2, foreign=2, wrong_ssrc=1)


def test_a_replay_is_dropped_even_after_the_sequence_wrapped() -> None:
    """Law: recorded packets sent again say nothing new, though their sequence numbers look ahead of the stream."""
    stream = MediaStream()
    recorded = [datagram(sequence) for sequence in range(40_000, 40_010)]
    for data in recorded:
        stream.feed(arrival(data))
    for sequence in range(40_010, 40_010 + 40_000):
        stream.feed(arrival(datagram(sequence)))
    assert [stream.feed(arrival(data)) for data in recorded] == [[]] * 10
    assert stream.stats() == ReceiverStats(packets=40_010, replayed=10)


def test_a_leap_of_the_clock_does_not_end_the_stream() -> None:
    """Law: one packet with a mad timestamp is dropped, and those after it are heard where they belong."""
    stream = MediaStream()
    stream.feed(arrival(datagram(0)))
    assert stream.feed(arrival(datagram(1, timestamp=FAR_SAMPLES + 1000))) == []
    runs = [run for sequence in range(2, 6) for run in stream.feed(arrival(datagram(sequence)))]
    assert runs[0].start_sample == 2 * SAMPLES


def test_sound_never_overlaps() -> None:
    """Law: a packet whose timestamp lies within what was heard is refused, so that time never runs twice."""
    stream = MediaStream()
    stream.feed(arrival(datagram(0)))
    assert stream.feed(arrival(datagram(1, timestamp=SAMPLES // 2))) == []
    assert stream.stats() == ReceiverStats(packets=1, malformed=1)


@pytest.mark.parametrize("samples", [0, 1])
def test_half_a_sample_or_none_is_malformed(samples: int) -> None:
    """Law: a payload that is no whole number of samples is not guessed at."""
    data = datagram(0, samples=samples) + (b"x" if samples else b"")
    stream = MediaStream()
    assert stream.feed(arrival(data)) == []
    assert stream.stats() == ReceiverStats(malformed=1)


def test_flush_gives_what_waits() -> None:
    """Law: when a stream ends, what waited for a lost packet is not lost with it."""
    stream = MediaStream()
    stream.feed(arrival(datagram(0)))
    assert stream.feed(arrival(datagram(2, level=2))) == []
    assert levels(stream.flush()) == [(2 * SAMPLES, 2)]
    assert stream.stats() == ReceiverStats(packets=2, lost=1)


@given(
    st.lists(
        st.binary(max_size=700)
        | st.builds(datagram, st.integers(0, 400), samples=st.integers(0, 400), timestamp=st.integers(-1, 200_000))
        | st.sampled_from([datagram(n) for n in range(20)]),
        max_size=80,
    )
)
def test_any_datagrams_give_sound_in_order(data: list[bytes]) -> None:
    """Law: no datagrams raise; sound comes in order without overlap; every datagram is counted exactly once."""
    stream, runs = MediaStream(), []
    for one in data:
        runs += stream.feed(arrival(one))
    runs += stream.flush()
    end = 0
    for run in runs:
        assert run.start_sample >= end
        end = run.start_sample + len(run.pcm)
    stats = stream.stats()
    dropped = stats.malformed + stats.foreign + stats.wrong_payload_type + stats.wrong_ssrc
    assert stats.packets + dropped + stats.replayed + stats.late == len(data)
