"""Laws of the RTP layer."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.lab.phone import rtp_wire
from tests.lab.phone.rtp_wire import Header, KeyEvent

HEADERS = st.builds(
    Header,
    st.integers(0, 1),
    st.integers(0, 127),
    st.integers(0, 65535),
    st.integers(0, 2**32 - 1),
    st.integers(0, 2**32 - 1),
)


@given(HEADERS, st.binary(max_size=200))
def test_what_was_built_is_read_back(header: Header, payload: bytes) -> None:
    """parse is the inverse of build."""
    assert rtp_wire.parse(rtp_wire.build(header, payload)) == (header, payload)


@given(st.sampled_from(rtp_wire.KEYS), st.booleans(), st.integers(0, 65535))
def test_keys_are_read_back(key: str, ended: bool, duration_samples: int) -> None:
    """parse_key is the inverse of build_key for every key of a telephone."""
    event = KeyEvent(key, ended, duration_samples)
    assert rtp_wire.parse_key(rtp_wire.build_key(event)) == event


@given(st.binary(max_size=40))
def test_foreign_bytes_are_no_packet(datagram: bytes) -> None:
    """Whatever is not RTP version 2 without extras, or no key, is None and never an error."""
    parsed = rtp_wire.parse(datagram)
    assert parsed is None or datagram[0] == 0x80
    rtp_wire.parse_key(datagram)


@pytest.mark.parametrize(
    ("sample", "code"), [(0, 0xFF), (8, 0xFE), (-8, 0x7E), (32124, 0x80), (-32124, 0x00), (132, 0xEF)]
)
def test_pcmu_is_g711(sample: int, code: int) -> None:
    """Values from ITU-T G.711, table 2a (scaled to 16 bits)."""
    assert rtp_wire.encode(np.array([sample], dtype=np.int16)) == bytes([code])
    assert rtp_wire.decode(bytes([code]))[0] == sample


def test_pcmu_keeps_speech() -> None:
    """Samples come back within half a step of their segment (1/32 of the biased magnitude), decoded ones exactly."""
    samples = np.arange(-32635, 32636, dtype=np.int32).astype(np.int16)
    error = np.abs(rtp_wire.decode(rtp_wire.encode(samples)).astype(np.int32) - samples)
    assert (error <= (np.abs(samples.astype(np.int32)) + 132) / 32).all()
    codes = bytes(range(256))
    decoded = rtp_wire.decode(codes)
    assert (rtp_wire.decode(rtp_wire.encode(decoded)) == decoded).all()
