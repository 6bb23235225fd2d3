"""From decisions to windows: which stretches of the caller's speech are worth a verdict.

Windows lie on the call's chunks, never overlap, and hold at most 4 s. Time advances by what was heard.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from analysis.speech.hysteresis import Decision, Run

WINDOW_CHUNKS: Final = 125
"""4 s: about the length of the acted sentences that tone models are trained on (CREMA-D 2.5 s, EmoDB 2.8 s)."""
ENOUGH_CHUNKS: Final = 32
"""1 s of speech: with less a lone "yes" waits for what follows."""
PAUSE_CHUNKS: Final = 20
"""640 ms: a pause that ends a turn; long enough that a comma does not."""
PATIENCE_CHUNKS: Final = 40
"""1.28 s: a pause after which a word too short to be judged waits no more: a verdict is news, or none."""
MARGIN_CHUNKS: Final = 3
"""96 ms kept before and after speech: the detector finds weak onsets late."""


class Window(NamedTuple):
    """A stretch of one party's sound, from `first_chunk` up to and without `stop_chunk`."""

    first_chunk: int
    stop_chunk: int


class Segmenter:
    """Cuts one stream. Feed it that stream's decisions in order; it holds no sound."""

    __slots__ = ("_after", "_first", "_last_speech", "_spoken")

    def __init__(self) -> None:
        self._after = 0  # no window begins before this chunk
        self._first: int | None = None
        self._last_speech = 0
        self._spoken = 0

    @property
    def open_since(self) -> int | None:
        """The first chunk of the window that is open now."""
        return self._first

    def feed(self, decision: Decision) -> Window | None:
        """Take one decision; the window that it closes, if any."""
        if self._first is None:
            if decision.speaks and decision.chunk >= self._after:
                self._open(decision.chunk)
            return None
        is_turn_over = decision.chunk - self._last_speech >= self._pause_chunks
        # Where sound was missing the end may have passed unheard: the window closes before what came after it.
        if is_turn_over or decision.chunk - self._first >= WINDOW_CHUNKS:
            closed = self._close(decision.chunk)
            if decision.speaks:
                self._open(decision.chunk)
            return closed
        if decision.speaks:
            self._last_speech = decision.chunk
            self._spoken += 1
        return self._close(decision.chunk + 1) if decision.chunk + 1 - self._first >= WINDOW_CHUNKS else None

    def feed_run(self, run: Run) -> list[Window]:
        """Take one decision for all chunks of a run; the windows that it closes, as `feed` would close them."""
        first, stop, speaks = run
        if self._first is None:
            if not speaks:
                return []
        elif stop - self._first < WINDOW_CHUNKS and stop - 1 - self._last_speech < self._pause_chunks:
            if speaks:
                self._last_speech = stop - 1
                self._spoken += stop - first
            return []
        closed = (self.feed(Decision(chunk, speaks)) for chunk in range(first, stop))
        return [window for window in closed if window is not None]

    def restart(self, after_chunk: int) -> None:
        """Forget the open window: its sound is gone. No margin of the next one reaches into what was lost."""
        self._first = None
        self._after = max(self._after, after_chunk)

    @property
    def _pause_chunks(self) -> int:
        return PAUSE_CHUNKS if self._spoken >= ENOUGH_CHUNKS else PATIENCE_CHUNKS

    def _open(self, chunk: int) -> None:
        self._first = max(self._after, chunk - MARGIN_CHUNKS)
        self._last_speech = chunk
        self._spoken = 1

    def _close(self, limit_chunk: int) -> Window:
        first, self._first = self._first or 0, None
        self._after = min(limit_chunk, first + WINDOW_CHUNKS, self._last_speech + 1 + MARGIN_CHUNKS)
        return Window(first, self._after)
