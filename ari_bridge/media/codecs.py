"""Payloads into samples. The one door to the package G722, which does ITU-T G.722 in C."""

from __future__ import annotations

from typing import Final, Protocol

import numpy as np
from G722 import G722 as _G722
from numpy.typing import NDArray

from analysis.audio import Pcm16
from ari_bridge.media.payload import Codec

Octets = NDArray[np.uint8]
"""Payloads of consecutive packets of one length, shape (packets, octets); or of any, shape (octets,)."""


class Decoder(Protocol):
    """Decodes one stream. It may remember what went before, so sound that follows a gap begins with `reset`."""

    def decode(self, octets: Octets) -> Pcm16:
        """Samples of shape (n,), native order, a copy."""
        ...

    def reset(self) -> None:
        """What comes next does not follow what came last."""
        ...


class Linear:
    """Big-endian linear samples (RFC 3551, section 4.5.11)."""

    def decode(self, octets: Octets) -> Pcm16:
        """See `Decoder`."""
        return octets.view(_BIG_ENDIAN).astype(np.int16).reshape(-1)

    def reset(self) -> None:
        """It remembers nothing."""


class Table:
    """A codec that writes each sample as one octet."""

    def __init__(self, samples: Pcm16) -> None:
        self._samples = samples

    def decode(self, octets: Octets) -> Pcm16:
        """See `Decoder`."""
        return self._samples[octets].reshape(-1)

    def reset(self) -> None:
        """It remembers nothing."""


class SubBand:
    """ITU-T G.722 at 64 kbit/s: two adaptive predictors, which a gap leaves in a state that fits no more."""

    def __init__(self) -> None:
        self.reset()

    def decode(self, octets: Octets) -> Pcm16:
        """See `Decoder`."""
        return np.frombuffer(self._codec.decode(octets.tobytes()), np.int16)

    def reset(self) -> None:
        """Begin anew."""
        self._codec = _G722(16_000, 64_000)


def decoder(codec: Codec) -> Decoder:
    """A decoder for one stream."""
    if codec is Codec.L16:
        return Linear()
    if codec is Codec.G722:
        return SubBand()
    return Table(MU_LAW if codec is Codec.PCMU else A_LAW)


def _mu_law() -> Pcm16:
    """ITU-T G.711, table 2: sign, 3 bits of exponent, 4 of mantissa, all inverted; scaled to 16 bits."""
    octet = ~np.arange(256) & 0xFF
    magnitude = ((((octet & 0x0F) << 3) + 0x84) << ((octet & 0x70) >> 4)) - 0x84
    return np.where(octet & 0x80, -magnitude, magnitude).astype(np.int16)


def _a_law() -> Pcm16:
    """ITU-T G.711, table 1: sign, 3 bits of exponent, 4 of mantissa, each second bit inverted; scaled to 16 bits."""
    octet = np.arange(256) ^ 0x55
    mantissa, exponent = (octet & 0x0F) << 4, (octet & 0x70) >> 4
    magnitude = np.where(exponent == 0, mantissa + 8, (mantissa + 0x108) << np.maximum(exponent - 1, 0))
    return np.where(octet & 0x80, magnitude, -magnitude).astype(np.int16)


_BIG_ENDIAN: Final = np.dtype(">i2")
MU_LAW: Final = _mu_law()
"""The 16-bit sample of each octet, shape (256,)."""
A_LAW: Final = _a_law()
"""The 16-bit sample of each octet, shape (256,)."""
