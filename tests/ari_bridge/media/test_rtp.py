"""RTP bytes into values."""

import struct
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ari_bridge.media.rtp import MalformedPacket, RtpPacket, parse
from tests import wire


@given(st.binary(max_size=2000))
def test_any_bytes_are_a_packet_or_malformed(data: bytes) -> None:
    """Law: no datagram raises anything but MalformedPacket, and a payload is never longer than what came."""
    try:
        packet = parse(data)
    except MalformedPacket:
        return
    assert len(packet.payload) <= len(data) - 12
    assert packet.payload in data


@given(
    st.integers(0, 127), st.booleans(), st.integers(0, 65535), st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1),
    st.binary(max_size=1400), st.integers(0, 15), st.none() | st.integers(0, 20), st.integers(0, 255),
)  # fmt: skip
def test_what_is_written_is_read(
    payload_type: int, marker: bool, sequence: int, timestamp: int, ssrc: int, payload: bytes,
    sources: int, extension_words: int | None, padding: int,
) -> None:  # fmt: skip
    """Law: every header of RFC 3550 section 5.1 gives back its fields and its payload."""
    flags = 0x80 | sources | (0x10 if extension_words is not None else 0) | (0x20 if padding else 0)
    data = struct.pack(">BBHII", flags, payload_type | (0x80 if marker else 0), sequence, timestamp, ssrc)
    data += b"\1\2\3\4" * sources
    if extension_words is not None:
        data += struct.pack(">HH", 0xBEDE, extension_words) + b"\0\0\0\0" * extension_words
    data += payload + (b"\0" * (padding - 1) + bytes([padding]) if padding else b"")
    assert parse(memoryview(data)) == RtpPacket(payload_type, marker, sequence, timestamp, ssrc, payload)


@pytest.mark.parametrize("name", wire.rtp_names("valid_"))
def test_every_valid_form_has_the_same_sound(name: str) -> None:
    """Law: padding, extension, sources and marker change nothing of the sound that a packet carries."""
    assert parse(wire.rtp(name)).payload == parse(wire.rtp("valid_slin16")).payload


@pytest.mark.parametrize("name", wire.rtp_names("broken_"))
def test_every_broken_file_is_malformed(name: str) -> None:
    """Law: a truncated or contradictory datagram is refused with a reason."""
    with pytest.raises(MalformedPacket, match=r"."):
        parse(wire.rtp(name))


@pytest.mark.parametrize("version", wire.VERSIONS)
def test_a_real_fork_is_read(version: str) -> None:
    """Law: what Asterisk's UnicastRTP sends is slin16: payload type 118, 640 bytes, +320, contiguous, no marker."""
    packets = [parse(one) for one in wire.fork(version)]
    assert {(p.payload_type, p.marker, p.ssrc, len(p.payload)) for p in packets} == {(118, False, packets[0].ssrc, 640)}
    for before, after in pairwise(packets):
        assert (after.sequence - before.sequence) % 65536 == 1
        assert after.timestamp - before.timestamp == 320
