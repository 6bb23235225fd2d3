"""A speech detector of the tests: whatever is loud is speech. Exact, so that facts can be counted by hand."""

from __future__ import annotations

import numpy as np

from analysis.audio import Pcm32
from analysis.speech.detector import Chances, Rows


class LoudnessDetector:
    """Speech is a chunk whose mean amplitude is over 0.01. Remembers how its rows were used."""

    def __init__(self) -> None:
        self.opened = 0
        self.closed: list[int] = []
        self.resets: list[int] = []
        self.batches: list[int] = []
        self.failures = 0

    def warm(self) -> None:
        """Nothing to load."""

    def open(self) -> int:
        """The next row."""
        self.opened += 1
        return self.opened - 1

    def reset(self, row: int) -> None:
        """Note it."""
        self.resets.append(row)

    def close(self, row: int) -> None:
        """Note it."""
        self.closed.append(row)

    def hear(self, rows: Rows, chunks: Pcm32) -> Chances:
        """1 for a loud chunk, 0 for another; fails as often as it is told to."""
        if self.failures:
            self.failures -= 1
            raise RuntimeError("the detector broke")
        self.batches.append(len(rows))
        chances: Chances = (np.abs(chunks).mean(axis=1) > 0.01).astype(np.float32)
        return chances

    def voices(self, rows: Rows) -> Chances:
        """Whatever is loud is talk, of one person."""
        return np.tile(np.array([4.0, -4.0], np.float32), (len(rows), 1))
