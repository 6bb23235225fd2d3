"""Packets in their order. No input or output; time is what others say it is.

A packet that comes in its order is handed on at once, so nothing is delayed while nothing is missing. After a gap at
most HELD_PACKETS are held back, and none for longer than HELD_S; then what is missing is declared lost, for good, and
what is held is handed on. So the lag after a loss is what it was before it (aiortc's buffer keeps it for ever:
aiortc#543).
"""

from __future__ import annotations

from enum import Enum, auto
from typing import Final, NamedTuple

from ari_bridge.media.rtp import RtpPacket

HELD_PACKETS: Final = 5
"""100 ms at 20 ms a packet: on a loopback or a LAN a packet that is later than this is not coming."""
HELD_S: Final = 0.1
"""The same in time, for a gap after which little comes."""
MAX_DROPOUT: Final = 3000
"""How far a sequence may jump ahead (RFC 3550, appendix A.1): one minute."""
REMEMBERED: Final = 512
"""For how many packets past we can tell a late one from a replayed one."""
_HALF: Final = 1 << 15
_MODULUS: Final = 1 << 16
_ALL: Final = (1 << REMEMBERED) - 1


class Fate(Enum):
    """What became of a packet that was pushed."""

    TAKEN = auto()
    LATE = auto()
    """It had been declared lost already."""
    REPLAYED = auto()
    """It was heard before."""
    FAR = auto()
    """It is far from where the stream stands."""


class Timed(NamedTuple):
    """A packet and when it came, in seconds."""

    packet: RtpPacket
    at_s: float


class JitterBuffer:
    """Orders the packets of one source; sequence numbers may wrap any number of times."""

    __slots__ = ("_held", "_missing", "_missing_before", "_next", "lost")

    def __init__(self) -> None:
        self.lost = 0
        self._next: int | None = None
        self._held: dict[int, Timed] = {}
        # The bits of the last REMEMBERED packets before this one, the newest first: set where it was declared lost.
        self._missing = 0
        self._missing_before = 0

    @property
    def held(self) -> int:
        """How many packets wait for one before them; never more than HELD_PACKETS."""
        return len(self._held)

    @property
    def next_sequence(self) -> int | None:
        """The sequence number (16 bits) of the packet that would be handed on at once; None before the first."""
        return None if self._next is None else self._next % _MODULUS

    def push(self, packet: RtpPacket, at_s: float) -> tuple[Fate, list[Timed]]:
        """Take one packet; what became of it, and the packets that are now in order."""
        if self._next is None:
            self._next = packet.sequence
        number = self._next + (packet.sequence - self._next + _HALF) % _MODULUS - _HALF
        if self._was_missing(number):
            return Fate.LATE, []
        if number < self._next - REMEMBERED or number - self._next > MAX_DROPOUT:
            return Fate.FAR, []
        if number < self._next or number in self._held:
            return Fate.REPLAYED, []
        self._held[number] = Timed(packet, at_s)
        ordered = self._in_order(self._next)
        if len(self._held) > HELD_PACKETS:
            ordered += self._after_loss()
        return Fate.TAKEN, ordered

    def skip(self, count: int) -> None:
        """That many packets came in order and were handed on past this buffer, which holds none."""
        assert self._next is not None  # noqa: S101
        self._next += count

    def overdue(self, now_s: float) -> list[Timed]:
        """What has been held for longer than HELD_S: nothing that comes before it is waited for any more."""
        ordered: list[Timed] = []
        while self._held and now_s - min(timed.at_s for timed in self._held.values()) > HELD_S:
            ordered += self._after_loss()
        return ordered

    def flush(self) -> list[Timed]:
        """Everything still held, in order: the stream has ended."""
        ordered = []
        while self._held:
            ordered += self._after_loss()
        return ordered

    def _in_order(self, number: int) -> list[Timed]:
        ordered = []
        while (timed := self._held.pop(number, None)) is not None:
            ordered.append(timed)
            number += 1
        self._next = number
        return ordered

    def _after_loss(self) -> list[Timed]:
        """Declare lost what lies before the first held packet, and hand on from there."""
        assert self._next is not None  # noqa: S101
        first = min(self._held)
        self.lost += first - self._next
        passed = min(first - self._missing_before, REMEMBERED)
        newly = (1 << min(first - self._next, REMEMBERED)) - 1
        self._missing = (self._missing << passed | newly) & _ALL
        self._missing_before = first
        return self._in_order(first)

    def _was_missing(self, number: int) -> bool:
        """Whether it was declared lost; from now on it is not."""
        place = self._missing_before - 1 - number
        if not 0 <= place < REMEMBERED or not self._missing >> place & 1:
            return False
        self._missing ^= 1 << place
        return True
