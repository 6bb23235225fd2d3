"""A listener for AudioSocket that is not the product's: it notes what came on each connection, and when."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

FRAME_BYTES = 3 + 640
NAME_BYTES = 3 + 16


class Connection(asyncio.Protocol):
    """What one fork sent."""

    def __init__(self, kept: list["Connection"]) -> None:
        self.data = b""
        self.arrivals_ns: list[int] = []
        self.ended_ns = 0
        self.transport: asyncio.Transport | None = None
        self._kept = kept

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._kept.append(self)

    def data_received(self, data: bytes) -> None:
        self.data += data
        self.arrivals_ns.append(time.time_ns())

    def connection_lost(self, error: Exception | None) -> None:
        self.ended_ns = time.time_ns()

    @property
    def name(self) -> UUID:
        """What it said first."""
        return UUID(bytes=self.data[3:NAME_BYTES])

    def frames(self) -> list[bytes]:
        """The whole frames after the UUID, each with its header."""
        sound = self.data[NAME_BYTES:]
        return [sound[at : at + FRAME_BYTES] for at in range(0, len(sound) - FRAME_BYTES + 1, FRAME_BYTES)]

    def samples(self) -> NDArray[np.int16]:
        """All its sound at 16 kHz, shape (n,)."""
        return np.frombuffer(b"".join(frame[3:] for frame in self.frames()), "<i2").astype(np.int16)


@asynccontextmanager
async def listening(port: int) -> AsyncIterator[list[Connection]]:
    """The connections that come to a TCP port on loopback."""
    kept: list[Connection] = []
    server = await asyncio.get_running_loop().create_server(lambda: Connection(kept), "127.0.0.1", port)
    try:
        yield kept
    finally:
        server.close()
        for one in kept:
            if one.transport is not None:
                one.transport.abort()
