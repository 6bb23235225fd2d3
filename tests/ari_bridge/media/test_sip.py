"""SIP as values, both ways."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ari_bridge.media import sip
from ari_bridge.media.sip import Address, Hangup, MalformedSip, Request, Response
from tests.ari_bridge.media.tap_wire import INVITE, NAMES, PBX, edited, sample

TOKEN = "0123456789abcdef0123456789abcdef"


def request(data: bytes) -> Request:
    """The request in a datagram."""
    found = sip.parse(data)
    assert isinstance(found, Request)
    return found


def test_what_freeswitch_says_is_read() -> None:
    """Law: every datagram of FreeSWITCH is a message, and its INVITE names the token."""
    assert {type(sip.parse(sample(name))) for name in NAMES} == {Request, Response}
    invite = request(INVITE)
    assert (invite.method, invite.content_type) == ("INVITE", "application/sdp")
    assert len(invite.user) == 32
    assert invite.body.startswith(b"v=0\r\n")
    assert invite.branch.startswith("z9hG4bK")
    assert invite.sender_tag
    assert invite.recipient_tag == ""
    assert invite.target.startswith("sip:")
    assert invite.size_bytes == len(INVITE)


def test_a_response_copies_what_tells_whose_it_is() -> None:
    """Law: Via, From, Call-ID and CSeq come back as they were written, To with our tag, and the Via says where the
    request came from (RFC 3261, 8.2.6.2; RFC 3581, 4).
    """
    asked = request(INVITE)
    said = sip.response(asked, 404, Address("127.0.0.1", 7), "ours")
    lines = said.decode().split("\r\n")
    assert lines[0] == "SIP/2.0 404 Not Found"
    assert f"From: {asked.sender}" in lines
    assert f"To: {asked.recipient};tag=ours" in lines
    assert f"Call-ID: {asked.call_id}" in lines
    assert f"CSeq: {asked.sequence} INVITE" in lines
    assert ";received=127.0.0.1;rport=7;" in lines[1]
    answer = sip.parse(said)
    assert answer == Response(404, asked.branch, asked.call_id, asked.sequence, "INVITE")


def test_our_hangup_is_a_request_that_we_would_read() -> None:
    """Law: a BYE of ours is a whole request, to the target and with the parties as they were given."""
    bye = Hangup("sip:mod@127.0.0.1:5080", Address("127.0.0.1", 9), "z9hG4bKx", "<sip:a@b>;tag=1", "<sip:c@d>", "i", 1)
    found = request(bye.written())
    assert (found.method, found.uri, found.branch) == ("BYE", "sip:mod@127.0.0.1:5080", "z9hG4bKx")
    assert (found.sender, found.sender_tag, found.recipient) == ("<sip:a@b>;tag=1", "1", "<sip:c@d>")
    assert sip.contact(Address("::1", 5)) == "<sip:[::1]:5>"


def test_short_names_and_folded_lines_are_the_same_message() -> None:
    """Law: compact names, other cases and a line that goes on read as the long form does (RFC 3261, 7.3)."""
    data = (
        b"OPTIONS sip:x@127.0.0.1 SIP/2.0\r\nv: SIP/2.0/UDP 127.0.0.1:5\r\n ;branch=z9hG4bKa;rport\r\n"
        b'f: "A; tag=no <x>" <sip:a@b;tag=neither>\r\n\t;TAG=yes\r\nT: sip:x@y\r\nI: 7\r\ncseq: 3  OPTIONS\r\n\r\n'
    )
    found = request(data)
    assert (found.branch, found.sender_tag, found.call_id, found.sequence) == ("z9hG4bKa", "yes", "7", 3)
    assert (found.recipient_tag, found.target, found.body) == ("", "", b"")
    assert found.user == "x"


@pytest.mark.parametrize(
    ("uri", "user"),
    [
        (f"sip:{TOKEN}@127.0.0.1:5060", TOKEN),
        (f"SIP:{TOKEN}@[::1]:5060;transport=udp", TOKEN),
        (f"sip:{TOKEN}:word@host", TOKEN),
        ("sip:127.0.0.1", ""),
        (f"tel:{TOKEN}", ""),
        (f"sip:{TOKEN}@a@b", ""),
        ("sip:@host", ""),
    ],
)
def test_the_user_of_a_uri(uri: str, user: str) -> None:
    """Law: the user is what stands before the one @ of a sip URI, without a password."""
    assert request(edited(INVITE, request(INVITE).uri, uri, once=True)).user == user


@pytest.mark.parametrize(
    "change",
    [
        ("SIP/2.0\r\n", "SIP/3.0\r\n"),
        ("INVITE sip", "INVITE  sip"),
        ("INVITE sip", "IN\tVITE sip"),
        ("Via: SIP/2.0/UDP", "Via: SIP/2.0/TCP"),
        ("branch=z9hG4bK", "branch=old"),
        ("Via:", "X-Via:"),
        ("From:", "X-From:"),
        ("To:", "X-To:"),
        ("Call-ID:", "X-Call-ID:"),
        ("CSeq:", "X-CSeq:"),
        ("CSeq: ", "CSeq: 9"),
        ("CSeq: ", "CSeq: -"),
        (" INVITE\r\n", " BYE\r\n"),
        ("Contact: ", "X: "),
        ("Contact: <sip:", "Contact: <tel:"),
        ("Max-Forwards", "To: <sip:x@y>\r\nMax-Forwards"),
        ("Max-Forwards", "i: other\r\nMax-Forwards"),
        ("Max-Forwards", "Content-Encoding: gzip\r\nMax-Forwards"),
        ("Max-Forwards:", "Max-Forwards"),
        ("Max-Forwards", "Max\x00Forwards"),
        ("Max-Forwards", "Max-For\rwards"),
        ("Content-Length: ", "Content-Length: 9"),
        ("Content-Length: ", "Content-Length: +"),
        ("\r\n\r\n", "\r\n"),
        ("Max-Forwards", "X: y\r\n" * 130 + "Max-Forwards"),
    ],
    ids=lambda change: f"{change[0][:16]!r} to {change[1][:16]!r}",
)
def test_what_is_broken_is_refused(change: tuple[str, str]) -> None:
    """Law: a message that says two things, or not all that a message must, is none."""
    with pytest.raises(MalformedSip):
        sip.parse(edited(INVITE, *change, once=change[0] != "\r\n\r\n"))


@pytest.mark.parametrize("data", [b"", b"\r\n\r\n", b"\xff" * 40 + b"\r\n\r\n", b"SIP/2.0 20 OK\r\n\r\n", b"x" * 9_000])
def test_garbage_is_refused(data: bytes) -> None:
    """Law: what is no text, no message, or too long is refused."""
    with pytest.raises(MalformedSip):
        sip.parse(data)


@given(st.sampled_from(NAMES), st.integers(0, 2_000))
def test_what_was_cut_off_is_refused(name: str, size: int) -> None:
    """Law: of a message no beginning of it is a message, but where only line ends are gone."""
    data = sample(name)
    if size >= len(data):
        return
    with pytest.raises(MalformedSip):
        sip.parse(data[:size])


@given(st.sampled_from(NAMES), st.data())
def test_no_change_makes_it_raise_anything_else(name: str, draw: st.DataObject) -> None:
    """Law: whatever stands in a message, it is a value or MalformedSip, and what is answered is a message again whose
    every line is one line.
    """
    data = bytearray(sample(name))
    for _ in range(draw.draw(st.integers(1, 4))):
        at = draw.draw(st.integers(0, len(data)))
        data[at : at + draw.draw(st.integers(0, 9))] = draw.draw(
            st.binary(max_size=6) | st.sampled_from([b"\r\n", b";"])
        )
    try:
        found = sip.parse(bytes(data))
    except MalformedSip:
        return
    if isinstance(found, Request):
        answer = sip.parse(sip.response(found, 481, PBX, "ours"))
        assert isinstance(answer, Response)
        assert (answer.branch, answer.call_id) == (found.branch, found.call_id)
