"""From likelihoods of speech to decisions: speech or no speech for each chunk, final and in order.

Time advances by what was heard, never by a clock. A decision may come up to 256 ms after its chunk, since the first
chunks of an utterance become speech only when enough of them have been heard, so that a click is none.
"""

from __future__ import annotations

from typing import Final, NamedTuple

ENTER: Final = 0.5
LEAVE: Final = 0.35
MIN_SPEECH_CHUNKS: Final = 8
MIN_SILENCE_CHUNKS: Final = 4
"""Silero's own defaults in whole chunks (`get_speech_timestamps`: threshold 0.5, neg_threshold = threshold - 0.15,
min_speech_duration_ms 250, min_silence_duration_ms 100)."""

LONGEST_DELAY_CHUNKS: Final = MIN_SPEECH_CHUNKS + MIN_SILENCE_CHUNKS
"""A decision is never later than this many chunks."""


class Decision(NamedTuple):
    """Whether the party speaks in one chunk of the call's clock."""

    chunk: int
    speaks: bool


class Run(NamedTuple):
    """The same decision for each chunk from `first_chunk` up to and without `stop_chunk`."""

    first_chunk: int
    stop_chunk: int
    speaks: bool


class Hysteresis:
    """Decides one stream. A chunk that does not follow the one before, or `flush`, closes what was open."""

    __slots__ = ("_low", "_next", "_pending", "_speaking")

    def __init__(self) -> None:
        self._next: int | None = None
        self._pending = 0  # the newest chunks that are not decided
        self._low = 0  # how many of them, at the end, were low
        self._speaking = False

    def feed(self, chunk: int, chance: float) -> list[Decision]:
        """Take one chunk's likelihood (0..1); the decisions that are final now, in order."""
        closed = self.flush() if self._next is not None and chunk != self._next else []
        self._next = chunk + 1
        self._pending += 1
        decided = self._while_speaking(chance) if self._speaking else self._while_silent(chance)
        return closed + decided if closed else decided

    def pass_over(self, first_chunk: int, stop_chunk: int, lowest: float, highest: float) -> Run | None:
        """Take chunks through which nothing changes all at once: silence that stays, or speech that stays high.

        A short way and no other law: what comes out is what `feed` would say of each of these chunks.

        Args:
            first_chunk: the first of them.
            stop_chunk: one past the last.
            lowest: the lowest of their likelihoods (0..1).
            highest: the highest.

        Returns:
            What is decided by that; None where a voice may begin, dip or end, and then nothing has been taken.
        """
        if first_chunk != self._next and self._next is not None:
            return None
        if self._speaking:
            if lowest < LEAVE:
                return None
            first_chunk -= self._pending
            self._pending = self._low = 0
        elif self._pending or highest >= ENTER:
            return None
        self._next = stop_chunk
        return Run(first_chunk, stop_chunk, self._speaking)

    def flush(self) -> list[Decision]:
        """The sound stops here: what is pending was no speech, since it did not last or had ended."""
        self._speaking = False
        return self._decide(self._pending, speaks=False)

    def _while_silent(self, chance: float) -> list[Decision]:
        is_rising = self._pending > 1
        if chance < (LEAVE if is_rising else ENTER):
            self._low += 1
            if not is_rising or self._low >= MIN_SILENCE_CHUNKS:
                return self._decide(self._pending, speaks=False)
        else:
            self._low = 0
        if self._pending - self._low < MIN_SPEECH_CHUNKS:
            return []
        self._speaking = True
        return self._decide(self._pending, speaks=True)

    def _while_speaking(self, chance: float) -> list[Decision]:
        if chance >= LEAVE:
            return self._decide(self._pending, speaks=True)
        self._low += 1
        if self._low < MIN_SILENCE_CHUNKS:
            return []
        self._speaking = False
        return self._decide(self._pending, speaks=False)

    def _decide(self, count: int, *, speaks: bool) -> list[Decision]:
        end = self._next or 0
        self._pending, self._low = self._pending - count, 0
        return [Decision(chunk, speaks) for chunk in range(end - count, end)]
