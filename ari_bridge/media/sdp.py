"""SDP's offer and answer for one voice that we only hear (RFC 4566, RFC 3264, RFC 3551). No input or output."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final, NamedTuple

from ari_bridge.media.payload import G722, NO_SOUND, PCMA, PCMU, Codec, PayloadFormat
from ari_bridge.media.sip import Address, MalformedSip

MEDIA_TYPE: Final = "application/sdp"
PTIME_MS: Final = 20
MAX_LINES: Final = 256
MAX_STREAMS: Final = 8
_STATIC: Final = {PCMU.payload_type: PCMU, PCMA.payload_type: PCMA, G722.payload_type: G722}
"""Known without an a=rtpmap (RFC 3551, section 6)."""
_NAMES: Final = {Codec.PCMU: "PCMU", Codec.PCMA: "PCMA", Codec.G722: "G722", Codec.L16: "L16"}
_LINEAR_RATES_HZ: Final = (8_000, 16_000)
_LINE: Final = re.compile(r"([a-z])=(.*)")
_RTPMAP: Final = re.compile(r"rtpmap:([0-9]{1,3}) +([A-Za-z0-9-]{1,32})/([0-9]{1,6})(?:/([0-9]{1,2}))?", re.IGNORECASE)
_MEDIA: Final = re.compile(
    r"([A-Za-z0-9]{1,16}) +([0-9]{1,5})(?:/[0-9]{1,5})? +([A-Za-z0-9/]{1,32})((?: +[A-Za-z0-9]{1,16}){1,64}) *"
)
_SENDING: Final = frozenset({"sendrecv", "sendonly"})
_DIRECTIONS: Final = _SENDING | {"recvonly", "inactive"}


@dataclass(frozen=True, slots=True)
class Stream:
    """One m= line with its attributes. `formats` are those of its payload types that we can hear, in its order."""

    media: str
    port: int
    protocol: str
    types: str
    formats: tuple[PayloadFormat, ...]
    sends: bool

    @property
    def is_voice(self) -> bool:
        """Whether it is one that RTP in clear brings, and not refused by the offer itself."""
        return self.media == "audio" and self.protocol == "RTP/AVP" and self.port > 0


@dataclass(frozen=True, slots=True)
class Offer:
    """What the other side could send: every stream, in order, since an answer names them all (RFC 3264, 6)."""

    streams: tuple[Stream, ...]

    @property
    def voice(self) -> Stream | None:
        """The first stream that we can hear; None where there is none."""
        return next((stream for stream in self.streams if stream.is_voice and stream.formats), None)

    @property
    def names(self) -> tuple[str, ...]:
        """What is offered, for a log: the media and how it would travel."""
        return tuple(f"{stream.media} {stream.protocol}{stream.types}" for stream in self.streams)

    @property
    def format(self) -> PayloadFormat | None:
        """The first format that we can hear, since the order is the offerer's wish (RFC 3264, 6.1)."""
        return self.voice.formats[0] if self.voice is not None else None


class Session(NamedTuple):
    """What names a description of ours, and how often it has changed (RFC 4566, 5.2)."""

    number: int
    version: int

    @property
    def changed(self) -> Session:
        """The next version."""
        return self._replace(version=self.version + 1)


def parse_offer(body: bytes) -> Offer:
    """Read a description. Raises MalformedSip, and nothing else, for any bytes that are none."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise MalformedSip("the description is not UTF-8") from None
    lines = [line.rstrip("\r") for line in text.split("\n")]
    if lines[-1] == "":
        lines.pop()
    if len(lines) > MAX_LINES or not lines or lines[0] != "v=0":
        raise MalformedSip("no description (RFC 4566, 5.1)")
    fields = [_field(line) for line in lines]
    starts = [index for index, (kind, _) in enumerate(fields) if kind == "m"]
    if not 1 <= len(starts) <= MAX_STREAMS:
        raise MalformedSip(f"{len(starts)} streams")
    direction = _direction(fields[: starts[0]], "sendrecv")
    stops = [*starts[1:], len(fields)]
    return Offer(tuple(_stream(fields[start:stop], direction) for start, stop in zip(starts, stops, strict=True)))


def answer(offer: Offer, chosen: PayloadFormat, at: Address, session: Session) -> bytes:
    """Our answer: that we hear `chosen` at `at` and send nothing (RFC 3264, 6.1); every other stream is refused."""
    kind = f"IN IP{ip_address(at.host).version} {at.host}"
    lines = ["v=0", f"o=- {session.number} {session.version} {kind}", "s=-", f"c={kind}", "t=0 0"]
    for stream in offer.streams:
        lines += _heard(stream, chosen, at.port) if stream is offer.voice else [_refused(stream)]
    return "".join(f"{line}\r\n" for line in lines).encode()


def name_of(payload: PayloadFormat) -> str:
    """As a=rtpmap writes it; G.722 by its clock (RFC 3551, section 4.5.2)."""
    return f"{_NAMES[payload.codec]}/{payload.clock_rate_hz}"


def _heard(stream: Stream, chosen: PayloadFormat, port: int) -> Iterator[str]:
    yield f"m=audio {port} {stream.protocol} {chosen.payload_type}"
    yield f"a=rtpmap:{chosen.payload_type} {name_of(chosen)}"
    yield "a=recvonly" if stream.sends else "a=inactive"
    yield f"a=ptime:{PTIME_MS}"


def _refused(stream: Stream) -> str:
    return f"m={stream.media} 0 {stream.protocol}{stream.types}"


def _field(line: str) -> tuple[str, str]:
    found = _LINE.fullmatch(line)
    if found is None:
        raise MalformedSip("a line that is no field of a description (RFC 4566, 5)")
    return found[1], found[2]


def _stream(fields: Sequence[tuple[str, str]], direction: str) -> Stream:
    found = _MEDIA.fullmatch(fields[0][1])
    if found is None or int(found[2]) > 65_535:
        raise MalformedSip("no media description (RFC 4566, 5.14)")
    sends = _direction(fields, direction) in _SENDING
    formats = tuple(_formats(found[4].split(), dict(_maps(fields)))) if found[1] == "audio" else ()
    return Stream(found[1], int(found[2]), found[3], found[4], formats, sends)


def _maps(fields: Sequence[tuple[str, str]]) -> Iterator[tuple[int, tuple[str, int, int]]]:
    """Name, clock rate in Hz and channels of each payload type (RFC 4566, 6)."""
    for kind, value in fields:
        found = _RTPMAP.fullmatch(value.rstrip(" ")) if kind == "a" else None
        if found is not None:
            yield int(found[1]), (found[2].upper(), int(found[3]), int(found[4] or 1))


def _formats(types: Sequence[str], maps: dict[int, tuple[str, int, int]]) -> Iterator[PayloadFormat]:
    for written in types:
        number = int(written) if written.isdecimal() and written.isascii() else 128
        if number > 127 or number in NO_SOUND:
            continue
        made = _format(number, maps[number]) if number in maps else _STATIC.get(number)
        if made is not None:
            yield made


def _format(number: int, told: tuple[str, int, int]) -> PayloadFormat | None:
    """One that an a=rtpmap describes; None where we cannot hear it."""
    name, rate_hz, channels = told
    if channels != 1:
        return None
    if name == "L16" and rate_hz in _LINEAR_RATES_HZ:
        return PayloadFormat(number, Codec.L16, rate_hz, rate_hz)
    for known in _STATIC.values():
        if name == _NAMES[known.codec] and rate_hz == known.clock_rate_hz:
            return PayloadFormat(number, known.codec, known.clock_rate_hz, known.sample_rate_hz)
    return None


def _direction(fields: Sequence[tuple[str, str]], otherwise: str) -> str:
    """The last a= that is one: a stream's own goes before the session's (RFC 4566, 6)."""
    return next((value for kind, value in reversed(fields) if kind == "a" and value in _DIRECTIONS), otherwise)
