"""What came of one voice and waits for the next tick: bounded, the oldest dropped and counted."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Final, NamedTuple

from analysis.audio import ENGINE_RATE_HZ, AudioFrame
from consent.grant import Consented, ConsentGrant

MAX_QUEUED_SAMPLES: Final = 2 * ENGINE_RATE_HZ
"""2 s. More would be a verdict about a moment that has passed (pipecat#3218: lag without a bound)."""


class Heard(NamedTuple):
    """What came of one grant's voice since the last tick.

    `dropped` is the stretch that the queue could not hold, in samples at 16 kHz on the call's clock. `language` is what
    the PBX says that the caller speaks, as its tag; "" where it is not known.
    """

    grant: ConsentGrant
    frames: Sequence[Consented[AudioFrame]]
    dropped: tuple[int, int] | None
    language: str


class Inbox:
    """The queue of one grant."""

    __slots__ = ("_dropped", "_frames", "_queued_samples", "grant")

    def __init__(self, grant: ConsentGrant) -> None:
        self.grant = grant
        self._frames: deque[tuple[int, Consented[AudioFrame]]] = deque()
        self._queued_samples = 0
        self._dropped: tuple[int, int] | None = None

    def put(self, frame: Consented[AudioFrame]) -> int:
        """Queue a frame; how many frames had to go for it. Raises Withdrawn when its grant has ended."""
        heard = frame.open()
        if not len(heard.pcm):
            return 0
        length = len(heard.pcm) * ENGINE_RATE_HZ // heard.rate_hz
        self._frames.append((length, frame))
        self._queued_samples += length
        gone = 0
        while self._queued_samples > MAX_QUEUED_SAMPLES and self._frames:
            oldest_length, oldest = self._frames.popleft()
            self._queued_samples -= oldest_length
            self._note(oldest.open())
            gone += 1
        return gone

    def take(self, language: str) -> Heard | None:
        """All that is queued, which then is not queued any more; None for nothing. `language`: see `Heard`."""
        if not self._frames and self._dropped is None:
            return None
        heard = Heard(self.grant, [frame for _, frame in self._frames], self._dropped, language)
        self._frames.clear()
        self._queued_samples, self._dropped = 0, None
        return heard

    def _note(self, frame: AudioFrame) -> None:
        stretch = clock_stretch(frame, frame)
        self._dropped = stretch if self._dropped is None else (min(self._dropped[0], stretch[0]), stretch[1])


def clock_stretch(first: AudioFrame, last: AudioFrame) -> tuple[int, int]:
    """From the first frame's start to the last one's end, in samples at 16 kHz on the call's clock."""
    return (
        max(0, first.start_sample * ENGINE_RATE_HZ // first.rate_hz),
        max(1, last.end_sample * ENGINE_RATE_HZ // last.rate_hz),
    )
