"""What came of one voice and waits for the next tick: bounded, the oldest dropped and counted."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Final, NamedTuple

from analysis.audio import ENGINE_RATE_HZ, AudioFrame
from consent.grant import Consented, ConsentGrant

MAX_QUEUED_S: Final = 2.0
"""More would be a verdict about a moment that has passed (pipecat#3218: lag without a bound)."""


class Heard(NamedTuple):
    """What came of one grant's voice since the last tick.

    `dropped` is the stretch that the queue could not hold, in samples at 16 kHz on the call's clock.
    """

    grant: ConsentGrant
    frames: Sequence[Consented[AudioFrame]]
    dropped: tuple[int, int] | None


class Inbox:
    """The queue of one grant."""

    __slots__ = ("_dropped", "_frames", "_queued_s", "grant")

    def __init__(self, grant: ConsentGrant) -> None:
        self.grant = grant
        self._frames: deque[tuple[float, Consented[AudioFrame]]] = deque()
        self._queued_s = 0.0
        self._dropped: tuple[int, int] | None = None

    def put(self, frame: Consented[AudioFrame]) -> int:
        """Queue a frame; how many frames had to go for it. Raises Withdrawn when its grant has ended."""
        heard = frame.open()
        if not len(heard.pcm):
            return 0
        length_s = len(heard.pcm) / heard.rate_hz
        self._frames.append((length_s, frame))
        self._queued_s += length_s
        gone = 0
        while self._queued_s > MAX_QUEUED_S and self._frames:
            oldest_s, oldest = self._frames.popleft()
            self._queued_s -= oldest_s
            self._note(oldest.open())
            gone += 1
        return gone

    def take(self) -> Heard | None:
        """All that is queued, which then is not queued any more; None for nothing."""
        if not self._frames and self._dropped is None:
            return None
        heard = Heard(self.grant, [frame for _, frame in self._frames], self._dropped)
        self._frames.clear()
        self._queued_s, self._dropped = 0.0, None
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
