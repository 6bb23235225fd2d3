"""AudioSocket connections on one port of ours: a voice is attributed by the UUID that one ear gave out, once."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable, Sequence
from typing import Final
from uuid import uuid4

from ari_bridge.media.audiosocket import FRAME_S, HANGUP, SLIN, SLIN16_RATE_HZ, AudioSocketStream, MalformedFrame
from ari_bridge.media.ear import Ear, Sound
from ari_bridge.media.ports import NoFreePort
from ari_bridge.media.stats import ReceiverStats

TARGET_PREFIX: Final = "u"
"""Before a UUID's 32 digits in a target: it tells them from the number of a port."""
BATCH_S: Final = 0.08
"""So often what came is handed on: four frames at once cost a quarter of the calls, and no verdict waits for it."""
NAMED_WITHIN_S: Final = 2.0
"""The PBX says the UUID with its first bytes."""
SILENCE_AFTER_S: Final = 0.2
"""A PBX that has said nothing for so long may be waiting to hear something first."""
MAX_WAITING: Final = 64
"""Connections that have not said a UUID yet."""
ACCEPTED_AT_ONCE: Final = 16
RETRY_S: Final = 1.0
"""After so long connections are accepted again where this process had no file descriptor left."""
ROOM_BYTES: Final = 1 << 16
"""What is read of one connection at once: two seconds at 16 kHz. The kernel holds the rest, and then the PBX."""
SILENCE_AT_ONCE: Final = 8
"""Frames; what was not sent in time is never made up for."""
_GOODBYE: Final = bytes((HANGUP, 0, 0))
_FIRST_SILENCE: Final = bytes((SLIN, 320 >> 8, 320 & 0xFF))
"""20 ms of the one kind that every release takes, until we know which one this PBX writes."""


class AudioSocketPlace:
    """Where legs' sound arrives over TCP. Made by `listen`."""

    def __init__(self, listener: socket.socket, allowed: frozenset[str], rate_hz: int) -> None:
        self._listener = listener
        self._allowed = allowed
        self._rate_hz = rate_hz
        self._loop = asyncio.get_running_loop()
        self._is_open = True
        self._foreign = 0
        self._ears: dict[bytes, _Ear] = {}
        self._connections: set[_Connection] = set()
        self._tick: asyncio.TimerHandle | None = None
        self.port: int = listener.getsockname()[1]
        self._loop.add_reader(listener, self._accept)

    @classmethod
    async def listen(cls, host: str, port: int, pbx_host: str, rate_hz: int = SLIN16_RATE_HZ) -> AudioSocketPlace:
        """Listen on `host`; who does not come from an address of `pbx_host` is turned away.

        `rate_hz` is what the PBX sends, whatever kind it writes; audiosocket.BY_KIND: the kind tells.

        Raises:
            UnsupportedRate: no line of ours has that rate.
            OSError: the port is another program's, `host` is not of this machine, or `pbx_host` is not known.
        """
        AudioSocketStream(rate_hz)
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
        return cls(listener, frozenset(str(sender[4][0]) for sender in senders), rate_hz)

    async def open(self, on_sound: Callable[[Sequence[Sound]], None]) -> Ear:
        """A new ear with a UUID of its own. See the role."""
        if not self._is_open:
            raise NoFreePort("nothing is listened to any more")
        ear = _Ear(self, uuid4().bytes, on_sound)
        self._ears[ear.name] = ear
        return ear

    def stats(self) -> ReceiverStats:
        """How many connections were meant for no ear; each ear counts the rest."""
        return ReceiverStats(foreign=self._foreign)

    def close(self) -> None:
        """Hear nobody any more, and listen to nobody."""
        if not self._is_open:
            return
        self._is_open = False
        self._loop.remove_reader(self._listener)
        self._listener.close()
        for ear in list(self._ears.values()):
            ear.close()
        for connection in list(self._connections):
            connection.close()
        if self._tick is not None:
            self._tick.cancel()

    def ear_of(self, connection: _Connection) -> _Ear | None:
        """The ear that gave out the connection's UUID, unless another connection has said it before."""
        ear = self._ears.get(connection.stream.name or b"")
        if ear is None or ear.connection is not None:
            return None
        ear.connection = connection
        return ear

    def forget(self, gone: _Ear | _Connection) -> None:
        """It is closed. A connection without an ear is counted where its UUID belongs, or here."""
        if isinstance(gone, _Ear):
            self._ears.pop(gone.name, None)
            return
        self._connections.discard(gone)
        if gone.ear is not None:
            return
        meant = self._ears.get(gone.stream.name or b"")
        if meant is not None:
            meant.foreign += 1
        else:
            self._foreign += 1

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
            waiting = sum(connection.ear is None for connection in self._connections)
            if address[0] not in self._allowed or waiting >= MAX_WAITING:
                self._foreign += 1
                sock.close()
                continue
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._connections.add(_Connection(self, sock, AudioSocketStream(self._rate_hz), self._loop))
            if self._tick is None:
                self._tick = self._loop.call_later(BATCH_S, self._serve)

    def _accept_again(self) -> None:
        if self._is_open:
            self._loop.add_reader(self._listener, self._accept)

    def _serve(self) -> None:
        self._tick = self._loop.call_later(BATCH_S, self._serve) if self._connections else None
        for connection in self._connections:
            self._loop.call_soon(connection.serve)  # one after the other, so that a fault in one hurts no other


class _Ear:
    """What `AudioSocketPlace.open` gives."""

    def __init__(self, place: AudioSocketPlace, name: bytes, on_sound: Callable[[Sequence[Sound]], None]) -> None:
        self._place = place
        self._on_sound = on_sound
        self._is_open = True
        self.name = name
        self.foreign = 0
        self.connection: _Connection | None = None

    @property
    def target(self) -> str:
        """The UUID as an extension of the PBX's gate."""
        return TARGET_PREFIX + self.name.hex()

    def stats(self) -> ReceiverStats:
        """What came on its connection, and the connections that said its UUID again (`foreign`)."""
        counted = ReceiverStats(foreign=self.foreign)
        return counted if self.connection is None else counted + self.connection.stream.stats()

    def close(self) -> None:
        """See the role."""
        if not self._is_open:
            return
        self._is_open = False
        self._place.forget(self)
        if self.connection is not None:
            self.connection.close()

    def hear(self, sound: Sound) -> None:
        """Hand it on, unless this ear is closed."""
        if self._is_open:
            self._on_sound([sound])


class _Connection:
    """One connection of the PBX. Until it brings sound it is read when something comes, so that the first sample's time
    is exact; from then on only with each batch, since the kernel gathers cheaper than we do.
    """

    _room = bytearray(ROOM_BYTES)
    """Shared: what is read is taken out before anything else is."""

    def __init__(
        self, place: AudioSocketPlace, sock: socket.socket, stream: AudioSocketStream, loop: asyncio.AbstractEventLoop
    ) -> None:
        self._place = place
        self._socket = sock
        self._loop = loop
        self._is_open = True
        self._is_watched = True
        self._since_s = loop.time()
        self._silences = 0
        self._unsent = b""
        self.stream = stream
        self.ear: _Ear | None = None
        loop.add_reader(sock, self._read)

    def serve(self) -> None:
        """Once a batch: hear what came, answer with silence, and end what says nothing."""
        if self._is_open and not self._is_watched:
            self._read()
        if not self._is_open:
            return
        now_s = self._loop.time()
        if self.ear is None:
            if now_s - self._since_s > NAMED_WITHIN_S:
                self.close()
        elif self.stream.has_sound or now_s - self._since_s > SILENCE_AFTER_S:
            self._be_silent(now_s)

    def close(self) -> None:
        """End it at once, with the word for it: a PBX that loses a connection without one complains in its log."""
        if not self._is_open:
            return
        self._is_open = False
        self._place.forget(self)
        self._loop.remove_reader(self._socket)
        if self.ear is not None and not self._unsent:
            with contextlib.suppress(OSError):
                self._socket.send(_GOODBYE)
        self._socket.close()

    def _read(self) -> None:
        now_s, size, is_over = self._loop.time(), 0, False
        try:
            size = self._socket.recv_into(self._room)
            is_over = size == 0
            with memoryview(self._room) as room:
                self.stream.feed(room[:size], now_s)
        except BlockingIOError:
            pass
        except (OSError, MalformedFrame):
            is_over = True
        try:
            self._hand_on(now_s, drained=size < ROOM_BYTES)
        except MalformedFrame:
            is_over = True
        if is_over or self.stream.is_over or (self.ear is None and self.stream.name is not None):
            self.close()

    def _hand_on(self, now_s: float, *, drained: bool) -> None:
        if self.ear is None:
            self.ear = self._place.ear_of(self) if self.stream.name is not None else None
        if self.ear is None:
            return
        if self._is_watched and self.stream.has_sound:
            self._is_watched = False
            self._loop.remove_reader(self._socket)
        sound = self.stream.take(now_s, drained=drained)
        if sound is not None:
            self.ear.hear(sound)

    def _be_silent(self, now_s: float) -> None:
        """Whole frames, as many as time has passed; where the PBX takes none, none is kept for later."""
        due = int((now_s - self._since_s) / FRAME_S) - self._silences
        self._silences += due
        header = self.stream.header or _FIRST_SILENCE
        frame = header + bytes(header[1] << 8 | header[2])
        data = self._unsent or frame * min(due, SILENCE_AT_ONCE)
        try:
            sent = self._socket.send(data)
        except BlockingIOError:
            sent = 0
        except OSError:
            self.close()
            return
        if self._unsent:
            self._unsent = data[sent:]
        else:
            self._unsent = data[sent : sent + -sent % len(frame)]  # of a frame that was begun
