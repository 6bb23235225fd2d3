"""Bytes as they were on the event socket of FreeSWITCH 1.11.2, of calls between our own lab phones.

One file holds one message, but where its name says call_ or shutdown: those are all that one connection got meanwhile.
Of the machine only its name and address were replaced. *.events.jsonl are the events of one call, one a line: those
headers that our adapter may look at, decoded.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

HERE = Path(__file__).parent


def recorded(name: str) -> bytes:
    """What was recorded under that name."""
    return (HERE / f"{name}.bin").read_bytes()


def names(prefix: str = "") -> list[str]:
    """The recordings that begin so."""
    return sorted(path.stem for path in HERE.glob(f"{prefix}*.bin"))


def told(name: str) -> list[Mapping[str, str]]:
    """The headers of one call's events, by their lower-case names, in order."""
    lines = (HERE / f"{name}.events.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def messages(data: bytes) -> Iterator[bytes]:
    """The messages of a recording, one by one: cut by another hand than the product's."""
    while data:
        head, _, rest = data.partition(b"\n\n")
        lengths = [line.partition(b":")[2] for line in head.lower().split(b"\n") if line.startswith(b"content-length")]
        size = int(lengths[0]) if lengths else 0
        yield head + b"\n\n" + rest[:size]
        data = rest[size:]
