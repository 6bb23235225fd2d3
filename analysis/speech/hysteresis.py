"""From likelihoods of speech to decisions: speech or no speech for each chunk, final and in order.

Time advances by what was heard, never by a clock. A decision may come up to 768 ms after its chunk. The first chunks of
an utterance become speech only when enough of them have been heard, so that a click is none; and only when the detector
has heard a person talk in them (`SpeechDetector.voices`), so that a crying child, a dog or a song is none. Where it
doubts, the utterance waits for more of itself: talk is most often known by 256 ms.
"""

from __future__ import annotations

from typing import Final, NamedTuple

ENTER: Final = 0.5
LEAVE: Final = 0.35
MIN_SPEECH_CHUNKS: Final = 8
MIN_SILENCE_CHUNKS: Final = 4
"""Silero's own defaults in whole chunks (`get_speech_timestamps`: threshold 0.5, neg_threshold = threshold - 0.15,
min_speech_duration_ms 250, min_silence_duration_ms 100)."""

TALKS: Final = 2.0
"""Mean log-odds of talk over an utterance's first chunks from which it is talk at once."""
MAY_TALK: Final = -1.6
"""From here it is talk when it ends, or when there is no more time to doubt. The sides are not alike: an angry or a
hoarse voice that is taken for a noise is a wrong word about somebody. Both limits and what they cost, for women and
men and for each acted emotion: docs/quality.md; `benchmarks/noise.py` measures them."""
LONGEST_DELAY_CHUNKS: Final = 24
"""768 ms: no decision comes later, and nothing is doubted longer. Well under the second for which a window waits for
the other leg. Measured by phone on speakers that the check had not seen: 95 % of read and 80 % of acted utterances are
decided as soon as without it, 2 % and 4 to 7 % wait so long."""


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

    __slots__ = ("_low", "_next", "_pending", "_since_high", "_speaking", "_voice")

    def __init__(self) -> None:
        self._next: int | None = None
        self._pending = 0  # the newest chunks that are not decided
        self._low = 0  # how many of them, at the end, were low
        self._voice = 0.0  # the sum of their log-odds of talk, up to the last one that was not low
        self._since_high = 0.0  # and of the low ones at the end
        self._speaking = False

    def feed(self, chunk: int, chance: float, voice: float = TALKS) -> list[Decision]:
        """Take one chunk; the decisions that are final now, in order.

        Args:
            chunk: its number on the call's clock.
            chance: the likelihood (0..1) that it is speech.
            voice: log-odds that a person talks in it; without, whatever is likely speech is talk.
        """
        closed = self.flush() if self._next is not None and chunk != self._next else []
        self._next = chunk + 1
        self._pending += 1
        decided = self._while_speaking(chance) if self._speaking else self._while_silent(chance, voice)
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
        """The sound stops here: what is pending was no speech when it did not last, had ended, or was no talk."""
        if not self._speaking:
            return self._end()
        self._speaking = False
        return self._decide(self._pending, speaks=False)

    def _while_silent(self, chance: float, voice: float) -> list[Decision]:
        is_rising = self._pending > 1
        if not is_rising:
            self._voice = self._since_high = 0.0
        self._since_high += voice
        if chance < (LEAVE if is_rising else ENTER):
            self._low += 1
            if not is_rising or self._low >= MIN_SILENCE_CHUNKS:
                return self._end()
        else:
            self._low = 0
            self._voice += self._since_high
            self._since_high = 0.0
        lasted = self._pending - self._low
        if lasted < MIN_SPEECH_CHUNKS:
            return []
        if self._voice >= TALKS * lasted:
            self._speaking = True
        elif self._pending >= LONGEST_DELAY_CHUNKS:
            self._speaking = self._voice >= MAY_TALK * lasted
        else:
            return []
        return self._begin() if self._speaking else self._decide(self._pending, speaks=False)

    def _begin(self) -> list[Decision]:
        """Talk it is. Low chunks at the end wait, as in any other pause: they are talk if it goes on."""
        stop = (self._next or 0) - self._low
        talk = [Decision(chunk, True) for chunk in range(stop - (self._pending - self._low), stop)]
        self._pending = self._low
        return talk

    def _end(self) -> list[Decision]:
        """What began ends while it was in doubt."""
        lasted = self._pending - self._low
        if lasted < MIN_SPEECH_CHUNKS or self._voice < MAY_TALK * lasted:
            return self._decide(self._pending, speaks=False)
        low = self._low
        talk = [decision._replace(speaks=True) for decision in self._decide(self._pending, speaks=False)]
        return talk[:-low] + [decision._replace(speaks=False) for decision in talk[-low:]] if low else talk

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
