"""Bytes as they were on the wire: recorded from Asterisk 22.10.1 and 16.28.0, or broken on purpose by name.

rtp/: one datagram a file; fork_*.bin holds a fork's first 25 datagrams, each after its length (two bytes, big-endian).
audiosocket/: what came over one connection, from its first byte.
ari/: one JSON event a line. ami/: one answer a file, to an action whose ActionID was "recorded".
"""

import struct
from pathlib import Path

HERE = Path(__file__).parent
VERSIONS = ("22.10.1", "16.28.0")


def rtp(name: str) -> bytes:
    """One datagram."""
    return (HERE / "rtp" / f"{name}.bin").read_bytes()


def rtp_names(prefix: str) -> list[str]:
    """The names of the datagrams that begin so."""
    return sorted(path.stem for path in (HERE / "rtp").glob(f"{prefix}*.bin"))


def fork(version: str) -> list[bytes]:
    """A fork's first datagrams."""
    data, datagrams = rtp(f"fork_{version}"), []
    while data:
        (size,) = struct.unpack_from(">H", data)
        datagrams.append(data[2 : 2 + size])
        data = data[2 + size :]
    return datagrams


def audiosocket(name: str) -> bytes:
    """The bytes of one connection, from its first one."""
    return (HERE / "audiosocket" / f"{name}.bin").read_bytes()


def audiosocket_names(prefix: str) -> list[str]:
    """The names of the connections that begin so."""
    return sorted(path.stem for path in (HERE / "audiosocket").glob(f"{prefix}*.bin"))


def ari_names() -> list[str]:
    """The names of the recordings of events."""
    return sorted(path.stem for path in (HERE / "ari").glob("*.jsonl"))


def ari(name: str) -> list[str]:
    """Events, each as its JSON text."""
    return (HERE / "ari" / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()


def ami(name: str) -> bytes:
    """One answer."""
    return (HERE / "ami" / f"{name}.bin").read_bytes()
