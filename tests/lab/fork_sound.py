"""What the forks carry, as sound: whole packets of the fork ports, taken from the wire before the bridge has them.

The recorder writes headers alone; here the voices of the laboratory's own callers are held in memory, to find out
whose they are.
"""

import asyncio
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ari_bridge.media.rtp import MalformedPacket, parse
from tests.lab.recorder import open_tap

RATE_HZ = 16_000
"""Forks are 16-bit linear sound, big-endian (RFC 3551, 4.5.11)."""
SILENT_DBOV = -96.0
"""The level of no sound at all; one step of 16 bits is -90."""
_KEPT_BYTES = 1500
_TIMESPEC = struct.Struct("qq")


class Piece(NamedTuple):
    """The sound of one packet: when it came (ns since 1970), at which port, int16 (n,)."""

    time_ns: int
    port: int
    pcm: NDArray[np.int16]


class ForkSound:
    """All that came to the fork ports since `listening` began."""

    def __init__(self) -> None:
        self.pieces: list[Piece] = []

    def take(self, packet: bytes, at_ns: int) -> None:
        """One IP packet; what is no RTP is passed over (the recorder counts it)."""
        udp = packet[(packet[0] & 0x0F) * 4 :]
        try:
            payload = parse(udp[8:]).payload
        except MalformedPacket:
            return
        pcm = np.frombuffer(payload[: len(payload) // 2 * 2], dtype=">i2").astype(np.int16)
        self.pieces.append(Piece(at_ns, int.from_bytes(udp[2:4], "big"), pcm))

    def of(self, ports: set[int], since_ns: int, until_ns: int) -> NDArray[np.int16]:
        """What came to these ports in that time, end to end, int16 (n,)."""
        found = [one.pcm for one in self.pieces if one.port in ports and since_ns <= one.time_ns <= until_ns]
        return np.concatenate(found) if found else np.zeros(0, np.int16)


@contextmanager
def listening(ports: range) -> Iterator[ForkSound]:
    """Listen to these ports on loopback, in the running loop. Raises LabError without the right to."""
    heard, loop = ForkSound(), asyncio.get_running_loop()
    with open_tap(ports, _KEPT_BYTES) as tap:
        loop.add_reader(tap, _drain, tap, heard)
        try:
            yield heard
        finally:
            loop.remove_reader(tap)


def _drain(tap: socket.socket, heard: ForkSound) -> None:
    while True:
        try:
            packet, ancillary, _, _ = tap.recvmsg(_KEPT_BYTES + 60, socket.CMSG_SPACE(_TIMESPEC.size))
        except BlockingIOError:
            return
        seconds, nanoseconds = _TIMESPEC.unpack_from(ancillary[0][2])
        heard.take(packet, seconds * 1_000_000_000 + nanoseconds)


def level_dbov(samples: NDArray[np.int16]) -> float:
    """The mean level of int16 samples, dB of a full-scale square wave."""
    if not len(samples):
        return SILENT_DBOV
    power = float(np.mean(np.square(samples.astype(np.float64) / 32768.0)))
    return max(SILENT_DBOV, 10 * np.log10(power)) if power else SILENT_DBOV


def leak_db(heard: NDArray[np.int16], template: NDArray[np.int16]) -> float:
    """How loud `template` is in `heard`, against itself, wherever in it; both int16 (n,) at one rate.

    0: as loud as it is. What has nothing of it in it is not at minus infinity: speech resembles anything by chance a
    little, the less the longer the template is. SILENT_DBOV where nothing is alike; nan, which is neither above nor
    below any bound, where less was heard than the template is long.
    """
    if len(heard) < len(template):
        return np.nan
    wanted = template.astype(np.float64)
    size = 1 << (len(heard) + len(template)).bit_length()
    product = np.fft.rfft(heard.astype(np.float64), size) * np.conj(np.fft.rfft(wanted, size))
    inner = np.fft.irfft(product, size)[: len(heard) - len(template) + 1]
    gain = float(np.abs(inner).max() / np.square(wanted).sum())
    return max(SILENT_DBOV, 20 * np.log10(gain)) if gain else SILENT_DBOV


def narrow(samples: NDArray[np.int16]) -> NDArray[np.int16]:
    """The same at 8 kHz; what comes from a telephone line has nothing above."""
    pairs = samples[: len(samples) // 2 * 2].astype(np.int32).reshape(-1, 2)
    return (pairs.sum(axis=1) // 2).astype(np.int16)
