"""FreeSWITCH's event socket (ESL) as bytes: messages read from a stream, commands written. No I/O.

A message is headers of `Name: value` to an empty line, then a body of Content-Length bytes. What FreeSWITCH writes is
in libs/esl/src/esl.c and mod_event_socket.c. It has no version and no framing to fall back upon: a stream that is
broken once cannot be trusted again, and its connection has to end.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final
from urllib.parse import quote, unquote

MAX_HEADER_BYTES: Final = 64 * 1024
"""The headers around an event are below 200 bytes."""
MAX_BODY_BYTES: Final = 8 * 1024 * 1024
"""An event of a busy call has 10 kB; the list of channels more than 1 kB of each, so the 1,000 that FreeSWITCH allows
unless told otherwise are above 1 MB, and twice that as bridged calls."""

_CONTENT_LENGTH: Final = "content-length"


class MalformedMessage(Exception):
    """The bytes are no messages of an event socket, or one longer than any that we ask for."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message: its headers by their lower-case names (the first of each name), and the bytes of its body."""

    headers: Mapping[str, str]
    octets: bytes = b""

    @property
    def body(self) -> str:
        """The body as text. Bytes that are no UTF-8 are read as U+FFFD: a caller's name must not end the connection."""
        return self.octets.decode("utf-8", "replace")

    @property
    def kind(self) -> str:
        """Its Content-Type: "auth/request", "command/reply", "api/response", "text/event-plain"..."""
        return self.headers.get("content-type", "")

    @property
    def reply(self) -> str:
        """What a command was answered: "+OK ...", "-ERR ..."."""
        return self.headers.get("reply-text", "")


@dataclass(frozen=True, slots=True)
class Event:
    """One event: its headers by their lower-case names, and its own body."""

    headers: Mapping[str, str]
    body: str = ""

    @property
    def name(self) -> str:
        """As FreeSWITCH names it: "CHANNEL_BRIDGE", "HEARTBEAT"; "CUSTOM" with a `subclass`."""
        return self.headers.get("event-name", "")

    @property
    def subclass(self) -> str:
        """Of a CUSTOM event, else ""."""
        return self.headers.get("event-subclass", "")

    def variable(self, name: str) -> str:
        """A channel's variable as of the event; "" where it is unset."""
        return self.headers.get(f"variable_{name}".lower(), "")


class MessageReader:
    """Cuts a stream of bytes into messages.

    `waiting_bytes` never grows beyond the two limits together, whatever the other side claims of its lengths.
    """

    def __init__(self) -> None:
        self._waiting = bytearray()
        self._headers: Mapping[str, str] | None = None
        self._body_bytes = 0

    @property
    def waiting_bytes(self) -> int:
        """Bytes of a message that is not whole yet."""
        return len(self._waiting)

    def read(self, data: bytes) -> Iterator[Message]:
        """The messages that are whole with these bytes, in order.

        Raises:
            MalformedMessage: a length that is no number or is too large, or headers without an end.
        """
        self._waiting += data
        while True:
            if self._headers is None and not self._read_headers():
                return
            if len(self._waiting) < self._body_bytes:
                return
            headers, body = self._headers or {}, bytes(self._waiting[: self._body_bytes])
            del self._waiting[: self._body_bytes]
            self._headers, self._body_bytes = None, 0
            yield Message(headers, body)

    def _read_headers(self) -> bool:
        while self._waiting.startswith(b"\n"):  # FreeSWITCH ends some bodies with one line more than it counts
            del self._waiting[:1]
        end = self._waiting.find(b"\n\n")
        if end < 0 and len(self._waiting) <= MAX_HEADER_BYTES:
            return False
        if not 0 <= end <= MAX_HEADER_BYTES:
            raise MalformedMessage(f"headers of more than {MAX_HEADER_BYTES} bytes")
        text = bytes(self._waiting[:end]).decode("utf-8", "replace")
        del self._waiting[: end + 2]
        self._headers = _headers(text, unescaped=False)
        self._body_bytes = _length(self._headers)
        return True


def event_of(message: Message) -> Event | None:
    """The event that a message of the kind text/event-plain carries; None of any other kind.

    Raises:
        MalformedMessage: the event's own Content-Length is no number, or more than there is.
    """
    if message.kind != "text/event-plain":
        return None
    text, _, octets = message.octets.partition(b"\n\n")
    headers = _headers(text.decode("utf-8", "replace"), unescaped=True)
    length = _length(headers)
    if length > len(octets):
        raise MalformedMessage("an event's body is shorter than it says")
    return Event(headers, octets[:length].decode("utf-8", "replace"))


def command(*words: str) -> bytes:
    """One command line as it is sent.

    Raises:
        ValueError: a word with a line end or a NUL, which would be a second command.
    """
    return (_line(" ".join(words)) + "\n\n").encode("utf-8", "replace")


def send_event(name: str, headers: Mapping[str, str], body: str = "") -> bytes:
    """The command that has FreeSWITCH fire an event, as NOTIFY does for a phone.

    Raises:
        ValueError: a name or header with a line end or a NUL.
    """
    octets = body.encode("utf-8", "replace")
    lines = [_line(f"sendevent {name}"), *(_line(f"{key}: {value}") for key, value in headers.items())]
    if octets:
        lines.append(f"content-length: {len(octets)}")
    return ("\n".join(lines) + "\n\n").encode("utf-8", "replace") + octets


def subscription(events: Sequence[str], subclasses: Sequence[str]) -> bytes:
    """The command that asks for events. Everything behind the word CUSTOM is read as a subclass: it stands last."""
    return command("event", "plain", *events, *(("CUSTOM", *subclasses) if subclasses else ()))


def headers_of(text: str) -> Mapping[str, str]:
    """An event's headers as `uuid_dump ... txt` prints them, by their lower-case names. Never its "plain": nothing is
    escaped there, and a line break in a caller's name begins a header.
    """
    return _headers(text, unescaped=True)


def escaped(value: str) -> str:
    """A value as FreeSWITCH writes it in an event's headers."""
    return quote(value, safe="")


def _headers(text: str, unescaped: bool) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for line in text.split("\n"):
        name, colon, value = line.partition(":")
        if colon:
            read = value.strip()
            found.setdefault(name.strip().lower(), unquote(read, errors="replace") if unescaped else read)
    return MappingProxyType(found)


def _length(headers: Mapping[str, str]) -> int:
    text = headers.get(_CONTENT_LENGTH, "0")
    if not (text.isascii() and text.isdigit()) or len(text) > len(str(MAX_BODY_BYTES)) or int(text) > MAX_BODY_BYTES:
        raise MalformedMessage(f"a body of {text[:20]!r} bytes")
    return int(text)


def _line(text: str) -> str:
    if any(character in text for character in "\r\n\0"):
        raise ValueError("a command of the event socket is one line")
    return text
