"""What a tone model is run on: one window of sound, neither too long nor too short nor too faint."""

from typing import Final

import numpy as np

from analysis.audio import ENGINE_RATE_HZ, Pcm32
from analysis.emotion.score import Reason

LONGEST_SAMPLES: Final = 8 * ENGINE_RATE_HZ
"""Our trunk has positions for 8 s; of a longer segment the last 8 s are judged, and the verdict covers only those."""

_FAINTEST: Final = 1e-4
"""Root mean square below which there is no voice on the line: -80 dB of full scale, under G.711's smallest step."""


def unheard(samples: Pcm32, shortest_s: float) -> Reason | None:
    """Why no model is run on a window, or None.

    Args:
        samples: float32 at 16 kHz.
        shortest_s: less than this says nothing to the model.
    """
    if len(samples) < shortest_s * ENGINE_RATE_HZ:
        return Reason.TOO_LITTLE_SPEECH
    if not float(np.sqrt(np.mean(np.square(samples, dtype=np.float64)))) > _FAINTEST:  # not a number is no voice either
        return Reason.LINE
    return None
