"""The demo's voices: small recordings of 8 kHz, told apart by their names.

`caller_<mood>_<language>.wav` and `agent_<mood>_<language>.wav` are rendered voices; `emodb_*.wav` are acted sentences
of the Berlin database (CC0), named as the database names them: two digits of the actor, a letter and two digits of the
text, then W for anger (Wut) or N for neutral.
"""

import re
import wave
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import cycle
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from consent.parties import Party
from tests.lab.errors import LabError

RATE_HZ = 8000
FOLDER = Path(__file__).parent / "speech"
_TENSE = re.compile(r"tense|anger|angry|^emodb_\d\d[ab]\d\dW", re.IGNORECASE)


class Mood(StrEnum):
    """How a passage was spoken, as its maker says."""

    CALM = "calm"
    TENSE = "tense"


@dataclass(frozen=True, slots=True, eq=False)
class Clip:
    """One recording: int16 samples at 8 kHz, shape (n,)."""

    name: str
    party: Party
    mood: Mood
    samples: NDArray[np.int16]

    @property
    def duration_s(self) -> float:
        """Its length."""
        return len(self.samples) / RATE_HZ

    def until(self, limit_s: float) -> "Clip":
        """Its beginning."""
        return replace(self, samples=self.samples[: round(limit_s * RATE_HZ)])


class Voices:
    """What one call's two parties say; `next_clip` hands it out in turn. Raises LabError where a voice is missing."""

    def __init__(self, clips: Iterable[Clip]) -> None:
        clips = tuple(clips)
        self._turns: dict[tuple[Party, Mood], Iterator[Clip]] = {}
        for party, mood in ((Party.CALLER, Mood.CALM), (Party.CALLER, Mood.TENSE), (Party.AGENT, Mood.CALM)):
            fitting = [clip for clip in clips if clip.party is party and clip.mood is mood]
            if not fitting:
                raise LabError(f"There is no {mood} recording of the {party} to play.")
            self._turns[party, mood] = cycle(fitting)

    def next_clip(self, party: Party, mood: Mood) -> Clip:
        """The next one of that party and mood, from the first again after the last."""
        return next(self._turns[party, mood])


def load(language: str, folder: Path = FOLDER) -> tuple[Clip, ...]:
    """The recordings for a call in `language`, in the order of their names; rendered and acted ones take turns."""
    rendered = [*folder.glob(f"caller_*_{language}.wav"), *folder.glob(f"agent_*_{language}.wav")]
    acted = list(folder.glob("emodb_*.wav"))
    clips = [[_read(file) for file in sorted(files)] for files in (rendered, acted)]
    return tuple(
        clip for party in Party for mood in Mood for clip in _alternating(*(_of(one, party, mood) for one in clips))
    )


def mood_of(name: str) -> Mood:
    """What a recording's name says."""
    return Mood.TENSE if _TENSE.search(name) else Mood.CALM


def _of(clips: list[Clip], party: Party, mood: Mood) -> list[Clip]:
    return [clip for clip in clips if clip.party is party and clip.mood is mood]


def _alternating(one: list[Clip], other: list[Clip]) -> Iterator[Clip]:
    for index in range(max(len(one), len(other))):
        yield from one[index : index + 1]
        yield from other[index : index + 1]


def _read(path: Path) -> Clip:
    with wave.open(str(path), "rb") as file:
        if (file.getnchannels(), file.getsampwidth(), file.getframerate()) != (1, 2, RATE_HZ):
            raise LabError(f"{path} is not mono of 16 bits at 8 kHz.")
        samples = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").astype(np.int16)
    party = Party.AGENT if path.name.startswith("agent_") else Party.CALLER
    return Clip(path.stem, party, mood_of(path.stem), samples)
