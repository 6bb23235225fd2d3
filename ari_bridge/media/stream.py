"""One leg's sound out of its datagrams: every check that a packet must pass, then samples. No input or output."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np

from ari_bridge.media.arrival import Arrival
from ari_bridge.media.codecs import Octets, decoder
from ari_bridge.media.ear import Sound
from ari_bridge.media.jitter import Fate, JitterBuffer, Timed
from ari_bridge.media.payload import NO_SOUND, SLIN16, PayloadFormat
from ari_bridge.media.rtp import MalformedPacket, RtpPacket, parse
from ari_bridge.media.stats import ReceiverStats

FAR_S: Final = 60.0
"""A timestamp farther than this from where the stream stands is no news of it: a replay from before the sequence
wrapped, or nonsense that would tear the call's clock apart."""
MIN_SEQUENTIAL: Final = 2
"""So many packets in sequence make a source (RFC 3550, appendix A.1)."""
SILENT_S: Final = 0.2
"""No other source is followed before the stream's own has been silent for so long: ten packets."""
_WORD: Final = 1 << 32
_JITTER_GAIN: Final = 1 / 16
"""RFC 3550, section 6.4.1."""


class Source(NamedTuple):
    """Where packets come from."""

    host: str
    port: int


class Expected(NamedTuple):
    """The packet that would simply go on: what a whole batch is compared with."""

    source: Source
    ssrc: int
    sequence: int
    timestamp: int


class _Piece(NamedTuple):
    start_sample: int
    payload: bytes
    at_s: float


class MediaStream:
    """The sound of one sender's RTP. No datagram makes it raise, and what it keeps is bounded.

    The first good packet decides what the stream is (address, port, SSRC); all else is counted and dropped. An SSRC
    that changes is followed at the same address and port alone, once the old one is silent, and after MIN_SEQUENTIAL
    packets; time then goes on by arrival, and what lies between was not heard. So is a source that begins anew under
    its own SSRC.
    """

    __slots__ = (
        "_candidate", "_counts", "_decoded_sample", "_decoder", "_end_sample", "_far_ticks", "_format", "_jitter",
        "_jitter_s", "_lag_s", "_lost_before", "_max_lag_s", "_newest_at_s", "_newest_sample", "_newest_timestamp",
        "_source", "_ssrc", "expected",
    )  # fmt: skip

    def __init__(self, payload: PayloadFormat = SLIN16) -> None:
        self._format = payload
        self._far_ticks = FAR_S * payload.clock_rate_hz
        self._decoder = decoder(payload.codec)
        self._source: Source | None = None
        self._ssrc = 0
        self._candidate: tuple[int, int, int] | None = None  # SSRC, next sequence number, packets so far
        self._jitter = JitterBuffer()
        self._lost_before = 0
        self._counts: Counter[str] = Counter()
        self._newest_timestamp = self._newest_sample = self._end_sample = self._decoded_sample = 0
        self._newest_at_s = 0.0
        self._lag_s = self._max_lag_s = self._jitter_s = 0.0
        self.expected: Expected | None = None
        """What simply goes on, for `go_on`; None while something is held or nothing has come."""

    @property
    def is_waiting(self) -> bool:
        """Whether packets wait for one before them."""
        return self._jitter.held > 0

    def take(self, arrivals: Iterable[Arrival], now_s: float) -> list[Sound]:
        """Take datagrams (or none, as time goes by); the sound that is in order or overdue now, one for each run."""
        pieces: list[_Piece] = []
        for arrival in arrivals:
            pieces += self._take(arrival)
        pieces += self._place(self._jitter.overdue(now_s))
        return self._sounds(pieces, now_s)

    def go_on(self, octets: Octets, first_at_s: float, last_at_s: float, uneven_s: float, now_s: float) -> Sound:
        """Take packets that are known to go on from `expected`, one after the other.

        Args:
            octets: their payloads, uint8 of shape (packets, octets), each of whole samples.
            first_at_s: when the first one came.
            last_at_s: when the last one came.
            uneven_s: by how much, on average, the distance of two of them differs from what their timestamps say.
            now_s: the time now.
        """
        count, size = octets.shape
        ticks = size // self._format.octets_per_tick
        samples = ticks * self._format.samples_per_tick
        start = self._end_sample
        self._counts["packets"] += count
        self._jitter.skip(count)
        last = count - 1
        away = first_at_s - self._newest_at_s - (start - self._newest_sample) / self._format.sample_rate_hz
        self._jitter_s += (abs(away) - self._jitter_s) * _JITTER_GAIN
        self._jitter_s += (uneven_s - self._jitter_s) * min(1.0, last * _JITTER_GAIN)
        self._newest_at_s = last_at_s
        self._newest_sample = start + last * samples
        self._end_sample = self._decoded_sample = start + count * samples
        self._candidate = None
        expected = self.expected
        assert expected is not None  # noqa: S101
        self._newest_timestamp = (expected.timestamp + last * ticks) % _WORD
        source, ssrc, sequence, timestamp = expected
        self.expected = Expected(source, ssrc, (sequence + count) % 65536, (timestamp + count * ticks) % _WORD)
        self._note_lag(now_s - first_at_s)
        rate_hz = self._format.sample_rate_hz
        return Sound(start, rate_hz, self._decoder.decode(octets), first_at_s - samples / rate_hz)

    def flush(self, now_s: float) -> list[Sound]:
        """What waits for a packet that will not come, once the stream has ended."""
        return self._sounds(self._place(self._jitter.flush()), now_s)

    def stats(self) -> ReceiverStats:
        """The counts so far."""
        return ReceiverStats(
            **self._counts,
            lost=self._lost_before + self._jitter.lost,
            lag_ms=_ms(self._lag_s),
            max_lag_ms=_ms(self._max_lag_s),
            jitter_ms=_ms(self._jitter_s),
        )

    def _take(self, arrival: Arrival) -> list[_Piece]:
        try:
            packet = parse(arrival.datagram)
        except MalformedPacket:
            return self._drop("malformed")
        is_sound = packet.payload_type == self._format.payload_type
        if not is_sound and packet.payload_type not in NO_SOUND:
            return self._drop("wrong_payload_type")
        if is_sound and (not packet.payload or len(packet.payload) % self._format.octets_per_tick):
            return self._drop("malformed")
        source = Source(arrival.host, arrival.port)
        if self._source is None:
            if not is_sound:  # what is no sound decides nothing
                return self._drop("no_sound")
            self._begin(source, packet, arrival.at_s)
        if self._source != source:
            return self._drop("foreign")
        if self._ssrc != packet.ssrc:
            return self._follow(packet, arrival.at_s, "wrong_ssrc")
        if is_sound and abs(self._ahead_ticks(packet)) > self._far_ticks:
            return self._follow(packet, arrival.at_s, "replayed")
        return self._push(packet, arrival.at_s)

    def _begin(self, source: Source, packet: RtpPacket, at_s: float) -> None:
        self._source, self._ssrc = source, packet.ssrc
        self._newest_timestamp, self._newest_at_s = packet.timestamp, at_s

    def _push(self, packet: RtpPacket, at_s: float) -> list[_Piece]:
        fate, ordered = self._jitter.push(packet, at_s)
        if fate is Fate.FAR:
            return self._follow(packet, at_s, "replayed")
        if fate is not Fate.TAKEN:
            return self._drop("late" if fate is Fate.LATE else "replayed")
        self._candidate = None
        self._counts["no_sound" if packet.payload_type in NO_SOUND else "packets"] += 1
        return self._place(ordered)

    def _follow(self, packet: RtpPacket, at_s: float, reason: str) -> list[_Piece]:
        """A packet that is not of the stream as it stands: a stray, or what takes its place."""
        if at_s - self._newest_at_s < SILENT_S or packet.payload_type in NO_SOUND:
            self._candidate = None
            return self._drop(reason)
        seen = 1
        if self._candidate is not None and self._candidate[:2] == (packet.ssrc, packet.sequence):
            seen += self._candidate[2]
        self._candidate = (packet.ssrc, (packet.sequence + 1) % 65536, seen)
        if seen < MIN_SEQUENTIAL:
            return self._drop(reason)
        pieces = self._place(self._jitter.flush())
        self._begin_anew(packet, at_s)
        return pieces + self._push(packet, at_s)

    def _begin_anew(self, packet: RtpPacket, at_s: float) -> None:
        """The old numbers say nothing any more: the sound goes on where its arrival says, and never before its end."""
        start = self._by_arrival(at_s)
        self._lost_before += self._jitter.lost + (start - self._end_sample) // self._samples(packet.payload)
        self._jitter = JitterBuffer()
        self._ssrc, self._candidate = packet.ssrc, None
        self._newest_timestamp, self._newest_sample, self._newest_at_s = packet.timestamp, start, at_s

    def _drop(self, reason: str) -> list[_Piece]:
        self._counts[reason] += 1
        return []

    def _ahead_ticks(self, packet: RtpPacket) -> int:
        """How far a packet starts after the newest one (negative: before it); timestamps wrap after 74 hours."""
        return (packet.timestamp - self._newest_timestamp + _WORD // 2) % _WORD - _WORD // 2

    def _place(self, ordered: list[Timed]) -> list[_Piece]:
        """Where packets in order lie on the stream's clock."""
        pieces = []
        for packet, at_s in ordered:
            if packet.payload_type in NO_SOUND:
                continue
            ticks = self._ahead_ticks(packet)
            start = self._newest_sample + ticks * self._format.samples_per_tick
            if start < self._end_sample:  # the order of the sequence and of the timestamps contradict each other
                if at_s - self._newest_at_s < SILENT_S:
                    self._counts["packets"] -= 1
                    self._counts["malformed"] += 1
                    continue
                start = self._by_arrival(at_s)  # for good, it seems: the sender's clock began anew
            away = at_s - self._newest_at_s - ticks / self._format.clock_rate_hz
            self._jitter_s += (abs(away) - self._jitter_s) * _JITTER_GAIN
            self._newest_sample, self._newest_timestamp, self._newest_at_s = start, packet.timestamp, at_s
            self._end_sample = start + self._samples(packet.payload)
            pieces.append(_Piece(start, packet.payload, at_s))
        return pieces

    def _by_arrival(self, at_s: float) -> int:
        """Where sound lies whose numbers say nothing: as late as it came, and never before the end."""
        away_samples = round((at_s - self._newest_at_s) * self._format.sample_rate_hz)
        return max(self._end_sample, self._newest_sample + away_samples)

    def _sounds(self, pieces: list[_Piece], now_s: float) -> list[Sound]:
        self._expect()
        if not pieces:
            return []
        self._note_lag(now_s - min(piece.at_s for piece in pieces))
        ends = [piece.start_sample + self._samples(piece.payload) for piece in pieces]
        gaps = [index for index in range(1, len(pieces)) if pieces[index].start_sample != ends[index - 1]]
        return [self._sound(pieces[first:stop]) for first, stop in pairwise([0, *gaps, len(pieces)])]

    def _sound(self, run: list[_Piece]) -> Sound:
        """Pieces without a gap between them."""
        first = run[0]
        if first.start_sample != self._decoded_sample:
            self._decoder.reset()
        pcm = self._decoder.decode(np.frombuffer(b"".join(piece.payload for piece in run), np.uint8))
        self._decoded_sample = first.start_sample + len(pcm)
        rate_hz = self._format.sample_rate_hz
        return Sound(first.start_sample, rate_hz, pcm, first.at_s - self._samples(first.payload) / rate_hz)

    def _samples(self, payload: bytes) -> int:
        return len(payload) // self._format.octets_per_tick * self._format.samples_per_tick

    def _expect(self) -> None:
        """Work out what would simply go on."""
        sequence = self._jitter.next_sequence
        if self._source is None or sequence is None or self._jitter.held:
            self.expected = None
            return
        ticks = (self._end_sample - self._newest_sample) // self._format.samples_per_tick
        self.expected = Expected(self._source, self._ssrc, sequence, (self._newest_timestamp + ticks) % _WORD)

    def _note_lag(self, lag_s: float) -> None:
        self._lag_s = max(0.0, lag_s)
        if lag_s > self._max_lag_s:
            self._max_lag_s = lag_s


def _ms(time_s: float) -> float:
    return round(1000 * time_s, 2)
