"""Laws of the benchmark of rises: what it counts as found came after the step, and its limits are of false cues."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from analysis.emotion.score import Estimate
from benchmarks import report
from benchmarks.rises import PAUSE_S, cues_s, false_percent, found_percent, main, measure
from benchmarks.tone_calls import BEFORE, Call
from benchmarks.unmet_speakers import Said
from tests.benchmarks.unmet import clip, said


def call(kind: str, *levels: float) -> Call:
    """A call of windows said at these levels of activation."""
    spoken = clip("emodb", "1", kind)
    return Call(kind, [Said(spoken, 2.5, Estimate(level, 0.1), Estimate(0.1, 0.1)) for level in levels])


RISING = call("anger", *[0.2] * BEFORE, *[0.95] * 5)


def test_a_rise_is_found_after_the_step() -> None:
    """Law: a cue counts where it came after the last neutral window; one before the step is no find."""
    (at_s,) = cues_s(RISING)
    assert at_s > RISING.ends_s(PAUSE_S)[BEFORE - 1]
    assert found_percent([RISING, call("anger", *[0.2] * 10)]) == 50.0
    assert found_percent([call("anger", 0.1, 0.1, 0.95, 0.95, 0.95, *[0.95] * 5)]) == 0.0


def test_a_cue_without_a_rise_is_false() -> None:
    """Law: of calls in which nothing rises each one with a cue counts, once."""
    assert false_percent([call("neutral", *[0.3] * 6), RISING]) == 50.0


def test_it_measures_and_says_which_limit_is_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Law: with heads whose errors are chance alone, calls of one kind have no cue and most rises are found."""
    monkeypatch.setattr(report, "OUT", tmp_path)
    assert measure({"speaker": said(), "corpus": said(error=0.2)}) == 0
    assert "Rises of the caller's tone" in capsys.readouterr().out
    figures = json.loads((tmp_path / "rises.json").read_text())["figures"]
    assert figures["found_percent_anger_speaker_emodb"] > 80


def test_without_a_folder_it_stops(tmp_path: Path) -> None:
    """Law: no data, no figures, and a sentence that says what is missing."""
    with pytest.raises(SystemExit, match=r"no training data: .*manifest\.csv"):
        main([str(tmp_path)])
