"""Laws of the session description."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.lab.phone import sdp_wire
from tests.lab.phone.sdp_wire import MalformedSession, Session


@given(st.integers(0, 65535), st.integers(96, 127), st.sampled_from(sdp_wire.DIRECTIONS))
def test_what_was_built_is_read_back(port: int, key_type: int, direction: str) -> None:
    """parse is the inverse of build."""
    session = Session("127.0.0.2", port, key_type, direction)
    assert sdp_wire.parse(sdp_wire.build(session, 1, 2)) == session


@pytest.mark.parametrize(
    ("offer", "answer"),
    [("sendrecv", "sendrecv"), ("sendonly", "recvonly"), ("recvonly", "sendonly"), ("inactive", "inactive")],
)
def test_the_answer_mirrors_the_offer(offer: str, answer: str) -> None:
    """RFC 3264, 6.1: who is put on hold listens."""
    assert Session("127.0.0.1", 4000, 101, offer).answer_direction == answer


def test_an_offer_without_keys_has_none() -> None:
    """A side that names no telephone-event takes no keys: we must not invent a payload type for it."""
    assert sdp_wire.parse(b"v=0\r\nc=IN IP4 127.0.0.1\r\nm=audio 4000 RTP/AVP 0\r\n").key_type is None


@given(
    st.binary(max_size=200) | st.text(max_size=100).map(lambda text: f"c=IN IP4 h\nm=audio {text} RTP/AVP 0".encode())
)
def test_foreign_bytes_are_refused_with_one_error(body: bytes) -> None:
    """parse returns a session or raises MalformedSession, and nothing else."""
    with contextlib.suppress(MalformedSession):
        sdp_wire.parse(body)
