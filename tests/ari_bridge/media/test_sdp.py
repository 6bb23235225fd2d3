"""What FreeSWITCH offers, and what we answer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ari_bridge.media import sdp, sip
from ari_bridge.media.payload import G722, PCMA, PCMU, Codec, PayloadFormat
from ari_bridge.media.sdp import Session
from ari_bridge.media.sip import Address, MalformedSip, Request
from tests.ari_bridge.media.tap_wire import INVITE, sample

AT = Address("127.0.0.1", 31_000)
HEAD = "v=0\no=x 1 1 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\n"


def body(datagram: bytes) -> bytes:
    """Of a request."""
    found = sip.parse(datagram)
    assert isinstance(found, Request)
    return found.body


def voice(types: str, *lines: str) -> sdp.Offer:
    """An offer of one voice."""
    return sdp.parse_offer((HEAD + f"m=audio 5000 RTP/AVP {types}\n" + "".join(f"a={one}\n" for one in lines)).encode())


def test_what_freeswitch_offers_is_read() -> None:
    """Law: of the offers each has the format that the gate asks it for, and nothing of keys."""
    linear = sdp.parse_offer(body(INVITE)).format
    assert linear is not None
    assert (linear.codec, linear.sample_rate_hz, linear.clock_rate_hz) == (Codec.L16, 8_000, 8_000)
    assert sdp.parse_offer(body(sample("tap_invite_pcmu"))).format == PCMU


def test_the_offerers_first_wish_that_we_can_hear_is_taken() -> None:
    """Law: the order is the offerer's, static types need no name, and what we cannot hear is passed over."""
    assert voice("97 8 0", "rtpmap:97 opus/48000/2").format == PCMA
    assert voice("9 0").format == G722
    assert voice("99 0", "rtpmap:99 l16/8000").format == PayloadFormat(99, Codec.L16, 8_000, 8_000)
    assert voice("100", "rtpmap:100 PCMU/8000").format == PayloadFormat(100, Codec.PCMU, 8_000, 8_000)
    assert voice("0", "rtpmap:0 PCMA/8000").format == PayloadFormat(0, Codec.PCMA, 8_000, 8_000)


@pytest.mark.parametrize(
    "offer",
    [
        voice("101 13", "rtpmap:101 telephone-event/8000"),
        voice("101", "rtpmap:101 L16/16000"),
        voice("98", "rtpmap:98 L16/16000/2"),
        voice("98", "rtpmap:98 L16/44100"),
        voice("98", "rtpmap:98 PCMU/16000"),
        voice("300 x"),
        sdp.parse_offer((HEAD + "m=audio 5000 RTP/SAVP 0\n").encode()),
        sdp.parse_offer((HEAD + "m=audio 0 RTP/AVP 0\n").encode()),
        sdp.parse_offer((HEAD + "m=video 5000 RTP/AVP 0\n").encode()),
    ],
)
def test_what_cannot_be_heard_is_no_voice(offer: sdp.Offer) -> None:
    """Law: keys, other codecs, more channels, encrypted, refused and other streams are nothing to answer with."""
    assert offer.voice is None
    assert offer.format is None


def test_the_answer_hears_and_never_speaks() -> None:
    """Law: one voice is answered as recvonly with one format, 20 ms, at our port; every other stream is refused in its
    place (RFC 3264, 6).
    """
    text = HEAD + "m=video 5002 RTP/AVP 31 32\nm=audio 5000 RTP/AVP 0 8 101\nm=audio 5004 RTP/AVP 8\n"
    offer = sdp.parse_offer(text.encode())
    said = sdp.answer(offer, PCMU, AT, Session(7, 2)).decode().split("\r\n")
    assert said == [
        "v=0", "o=- 7 2 IN IP4 127.0.0.1", "s=-", "c=IN IP4 127.0.0.1", "t=0 0", "m=video 0 RTP/AVP 31 32",
        "m=audio 31000 RTP/AVP 0", "a=rtpmap:0 PCMU/8000", "a=recvonly", "a=ptime:20", "m=audio 0 RTP/AVP 8", "",
    ]  # fmt: skip
    assert Session(7, 2).changed == Session(7, 3)
    assert sdp.name_of(G722) == "G722/8000"
    assert "IN IP6 ::1" in sdp.answer(offer, PCMU, Address("::1", 1), Session(7, 2)).decode()


@pytest.mark.parametrize(
    ("lines", "said"),
    [((), "recvonly"), (("sendonly",), "recvonly"), (("recvonly",), "inactive"), (("inactive",), "inactive")],
)
def test_what_is_not_sent_is_not_awaited(lines: tuple[str, ...], said: str) -> None:
    """Law: the answer's direction fits the offer's (RFC 3264, 6.1), and is never one that sends."""
    offer = voice("0", *lines)
    assert f"\r\na={said}\r\n" in sdp.answer(offer, PCMU, AT, Session(1, 1)).decode()


def test_a_direction_of_the_session_holds_for_its_streams() -> None:
    """Law: a stream without a direction has the session's, and its own goes before it (RFC 4566, 6)."""
    session = HEAD + "a=inactive\nm=audio 5000 RTP/AVP 0\n"
    assert not sdp.parse_offer(session.encode()).streams[0].sends
    assert sdp.parse_offer((session + "a=sendonly\n").encode()).streams[0].sends


@pytest.mark.parametrize(
    "text",
    [
        "", "v=1\nm=audio 1 RTP/AVP 0\n", "v=0\n", HEAD, HEAD + "m=audio 70000 RTP/AVP 0\n",
        HEAD + "m=audio x RTP/AVP 0\n",
        HEAD + "m=audio 1 RTP/AVP\n", HEAD + "m=audio 1 RTP/AVP 0\n\n", HEAD + "M=audio 1 RTP/AVP 0\n",
        HEAD + "m=audio 1 RTP/AVP 0\n" * 9, HEAD + "m=audio 1 RTP/AVP 0\n" + "a=x\n" * 300,
        HEAD + "m=audio 1 RTP/AVP " + "0 " * 65 + "\n", HEAD + "m=au dio 1 RTP/AVP 0\n",
    ],
)  # fmt: skip
def test_what_is_no_description_is_refused(text: str) -> None:
    """Law: what RFC 4566 does not allow, or is too much of it, is refused."""
    with pytest.raises(MalformedSip):
        sdp.parse_offer(text.encode())


@given(st.data())
def test_any_bytes_are_an_offer_or_refused(draw: st.DataObject) -> None:
    """Law: no bytes raise anything but MalformedSip, and every answer is read again as what it says."""
    data = bytearray(body(INVITE))
    for _ in range(draw.draw(st.integers(1, 4))):
        at = draw.draw(st.integers(0, len(data)))
        data[at : at + draw.draw(st.integers(0, 9))] = draw.draw(st.binary(max_size=6))
    try:
        offer = sdp.parse_offer(bytes(data))
    except MalformedSip:
        return
    if offer.format is not None:
        again = sdp.parse_offer(sdp.answer(offer, offer.format, AT, Session(1, 1)))
        assert again.format == offer.format
        assert len(again.streams) == len(offer.streams)
        assert not any(stream.sends for stream in again.streams if stream.is_voice)
