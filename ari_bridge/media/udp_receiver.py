"""RTP to UDP ports of ours, one for each ear: a voice is attributed by the port it comes to, never by guess.

All ports are looked at together, a few times a second, so that what a packet costs is shared by all that came: the
kernel keeps both packets and the time at which they came until then.
"""

from __future__ import annotations

import asyncio
import errno
import socket
import time
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ari_bridge.media.arrival import Arrival
from ari_bridge.media.batch import Headers, Stretch
from ari_bridge.media.ear import Sound
from ari_bridge.media.mmsg_receiver import CUT, SLOTS, address_of, receiver, want_times
from ari_bridge.media.payload import SLIN16, PayloadFormat
from ari_bridge.media.ports import NoFreePort, PortRange
from ari_bridge.media.rtp import HEADER_BYTES
from ari_bridge.media.stats import ReceiverStats
from ari_bridge.media.stream import MediaStream, Source

__all__ = ["POLL_S", "Arrival", "NoFreePort", "PortRange", "RtpEar", "RtpPlace"]

POLL_S: Final = 0.08
"""How long sound waits at most: four packets of each voice a look, and 20 ms to spare of a latency of 100 ms."""
BATCH_DATAGRAMS: Final = 64
"""Taken from one port in one look: 16 times what a voice sends, so that what a busy loop left behind is caught up with,
and so few that a flood at one port leaves the others their turn."""
BUFFER_BYTES: Final = 1 << 20
"""Asked of the kernel (it gives what its limit allows): its default keeps only 92 packets, 1.8 s of one voice."""
KNOWN_SENDERS: Final = 4096
"""Senders whose address is remembered as text."""
OLDEST_S: Final = 10.0
"""No datagram waits for longer; a time before that was a leap of the machine's clock."""


class RtpEar:
    """Hears one port. Made by `RtpPlace.open`; see `Ear`."""

    def __init__(self, place: RtpPlace, sock: socket.socket, on_sound: Callable[[Sequence[Sound]], None]) -> None:
        self.sock = sock
        self.stream = MediaStream(place.payload)
        self.on_sound = on_sound
        self.foreign = 0
        self.port: int = sock.getsockname()[1]
        self._place = place

    @property
    def target(self) -> str:
        """The port."""
        return str(self.port)

    @property
    def is_open(self) -> bool:
        """False from `close` on."""
        return self.sock.fileno() >= 0

    def stats(self) -> ReceiverStats:
        """What arrived so far."""
        return self.stream.stats() + ReceiverStats(foreign=self.foreign)

    def close(self) -> None:
        """Hear nothing more, from this very moment; what the kernel still holds is thrown away."""
        self._place.closed(self)


class RtpPlace:
    """Our host, the ports we may bind there, and the only address that may send. See `MediaPlace`.

    One for all calls; it looks at its ports every `poll_s` while an ear is open, on the loop on which it was opened.
    """

    def __init__(
        self, host: str, ports: PortRange, pbx_host: str, payload: PayloadFormat = SLIN16, poll_s: float = POLL_S
    ) -> None:
        self.host = host
        self.ports = ports
        self.pbx_host = pbx_host
        self.payload = payload
        self._poll_s = poll_s
        self._columns = receiver()
        self._headers = Headers(self._columns.octets, payload)
        self._ears: tuple[RtpEar, ...] = ()
        self._waiting: set[RtpEar] = set()
        self._senders: dict[bytes, Source | None] = {}
        self._allowed: frozenset[str] = frozenset()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timer: asyncio.TimerHandle | None = None

    async def open(self, on_sound: Callable[[Sequence[Sound]], None]) -> RtpEar:
        """Bind a free port. What does not come from an address of the PBX is counted and dropped.

        Raises:
            NoFreePort: no port of the range can be had now.
            OSError: `host` is not an address of this machine, or `pbx_host` is not known.
        """
        loop = asyncio.get_running_loop()
        senders = await loop.getaddrinfo(self.pbx_host, None, type=socket.SOCK_DGRAM)
        allowed = frozenset(str(sender[4][0]) for sender in senders)
        family = (await loop.getaddrinfo(self.host, None, type=socket.SOCK_DGRAM))[0][0]
        if allowed != self._allowed:
            self._allowed = allowed
            self._senders.clear()
        ear = RtpEar(self, _bind(family, self.host, self.ports, loop.time()), on_sound)
        self._ears = (*self._ears, ear)
        if self._timer is None:
            due_s = loop.time() + self._poll_s
            self._loop, self._timer = loop, loop.call_at(due_s, self._look, loop, due_s)
        return ear

    def closed(self, ear: RtpEar) -> None:
        """Forget an ear, and have its port rest."""
        if not ear.is_open or self._loop is None:
            return
        ear.sock.close()
        self._ears = tuple(one for one in self._ears if one is not ear)
        self._waiting.discard(ear)
        self.ports.give_back(ear.port, self._loop.time())
        if not self._ears and self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self, loop: asyncio.AbstractEventLoop, due_s: float) -> None:
        """Take what waits at all ports, and hand it on."""
        due_s = max(due_s + self._poll_s, loop.time())
        self._timer = loop.call_at(due_s, self._look, loop, due_s)
        receive = self._columns.receive
        ears: list[RtpEar] = []
        rows: list[int] = []
        row = 0
        for ear in self._ears:
            count = receive(ear.sock, row, BATCH_DATAGRAMS)
            if count > 0:
                ears.append(ear)
                rows.append(row)
                row += count
                if row > SLOTS - BATCH_DATAGRAMS:
                    self._take(loop, ears, rows, row)
                    ears, rows, row = [], [], 0
        if row:
            self._take(loop, ears, rows, row)
        for ear in tuple(self._waiting):
            self._hand_on(loop, ear, ear.stream.take((), loop.time()))

    def _take(self, loop: asyncio.AbstractEventLoop, ears: list[RtpEar], rows: list[int], stop: int) -> None:
        columns, now_s = self._columns, loop.time()
        at_s = self._times(now_s, stop)
        is_whole = (columns.flags[:stop] & CUT) == 0
        sources = self._sources(rows)
        stretches = self._headers.stretches(rows, stop, columns.names, columns.sizes, is_whole, at_s)
        for ear, source, stretch in zip(ears, sources, stretches, strict=True):
            if not ear.is_open:  # closed by what another one heard
                continue
            first, end, is_plain, size, sequence, timestamp, ssrc, first_at_s, last_at_s, uneven_s = stretch
            if is_plain and ear.stream.expected == (source, ssrc, sequence, timestamp):
                octets = columns.octets[first:end, HEADER_BYTES:size]
                sounds = [ear.stream.go_on(octets, first_at_s, last_at_s, uneven_s, now_s)]
            else:
                sounds = self._one_by_one(ear, stretch, at_s[first:end].tolist(), is_whole, now_s)
            self._hand_on(loop, ear, sounds)
        columns.wipe(stop)

    def _one_by_one(
        self, ear: RtpEar, stretch: Stretch, at_s: list[float], is_whole: NDArray[np.bool_], now_s: float
    ) -> list[Sound]:
        columns, arrivals = self._columns, []
        for row, came_s in zip(range(stretch.first, stretch.stop), at_s, strict=True):
            source = self._source(columns.names[row].tobytes())
            if source is None:
                ear.foreign += 1
            else:
                size = int(columns.sizes[row]) if is_whole[row] else 0  # half a datagram is none
                arrivals.append(Arrival(columns.octets[row, :size].tobytes(), *source, came_s))
        return ear.stream.take(arrivals, now_s)

    def _hand_on(self, loop: asyncio.AbstractEventLoop, ear: RtpEar, sounds: list[Sound]) -> None:
        if ear.stream.is_waiting:
            self._waiting.add(ear)
        else:
            self._waiting.discard(ear)
        if not sounds:
            return
        try:
            ear.on_sound(sounds)
        except Exception as error:  # noqa: BLE001 - one leg's trouble is not the others': this is the root of its task
            loop.call_exception_handler({"message": f"the ear at port {ear.port} failed", "exception": error})

    def _times(self, now_s: float, stop: int) -> NDArray[np.float64]:
        """When datagrams came, on the loop's clock: the kernel's time where it gave one."""
        times = self._columns.times[:stop]
        at_s = times[:, 0] + times[:, 1] * 1e-9 + (now_s - time.time())
        at_s[times[:, 0] == 0] = now_s
        return np.clip(at_s, now_s - OLDEST_S, now_s, out=at_s)

    def _sources(self, rows: list[int]) -> list[Source | None]:
        """The senders of these rows; None for one that is not the PBX."""
        names = self._columns.names[rows].tobytes()
        width = len(names) // len(rows)
        return [self._source(names[start : start + width]) for start in range(0, len(names), width)]

    def _source(self, name: bytes) -> Source | None:
        try:
            return self._senders[name]
        except KeyError:
            if len(self._senders) >= KNOWN_SENDERS:
                self._senders.clear()
            source = Source(*address_of(name))
            self._senders[name] = source if source.host in self._allowed else None
            return self._senders[name]


def _bind(family: int, host: str, ports: PortRange, now_s: float) -> socket.socket:
    for port in ports.candidates(now_s):
        sock = socket.socket(family, socket.SOCK_DGRAM)
        try:
            sock.bind((host, port))
        except OSError as error:
            sock.close()
            if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise
            continue
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
        want_times(sock)
        ports.take(port)
        return sock
    raise NoFreePort(f"no UDP port from {ports.first} to {ports.last} is free on {host}")
