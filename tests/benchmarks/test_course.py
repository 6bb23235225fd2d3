"""Laws of the benchmark of tone over a call: it says what it measured, and which limit is kept."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import report
from benchmarks.course import main, measure
from tests.benchmarks.unmet import said


def test_it_measures_and_says_which_limit_is_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Law: six tables and a file of figures; with heads whose errors are chance alone, smoothing is worth something,
    sigma is honest, the speaker's own start destroys what the windows know, and every limit is kept.
    """
    monkeypatch.setattr(report, "OUT", tmp_path)
    assert measure({"speaker": said(), "corpus": said(error=0.25)}) == 0
    told = capsys.readouterr().out
    for title in ("Windows by themselves", "Calibration", "Sigma", "Warm-up", "Memory", "own start"):
        assert title in told
    figures = json.loads((tmp_path / "course.json").read_text())["figures"]
    assert figures["anger_auc_told_corpus_emodb_on"] > figures["anger_auc_own_corpus_emodb_on"]
    assert figures["anger_covered_told_speaker_emodb"] > 0.65
    assert figures["anger_shared_error_speaker_emodb"] < 0.3
    assert figures["auc_own_start_4_anger_speaker_emodb_one_kind"] < 0.7
    assert figures["auc_own_start_0_anger_speaker_emodb_one_kind"] > 0.95


def test_without_a_folder_it_stops(tmp_path: Path) -> None:
    """Law: no data, no figures, and a sentence that says what is missing."""
    with pytest.raises(SystemExit, match=r"no training data: .*manifest\.csv"):
        main([str(tmp_path)])
