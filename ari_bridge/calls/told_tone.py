"""What an agent is told of the caller's tone: the newest verdict while it is fresh, unless the agent contested it."""

from __future__ import annotations

from collections import deque
from typing import Final, NamedTuple

from analysis.emotion.score import Abstained, Estimate, ToneScore, Verdict

TONE_STAYS_S: Final = 30.0
"""A verdict older than this is not shown any more: the screen cannot tell its age."""
MAX_READINGS: Final = 24
"""Of the trace: what is older than some minutes says nothing of now."""


class _Reading(NamedTuple):
    end_s: float
    value: Estimate | None


class ToldTone:
    """Times are seconds of one steady clock."""

    __slots__ = ("_contested_until_s", "_end_s", "_readings", "_until_s", "_verdict")

    def __init__(self) -> None:
        self._verdict: Verdict | None = None
        self._until_s = self._contested_until_s = 0.0
        self._end_s = 0.0
        self._readings: deque[_Reading] = deque(maxlen=MAX_READINGS)

    @property
    def trace(self) -> tuple[Estimate | None, ...]:
        """The newest readings of activation that were told, the oldest first; None for silence of the model, and for
        what was contested.
        """
        return tuple(reading.value for reading in self._readings)

    def tell(self, verdict: Verdict, now_s: float) -> bool:
        """Take a verdict; False where it is of a stretch that was contested, which is neither shown nor kept."""
        if verdict.start_s < self._end_s and isinstance(verdict, ToneScore):
            return False
        self._verdict, self._until_s = verdict, now_s + TONE_STAYS_S
        if isinstance(verdict, ToneScore):
            self._contested_until_s = 0.0
        self._readings.append(_Reading(verdict.end_s, verdict.activation if isinstance(verdict, ToneScore) else None))
        return True

    def shown(self, now_s: float) -> Verdict | None:
        """What stands on the screen now; None before the first verdict and when the newest is old."""
        return self._verdict if now_s <= self._until_s else None

    def is_contested(self, now_s: float) -> bool:
        """Whether the last score was contested, and none has come since. It is said for as long as a verdict is."""
        return now_s <= self._contested_until_s and not isinstance(self._verdict, ToneScore)

    def contest(self, now_s: float) -> ToneScore | None:
        """The agent says that it is wrong: hide it from this very moment; None where no score is shown."""
        contested = self.shown(now_s)
        if contested is None or isinstance(contested, Abstained):
            return None
        # A score is smoothed over the turns before it: whatever overlaps with it says the same.
        kept = [one if one.end_s <= contested.start_s else one._replace(value=None) for one in self._readings]
        self.clear()
        self._readings.extend(kept)
        self._end_s, self._contested_until_s = contested.end_s, now_s + TONE_STAYS_S
        return contested

    def clear(self) -> None:
        """Show nothing of it any more."""
        self._verdict, self._until_s, self._contested_until_s = None, 0.0, 0.0
        self._readings.clear()
