"""One leg's sound out of its datagrams: every check that a packet must pass, then samples. No input or output."""

from __future__ import annotations

from collections import Counter
from typing import Final, NamedTuple

import numpy as np

from analysis.audio import Pcm16
from ari_bridge.media.arrival import Arrival
from ari_bridge.media.jitter import Fate, JitterBuffer
from ari_bridge.media.rtp import MalformedPacket, RtpPacket, parse
from ari_bridge.media.stats import ReceiverStats

SLIN16_PAYLOAD_TYPE: Final = 118
"""What Asterisk's UnicastRTP gives 16 kHz linear samples (16.28 and 22.10, measured)."""
SLIN16_RATE_HZ: Final = 16_000
FAR_SAMPLES: Final = 60 * SLIN16_RATE_HZ
"""A timestamp farther than this from where the stream stands is no news of it: a replay from before the sequence
wrapped, or nonsense that would tear the call's clock apart."""
_WORD: Final = 1 << 32


class PcmRun(NamedTuple):
    """Samples without a gap. `start_sample` counts at 16 kHz from the stream's first; `pcm` is int16 of shape (n,).

    Runs of a stream come in order and never overlap; what lies between two runs was not heard.
    """

    start_sample: int
    pcm: Pcm16


class MediaStream:
    """Big-endian 16 kHz linear samples in RTP (RFC 3551, section 4.5.11, at another rate), from one sender.

    The first good packet decides what the stream is (address, port, SSRC); all else is counted and dropped. A stream
    never changes its SSRC: each leg has a fork and a port of its own. No datagram makes it raise.
    """

    def __init__(self) -> None:
        self._source: tuple[str, int, int] | None = None
        self._jitter = JitterBuffer()
        self._counts: Counter[str] = Counter()
        self._newest_timestamp = 0
        self._newest_sample = 0
        self._end_sample = 0

    def feed(self, arrival: Arrival) -> list[PcmRun]:
        """Take one datagram; the sound that is in order now: no run, one, or more after a gap."""
        try:
            packet = parse(arrival.datagram)
        except MalformedPacket:
            return self._drop("malformed")
        if packet.payload_type != SLIN16_PAYLOAD_TYPE:
            return self._drop("wrong_payload_type")
        if not packet.payload or len(packet.payload) % 2:
            return self._drop("malformed")
        if self._source is None:
            self._source = (arrival.host, arrival.port, packet.ssrc)
            self._newest_timestamp = packet.timestamp
        if self._source[:2] != (arrival.host, arrival.port):
            return self._drop("foreign")
        if self._source[2] != packet.ssrc:
            return self._drop("wrong_ssrc")
        if abs(self._ahead_samples(packet)) > FAR_SAMPLES:
            return self._drop("replayed")
        fate, ordered = self._jitter.push(packet)
        if fate is not Fate.TAKEN:
            return self._drop("late" if fate is Fate.LATE else "replayed")
        self._counts["packets"] += 1
        return self._sound(ordered)

    def flush(self) -> list[PcmRun]:
        """What waits for a packet that will not come, once the stream has ended."""
        return self._sound(self._jitter.flush())

    def stats(self) -> ReceiverStats:
        """The counts so far."""
        return ReceiverStats(**self._counts, lost=self._jitter.lost)

    def _drop(self, reason: str) -> list[PcmRun]:
        self._counts[reason] += 1
        return []

    def _ahead_samples(self, packet: RtpPacket) -> int:
        """How far a packet starts after the newest one (negative: before it); timestamps wrap after 74 hours."""
        return (packet.timestamp - self._newest_timestamp + _WORD // 2) % _WORD - _WORD // 2

    def _sound(self, packets: list[RtpPacket]) -> list[PcmRun]:
        runs: list[tuple[int, list[bytes]]] = []
        for packet in packets:
            start = self._newest_sample + self._ahead_samples(packet)
            if start < self._end_sample:  # the order of the sequence and of the timestamps contradict each other
                self._counts["packets"] -= 1
                self._counts["malformed"] += 1
                continue
            if runs and start == self._end_sample:
                runs[-1][1].append(packet.payload)
            else:
                runs.append((start, [packet.payload]))
            self._newest_sample, self._newest_timestamp = start, packet.timestamp
            self._end_sample = start + len(packet.payload) // 2
        return [PcmRun(start, np.frombuffer(b"".join(parts), ">i2").astype(np.int16)) for start, parts in runs]
