"""The role of a speech detector; adapters are named after what they run on (`silero`)."""

from __future__ import annotations

from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from analysis.audio import ENGINE_RATE_HZ, Pcm32

CHUNK_SAMPLES: Final = 512
"""32 ms at 16 kHz: what Silero hears at once. Both parties' chunks lie on one grid, the call's own clock."""
CHUNK_S: Final = CHUNK_SAMPLES / ENGINE_RATE_HZ
PCM_SCALE: Final = np.float32(1 / 32768)
"""From int16 to the -1..1 that detectors hear."""

Rows = NDArray[np.intp]
Chances = NDArray[np.float32]


class SpeechDetector(Protocol):
    """Hears one chunk of each of many streams at a time. Blocking: called from one thread, off the event loop."""

    def warm(self) -> None:
        """Run once on silence, so that the first call does not wait."""
        ...

    def open(self) -> int:
        """A row of state for a new stream."""
        ...

    def reset(self, row: int) -> None:
        """Forget what the row heard: the stream's sound was interrupted."""
        ...

    def close(self, row: int) -> None:
        """Give the row back, wiped."""
        ...

    def hear(self, rows: Rows, chunks: Pcm32) -> Chances:
        """How likely each chunk is speech.

        Args:
            rows: the streams' rows, shape (n,), each at most once.
            chunks: one chunk for each row, float32 in -1..1, shape (n, 512).

        Returns:
            Likelihoods 0..1, float32 of shape (n,).
        """
        ...

    def voices(self, rows: Rows) -> Chances:
        """How much what each row heard last sounds like a person who talks (not cries or barks), and like several.

        Args:
            rows: streams that were in the newest `hear`, shape (n,).

        Returns:
            Log-odds of one chunk, float32 of shape (n, 2), see `voice_check`: to be averaged over an utterance.
        """
        ...
