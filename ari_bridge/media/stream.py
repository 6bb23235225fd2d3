"""One leg's sound out of its datagrams: every check that a packet must pass, then samples. No input or output."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np

from ari_bridge.media.arrival import Arrival
from ari_bridge.media.codecs import decoder
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
JITTER_GAIN: Final = 1 / 16
"""RFC 3550, section 6.4.1."""


class Source(NamedTuple):
    """Where packets come from."""

    host: str
    port: int


class Course(NamedTuple):
    """Where a stream stands that simply goes on, after so many packets: see `MediaStream.catch_up`.

    `last_samples` is the length of the newest packet, which came at `newest_at_s`.
    """

    packets: int
    end_sample: int
    last_samples: int
    newest_at_s: float
    jitter_s: float
    lag_s: float
    max_lag_s: float


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
        "_candidate", "_clock_rate_hz", "_counts", "_decoded_sample", "_decoder", "_end_sample", "_far_ticks",
        "_jitter", "_jitter_s", "_lag_s", "_lost_before", "_max_lag_s", "_newest_at_s", "_newest_sample",
        "_newest_timestamp", "_octets_per_tick", "_packets", "_payload_type", "_rate_hz", "_samples_per_tick",
        "_source", "_ssrc", "decode", "expected",
    )  # fmt: skip

    def __init__(self, payload: PayloadFormat = SLIN16) -> None:
        self._payload_type = payload.payload_type
        self._octets_per_tick, self._samples_per_tick = payload.octets_per_tick, payload.samples_per_tick
        self._clock_rate_hz, self._rate_hz = payload.clock_rate_hz, payload.sample_rate_hz
        self._far_ticks = FAR_S * payload.clock_rate_hz
        self._decoder = decoder(payload.codec)
        self._source: Source | None = None
        self._ssrc = 0
        self._candidate: tuple[int, int, int] | None = None  # SSRC, next sequence number, packets so far
        self._jitter = JitterBuffer()
        self._packets = self._lost_before = 0
        self._counts: Counter[str] = Counter()
        self._newest_timestamp = self._newest_sample = self._end_sample = self._decoded_sample = 0
        self._newest_at_s = 0.0
        self._lag_s = self._max_lag_s = self._jitter_s = 0.0
        self.decode = self._decoder.decode
        """For packets that simply go on: octets of shape (packets, octets) into their samples."""
        self.expected: tuple[int, int, int] | None = None
        """The SSRC, sequence and timestamp of the packet from the same source that would simply go on; None while
        something is held or nothing has come."""

    @property
    def source(self) -> Source | None:
        """Where the stream comes from; None before its first packet, and never another one."""
        return self._source

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

    def course(self) -> Course:
        """Where the stream stands, for what goes on past it."""
        last_samples = self._end_sample - self._newest_sample
        times = self._newest_at_s, self._jitter_s, self._lag_s, self._max_lag_s
        return Course(0, self._end_sample, last_samples, *times)

    def catch_up(self, course: Course) -> None:
        """Packets that went on from `expected`, and were decoded by `decode`, have gone past: count them."""
        packets, self._end_sample, last_samples, *times = course
        self._newest_at_s, self._jitter_s, self._lag_s, self._max_lag_s = times
        if not packets:
            return
        newest_sample = self._end_sample - last_samples
        ticks = (newest_sample - self._newest_sample) // self._samples_per_tick
        self._newest_timestamp = (self._newest_timestamp + ticks) % _WORD
        self._newest_sample, self._decoded_sample = newest_sample, self._end_sample
        self._packets += packets
        self._jitter.skip(packets)
        self._candidate = None
        self._expect()

    def flush(self, now_s: float) -> list[Sound]:
        """What waits for a packet that will not come, once the stream has ended."""
        return self._sounds(self._place(self._jitter.flush()), now_s)

    def stats(self) -> ReceiverStats:
        """The counts so far."""
        return ReceiverStats(
            packets=self._packets,
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
        is_sound = packet.payload_type == self._payload_type
        if not is_sound and packet.payload_type not in NO_SOUND:
            return self._drop("wrong_payload_type")
        if is_sound and (not packet.payload or len(packet.payload) % self._octets_per_tick):
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
        if packet.payload_type in NO_SOUND:
            self._counts["no_sound"] += 1
        else:
            self._packets += 1
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
            start = self._newest_sample + ticks * self._samples_per_tick
            if start < self._end_sample:  # the order of the sequence and of the timestamps contradict each other
                if at_s - self._newest_at_s < SILENT_S:
                    self._packets -= 1
                    self._counts["malformed"] += 1
                    continue
                start = self._by_arrival(at_s)  # for good, it seems: the sender's clock began anew
            away = at_s - self._newest_at_s - ticks / self._clock_rate_hz
            self._jitter_s += (abs(away) - self._jitter_s) * JITTER_GAIN
            self._newest_sample, self._newest_timestamp, self._newest_at_s = start, packet.timestamp, at_s
            self._end_sample = start + self._samples(packet.payload)
            pieces.append(_Piece(start, packet.payload, at_s))
        return pieces

    def _by_arrival(self, at_s: float) -> int:
        """Where sound lies whose numbers say nothing: as late as it came, and never before the end."""
        away_samples = round((at_s - self._newest_at_s) * self._rate_hz)
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
        rate_hz = self._rate_hz
        return Sound(first.start_sample, rate_hz, pcm, first.at_s - self._samples(first.payload) / rate_hz)

    def _samples(self, payload: bytes) -> int:
        return len(payload) // self._octets_per_tick * self._samples_per_tick

    def _expect(self) -> None:
        """Work out what would simply go on."""
        sequence = self._jitter.next_sequence
        if self._source is None or sequence is None or self._jitter.held:
            self.expected = None
            return
        ticks = (self._end_sample - self._newest_sample) // self._samples_per_tick
        self.expected = self._ssrc, sequence, (self._newest_timestamp + ticks) % _WORD

    def _note_lag(self, lag_s: float) -> None:
        self._lag_s = max(0.0, lag_s)
        if lag_s > self._max_lag_s:
            self._max_lag_s = lag_s


def _ms(time_s: float) -> float:
    return round(1000 * time_s, 2)
