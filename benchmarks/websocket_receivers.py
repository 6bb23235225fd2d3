"""Three ways to receive many forks by WebSocket, alike in what they must do, so that only the way of it differs.

`Ours` is the product's own place. `Bare` only takes the bytes from as many sockets: the floor. `PerMessage` is what one
would write with aiohttp: a handler that reads message by message, the product's stream, each piece handed on by itself.
"""

from __future__ import annotations

import asyncio
import secrets
import socket
from collections.abc import Sequence
from typing import Final

from aiohttp import WSMsgType, web

from ari_bridge.media.websocket import WebSocketStream
from ari_bridge.media.websocket_place import BATCH_S, WebSocketPlace
from benchmarks.receiving import HOST, Heard
from benchmarks.websocket_sender import FRAMED_BYTES

_READ_BYTES: Final = 1 << 16
_LET_IN: Final = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"


class Ours(Heard):
    """`WebSocketPlace`, as the bridge runs it."""

    octet_order = "<"

    async def open(self, forks: int) -> Sequence[object]:
        """See `Receiver`."""
        self._place = await WebSocketPlace.listen(HOST, 0, HOST)
        ears = [await self._place.open(self.take) for _ in range(forks)]
        return [self._place.port, *(ear.target for ear in ears)]

    async def close(self) -> None:
        """See `Receiver`."""
        await self._place.close()


class Bare(Heard):
    """As many sockets, read at our interval; what comes is looked at by nobody."""

    async def open(self, forks: int) -> Sequence[object]:
        """See `Receiver`."""
        self._listener = _listening(forks)
        self._sockets: list[socket.socket] = []
        self._task = asyncio.create_task(self._run(forks))
        return [self._listener.getsockname()[1], *_tokens(forks)]

    async def _run(self, forks: int) -> None:
        loop = asyncio.get_running_loop()
        for _ in range(forks):
            sock, _ = await loop.sock_accept(self._listener)
            sock.setblocking(False)
            await loop.sock_recv(sock, _READ_BYTES)
            await loop.sock_sendall(sock, _LET_IN)
            self._sockets.append(sock)
        due_s, octets, taken = loop.time(), bytearray(_READ_BYTES), 0
        while True:
            for sock in self._sockets:
                try:
                    taken += sock.recv_into(octets)
                except BlockingIOError:
                    continue
            self.packets = taken // FRAMED_BYTES
            due_s += BATCH_S
            await asyncio.sleep(due_s - loop.time())

    async def close(self) -> None:
        """See `Receiver`."""
        self._task.cancel()
        for sock in (self._listener, *self._sockets):
            sock.close()


class PerMessage(Heard):
    """A handler of aiohttp's."""

    octet_order = "<"

    async def open(self, forks: int) -> Sequence[object]:
        """See `Receiver`."""
        self._runner = web.ServerRunner(web.Server(self._serve))
        await self._runner.setup()
        listener = _listening(forks)
        await web.SockSite(self._runner, listener).start()
        return [listener.getsockname()[1], *_tokens(forks)]

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        loop, stream = asyncio.get_running_loop(), WebSocketStream()
        response = web.WebSocketResponse(compress=False)
        await response.prepare(request)
        async for message in response:
            if message.type is WSMsgType.BINARY:
                now_s = loop.time()
                stream.feed(message.data, now_s)
                sound = stream.take(now_s)
                if sound is not None:
                    self.take([sound])
        return response

    async def close(self) -> None:
        """See `Receiver`."""
        await self._runner.cleanup()


def _listening(forks: int) -> socket.socket:
    listener = socket.create_server((HOST, 0), backlog=forks)
    listener.setblocking(False)
    return listener


def _tokens(forks: int) -> list[str]:
    return [secrets.token_hex(16) for _ in range(forks)]
