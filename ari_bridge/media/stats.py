"""What became of the datagrams of one fork, as a value that others poll."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final

_WORST: Final = frozenset({"lag_ms", "max_lag_ms", "jitter_ms"})


@dataclass(frozen=True, slots=True)
class ReceiverStats:
    """Counts since the ear was opened. The receiver counts `foreign` (and what it handed on), the stream the rest.

    Every datagram is counted in exactly one of these, except that `lost` are packets that never came. Of what carries
    sound without packets, `packets` are its frames.
    """

    packets: int = 0
    """Good ones: their sound was handed on, or waits for a packet before it."""
    malformed: int = 0
    """No RTP, no whole samples, or sound that overlaps what was heard before."""
    foreign: int = 0
    """From an address that is not the PBX's, or from another port than the stream's first packet."""
    wrong_payload_type: int = 0
    wrong_ssrc: int = 0
    """Of another source than the stream's, while that one speaks; or the first packet of one that takes its place."""
    replayed: int = 0
    """Heard before, or far from where the stream stands."""
    late: int = 0
    """Came after it had been declared lost."""
    lost: int = 0
    no_sound: int = 0
    """Keys (RFC 4733) and comfort noise (RFC 3389) of the stream: neither sound nor a loss."""
    lag_ms: float = 0.0
    """How long the newest sound had waited here, from its first packet's arrival until it was handed on."""
    max_lag_ms: float = 0.0
    """The longest that any sound waited."""
    jitter_ms: float = 0.0
    """How unevenly packets arrive (RFC 3550, section 6.4.1)."""

    def __add__(self, other: ReceiverStats) -> ReceiverStats:
        """Of two observers of the same fork, or of two forks: counts add up, of times the worse one stands."""
        both = ((f.name, getattr(self, f.name), getattr(other, f.name)) for f in fields(self))
        return ReceiverStats(*(max(one, more) if name in _WORST else one + more for name, one, more in both))
