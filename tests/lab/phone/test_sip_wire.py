"""Laws of the SIP text layer."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.lab.phone import sip_wire
from tests.lab.phone.sip_wire import CSeq, Headers, MalformedMessage, Request, Response

INVITE = (
    b"INVITE sip:1001@127.0.0.1:5060 SIP/2.0\r\n"
    b"v: SIP/2.0/UDP 127.0.0.1:5062;branch=z9hG4bKa, SIP/2.0/UDP 127.0.0.2;branch=z9hG4bKb\r\n"
    b'f: "Zo\xc3\xab, \\"Z\\"" <sip:zoe@127.0.0.2>;tag=abc\r\n'
    b"t: <sip:1001@127.0.0.1>\r\n"
    b"Call-ID: one\r\n"
    b"CSeq: 7 INVITE\r\n"
    b"Subject: folded\r\n line, with a comma\r\n"
    b"l: 4\r\n\r\nbodyREST"
)
WORD = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=12)
LINE = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp", "Zs"]), max_size=40)


def test_compact_folded_and_listed_headers_are_read() -> None:
    """RFC 3261, 7.3: short names, folded lines and several values in one line mean the same as the plain form."""
    message = sip_wire.parse(INVITE)
    assert isinstance(message, Request)
    assert [sip_wire.parameter(via, "branch") for via in message.headers.all("Via")] == ["z9hG4bKa", "z9hG4bKb"]
    assert message.headers["Subject"] == "folded line, with a comma"
    assert sip_wire.address(message.headers["From"]) == "sip:zoe@127.0.0.2"
    assert sip_wire.parameter(message.headers["From"], "tag") == "abc"
    assert sip_wire.cseq(message) == CSeq(7, "INVITE")
    assert message.body == b"body"


def test_a_reply_copies_what_must_be_copied_and_tags_to() -> None:
    """RFC 3261, 8.2.6.2: Via, From, Call-ID and CSeq as they came, To with our tag, but no tag in a 100."""
    request = sip_wire.parse(INVITE)
    assert isinstance(request, Request)
    answer = sip_wire.reply(request, 200, "OK", "ours")
    assert answer.headers.all("Via") == request.headers.all("Via")
    assert sip_wire.parameter(answer.headers["To"], "tag") == "ours"
    assert sip_wire.parameter(sip_wire.reply(request, 100, "Trying", "ours").headers["To"], "tag") is None


@given(st.lists(st.tuples(WORD.map("X-{}".format), LINE), max_size=6), st.binary(max_size=50))
def test_what_was_built_is_read_back(fields: list[tuple[str, str]], body: bytes) -> None:
    """parse is the inverse of build; the length is ours to compute."""
    built = sip_wire.build(Response(200, "OK", Headers(fields), body))
    parsed = sip_wire.parse(built)
    assert isinstance(parsed, Response)
    assert parsed.headers.fields[:-1] == tuple(fields)
    assert parsed.body == body


@given(st.binary(max_size=300) | st.binary(max_size=100).map(lambda junk: INVITE[:60] + junk + INVITE[60:]))
def test_foreign_bytes_are_refused_with_one_error(datagram: bytes) -> None:
    """Whatever comes in a datagram, parse returns a message or raises MalformedMessage, and nothing else."""
    with contextlib.suppress(MalformedMessage):
        sip_wire.parse(datagram)


@pytest.mark.parametrize("broken", [INVITE[:-10], INVITE.replace(b"l: 4", b"l: -4"), INVITE.replace(b"l: 4", b"l: 99")])
def test_a_body_shorter_than_announced_is_refused(broken: bytes) -> None:
    """A truncated datagram is not half a message."""
    with pytest.raises(MalformedMessage):
        sip_wire.parse(broken)


def test_no_header_can_carry_a_line_break() -> None:
    """A display name or value cannot smuggle in a header of its own."""
    with pytest.raises(MalformedMessage):
        Headers([("From", "a\r\nEvil: yes")])
    with pytest.raises(ValueError, match="one line"):
        sip_wire.quoted("a\nb")


def test_a_quoted_name_hides_its_brackets() -> None:
    """A hostile display name stays a display name: the address behind it is found all the same."""
    value = f"{sip_wire.quoted('Z' + chr(34) + ', x')} <sip:real@127.0.0.2>;tag=t"
    assert Headers([("Contact", value)]).all("Contact") == [value]
    assert sip_wire.address(value) == "sip:real@127.0.0.2"
