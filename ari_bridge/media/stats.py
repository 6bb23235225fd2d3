"""What became of the datagrams of one fork, as a value that others poll."""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True)
class ReceiverStats:
    """Counts since the port was opened. The receiver counts `foreign` (and what it handed on), the stream the rest.

    Every datagram is counted in exactly one of these, except that `lost` are packets that never came.
    """

    packets: int = 0
    """Good ones: their sound was handed on, or waits for a packet before it."""
    malformed: int = 0
    """No RTP, no whole samples, or sound that overlaps what was heard before."""
    foreign: int = 0
    """From an address that is not the PBX's, or from another port than the stream's first packet."""
    wrong_payload_type: int = 0
    wrong_ssrc: int = 0
    replayed: int = 0
    """Heard before, or far from where the stream stands."""
    late: int = 0
    """Came after it had been declared lost."""
    lost: int = 0

    def __add__(self, other: ReceiverStats) -> ReceiverStats:
        """The counts of two observers of the same fork, together."""
        return ReceiverStats(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))
