"""RTP datagrams for tests."""

import struct

from ari_bridge.media.arrival import Arrival
from ari_bridge.media.payload import SLIN16, PayloadFormat
from ari_bridge.media.rtp import RtpPacket

SAMPLES = 320
HOST, PORT = "127.0.0.1", 24896


def packet(sequence: int, payload: bytes = b"") -> RtpPacket:
    """The packet of a contiguous stream that has this sequence number (not yet cut to 16 bits)."""
    return RtpPacket(118, False, sequence % 65536, sequence * SAMPLES % 2**32, 7, payload)


def datagram(
    sequence: int,
    *,
    payload_type: int = 118,
    ssrc: int = 7,
    level: int = 0,
    samples: int = SAMPLES,
    timestamp: int = -1,
) -> bytes:
    """The same with a sound: `samples` times the value `level`."""
    at = sequence * SAMPLES if timestamp < 0 else timestamp
    header = struct.pack(">BBHII", 0x80, payload_type, sequence % 65536, at % 2**32, ssrc)
    return header + struct.pack(">h", level) * samples


def numbered(sequence: int, payload: PayloadFormat = SLIN16, ssrc: int = 7) -> bytes:
    """20 ms in any format, each packet with octets of its own."""
    ticks = payload.clock_rate_hz // 50
    header = struct.pack(">BBHII", 0x80, payload.payload_type, sequence % 65536, sequence * ticks % 2**32, ssrc)
    octets = ticks * payload.octets_per_tick
    return header + bytes((sequence * 7 + place) % 251 for place in range(octets))


def arrival(data: bytes, host: str = HOST, port: int = PORT, at_s: float = 1.0) -> Arrival:
    """As it comes from the PBX."""
    return Arrival(data, host, port, at_s)
