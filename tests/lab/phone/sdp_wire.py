"""The little of SDP that an audio phone needs (RFC 4566, RFC 3264): one PCMU stream with RFC 4733 keys."""

from dataclasses import dataclass

PCMU = 0
TELEPHONE_EVENT = 101
DIRECTIONS = ("sendrecv", "sendonly", "recvonly", "inactive")
_ANSWER_TO = {"sendrecv": "sendrecv", "sendonly": "recvonly", "recvonly": "sendonly", "inactive": "inactive"}


class MalformedSession(ValueError):
    """No audio stream that we could answer is described here."""


@dataclass(frozen=True, slots=True)
class Session:
    """Where one side wants its audio, the payload type it names for keys (None: it takes none), and the direction it
    offers.
    """

    host: str
    port: int
    key_type: int | None = TELEPHONE_EVENT
    direction: str = "sendrecv"

    def __post_init__(self) -> None:
        if not 0 <= self.port < 65536 or self.direction not in DIRECTIONS:
            raise MalformedSession(f"port {self.port}, direction {self.direction}")

    @property
    def answer_direction(self) -> str:
        """What we answer to this offer (RFC 3264, 6.1)."""
        return _ANSWER_TO[self.direction]


def build(session: Session, session_id: int, version: int) -> bytes:
    """The description; `version` must grow with every change (RFC 3264, 8)."""
    keys = session.key_type
    types = f"{PCMU}" if keys is None else f"{PCMU} {keys}"
    events = [] if keys is None else [f"a=rtpmap:{keys} telephone-event/8000", f"a=fmtp:{keys} 0-16"]
    lines = [
        "v=0", f"o=- {session_id} {version} IN IP4 {session.host}", "s=-", f"c=IN IP4 {session.host}", "t=0 0",
        f"m=audio {session.port} RTP/AVP {types}", f"a=rtpmap:{PCMU} PCMU/8000", *events, "a=ptime:20",
        f"a={session.direction}", "",
    ]  # fmt: skip
    return "\r\n".join(lines).encode("ascii")


def parse(body: bytes) -> Session:
    """The first audio stream of a description. Raises MalformedSession, and nothing else."""
    host = port = key_type = None
    direction = "sendrecv"
    payload_types: list[str] = []
    for line in body.decode("utf-8", errors="replace").splitlines():
        kind, _, value = line.partition("=")
        words = value.split()
        if kind == "c" and len(words) == 3 and (host is None or port is not None):
            host = words[2]
        elif kind == "m" and port is not None:
            break
        elif kind == "m" and words[:1] == ["audio"] and len(words) > 3 and words[1].isascii() and words[1].isdigit():
            port, payload_types = int(words[1][:6]), words[3:]
        elif kind == "a" and value in DIRECTIONS:
            direction = value
        elif kind == "a" and value.lower().endswith(" telephone-event/8000"):
            number = value.partition(":")[2].partition(" ")[0]
            key_type = int(number) if number in payload_types and number.isascii() and number.isdigit() else None
    if host is None or port is None or str(PCMU) not in payload_types:
        raise MalformedSession("no PCMU audio with an address")
    return Session(host, port, key_type, direction)
