"""Bytes as FreeSWITCH 1.11.2's mod_audio_stream sent them over one WebSocket, mono at 16 kHz; broken_ and cut by hand.

A file holds what was read of one connection, in order: when (milliseconds since the first, four bytes, big-endian), how
much (four bytes), and that. The first is the request, in which 32 times "0" stands for the token; what follows are
masked frames. The voice is a tone of 440 Hz made by a program. In `hold` the party is put on hold for two seconds, and
what it says meanwhile is sent at once afterwards.
"""

import struct
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
TOKEN = b"0" * 32


class Read(NamedTuple):
    """What came at once, `at_s` after the connection's first byte."""

    at_s: float
    data: bytes


def names(prefix: str) -> list[str]:
    """The names of the connections that begin so."""
    return sorted(path.stem for path in HERE.glob(f"{prefix}*.bin"))


def reads(name: str, token: str = TOKEN.decode()) -> list[Read]:
    """One connection, with this token in its request."""
    data, found = (HERE / f"{name}.bin").read_bytes(), []
    while data:
        at_ms, size = struct.unpack_from(">II", data)
        found.append(Read(at_ms / 1000, data[8 : 8 + size].replace(TOKEN, token.encode())))
        data = data[8 + size :]
    return found


def messages(name: str) -> list[Read]:
    """The binary messages of one connection that is whole, each when its last byte came."""
    found, held = [], b""
    for at_s, data in reads(name)[1:]:
        held += data
        while (size := _frame_bytes(held)) and len(held) >= size:
            frame, held = held[:size], held[size:]
            if frame[0] & 0x0F == 2:
                found.append(Read(at_s, _unmasked(frame)))
    return found


def _frame_bytes(held: bytes) -> int:
    if len(held) < 4:
        return 0
    short = held[1] & 0x7F
    return 6 + short if short < 126 else 8 + int.from_bytes(held[2:4], "big")


def _unmasked(frame: bytes) -> bytes:
    start = 6 if frame[1] & 0x7F < 126 else 8
    mask, payload = frame[start - 4 : start], frame[start:]
    return bytes(one ^ mask[index % 4] for index, one in enumerate(payload))
