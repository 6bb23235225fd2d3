"""What an RTP payload may hold, as values: the payload type, the codec, and both of its rates."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from consent.errors import InvalidValue


class Codec(StrEnum):
    """How samples are written, by the PBX's own name of it."""

    L16 = "slin16"
    """Linear, 16 bits, big-endian (RFC 3551, section 4.5.11)."""
    PCMU = "ulaw"
    """ITU-T G.711, mu-law."""
    PCMA = "alaw"
    """ITU-T G.711, A-law."""
    G722 = "g722"
    """ITU-T G.722 at 64 kbit/s."""


@dataclass(frozen=True, slots=True)
class PayloadFormat:
    """One payload type of RTP. Its timestamps count ticks at `clock_rate_hz`, its sound has `sample_rate_hz`.

    Raises:
        InvalidValue: a payload type outside 0..127, or a sample rate that is no multiple of the clock's.
    """

    payload_type: int
    codec: Codec
    clock_rate_hz: int
    sample_rate_hz: int

    def __post_init__(self) -> None:
        if not 0 <= self.payload_type <= 127:
            raise InvalidValue(f"no payload type: {self.payload_type}")
        if self.clock_rate_hz < 1 or self.sample_rate_hz < 1 or self.sample_rate_hz % self.clock_rate_hz:
            raise InvalidValue(f"{self.sample_rate_hz} Hz is no multiple of {self.clock_rate_hz} Hz")

    @property
    def samples_per_tick(self) -> int:
        """How many samples lie in one tick of the timestamps."""
        return self.sample_rate_hz // self.clock_rate_hz

    @property
    def octets_per_tick(self) -> int:
        """How many octets of payload one tick takes."""
        return 2 if self.codec is Codec.L16 else 1


SLIN16: Final = PayloadFormat(118, Codec.L16, 16_000, 16_000)
"""What Asterisk's UnicastRTP gives 16 kHz linear samples (16.28 and 22.10, measured): lossless, and what we ask for."""
PCMU: Final = PayloadFormat(0, Codec.PCMU, 8_000, 8_000)
PCMA: Final = PayloadFormat(8, Codec.PCMA, 8_000, 8_000)
G722: Final = PayloadFormat(9, Codec.G722, 8_000, 16_000)
"""Its clock is 8 kHz by an old mistake that everybody keeps (RFC 3551, section 4.5.2)."""

COMFORT_NOISE: Final = 13
"""The sender says that it is silent (RFC 3389)."""
TELEPHONE_EVENT: Final = 101
"""Keys (RFC 4733); a dynamic payload type, and this is the one that Asterisk and most phones use."""
NO_SOUND: Final = frozenset({COMFORT_NOISE, TELEPHONE_EVENT})
