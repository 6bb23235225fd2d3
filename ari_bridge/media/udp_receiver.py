"""RTP to UDP ports of ours, one for each ear: a voice is attributed by the port it comes to, never by guess.

All ports are looked at together, a few times a second, so that what a packet costs is shared by all that came: the
kernel keeps both packets and the time at which they came until then.
"""

from __future__ import annotations

import asyncio
import errno
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from analysis.audio import Pcm16
from ari_bridge.media.arrival import Arrival
from ari_bridge.media.batch import NAME_WORDS, Datagrams, Headers, Lanes
from ari_bridge.media.codecs import decoder
from ari_bridge.media.ear import Sound
from ari_bridge.media.mmsg_receiver import CUT, SLOTS, address_of, receiver, want_times
from ari_bridge.media.payload import SLIN16, Codec, PayloadFormat
from ari_bridge.media.ports import NoFreePort, PortRange
from ari_bridge.media.rtp import HEADER_BYTES
from ari_bridge.media.stats import ReceiverStats
from ari_bridge.media.stream import MediaStream, Source

__all__ = ["POLL_S", "Arrival", "NoFreePort", "PortRange", "RtpEar", "RtpPlace"]

POLL_S: Final = 0.07
"""How long sound waits at most: three or four packets of each voice a look, and of a latency of 100 ms 30 ms to spare
for a machine that is busy."""
BATCH_DATAGRAMS: Final = 64
"""Taken from one port in one look: 18 times what a voice sends, so that what a busy loop left behind is caught up with,
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
        self.is_open = True
        self.lane = place.lanes.open()
        self.name: NDArray[np.uint64] | None = None
        """The stream's source as the kernel writes it."""
        self._place = place

    @property
    def target(self) -> str:
        """The port."""
        return str(self.port)

    def stats(self) -> ReceiverStats:
        """What arrived so far."""
        self.catch_up()
        return self.stream.stats() + ReceiverStats(foreign=self.foreign)

    def close(self) -> None:
        """Hear nothing more, from this very moment; what the kernel still holds is thrown away."""
        self._place.closed(self)

    def catch_up(self) -> None:
        """Tell the stream what simply went on."""
        course = self._place.lanes.course(self.lane) if self.is_open else None
        if course is not None:
            self.stream.catch_up(course)


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
        self.lanes = Lanes(payload)
        self._poll_s = poll_s
        self._columns = receiver()
        self._headers = Headers(self._columns.octets, payload)
        self._decoder = decoder(payload.codec)
        self._decodes_rows = payload.codec is not Codec.G722  # which remembers each stream's past
        self._ears: tuple[RtpEar, ...] = ()
        self._waiting: set[RtpEar] = set()
        self._senders: dict[bytes, Source | None] = {}
        self._allowed: frozenset[str] = frozenset()
        self._name_words = NAME_WORDS
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
        self._name_words = (
            1 if family == socket.AF_INET else NAME_WORDS
        )  # family, port and an IPv4 address are 8 octets
        if allowed != self._allowed:
            self._allowed = allowed
            self._senders.clear()
        return self._opened(family, loop, on_sound)

    def closed(self, ear: RtpEar) -> None:
        """Forget an ear, and have its port rest."""
        if not ear.is_open or self._loop is None:
            return
        ear.catch_up()
        ear.is_open = False
        self.lanes.close(ear.lane)
        ear.sock.close()
        self._ears = tuple(one for one in self._ears if one is not ear)
        self._waiting.discard(ear)
        self.ports.give_back(ear.port, self._loop.time())
        if not self._ears and self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _opened(
        self, family: int, loop: asyncio.AbstractEventLoop, on_sound: Callable[[Sequence[Sound]], None]
    ) -> RtpEar:
        ear = RtpEar(self, _bind(family, self.host, self.ports, loop.time()), on_sound)
        self._ears = (*self._ears, ear)
        if self._timer is None:
            due_s = loop.time() + self._poll_s
            self._loop, self._timer = loop, loop.call_at(due_s, self._look, loop, due_s)
        return ear

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
            self._take_one_by_one(ear, range(0), None, loop.time())

    def _take(self, loop: asyncio.AbstractEventLoop, ears: list[RtpEar], rows: list[int], stop: int) -> None:
        columns, now_s = self._columns, loop.time()
        sizes = columns.sizes[:stop].astype(np.int64)
        sizes[(columns.flags[:stop] & CUT) != 0] = 0  # half a datagram is none
        datagrams = Datagrams(columns.names[:stop, : self._name_words], sizes, self._times(now_s, stop))
        stretches = self._headers.stretches(datagrams, rows)
        gone_on = self.lanes.go_on([ear.lane for ear in ears], stretches, now_s)
        firsts, stops = rows, [*rows[1:], stop]
        rate_hz = self.payload.sample_rate_hz
        pieces = self._decoded(ears, firsts, stops, stretches.sizes, gone_on.places)
        for place, start_sample, spoken_s, pcm in zip(*gone_on, pieces, strict=True):
            self._hand_on(ears[place], (Sound(start_sample, rate_hz, pcm, spoken_s),))
        for place in set(range(len(ears))).difference(gone_on.places):
            self._take_one_by_one(ears[place], range(firsts[place], stops[place]), datagrams, now_s)
        columns.wipe(stop)

    def _decoded(
        self, ears: list[RtpEar], firsts: list[int], stops: list[int], sizes: NDArray[np.int64], places: list[int]
    ) -> Iterator[Pcm16]:
        """The samples of stretches that go on: in one go where all packets are alike, but a copy for each."""
        octets = self._columns.octets
        size = int(sizes[places[0]]) if places else 0
        if self._decodes_rows and size and (sizes[places] == size).all():
            rows = self._decoder.decode(octets[: stops[-1], HEADER_BYTES:size]).reshape(stops[-1], -1)
            return (rows[firsts[place] : stops[place]].flatten() for place in places)
        lengths = sizes.tolist()
        return (
            ears[place].stream.decode(octets[firsts[place] : stops[place], HEADER_BYTES : lengths[place]])
            for place in places
        )

    def _take_one_by_one(self, ear: RtpEar, rows: range, datagrams: Datagrams | None, now_s: float) -> None:
        """For what is not plain, and for what waits."""
        if not ear.is_open:  # closed by what another one heard
            return
        lane, stream = ear.lane, ear.stream
        course = self.lanes.stop(lane)
        if course is not None:
            stream.catch_up(course)
        sounds = stream.take(self._arrivals(ear, rows, datagrams) if datagrams is not None else (), now_s)
        if ear.name is None and datagrams is not None:
            ear.name = next(
                (self._columns.names[row].copy() for row in rows if self._sender(row) == stream.source), None
            )
        if stream.expected is not None and ear.name is not None:
            self.lanes.start(lane, ear.name, stream.expected, stream.course())
        if stream.is_waiting:
            self._waiting.add(ear)
        else:
            self._waiting.discard(ear)
        if sounds:
            self._hand_on(ear, sounds)

    def _arrivals(self, ear: RtpEar, rows: range, datagrams: Datagrams) -> Iterator[Arrival]:
        for row in rows:
            source = self._sender(row)
            if source is None:
                ear.foreign += 1
            else:
                octets = self._columns.octets[row, : datagrams.sizes[row]]
                yield Arrival(octets.tobytes(), *source, float(datagrams.at_s[row]))

    def _hand_on(self, ear: RtpEar, sounds: Sequence[Sound]) -> None:
        if not ear.is_open:
            return
        try:
            ear.on_sound(sounds)
        except Exception as error:  # noqa: BLE001 - one leg's trouble is not the others': this is the root of its task
            assert self._loop is not None  # noqa: S101
            self._loop.call_exception_handler({"message": f"the ear at port {ear.port} failed", "exception": error})

    def _times(self, now_s: float, stop: int) -> NDArray[np.float64]:
        """When datagrams came, on the loop's clock: the kernel's time where it gave one."""
        times = self._columns.times[:stop]
        at_s = times[:, 0] + times[:, 1] * 1e-9 + (now_s - time.time())
        at_s[times[:, 0] == 0] = now_s
        return np.clip(at_s, now_s - OLDEST_S, now_s, out=at_s)

    def _sender(self, row: int) -> Source | None:
        """Who sent this row; None where it is not the PBX."""
        name = self._columns.names[row].tobytes()
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
