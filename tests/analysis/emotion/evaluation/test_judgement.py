"""One clip and what a model made of it."""

from pathlib import Path

import pytest

from analysis.emotion.evaluation.judgement import NAN, Judgement, read, unread
from analysis.emotion.evaluation.labelled import LabelledClip
from analysis.emotion.score import Estimate, Reading, Reason
from consent.errors import InvalidValue

CLIP = LabelledClip(Path("a.wav"), "own", "own:1", "f", "", None, "fr", "anger", 0.95, 1.0, 0.95)
READING = Reading(Estimate(0.7, 0.1), Estimate(0.6, 0.2), 0.5, True, Reason.UNFAMILIAR)


def test_a_flaw_of_the_sound_goes_before_the_models_reason() -> None:
    """Law: as on a call, the quality gate speaks first."""
    assert read(CLIP, "clean", READING).reason is Reason.UNFAMILIAR
    found = read(CLIP, "clean", READING, Reason.NOISE)
    assert (found.reason, found.anger, found.anger_sigma, found.activation) == (Reason.NOISE, 0.6, 0.2, 0.7)


def test_what_was_not_run_has_no_value_and_a_reason() -> None:
    """Law: silence is never a score of calm."""
    found = unread(CLIP, "phone", Reason.TOO_LITTLE_SPEECH)
    assert not found.is_scored
    assert not found.is_told
    with pytest.raises(InvalidValue):
        Judgement(CLIP, "phone", NAN, NAN, NAN, NAN, False, None)
    with pytest.raises(InvalidValue):
        Judgement(CLIP, "phone", NAN, NAN, NAN, NAN, True, Reason.LINE)
