"""Laws of who speaks when."""

import numpy as np

from consent.parties import Party
from tests.demo.script import TALK, Turn, cues, duration_s
from tests.demo.voices import Clip, Mood, Voices, load

CALM = Clip("calm", Party.CALLER, Mood.CALM, np.ones(16000, dtype=np.int16))
TENSE = Clip("tense", Party.CALLER, Mood.TENSE, np.ones(8000, dtype=np.int16))
AGENT = Clip("agent", Party.AGENT, Mood.CALM, np.ones(24000, dtype=np.int16))


def _cues(*turns: Turn) -> list[tuple[float, str]]:
    return [(round(cue.at_s, 2), cue.clip.name) for cue in cues(turns, Voices([CALM, TENSE, AGENT]))]


def test_a_turn_follows_the_one_before() -> None:
    """After the pause, or into the other's words where the pause is negative; sentences are a breath apart."""
    assert _cues(
        Turn(Party.CALLER, Mood.CALM, 2, 1.0),
        Turn(Party.AGENT, Mood.CALM, 1, -0.5),
        Turn(Party.CALLER, Mood.TENSE, 1, 2.0),
    ) == [(1.0, "calm"), (3.25, "calm"), (4.75, "agent"), (9.75, "tense")]


def test_a_turn_may_be_cut() -> None:
    """Only the beginning of a recording is said where a limit is set."""
    [cue] = cues([Turn(Party.AGENT, Mood.CALM, 1, 0.0, limit_s=1.5)], Voices([CALM, TENSE, AGENT]))
    assert cue.clip.duration_s == 1.5


def test_the_talk_has_all_that_is_to_be_shown() -> None:
    """Both moods of the caller, an overlap and a pause, in a call of 30 to 50 s, in both languages."""
    for language in ("en", "fr"):
        played = list(cues(TALK, Voices(load(language))))
        assert {(cue.clip.party, cue.clip.mood) for cue in played} == {
            (Party.CALLER, Mood.CALM), (Party.CALLER, Mood.TENSE), (Party.AGENT, Mood.CALM)
        }  # fmt: skip
        ends_s = [cue.at_s + cue.clip.duration_s for cue in played]
        assert any(cue.at_s < end_s for cue, end_s in zip(played[1:], ends_s, strict=False))
        assert 30 <= duration_s(played) <= 50
