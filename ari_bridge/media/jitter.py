"""Packets in their order. No input or output, and no clock: time is what was heard.

A packet that comes in its order is handed on at once, so nothing is delayed while nothing is missing. After a gap at
most HELD_PACKETS are held back; then what is missing is declared lost, for good, and everything held is handed on. So
the lag after a loss is what it was before it (aiortc's buffer keeps it for ever: aiortc#543).
"""

from __future__ import annotations

from enum import Enum, auto
from typing import Final

from ari_bridge.media.rtp import RtpPacket

HELD_PACKETS: Final = 3
"""60 ms at 20 ms a packet: on a loopback or a LAN a packet that is later than this is not coming."""
MAX_DROPOUT: Final = 3000
"""How far a sequence may jump ahead (RFC 3550, appendix A.1): one minute. After more than that a new fork is due."""
REMEMBERED: Final = 512
"""For how many packets past we can tell a late one from a replayed one."""
_HALF: Final = 1 << 15
_MODULUS: Final = 1 << 16


class Fate(Enum):
    """What became of a packet that was pushed."""

    TAKEN = auto()
    LATE = auto()
    """It had been declared lost already."""
    REPLAYED = auto()
    """It was heard before, or is far from where the stream stands."""


class JitterBuffer:
    """Orders the packets of one stream; sequence numbers may wrap any number of times."""

    def __init__(self) -> None:
        self.lost = 0
        self._next: int | None = None
        self._held: dict[int, RtpPacket] = {}
        self._missing: set[int] = set()

    def push(self, packet: RtpPacket) -> tuple[Fate, list[RtpPacket]]:
        """Take one packet; what became of it, and the packets that are now in order."""
        if self._next is None:
            self._next = packet.sequence
        number = self._next + (packet.sequence - self._next + _HALF) % _MODULUS - _HALF
        if number in self._missing:
            self._missing.remove(number)
            return Fate.LATE, []
        if number < self._next or number in self._held or number - self._next > MAX_DROPOUT:
            return Fate.REPLAYED, []
        self._held[number] = packet
        ordered = self._in_order(self._next)
        if len(self._held) > HELD_PACKETS:
            ordered += self._after_loss()
        return Fate.TAKEN, ordered

    def flush(self) -> list[RtpPacket]:
        """Everything still held, in order: the stream has ended."""
        ordered = []
        while self._held:
            ordered += self._after_loss()
        return ordered

    @property
    def held(self) -> int:
        """How many packets wait for one before them; never more than HELD_PACKETS."""
        return len(self._held)

    def _in_order(self, number: int) -> list[RtpPacket]:
        ordered = []
        while (packet := self._held.pop(number, None)) is not None:
            ordered.append(packet)
            number += 1
        self._next = number
        return ordered

    def _after_loss(self) -> list[RtpPacket]:
        """Declare lost what lies before the first held packet, and hand on from there."""
        assert self._next is not None  # noqa: S101
        first = min(self._held)
        self.lost += first - self._next
        self._missing = {n for n in self._missing if n >= first - REMEMBERED}
        self._missing.update(range(max(self._next, first - REMEMBERED), first))
        return self._in_order(first)
