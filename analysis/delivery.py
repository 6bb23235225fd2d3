"""How the caller speaks in this call: syllables a second, and how loud against the call's own start. The caller alone.

It takes nothing but `CallerSpeech`, which is born from a caller's grant only: there is no way to measure an agent. What
it compares with is of the same call and goes with it; nothing of an earlier call, of other people, or of a norm.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from statistics import median
from typing import Final

from analysis.audio import ENGINE_RATE_HZ
from analysis.speech.segment import CallerSpeech
from analysis.syllables import find_syllables
from consent.errors import InvalidValue

MIN_TALK_S: Final = 10.0
"""A rate rests on at least so much talk: about 50 syllables, of which one more or less is 2 %."""
START_TALK_S: Final = 15.0
"""The call's start: its first so many seconds of fit talk."""
NEWEST_SEGMENTS: Final = 5
"""The level now is the median of so many segments, 5 to 20 s of talk: one shout or one whisper does not move it."""
MAX_RATE: Final = 20.0
"""Syllables a second; no mouth is so quick."""
MAX_CHANGE_DB: Final = 100.0


@dataclass(frozen=True, slots=True)
class Delivery:
    """The caller's delivery so far.

    `articulation_rate` is in syllables (nuclei found) per second of talk and rests on `articulation_s` seconds of it;
    `level_change_db` is the newest level over that of the call's start. Each is None until enough was heard.

    Raises:
        InvalidValue: a rate that no mouth has or without the talk it rests on, or a change that no line carries.
    """

    articulation_s: float = 0.0
    articulation_rate: float | None = None
    level_change_db: float | None = None

    def __post_init__(self) -> None:
        if not self.articulation_s >= 0:
            raise InvalidValue("talk is no less than none")
        if self.articulation_rate is not None and not (
            0 <= self.articulation_rate <= MAX_RATE and self.articulation_s >= MIN_TALK_S
        ):
            raise InvalidValue(f"a rate is 0 to {MAX_RATE:.0f} syllables a second, of at least {MIN_TALK_S:.0f} s")
        if self.level_change_db is not None and not abs(self.level_change_db) <= MAX_CHANGE_DB:
            raise InvalidValue(f"a level changes by at most {MAX_CHANGE_DB:.0f} dB")


class DeliveryTracker:
    """Follows the caller of one call. Bounded: some twenty numbers, however long the call."""

    __slots__ = ("_newest", "_nuclei", "_start", "_start_s", "_talk_s")

    def __init__(self) -> None:
        self._nuclei = 0
        self._talk_s = self._start_s = 0.0
        self._start: list[float] = []
        self._newest: deque[float] = deque(maxlen=NEWEST_SEGMENTS)

    def take(self, speech: CallerSpeech) -> None:
        """Measure one segment that is fit to be judged.

        Raises:
            Withdrawn: the grant has ended.
        """
        segment = speech.consented.open()
        found = find_syllables(segment.samples)
        talk_s = segment.speech_share * len(segment.samples) / ENGINE_RATE_HZ
        self._nuclei += found.nuclei
        self._talk_s += talk_s
        if found.level_dbov is None:
            return
        if self._start_s < START_TALK_S:
            self._start.append(found.level_dbov)
            self._start_s += talk_s
        else:
            self._newest.append(found.level_dbov)

    def delivery(self) -> Delivery:
        """What can be said so far."""
        return Delivery(self._talk_s, self._rate(), self._change_db())

    def _rate(self) -> float | None:
        return min(self._nuclei / self._talk_s, MAX_RATE) if self._talk_s >= MIN_TALK_S else None

    def _change_db(self) -> float | None:
        if len(self._newest) < NEWEST_SEGMENTS:
            return None
        change_db = median(self._newest) - median(self._start)
        return max(-MAX_CHANGE_DB, min(MAX_CHANGE_DB, change_db))
