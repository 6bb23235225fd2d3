"""FreeSWITCH's side of a WebSocket, as the tests play it on real sockets."""

import asyncio
import base64
import contextlib
import secrets
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field

from ari_bridge.media.ear import Ear, Sound
from ari_bridge.media.websocket_place import WebSocketPlace

FRAME = 320
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


def written(kind: int, payload: bytes, *, first: int = 0x80) -> bytes:
    """One frame as a client sends it: masked."""
    size = len(payload)
    length = (
        bytes([0x80 | size])
        if size < 126
        else b"\xfe" + struct.pack(">H", size)
        if size < 1 << 16
        else b"\xff" + struct.pack(">Q", size)
    )
    mask = b"\x11\x22\x33\x44"
    key = (mask * (size // 4 + 1))[:size]
    masked = (int.from_bytes(payload, "big") ^ int.from_bytes(key, "big")).to_bytes(size, "big")
    return bytes([first | kind]) + length + mask + masked


def sound(*values: int) -> bytes:
    """A message of 20 ms for each value."""
    return b"".join(written(BINARY, struct.pack("<h", value) * FRAME) for value in values)


def request(token: str | None, path: str = "/fork", method: str = "GET") -> bytes:
    """What FreeSWITCH's module asks with."""
    said = "" if token is None else f"Authorization:Bearer {token}\r\n"
    key = base64.b64encode(secrets.token_bytes(16)).decode()
    return (
        f"{method} {path} HTTP/1.1\r\nHost:127.0.0.1\r\nUpgrade:websocket\r\nConnection:upgrade\r\n"
        f"Sec-WebSocket-Key:{key}\r\nSec-WebSocket-Version:13\r\n{said}\r\n"
    ).encode()


@dataclass(slots=True)
class Heard:
    """What an ear handed on."""

    sounds: list[Sound] = field(default_factory=list)

    def __call__(self, came: Sequence[Sound]) -> None:
        self.sounds += came

    @property
    def values(self) -> list[int]:
        """The value of each 20 ms."""
        return [int(value) for one in self.sounds for value in one.pcm[::FRAME]]


@dataclass(slots=True)
class Peer:
    """The PBX's end of one connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def send(self, data: bytes) -> None:
        self.writer.write(data)

    async def status(self) -> int:
        """Of the answer to the request."""
        async with asyncio.timeout(3):
            head = await self.reader.readuntil(b"\r\n\r\n")
        assert b"extensions" not in head.lower()
        assert b"aiohttp" not in head or b" 400 " in head
        return int(head.split()[1])

    async def is_ended(self, within_s: float = 3.0) -> bool:
        """Whether our side ended it in time, whatever it said before."""
        with contextlib.suppress(ConnectionError):
            async with asyncio.timeout(within_s):
                await self.reader.read(-1)
        return True


async def dial(place: WebSocketPlace, first: bytes = b"", host: str = "127.0.0.1") -> Peer:
    reader, writer = await asyncio.open_connection("127.0.0.1", place.port, local_addr=(host, 0))
    peer = Peer(reader, writer)
    peer.send(first)
    return peer


async def fork(place: WebSocketPlace, ear: Ear, first: bytes = b"") -> Peer:
    """The PBX connects for an ear."""
    peer = await dial(place, request(ear.target))
    assert await peer.status() == 101
    peer.send(first)
    return peer


async def until(condition: object, *, tries: int = 300) -> None:
    """Let the loop run until it holds."""
    for _ in range(tries):
        if condition():  # type: ignore[operator]
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not come to hold")
