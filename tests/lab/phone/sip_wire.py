"""SIP messages as text: parsed and built, no socket in sight (RFC 3261, sections 7, 20 and 25)."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

MAGIC_COOKIE = "z9hG4bK"
"""Every branch of RFC 3261 starts so (8.1.1.7)."""
_COMPACT = {
    "i": "call-id", "m": "contact", "e": "content-encoding", "l": "content-length", "c": "content-type", "f": "from",
    "s": "subject", "k": "supported", "t": "to", "v": "via", "o": "event", "r": "refer-to",
}  # fmt: skip
_NOT_A_LIST = frozenset(
    {"from", "to", "call-id", "cseq", "content-length", "content-type", "user-agent", "subject", "date"}
)


class MalformedMessage(ValueError):
    """These bytes are no SIP message."""


class Headers:
    """Header fields in their order; names are compared without case and in their long form (RFC 3261, 7.3)."""

    __slots__ = ("fields",)

    def __init__(self, fields: Iterable[tuple[str, str]] = ()) -> None:
        self.fields = tuple((name, _one_line(value)) for name, value in fields)

    def all(self, name: str) -> list[str]:
        """Every value of `name`, in order. Via, Route and the like one by one, even if they came in one line."""
        wanted = _long(name)
        values = [value for field, value in self.fields if _long(field) == wanted]
        return values if wanted in _NOT_A_LIST else [part for value in values for part in _split(value)]

    def get(self, name: str) -> str | None:
        """The first value of `name`, or None."""
        return next(iter(self.all(name)), None)

    def __getitem__(self, name: str) -> str:
        """The first value of `name`. Raises MalformedMessage if there is none."""
        value = self.get(name)
        if value is None:
            raise MalformedMessage(f"no {name} header")
        return value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Headers) and self.fields == other.fields

    def __repr__(self) -> str:
        return f"Headers({list(self.fields)!r})"


class CSeq(NamedTuple):
    """Sequence number and method (RFC 3261, 20.16)."""

    number: int
    method: str


@dataclass(frozen=True, slots=True)
class Request:
    """A request; `body` goes out with a Content-Length that is computed, never taken from `headers`.

    `octets` is the length of the datagram that it came in; 0 for one of ours.
    """

    method: str
    uri: str
    headers: Headers
    body: bytes = b""
    octets: int = field(default=0, compare=False)

    @property
    def start_line(self) -> str:
        return f"{self.method} {self.uri} SIP/2.0"


@dataclass(frozen=True, slots=True)
class Response:
    """A response. `status` is 100..699."""

    status: int
    reason: str
    headers: Headers
    body: bytes = b""

    def __post_init__(self) -> None:
        if not 100 <= self.status <= 699:
            raise MalformedMessage(f"status {self.status}")

    @property
    def start_line(self) -> str:
        return f"SIP/2.0 {self.status} {self.reason}"


Message = Request | Response


def build(message: Message) -> bytes:
    """The datagram."""
    lines = [message.start_line]
    lines += [f"{name}: {value}" for name, value in message.headers.fields if _long(name) != "content-length"]
    lines += [f"Content-Length: {len(message.body)}", "", ""]
    return "\r\n".join(lines).encode("utf-8") + message.body


def parse(datagram: bytes) -> Message:
    """The message in one UDP datagram. Raises MalformedMessage, and nothing else, on any other bytes."""
    head, separator, rest = datagram.lstrip(b"\r\n").partition(b"\r\n\r\n")
    if not separator:
        raise MalformedMessage("no end of headers")
    try:
        lines = _unfold(head.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise MalformedMessage("headers are not UTF-8") from error
    headers = Headers(_field(line) for line in lines[1:])
    start = lines[0].split(" ", 2)
    if len(start) != 3:
        raise MalformedMessage(f"start line {lines[0][:80]!r}")
    body = _body(headers, rest)
    if start[0] == "SIP/2.0":
        return Response(_number(start[1]), start[2], headers, body)
    if start[2] != "SIP/2.0" or not start[0].isalpha() or not start[0].isupper():
        raise MalformedMessage(f"start line {lines[0][:80]!r}")
    return Request(start[0], start[1], headers, body, len(datagram))


def cseq(message: Message) -> CSeq:
    """The CSeq header. Raises MalformedMessage."""
    number, _, method = message.headers["CSeq"].partition(" ")
    return CSeq(_number(number), method.strip())


def parameter(value: str, name: str) -> str | None:
    """Parameter `name` of a header value, outside of <...>: `tag` of From and To, `branch` of Via."""
    after = value.rpartition(">")[2] if ">" in value else value
    for part in after.split(";")[1:]:
        key, _, text = part.partition("=")
        if key.strip().lower() == name:
            return text.strip()
    return None


def address(value: str) -> str:
    """The URI in a From, To, Contact or Refer-To value, without display name, brackets and header parameters."""
    if "<" in value:
        return value.partition("<")[2].partition(">")[0]
    return value.partition(";")[0].strip()


def quoted(display: str) -> str:
    """A display name as a quoted-string (RFC 3261, 25.1). Line breaks cannot be carried: ValueError."""
    if "\r" in display or "\n" in display:
        raise ValueError("a display name has one line")
    escaped = display.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def reply(
    request: Request, status: int, reason: str, tag: str, extra: Iterable[tuple[str, str]] = (), body: bytes = b""
) -> Response:
    """A response with what must be copied from its request (RFC 3261, 8.2.6.2); To gets our tag if it has none."""
    to = request.headers["To"]
    if status > 100 and parameter(to, "tag") is None:
        to = f"{to};tag={tag}"
    copied = [("Via", via) for via in request.headers.all("Via")]
    copied += [("Record-Route", route) for route in request.headers.all("Record-Route")]
    copied += [
        ("From", request.headers["From"]),
        ("To", to),
        ("Call-ID", request.headers["Call-ID"]),
        ("CSeq", request.headers["CSeq"]),
    ]
    return Response(status, reason, Headers([*copied, *extra]), body)


def _long(name: str) -> str:
    lowered = name.strip().lower()
    return _COMPACT.get(lowered, lowered)


def _one_line(value: str) -> str:
    if "\r" in value or "\n" in value:
        raise MalformedMessage("a header value has one line")
    return value


def _unfold(head: str) -> list[str]:
    """Lines; one that starts with a space goes on the line before (RFC 3261, 7.3.1)."""
    lines: list[str] = []
    for line in head.split("\r\n"):
        if line[:1] in (" ", "\t") and lines:
            lines[-1] += " " + line.strip()
        else:
            lines.append(line)
    return lines


def _field(line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    if not colon or not name.strip():
        raise MalformedMessage(f"header {line[:80]!r}")
    return name.strip(), value.strip()


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 10):
        raise MalformedMessage(f"number {text[:20]!r}")
    return int(text)


def _body(headers: Headers, rest: bytes) -> bytes:
    length = headers.get("Content-Length")
    if length is None:
        return rest
    wanted = _number(length)
    if wanted > len(rest):
        raise MalformedMessage(f"body of {len(rest)} bytes, {wanted} announced")
    return rest[:wanted]


def _split(value: str) -> list[str]:
    """The elements of a comma-separated header, commas inside quotes and brackets kept."""
    parts, depth, in_quotes, start, escaped = [], 0, False, 0, False
    for index, char in enumerate(value):
        if escaped:
            escaped = False
        elif in_quotes:
            escaped = char == "\\"
            in_quotes = char != '"'
        elif char == '"':
            in_quotes = True
        elif char in "<>":
            depth += 1 if char == "<" else -1
        elif char == "," and depth == 0:
            parts.append(value[start:index].strip())
            start = index + 1
    return [*parts, value[start:].strip()]
