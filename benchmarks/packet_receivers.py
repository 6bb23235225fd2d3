"""Four ways to receive the RTP of many forks, alike in what they must do, so that only the way of it differs.

`Ours` is the product's own place. `Bare` only takes the datagrams: the floor. `PerPacket` is what one would write with
asyncio: a DatagramProtocol for each socket, the product's parsing, order and samples, and each packet handed on by
itself. `Shared` is the other layout: one socket for all forks, told apart by source port and SSRC.
"""

from __future__ import annotations

import asyncio
import socket
import time
from typing import Final

import numpy as np

from ari_bridge.media.arrival import Arrival
from ari_bridge.media.batch import Datagrams, Headers, Lanes
from ari_bridge.media.ear import Sound
from ari_bridge.media.mmsg_receiver import SLOTS, MmsgReceiver, address_of, want_times
from ari_bridge.media.payload import SLIN16
from ari_bridge.media.ports import PortRange
from ari_bridge.media.rtp import HEADER_BYTES
from ari_bridge.media.stream import MediaStream
from ari_bridge.media.udp_receiver import BATCH_DATAGRAMS, BUFFER_BYTES, POLL_S, RtpPlace
from benchmarks.receiving import HOST, Heard

PORTS: Final = PortRange(20_000, 29_999, rest_s=0)


class Ours(Heard):
    """`RtpPlace`, as the bridge runs it."""

    async def open(self, forks: int) -> list[int]:
        """See `Receiver`."""
        place = RtpPlace(HOST, PORTS, HOST)
        self._ears = [await place.open(self.take) for _ in range(forks)]
        return [ear.port for ear in self._ears]

    async def close(self) -> None:
        """See `Receiver`."""
        for ear in self._ears:
            ear.close()


class Bare(Heard):
    """A loop around recvmmsg over the same sockets at the same interval; it looks at no datagram."""

    async def open(self, forks: int) -> list[int]:
        """See `Receiver`."""
        self._columns = MmsgReceiver()
        self._sockets = [_bound(BUFFER_BYTES) for _ in range(forks)]
        self._task = asyncio.create_task(self._run())
        return [sock.getsockname()[1] for sock in self._sockets]

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        due_s = loop.time()
        receive, sockets = self._columns.receive, self._sockets
        while True:
            row = taken = 0
            for sock in sockets:
                count = receive(sock, row, BATCH_DATAGRAMS)
                if count > 0:
                    row += count
                    taken += count
                    if row > SLOTS - BATCH_DATAGRAMS:
                        row = 0
            self.packets += taken
            due_s += POLL_S
            await asyncio.sleep(due_s - loop.time())

    async def close(self) -> None:
        """See `Receiver`."""
        self._task.cancel()
        for sock in self._sockets:
            sock.close()


class PerPacket(Heard):
    """asyncio's DatagramProtocol, one for each fork."""

    async def open(self, forks: int) -> list[int]:
        """See `Receiver`."""
        loop = asyncio.get_running_loop()
        self._transports = []
        for _ in range(forks):
            transport, _ = await loop.create_datagram_endpoint(lambda: _Protocol(self), sock=_bound(BUFFER_BYTES))
            self._transports.append(transport)
        return [transport.get_extra_info("sockname")[1] for transport in self._transports]

    async def close(self) -> None:
        """See `Receiver`."""
        for transport in self._transports:
            transport.close()


class _Protocol(asyncio.DatagramProtocol):
    def __init__(self, heard: Heard) -> None:
        self._heard = heard
        self._stream = MediaStream()
        self._loop = asyncio.get_running_loop()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        now_s = self._loop.time()
        if addr[0] == HOST and (sounds := self._stream.take((Arrival(data, *addr, now_s),), now_s)):
            self._heard.take(sounds)


class Shared(Heard):
    """One socket for all forks, read whole at each look, its datagrams sorted by their source."""

    async def open(self, forks: int) -> list[int]:
        """See `Receiver`."""
        self._columns = MmsgReceiver()
        self._socket = _bound(16 * BUFFER_BYTES)
        want_times(self._socket)
        self._lanes = Lanes(SLIN16)
        self._streams: dict[tuple[bytes, int], tuple[int, MediaStream]] = {}
        self._task = asyncio.create_task(self._run())
        return [self._socket.getsockname()[1]] * forks

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        due_s = loop.time()
        while True:
            while (count := self._columns.receive(self._socket, 0, SLOTS)) > 0:
                self._sort(count, loop.time())
            due_s += POLL_S
            await asyncio.sleep(due_s - loop.time())

    def _sort(self, count: int, now_s: float) -> None:
        columns = self._columns
        order = np.argsort(columns.names[:count, 0], kind="stable")
        names, sizes = columns.names[order], columns.sizes[order].astype(np.int64)
        octets = np.ascontiguousarray(columns.octets[order, : int(sizes.max())])
        times = columns.times[order]
        at_s = times[:, 0] + times[:, 1] * 1e-9 + (now_s - time.time())
        firsts = [0, *(np.flatnonzero(names[1:, 0] != names[:-1, 0]) + 1).tolist()]
        stretches = Headers(octets, SLIN16).stretches(Datagrams(names, sizes, at_s), firsts)
        sources = [name.tobytes() for name in stretches.names]
        streams = [self._stream(key) for key in zip(sources, stretches.ssrcs.tolist(), strict=True)]
        gone_on = self._lanes.go_on([lane for lane, _ in streams], stretches, now_s)
        stops = [*firsts[1:], count]
        for place, start_sample, spoken_s in zip(*gone_on, strict=True):
            pcm = streams[place][1].decode(octets[firsts[place] : stops[place], HEADER_BYTES : sizes[firsts[place]]])
            self.take((Sound(start_sample, SLIN16.sample_rate_hz, pcm, spoken_s),))
        for place in set(range(len(firsts))).difference(gone_on.places):
            lane, stream = streams[place]
            rows = range(firsts[place], stops[place])
            source = address_of(sources[place])
            self.take(stream.take((Arrival(octets[row].tobytes(), *source, at_s[row]) for row in rows), now_s))
            if stream.expected is not None:
                self._lanes.start(lane, stretches.names[place], stream.expected, stream.course())
        columns.wipe(count)

    def _stream(self, key: tuple[bytes, int]) -> tuple[int, MediaStream]:
        if key not in self._streams:
            self._streams[key] = self._lanes.open(), MediaStream()
        return self._streams[key]

    async def close(self) -> None:
        """See `Receiver`."""
        self._task.cancel()
        self._socket.close()


def _bound(buffer_bytes: int) -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind((HOST, 0))
    sock.setblocking(False)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer_bytes)
    return sock
