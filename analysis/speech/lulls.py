"""Where a party is heard and does not speak: there the line tells what sounds behind the voice."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from analysis.speech.marks import Mark

BEFORE_CHUNKS: Final = 62
"""2 s before a window are asked too."""
NEAR_CHUNKS: Final = 2
"""64 ms beside speech: the detector finds weak beginnings and ends late."""


def lulls(marks: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Which chunks are silent and have no speech near them.

    Args:
        marks: of the chunks in question, and of `NEAR_CHUNKS` more before and after, shape (chunks + 2 * NEAR_CHUNKS,).

    Returns:
        bool of shape (chunks,).
    """
    found: NDArray[np.bool_] = marks[NEAR_CHUNKS:-NEAR_CHUNKS] == Mark.SILENT
    for shift in range(2 * NEAR_CHUNKS + 1):
        found &= marks[shift : shift + len(found)] != Mark.SPEAKS
    return found
