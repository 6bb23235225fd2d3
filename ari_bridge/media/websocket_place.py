"""WebSockets on one port of ours: a voice is attributed by the token that one ear gave out, once."""

from __future__ import annotations

import asyncio
import fcntl
import logging
import secrets
import socket
import termios
from array import array
from collections.abc import Callable, Sequence
from typing import Final

import structlog
from aiohttp import WSMsgType, web

from ari_bridge.media.ear import Sound
from ari_bridge.media.ports import NoFreePort
from ari_bridge.media.stats import ReceiverStats
from ari_bridge.media.websocket import (
    FRAME_BYTES,
    FRAME_S,
    MAX_MESSAGE_BYTES,
    RATE_HZ,
    MalformedSound,
    WebSocketStream,
    token_of,
)
from consent.errors import InvalidValue

PATH: Final = "/fork"
BATCH_S: Final = 0.08
"""So often a connection is read: four messages at once cost a quarter of the turns, and no verdict waits for it."""
ASKS_WITHIN_S: Final = 2.0
"""The PBX sends its request with the first packet."""
NO_AUDIO_AFTER_S: Final = 2.5
"""A connection without sound for so long will have none: the call's media does not pass through the PBX. The first
sound comes within 50 ms; and whoever waits for it gives a fork up after 3 s, so that this must be told before."""
MAX_WAITING: Final = 64
"""Connections that have not said yet what they want."""
ACCEPTED_AT_ONCE: Final = 16
RETRY_S: Final = 1.0
"""After so long connections are accepted again where this process had no file descriptor left."""
LAST_WORDS_S: Final = 0.2
"""So long a handler may take to notice that its connection is gone."""
MAX_UNSENT_BYTES: Final = 1024
"""Pongs that a peer does not read. What pings on all the same is not the PBX."""

_FRAMED_BYTES: Final = FRAME_BYTES + 8
"""A message of 20 ms on its way: two bytes, two more of length, four of mask (RFC 6455, 5.2)."""
_HEADERS: Final = {"Server": "ouidire"}

_log = structlog.get_logger(__name__)
_http_log = logging.getLogger("ari_bridge.media.http")


def _without_request(record: logging.LogRecord) -> bool:
    """Name the error alone: aiohttp's traceback quotes the broken request, which may hold a token."""
    if record.exc_info and record.exc_info[0] is not None:
        record.msg = f"{record.msg} ({record.exc_info[0].__name__})"
        record.exc_info = None
    return True


_http_log.addFilter(_without_request)


class WebSocketPlace:
    """Where legs' sound arrives over WebSocket. Made by `listen`."""

    def __init__(self, listener: socket.socket, allowed: frozenset[str]) -> None:
        self._listener = listener
        self._allowed = allowed
        self._loop = asyncio.get_running_loop()
        self._is_open = True
        self._foreign = 0
        self._ears: dict[str, WebSocketEar] = {}
        self._waiting: dict[asyncio.BaseTransport, float] = {}
        self._connections: set[_Connection] = set()
        self._accepting: set[asyncio.Task[None]] = set()
        self._tick: asyncio.TimerHandle | None = None
        self._server = web.Server(self._serve, access_log=None, logger=_http_log, lingering_time=0.0, max_headers=64)
        self.no_audio = 0
        """Ears whose PBX connected and sent no sound."""
        self.port: int = listener.getsockname()[1]
        self._loop.add_reader(listener, self._accept)

    @classmethod
    async def listen(cls, host: str, port: int, pbx_host: str, rate_hz: int = RATE_HZ) -> WebSocketPlace:
        """Listen on `host`; who does not come from an address of `pbx_host` is turned away.

        Raises:
            InvalidValue: `rate_hz` is not what our gate asks of the PBX.
            OSError: the port is another program's, `host` is not of this machine, or `pbx_host` is not known.
        """
        if rate_hz != RATE_HZ:
            raise InvalidValue(f"a voice by WebSocket has {RATE_HZ} Hz, not {rate_hz}")
        loop = asyncio.get_running_loop()
        senders = await loop.getaddrinfo(pbx_host, None, type=socket.SOCK_STREAM)
        family = (await loop.getaddrinfo(host, None, type=socket.SOCK_STREAM))[0][0]
        listener = socket.socket(family, socket.SOCK_STREAM)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((host, port))
            listener.listen(MAX_WAITING)
        except OSError:
            listener.close()
            raise
        listener.setblocking(False)
        return cls(listener, frozenset(str(sender[4][0]) for sender in senders))

    async def open(self, on_sound: Callable[[Sequence[Sound]], None]) -> WebSocketEar:
        """A new ear with a token of its own. See the role."""
        if not self._is_open:
            raise NoFreePort("nothing is listened to any more")
        ear = WebSocketEar(self, secrets.token_hex(16), on_sound)
        self._ears[ear.target] = ear
        return ear

    def stats(self) -> ReceiverStats:
        """How many connections were meant for no ear; each ear counts the rest."""
        return ReceiverStats(foreign=self._foreign)

    async def close(self) -> None:
        """Hear nobody any more, and listen to nobody; every connection is ended at once, whatever its peer does."""
        if not self._is_open:
            return
        self._is_open = False
        self._loop.remove_reader(self._listener)
        self._listener.close()
        for ear in list(self._ears.values()):
            ear.close()
        for transport in self._waiting:
            _abort(transport)
        if self._tick is not None:
            self._tick.cancel()
        await asyncio.gather(*self._accepting, return_exceptions=True)
        await self._server.shutdown(LAST_WORDS_S)

    def forget(self, ear: WebSocketEar) -> None:
        """It is closed: its token is nobody's any more."""
        self._ears.pop(ear.target, None)

    def _accept(self) -> None:
        for _ in range(ACCEPTED_AT_ONCE):
            try:
                sock, address = self._listener.accept()
            except (BlockingIOError, ConnectionError):
                return
            except OSError:  # no descriptor left: the listener stays readable, and would be asked without a pause
                self._loop.remove_reader(self._listener)
                self._loop.call_later(RETRY_S, self._accept_again)
                return
            if address[0] not in self._allowed or len(self._waiting) + len(self._accepting) >= MAX_WAITING:
                self._foreign += 1
                sock.close()
                continue
            sock.setblocking(False)
            task = self._loop.create_task(self._take_in(sock))
            self._accepting.add(task)
            task.add_done_callback(self._accepting.discard)

    def _accept_again(self) -> None:
        if self._is_open:
            self._loop.add_reader(self._listener, self._accept)

    async def _take_in(self, sock: socket.socket) -> None:
        try:
            transport, _ = await self._loop.connect_accepted_socket(self._server, sock)
        except OSError:
            sock.close()
            return
        if not self._is_open:
            _abort(transport)
            return
        self._waiting[transport] = self._loop.time()
        self._tick_on()

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        try:
            return await self._answer(request)
        except Exception as error:  # noqa: BLE001 - the root of a request: logged without it, since it holds the token
            _log.error("fork.request_failed", error=type(error).__name__, exc_info=True)
            return _refusal(500)

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """One request: sound for an ear of ours, or a word of refusal and nothing more."""
        transport = request.transport
        if transport is None:
            return _refusal(400)
        self._waiting.pop(transport, None)
        response = web.WebSocketResponse(
            timeout=LAST_WORDS_S, autoping=False, compress=False, max_msg_size=MAX_MESSAGE_BYTES
        )
        response.headers.update(_HEADERS)
        ear = self._ears.get(token_of(request.headers.get("Authorization", "")))
        status = self._why_not(request, response, ear)
        if status or ear is None:
            return _refusal(status)
        ear.connection = connection = _Connection(ear, response, transport, self._loop)
        self._connections.add(connection)
        try:
            await response.prepare(request)
            await connection.hear()
        except ConnectionError:
            pass  # gone before it was answered
        finally:
            self._connections.discard(connection)
            connection.end()
        return response

    def _why_not(self, request: web.BaseRequest, response: web.WebSocketResponse, ear: WebSocketEar | None) -> int:
        """The status to refuse a request with, 0 for one that is to be heard. It is counted where its token belongs."""
        if request.path != PATH or request.method != "GET":
            status = 404
        elif ear is None or ear.connection is not None:
            status = 401
        else:
            status = 0 if response.can_prepare(request) else 400
        if status and ear is not None:
            ear.foreign += 1
        elif status:
            self._foreign += 1
        return status

    def _tick_on(self) -> None:
        if self._tick is None and self._is_open:
            self._tick = self._loop.call_later(BATCH_S, self._turn)

    def _turn(self) -> None:
        self._tick = None
        now_s = self._loop.time()
        for transport, since_s in list(self._waiting.items()):
            if transport.is_closing() or now_s - since_s > ASKS_WITHIN_S:
                del self._waiting[transport]
                self._foreign += 1
                _abort(transport)
        for connection in self._connections:
            self._loop.call_soon(connection.go_on)  # one after the other, so that a fault in one hurts no other
        if self._waiting or self._connections:
            self._tick_on()


class WebSocketEar:
    """What `WebSocketPlace.open` gives."""

    def __init__(self, place: WebSocketPlace, token: str, on_sound: Callable[[Sequence[Sound]], None]) -> None:
        self._place = place
        self._token = token
        self._on_sound = on_sound
        self._is_open = True
        self.foreign = 0
        self.connection: _Connection | None = None

    @property
    def target(self) -> str:
        """The token, 32 digits: whoever shows it first is heard. It is worth nothing afterwards."""
        return self._token

    @property
    def connected_at_s(self) -> float | None:
        """When the PBX connected, in seconds on the loop's clock; None before."""
        return self.connection.since_s if self.connection is not None else None

    @property
    def has_sound(self) -> bool:
        """Whether any sound came. A PBX that connected and sends none has no media of that call."""
        return self.connection is not None and self.connection.stream.has_sound

    def stats(self) -> ReceiverStats:
        """What came on its connection, and the requests that showed its token again (`foreign`)."""
        counted = ReceiverStats(foreign=self.foreign)
        return counted if self.connection is None else counted + self.connection.stream.stats()

    def close(self) -> None:
        """See the role. The PBX must be told by other means that it need not send any more."""
        if not self._is_open:
            return
        self._is_open = False
        self._place.forget(self)
        if self.connection is not None:
            self.connection.end()

    def hear(self, sound: Sound) -> None:
        """Hand it on, unless this ear is closed."""
        if self._is_open:
            self._on_sound([sound])

    def warn(self) -> None:
        """It is connected, and hears nothing."""
        self._place.no_audio += 1
        _log.warning("fork.no_audio", connected_s=NO_AUDIO_AFTER_S)


class _Connection:
    """One connection of the PBX. Until it brings sound it is read when something comes, so that the first sample's time
    is exact; from then on only with each batch, since the kernel gathers cheaper than we do.
    """

    def __init__(
        self,
        ear: WebSocketEar,
        response: web.WebSocketResponse,
        transport: asyncio.Transport,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self._ear = ear
        self._response = response
        self._transport = transport
        self._loop = loop
        self._is_open = True
        self._is_paused = False
        self._alarm = loop.call_later(NO_AUDIO_AFTER_S, self._miss)
        self.since_s = loop.time()
        self.stream = WebSocketStream()

    async def hear(self) -> None:
        """Take messages until either side has ended it."""
        while self._is_open:
            message = await self._response.receive()
            if message.type is WSMsgType.BINARY:
                self._take(message.data)
            elif message.type is WSMsgType.PING:
                await self._pong(message.data)
            elif message.type not in (WSMsgType.TEXT, WSMsgType.PONG):
                break
        self._hand_on()  # also what came together with the end

    def go_on(self) -> None:
        """Once a batch: let what came since be read. What nothing follows that was watched for is handed on."""
        if self._is_paused and self._is_open:
            self._is_paused = False
            self._transport.resume_reading()
        elif self.stream.waiting_bytes:
            self._hand_on()

    def end(self) -> None:
        """End it at once and without a close frame: the PBX takes that for a fault and lets go of the leg by itself,
        while after a clean close it keeps its part attached to the call.
        """
        if not self._is_open:
            return
        self._is_open = False
        self._alarm.cancel()
        _abort(self._transport)

    def _take(self, data: bytes) -> None:
        """All messages that were read together are taken before any is handed on."""
        try:
            self.stream.feed(data, self._loop.time())
        except MalformedSound:
            self.end()
        if not self._is_paused and self._is_open:
            self._is_paused = True
            self._transport.pause_reading()
            self._loop.call_soon(self._hand_on)

    async def _pong(self, ping: bytes) -> None:
        if self._transport.get_write_buffer_size() > MAX_UNSENT_BYTES:
            self.end()
        else:
            await self._response.pong(ping)

    def _hand_on(self) -> None:
        if not self._is_open:
            return
        try:
            sound = self.stream.take(self._loop.time() - _unread_s(self._transport))
        except MalformedSound:
            self.end()
            return
        if sound is not None:
            self._ear.hear(sound)

    def _miss(self) -> None:
        if not self.stream.has_sound:
            self._ear.warn()


def _refusal(status: int) -> web.Response:
    answer = web.Response(status=status, headers=_HEADERS)
    answer.force_close()
    return answer


def _unread_s(transport: asyncio.Transport) -> float:
    """How much sound lies in the kernel, so long as a busy loop has not read it: it has come, and is not late."""
    size = array("i", [0])
    try:
        fcntl.ioctl(transport.get_extra_info("socket").fileno(), termios.FIONREAD, size)
    except (OSError, ValueError):  # the connection is over, and so is its descriptor
        return 0.0
    return size[0] / _FRAMED_BYTES * FRAME_S


def _abort(transport: asyncio.BaseTransport) -> None:
    if isinstance(transport, asyncio.WriteTransport):
        transport.abort()
