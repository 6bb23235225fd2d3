"""Laws of the benchmark of noise: it says what it measured, keeps its limits, and counts what the engine decides."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import noise, report
from benchmarks.noise import main
from tests.benchmarks.data_folder import make


def test_it_measures_and_says_which_limit_is_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Law: three tables, a file of figures, and a line for each limit: talk, scores, loss, the sexes."""
    monkeypatch.setattr(report, "OUT", tmp_path / "out")
    monkeypatch.setattr(noise, "FULL", dict.fromkeys(noise.FULL, 1))
    main([str(make(tmp_path))])
    told = capsys.readouterr().out
    for title in (
        "what becomes talk or a score",
        "what of Silero's talk the check loses",
        "against the same speech alone",
    ):
        assert title in told
    assert "women minus men" in told
    figures = json.loads((tmp_path / "out" / "noise.json").read_text())["figures"]
    assert figures["speech_lost_percent_wide"] == pytest.approx(0.0, abs=1.0)
    assert figures["talk_moved_percent_alone_wide"] == pytest.approx(0.0, abs=1.0)


def test_without_a_folder_it_stops(tmp_path: Path) -> None:
    """Law: no data, no figures."""
    with pytest.raises(SystemExit, match=r"manifest\.csv"):
        main([str(tmp_path)])
