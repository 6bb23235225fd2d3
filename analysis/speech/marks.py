"""What is known of one party, chunk by chunk on the call's clock: not heard, silent, or speaking."""

from __future__ import annotations

from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from analysis.speech.hysteresis import Decision

KEPT_CHUNKS: Final = 512
"""16 s: longer than any window waits."""


class Mark(IntEnum):
    """One chunk of one party."""

    UNHEARD = 0
    SILENT = 1
    SPEAKS = 2


class Marks:
    """The newest 16 s of one party. `end_chunk` is one past the newest decision (0 before the first)."""

    __slots__ = ("_ring", "end_chunk")

    def __init__(self) -> None:
        self._ring = bytearray(KEPT_CHUNKS)
        self.end_chunk = 0

    def put(self, decision: Decision) -> None:
        """Note a decision; one for a chunk that was decided already changes nothing."""
        self.put_run(decision.chunk, decision.chunk + 1, speaks=decision.speaks)

    def put_run(self, first_chunk: int, stop_chunk: int, *, speaks: bool) -> None:
        """Note the same decision for each chunk from `first_chunk` up to and without `stop_chunk`."""
        first = max(first_chunk, self.end_chunk, stop_chunk - KEPT_CHUNKS)
        if first >= stop_chunk:
            return
        if first > self.end_chunk:
            self._lay(max(self.end_chunk, first - KEPT_CHUNKS), first, Mark.UNHEARD)
        self._lay(first, stop_chunk, Mark.SPEAKS if speaks else Mark.SILENT)
        self.end_chunk = stop_chunk

    def _lay(self, first: int, stop: int, mark: int) -> None:
        """Put a mark into the slots of at most KEPT_CHUNKS chunks."""
        begin, count = first % KEPT_CHUNKS, stop - first
        end = min(KEPT_CHUNKS, begin + count)
        self._ring[begin:end] = bytes((mark,)) * (end - begin)
        if end - begin < count:
            self._ring[: count - (end - begin)] = bytes((mark,)) * (count - (end - begin))

    def at(self, chunk: int) -> int:
        """The mark of one chunk; UNHEARD where it is too old or yet to come."""
        return self._ring[chunk % KEPT_CHUNKS] if self.end_chunk - KEPT_CHUNKS <= chunk < self.end_chunk else 0

    def between(self, first_chunk: int, stop_chunk: int) -> NDArray[np.uint8]:
        """The marks from `first_chunk` up to and without `stop_chunk`, uint8 of shape (chunks,)."""
        return np.fromiter((self.at(chunk) for chunk in range(first_chunk, stop_chunk)), np.uint8)
