"""One UDP socket of ours per fork: a voice is attributed by the port it comes to, never by guess."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
from collections.abc import Callable
from typing import Final

from ari_bridge.media.arrival import Arrival
from ari_bridge.media.ports import NoFreePort, PortRange
from ari_bridge.media.stats import ReceiverStats

__all__ = ["Arrival", "NoFreePort", "PortRange", "UdpReceiver"]

MAX_DATAGRAM_BYTES: Final = 2048
"""Three times what 20 ms at 16 kHz take; longer ones are cut, and then no longer valid."""
BATCH_DATAGRAMS: Final = 64
"""Read at most so many at once, so that a flood at one port leaves the other calls their turn."""
BUFFER_BYTES: Final = 1 << 20
"""Asked of the kernel (it gives what its limit allows): its default keeps only 92 packets, 1.8 s of one voice."""


class UdpReceiver:
    """Reads one port on the running loop. Made by `open`."""

    def __init__(
        self,
        sock: socket.socket,
        ports: PortRange,
        allowed: frozenset[str],
        on_packets: Callable[[list[Arrival]], None],
    ) -> None:
        self._socket = sock
        self._ports = ports
        self._allowed = allowed
        self._on_packets = on_packets
        self._foreign = 0
        self._loop = asyncio.get_running_loop()
        self._is_open = True
        self.port: int = sock.getsockname()[1]
        self._loop.add_reader(sock, self._read)

    @classmethod
    async def open(
        cls, host: str, ports: PortRange, pbx_host: str, on_packets: Callable[[list[Arrival]], None]
    ) -> UdpReceiver:
        """Bind a free port of `ports` on `host`. What does not come from an address of `pbx_host` is dropped.

        `on_packets` is called with what came since the last time, in order of arrival, on this loop.

        Raises:
            NoFreePort: no port of the range can be had now.
            OSError: `host` is not an address of this machine, or `pbx_host` is not known.
        """
        loop = asyncio.get_running_loop()
        senders = await loop.getaddrinfo(pbx_host, None, type=socket.SOCK_DGRAM)
        allowed = frozenset(str(sender[4][0]) for sender in senders)
        family = (await loop.getaddrinfo(host, None, type=socket.SOCK_DGRAM))[0][0]
        return cls(_bind(family, host, ports, loop.time()), ports, allowed, on_packets)

    def close(self) -> None:
        """Hear nothing more, from this very moment; what the kernel still holds is thrown away."""
        if not self._is_open:
            return
        self._is_open = False
        self._loop.remove_reader(self._socket)
        self._socket.close()
        self._ports.give_back(self.port, self._loop.time())

    def stats(self) -> ReceiverStats:
        """How many came from elsewhere; the stream counts the rest (the two can be added)."""
        return ReceiverStats(foreign=self._foreign)

    def _read(self) -> None:
        arrivals = []
        with contextlib.suppress(BlockingIOError, ConnectionError):
            for _ in range(BATCH_DATAGRAMS):
                datagram, address = self._socket.recvfrom(MAX_DATAGRAM_BYTES)
                if address[0] in self._allowed:
                    arrivals.append(Arrival(datagram, address[0], address[1], self._loop.time()))
                else:
                    self._foreign += 1
        if arrivals:
            self._on_packets(arrivals)


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
        ports.take(port)
        return sock
    raise NoFreePort(f"no UDP port from {ports.first} to {ports.last} is free on {host}")
