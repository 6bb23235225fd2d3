"""RTP packets, PCMU and keys as bytes (RFC 3550 section 5.1, ITU-T G.711, RFC 4733 section 2.3)."""

import struct
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

RATE_HZ = 8000
FRAME_SAMPLES = 160
"""20 ms."""
KEYS = "0123456789*#ABCD"
"""The event code of a key is its place here (RFC 4733, 3.2)."""
SILENCE = b"\xff" * FRAME_SAMPLES
_HEADER = struct.Struct("!BBHII")
_EVENT = struct.Struct("!BBH")
_VOLUME = 10


class Header(NamedTuple):
    """The fixed header. `marker` is 0 or 1."""

    marker: int
    payload_type: int
    sequence: int
    timestamp: int
    ssrc: int


class KeyEvent(NamedTuple):
    """One report of a key: it is over when `ended`; duration in samples of 8 kHz."""

    key: str
    ended: bool
    duration_samples: int


def build(header: Header, payload: bytes) -> bytes:
    """The datagram."""
    marker, payload_type, sequence, timestamp, ssrc = header
    return _HEADER.pack(0x80, marker << 7 | payload_type, sequence & 0xFFFF, timestamp & 0xFFFFFFFF, ssrc) + payload


def parse(datagram: bytes) -> tuple[Header, bytes] | None:
    """Header and payload, or None if this is no plain RTP packet (we negotiate no padding, extension or mixer)."""
    if len(datagram) < 12 or datagram[0] != 0x80:
        return None
    _, second, sequence, timestamp, ssrc = _HEADER.unpack_from(datagram)
    return Header(second >> 7, second & 0x7F, sequence, timestamp, ssrc), datagram[12:]


def build_key(event: KeyEvent) -> bytes:
    """The payload of a key event."""
    return _EVENT.pack(KEYS.index(event.key), (0x80 if event.ended else 0) | _VOLUME, event.duration_samples)


def parse_key(payload: bytes) -> KeyEvent | None:
    """The key event in a payload, or None if there is none that is a telephone key."""
    if len(payload) < 4:
        return None
    code, flags, duration = _EVENT.unpack_from(payload)
    return KeyEvent(KEYS[code], bool(flags & 0x80), duration) if code < len(KEYS) else None


def _decode_table() -> NDArray[np.int16]:
    code = ~np.arange(256, dtype=np.int32) & 0xFF
    magnitude = ((((code & 0x0F) << 3) + 0x84) << ((code & 0x70) >> 4)) - 0x84
    return np.where(code & 0x80, -magnitude, magnitude).astype(np.int16)


_DECODED = _decode_table()


def _encode_table() -> NDArray[np.uint8]:
    """One code for each 16-bit sample: the segment is the magnitude's highest bit (G.711, table 2a)."""
    samples = np.arange(-32768, 32768, dtype=np.int32)
    magnitude = np.minimum(np.abs(samples), 32635) + 0x84
    exponent = np.floor(np.log2(magnitude)).astype(np.int32) - 7
    mantissa = (magnitude >> (exponent + 3)) & 0x0F
    sign = np.where(samples < 0, 0x80, 0)
    codes: NDArray[np.uint8] = (~(sign | exponent << 4 | mantissa) & 0xFF).astype(np.uint8)
    return codes


_ENCODED = _encode_table()


def encode(samples: NDArray[np.int16]) -> bytes:
    """PCMU of 8 kHz int16 samples of shape (n,)."""
    codes: bytes = _ENCODED[samples.astype(np.int32) + 32768].tobytes()
    return codes


def decode(codes: bytes) -> NDArray[np.int16]:
    """int16 samples (n,) at 8 kHz of PCMU codes."""
    return _DECODED[np.frombuffer(codes, dtype=np.uint8)]
