"""What hears for the whole of a run: a stream, and a place that looks at three ports, fed without a network."""

from __future__ import annotations

import asyncio
import socket
from types import SimpleNamespace
from typing import Any, cast

import numpy as np

from ari_bridge.media.arrival import Arrival
from ari_bridge.media.batch import Headers
from ari_bridge.media.ear import Sound
from ari_bridge.media.jitter import HELD_PACKETS, REMEMBERED
from ari_bridge.media.mmsg_receiver import SLOT_BYTES, Columns
from ari_bridge.media.payload import PayloadFormat
from ari_bridge.media.stream import MediaStream
from ari_bridge.media.udp_receiver import PortRange, RtpEar, RtpPlace

PORTS = PortRange(47_400, 47_499, rest_s=0)


def check_bounded(stream: MediaStream) -> None:
    """What a stream keeps never grows."""
    assert stream._jitter.held <= HELD_PACKETS
    assert stream._jitter._missing.bit_length() <= REMEMBERED


class InOrder:
    """Sound of one stream: rising, and never twice."""

    def __init__(self) -> None:
        self.end_sample = 0

    def take(self, sounds: Any) -> None:
        """Check the next ones."""
        for sound in cast(list[Sound], sounds):
            assert sound.start_sample >= self.end_sample
            self.end_sample = sound.start_sample + len(sound.pcm)


class Stream:
    """One stream that is fed for ever."""

    def __init__(self, payload: PayloadFormat) -> None:
        self._stream = MediaStream(payload)
        self._order = InOrder()
        self._now_s = 1.0

    def take(self, told: list[tuple[bytes, float, int]]) -> None:
        """Datagrams, how long each came after the one before, and whether from elsewhere (1)."""
        for data, later_s, place in told:
            self._now_s += later_s
            port = 2 if place == 1 else 1
            self._order.take(self._stream.take([Arrival(data, "127.0.0.1", port, self._now_s)], self._now_s))
            check_bounded(self._stream)
        self._stream.stats()


class Scripted(Columns):
    """Receives what was put in for each socket."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting: dict[int, list[bytes]] = {}

    def receive(self, sock: socket.socket, row: int, most: int) -> int:
        """As the others do, from a sender at loopback."""
        data = self.waiting.pop(sock.fileno(), [])[:most]
        for place, one in enumerate(data, row):
            whole = one[:SLOT_BYTES]
            self.octets[place, : len(whole)] = np.frombuffer(whole, np.uint8)
            self.sizes[place] = len(whole)
            self.names[place] = np.frombuffer(_SENDER, np.uint64)
        return len(data)


_SENDER = socket.AF_INET.to_bytes(2, "little") + bytes([1, 2, 127, 0, 0, 1]) + bytes(24)


class Looks:
    """A place with three ears that are looked at for ever."""

    def __init__(self) -> None:
        self._place = RtpPlace("127.0.0.1", PORTS, "127.0.0.1")
        self._place._allowed = frozenset({"127.0.0.1"})
        self._columns = Scripted()
        self._place._columns = self._columns  # type: ignore[assignment]
        self._place._headers = Headers(self._columns.octets, self._place.payload)
        self._now_s = 1.0
        handle = SimpleNamespace(cancel=lambda: None)
        self._loop: Any = SimpleNamespace(
            time=lambda: self._now_s, call_at=lambda *_: handle, call_exception_handler=self._fail
        )
        self._ears: list[RtpEar] = []

    def look(self, told: list[list[bytes]]) -> None:
        """What comes to each of the ports before the next look."""
        while len(self._ears) < len(told):
            loop = cast(asyncio.AbstractEventLoop, self._loop)
            self._ears.append(self._place._opened(socket.AF_INET, loop, InOrder().take))
        self._columns.waiting = {ear.sock.fileno(): data for ear, data in zip(self._ears, told, strict=True)}
        self._now_s += 0.08
        self._place._look(self._loop, 0.0)
        for ear in self._ears:
            ear.stats()
            check_bounded(ear.stream)
        assert len(self._place._waiting) <= len(self._ears)

    @staticmethod
    def _fail(context: dict[str, Any]) -> None:
        raise context["exception"]
