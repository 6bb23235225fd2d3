"""RTP as bytes and values (RFC 3550, section 5.1). No input or output."""

from __future__ import annotations

from typing import Final, NamedTuple

from consent.errors import OuidireError

HEADER_BYTES: Final = 12
VERSION: Final = 2


class MalformedPacket(OuidireError):
    """A datagram that is no RTP packet; the message says what is wrong with it."""


class RtpPacket(NamedTuple):
    """One packet. `sequence` has 16 bits, `timestamp` and `ssrc` 32; `payload` is without extension and padding."""

    payload_type: int
    marker: bool
    sequence: int
    timestamp: int
    ssrc: int
    payload: bytes


def parse(datagram: bytes | memoryview) -> RtpPacket:
    """Read one datagram. Raises MalformedPacket, and nothing else, for any bytes that are not one RTP packet."""
    data = bytes(datagram)
    size = len(data)
    if size < HEADER_BYTES:
        raise MalformedPacket(f"{size} bytes are shorter than a header")
    flags = data[0]
    if flags >> 6 != VERSION:
        raise MalformedPacket(f"version {flags >> 6}")
    start = HEADER_BYTES + 4 * (flags & 0x0F)
    if flags & 0x10:
        if size < start + 4:
            raise MalformedPacket("the extension's header is cut off")
        start += 4 + 4 * int.from_bytes(data[start + 2 : start + 4], "big")
    if size < start:
        raise MalformedPacket("sources or extension are cut off")
    if flags & 0x20:
        padding = data[-1]
        if not 1 <= padding <= size - start:
            raise MalformedPacket(f"a padding of {padding} bytes does not fit")
        size -= padding
    return RtpPacket(
        payload_type=data[1] & 0x7F,
        marker=data[1] >= 0x80,
        sequence=int.from_bytes(data[2:4], "big"),
        timestamp=int.from_bytes(data[4:8], "big"),
        ssrc=int.from_bytes(data[8:12], "big"),
        payload=data[start:size],
    )
