"""Who speaks when: turns that follow each other with a pause, or with an overlap where the pause is negative. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from consent.parties import Party
from tests.demo.voices import Clip, Mood, Voices

BREATH_S = 0.25
"""Between two sentences of one turn: shorter than what ends a turn for the analysis."""


@dataclass(frozen=True, slots=True)
class Turn:
    """`sentences` clips of one party, begun `pause_s` after the turn before has ended; of each its first `limit_s`."""

    party: Party
    mood: Mood
    sentences: int
    pause_s: float
    limit_s: float = 60.0


@dataclass(frozen=True, slots=True, eq=False)
class Cue:
    """One clip and when to begin it, in seconds from the start of the conversation."""

    at_s: float
    clip: Clip


TALK = (
    Turn(Party.AGENT, Mood.CALM, 1, 0.4, limit_s=1.7),
    Turn(Party.CALLER, Mood.CALM, 2, 0.5),
    Turn(Party.CALLER, Mood.TENSE, 2, 0.8),
    Turn(Party.AGENT, Mood.CALM, 1, -1.5),
    Turn(Party.CALLER, Mood.CALM, 1, 2.0, limit_s=5.0),
)
"""Calm, then tense, with one interruption by the agent and one long pause."""

WORDS = (Turn(Party.AGENT, Mood.CALM, 1, 0.4, limit_s=4.0), Turn(Party.CALLER, Mood.CALM, 1, 0.3, limit_s=5.0))
"""A few words, where nothing is measured anyway."""


def cues(turns: Iterable[Turn], voices: Voices) -> Iterator[Cue]:
    """The turns as clips on one time line."""
    now_s = 0.0
    for turn in turns:
        at_s = max(0.0, now_s + turn.pause_s)
        for _ in range(turn.sentences):
            clip = voices.next_clip(turn.party, turn.mood).until(turn.limit_s)
            yield Cue(at_s, clip)
            at_s += clip.duration_s + BREATH_S
        now_s = max(now_s, at_s - BREATH_S)


def duration_s(cues_played: Iterable[Cue]) -> float:
    """When the last clip has ended."""
    return max((cue.at_s + cue.clip.duration_s for cue in cues_played), default=0.0)
