"""SIP as an answer-only listener meets it over UDP: requests and responses as values, and what we write back.

No input or output. What is read is bounded, and what is not understood is one exception; RFC 3261 where a section is
named without another number.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from consent.errors import OuidireError

MAX_BYTES: Final = 8_192
"""Of one message. FreeSWITCH's INVITE has some 1,100; what is longer is not read."""
MAX_LINES: Final = 128
MAGIC_COOKIE: Final = "z9hG4bK"
"""Begins every branch (8.1.1.7)."""
ALLOW: Final = "INVITE, ACK, BYE, CANCEL, OPTIONS"
"""UPDATE (RFC 3311) is answered too, but not asked for: FreeSWITCH would send one for each change of a display."""
REASONS: Final = {
    200: "OK", 400: "Bad Request", 403: "Forbidden", 404: "Not Found", 405: "Not Allowed", 481: "No Such Call",
    488: "Not Acceptable", 500: "Out Of Order", 503: "No Port",
}  # fmt: skip
"""Short ones, since a response shall not be longer than what it answers; the words are free (7.2)."""
_COMPACT: Final = {
    "i": "call-id", "m": "contact", "l": "content-length", "c": "content-type", "f": "from", "t": "to", "v": "via",
    "e": "content-encoding",
}  # fmt: skip
_ONCE: Final = ("call-id", "contact", "content-length", "content-type", "cseq", "from", "to")
"""What a request to us has at most once; two would let two readers read two things."""
_TOKEN: Final = re.compile(r"[A-Za-z0-9.!%*_+`'~-]{1,64}")
_NUMBER: Final = re.compile(r"[0-9]{1,10}")
_USER: Final = re.compile(r"sip:([^@:;?<>\s]{1,128})(?::[^@]*)?@[^@]+", re.IGNORECASE)
_VIA: Final = re.compile(r"SIP\s*/\s*2\.0\s*/\s*UDP\s+\S", re.IGNORECASE)
_CONTROL: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


class MalformedSip(OuidireError):
    """A datagram that is no SIP message for us, or a description that is no SDP; the message says what is wrong."""


class Address(NamedTuple):
    """Where a datagram came from: an IP address and a UDP port."""

    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Request:
    """One request, with what a response copies from it as it was written (8.2.6.2).

    `uri` is the request's, `target` that of its Contact ("" without one); the tags are "" where there are none.
    """

    method: str
    uri: str
    vias: tuple[str, ...]
    branch: str
    sender: str
    sender_tag: str
    recipient: str
    recipient_tag: str
    call_id: str
    sequence: int
    target: str
    content_type: str
    body: bytes
    size_bytes: int

    @property
    def user(self) -> str:
        """The user of the request's URI, "" where it has none."""
        found = _USER.fullmatch(self.uri)
        return found[1] if found else ""


@dataclass(frozen=True, slots=True)
class Response:
    """One response to a request of ours: what tells which one, and its status (100 to 699)."""

    status: int
    branch: str
    call_id: str
    sequence: int
    method: str


def parse(datagram: bytes) -> Request | Response:
    """Read one datagram (7, 18.3). Raises MalformedSip, and nothing else, for any bytes that are not one message."""
    if len(datagram) > MAX_BYTES:
        raise MalformedSip(f"{len(datagram)} bytes are too long")
    head, end, rest = datagram.partition(b"\r\n\r\n")
    if not end:
        raise MalformedSip("no end of the headers")
    try:
        start, *lines = _unfolded(head.decode("utf-8"))
    except UnicodeDecodeError:
        raise MalformedSip("the headers are not UTF-8") from None
    words, fields = start.split(" "), _fields(lines)
    if words[0] == "SIP/2.0":
        return _response(words, fields)
    if len(words) != 3 or words[2] != "SIP/2.0" or not words[1] or not _TOKEN.fullmatch(words[0]):
        raise MalformedSip("no request line (7.1)")
    return _request(words[0], words[1], fields, rest, len(datagram))


def response(
    request: Request, status: int, source: Address, tag: str, more: Sequence[tuple[str, str]] = (), body: bytes = b""
) -> bytes:
    """A response that goes to `source`, where the request came from (18.2.2, RFC 3581). `tag` is ours (12.1.1)."""
    recipient = request.recipient if request.recipient_tag else f"{request.recipient};tag={tag}"
    top, *others = request.vias
    fields = [
        ("Via", _answered_via(top, source)), *(("Via", via) for via in others), ("From", request.sender),
        ("To", recipient), ("Call-ID", request.call_id), ("CSeq", f"{request.sequence} {request.method}"), *more,
    ]  # fmt: skip
    return _written(f"SIP/2.0 {status} {REASONS[status]}", fields, body)


@dataclass(frozen=True, slots=True)
class Hangup:
    """A BYE of the side that was called (12.2.1.1, 15.1.1): From is who was called, To is who called."""

    target: str
    own: Address
    branch: str
    sender: str
    recipient: str
    call_id: str
    sequence: int

    def written(self) -> bytes:
        """The datagram."""
        fields = [
            ("Via", f"SIP/2.0/UDP {_host(self.own.host)}:{self.own.port};branch={self.branch};rport"),
            ("Max-Forwards", "70"), ("From", self.sender), ("To", self.recipient), ("Call-ID", self.call_id),
            ("CSeq", f"{self.sequence} BYE"),
        ]  # fmt: skip
        return _written(f"BYE {self.target} SIP/2.0", fields, b"")


def contact(own: Address) -> str:
    """Our Contact: where requests within the dialog are sent to (12.1.1)."""
    return f"<sip:{_host(own.host)}:{own.port}>"


def _written(start: str, fields: Sequence[tuple[str, str]], body: bytes) -> bytes:
    lines = [start, *(f"{name}: {value}" for name, value in fields), f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode("utf-8") + body


def _host(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _request(method: str, uri: str, fields: dict[str, list[str]], rest: bytes, size_bytes: int) -> Request:
    sequence, named = _sequence(fields)
    if named != method:
        raise MalformedSip("CSeq names another method (8.1.1.5)")
    sender, recipient, vias = _one(fields, "from"), _one(fields, "to"), tuple(fields.get("via", ()))
    sender_tag = _parameter(sender, "tag")
    if not sender_tag:
        raise MalformedSip("From has no tag (8.1.1.3)")
    target = _uri(fields["contact"][0]) if "contact" in fields else ""
    if method == "INVITE" and not target:
        raise MalformedSip("an INVITE names no Contact (8.1.1.8)")
    return Request(
        method, uri, vias, _branch(vias), sender, sender_tag, recipient, _parameter(recipient, "tag"),
        _one(fields, "call-id"), sequence, target, _media_type(fields), _body(fields, rest), size_bytes,
    )  # fmt: skip


def _response(words: Sequence[str], fields: dict[str, list[str]]) -> Response:
    status = words[1] if len(words) > 2 else ""
    if not re.fullmatch("[1-6][0-9][0-9]", status):
        raise MalformedSip("no status line (7.2)")
    sequence, method = _sequence(fields)
    return Response(int(status), _branch(fields.get("via", ())), _one(fields, "call-id"), sequence, method)


def _unfolded(head: str) -> list[str]:
    """The lines; one that begins with a space or tab goes on the one before (7.3.1)."""
    lines: list[str] = []
    for line in head.split("\r\n"):
        if _CONTROL.search(line):
            raise MalformedSip("a control character")
        if line[:1] in (" ", "\t") and len(lines) > 1:
            lines[-1] += " " + line.strip(" \t")
        else:
            lines.append(line)
    if len(lines) > MAX_LINES:
        raise MalformedSip(f"{len(lines)} lines")
    return lines


def _fields(lines: Sequence[str]) -> dict[str, list[str]]:
    """The values of each field in their order, by its long name in lower case (7.3.1, 7.3.3)."""
    fields: dict[str, list[str]] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        name = name.rstrip(" \t")
        if not colon or not _TOKEN.fullmatch(name):
            raise MalformedSip("a line that is no header field")
        lower = name.lower()
        fields.setdefault(_COMPACT.get(lower, lower), []).append(value.strip(" \t"))
    for name in _ONCE:
        if len(fields.get(name, ())) > 1:
            raise MalformedSip(f"more than one {name}")
    return fields


def _one(fields: dict[str, list[str]], name: str) -> str:
    value = fields.get(name, [""])[0]
    if not value:
        raise MalformedSip(f"no {name}")
    return value


def _sequence(fields: dict[str, list[str]]) -> tuple[int, str]:
    number, _, method = _one(fields, "cseq").partition(" ")
    if not _NUMBER.fullmatch(number) or int(number) >= 1 << 31 or not _TOKEN.fullmatch(method.strip(" \t")):
        raise MalformedSip("no CSeq (8.1.1.5)")
    return int(number), method.strip(" \t")


def _branch(vias: Sequence[str]) -> str:
    """That of the topmost Via, which names the transaction (17.1.3, 17.2.3)."""
    top = vias[0].partition(",")[0] if vias else ""
    branch = _parameter(top, "branch")
    if not _VIA.match(top) or not branch.startswith(MAGIC_COOKIE):
        raise MalformedSip("no Via of RFC 3261 over UDP (8.1.1.7)")
    return branch


def _answered_via(top: str, source: Address) -> str:
    """The topmost Via with where the request really came from (18.2.1; RFC 3581, section 4)."""
    first, comma, others = top.partition(",")
    filled = re.sub(r";\s*rport\s*(?=;|$)", f";received={source.host};rport={source.port}", first, count=1)
    return filled + comma + others


def _media_type(fields: dict[str, list[str]]) -> str:
    return fields.get("content-type", [""])[0].partition(";")[0].strip(" \t").lower()


def _body(fields: dict[str, list[str]], rest: bytes) -> bytes:
    """As long as Content-Length says; without one, all that is there (18.3)."""
    length = fields.get("content-length", [str(len(rest))])[0]
    if not _NUMBER.fullmatch(length) or int(length) > len(rest):
        raise MalformedSip("the body is shorter than its Content-Length (18.3)")
    if "content-encoding" in fields:
        raise MalformedSip("an encoded body")
    return rest[: int(length)]


def _uri(value: str) -> str:
    """The URI in a From, To or Contact (20.10)."""
    bracketed = re.search(r"<([^<>\s]{1,512})>", _unquoted(value))
    uri = bracketed[1] if bracketed else value.partition(";")[0].strip(" \t")
    if not re.fullmatch(r"sips?:[^\s<>\"]{1,512}", uri, re.IGNORECASE):
        raise MalformedSip("no SIP URI")
    return uri


def _parameter(value: str, name: str) -> str:
    """A parameter of a field's value, "" where it has none; what stands in quotes or within <> is none (20.10)."""
    outside = re.sub(r"<[^<>]*>", "", _unquoted(value))
    for part in outside.split(";")[1:]:
        key, _, text = part.partition("=")
        if key.strip(" \t").lower() == name:
            return text.strip(" \t") if _TOKEN.fullmatch(text.strip(" \t")) else ""
    return ""


def _unquoted(value: str) -> str:
    return re.sub(r'"(?:[^"\\]|\\.)*"', "", value)
