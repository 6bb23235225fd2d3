"""Sound as it flows: the frame that media makes and the engine hears."""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

ENGINE_RATE_HZ: Final = 16_000
"""The one rate of the engine. Silero at a native 8 kHz hears women's voices worse (silero-vad#765): never feed it."""

Pcm16 = NDArray[np.int16]
Pcm32 = NDArray[np.float32]


class AudioFrame(NamedTuple):
    """A run of samples of one party's own mouth.

    `start_sample` counts at `rate_hz` from the call's own zero (one clock for both parties, so that overlap can be
    told); a gap between one frame's end and the next frame's start was not heard, and is never filled as calm. `pcm`
    is mono int16 of shape (n,), native order, and the frame's own: whoever made it does not write to it again.
    """

    start_sample: int
    rate_hz: int
    pcm: Pcm16

    @property
    def end_sample(self) -> int:
        """One past the last sample."""
        return self.start_sample + len(self.pcm)
