"""Laws of the benchmark of noise and scores: it counts every window, compares like with like, and keeps its limits."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from analysis.audio import ENGINE_RATE_HZ
from analysis.emotion.score import Estimate, Reading, Reason
from benchmarks import report, tone_noise
from benchmarks.live_path import Told
from benchmarks.tone_noise import AFTER_S, BEFORE_S, NOISES, SNRS_DB, Alone, Clip, Pair, Size, best, in_noise, main
from tests.benchmarks.data_folder import make


def reading(anger: float, *, is_alarm: bool = False) -> Reading:
    return Reading(Estimate(anger, 0.1), Estimate(anger, 0.1), 0.5, is_alarm, None)


def test_it_measures_and_says_which_limit_is_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Law: a row for each noise alone over each line and for each mixture, a file of figures, and a line a limit."""
    monkeypatch.setattr(report, "OUT", tmp_path / "out")
    monkeypatch.setattr(tone_noise, "SHORT", Size(dict.fromkeys(NOISES, 1), 1, 1))
    main([str(make(tmp_path)), "--short"])
    told = capsys.readouterr().out
    assert "Noise alone: windows without a score" in told
    assert all(f"{corpus}, {snr_db:g} dB" in told for corpus in NOISES for snr_db in SNRS_DB)
    assert told.count("noise alone, windows abstained, %,") == 2 * len(NOISES)
    figures = json.loads((tmp_path / "out" / "tone_noise.json").read_text())["figures"]
    assert figures["alone_windows_moh_phone"] == 3
    assert figures["activation_moved_alone"] in (0.0, None)
    assert 0 <= figures["abstained_percent_esc10_-5_dB"] <= 100


def test_every_window_that_a_score_touches_counts() -> None:
    """Law: of ten seconds of noise, three windows, a score across two of them spoils both; an abstention spoils none,
    and both are counted among what the detector cut.
    """
    found = Alone()
    found.take(10.0, [Told(3.0, 6.0, None, reading(0.2)), Told(8.5, 9.9, Reason.NOISE)])
    assert (found.windows, found.scored) == (3, 2)
    assert found.cut == {"score": 1, "noise": 1}
    assert found.abstained_percent == pytest.approx(100 / 3)


def test_a_clip_stands_by_its_longest_score() -> None:
    """Law: a score goes before any abstention, a longer window before a shorter one, and nothing heard is None."""
    score, longer, reason = Told(0, 1, None), Told(1, 3, None), Told(3, 7, Reason.LINE)
    assert best([score, longer, reason]) is longer
    assert best([reason, Told(0, 1, Reason.NOISE)]) is reason
    assert best([]) is None


def test_only_what_got_a_score_is_compared() -> None:
    """Law: an abstention is no risk; the clean reading counts even where it was not told."""
    clean = Told(0, 2, Reason.UNFAMILIAR, reading(0.4))
    noisy = Told(0, 2, None, reading(0.3))
    pair = Pair(False, clean, noisy).readings
    assert pair is not None
    assert [one.anger.value for one in pair] == [0.4, 0.3]
    assert Pair(False, noisy, clean).readings is None
    assert Pair(False, None, noisy).readings is None
    assert Pair(False, clean, None).readings is None


def test_a_row_tells_what_moved() -> None:
    """Law: false alarms are of those not angry, hits of the angry; moved is noisy minus clean; within is by the noisy
    sigma, and calmer is below by more than it.
    """
    told = [(0.5, False, 0.25, True), (0.5, True, 0.45, False), (0.4, False, 0.4, False)]
    angry = (False, True, False)
    pairs = [
        Pair(is_angry, Told(0, 1, None, reading(was, is_alarm=alarm)), Told(0, 1, None, reading(now, is_alarm=later)))
        for is_angry, (was, alarm, now, later) in zip(angry, told, strict=True)
    ]
    figures: dict[str, float] = {}
    tone_noise._cells("x", [*pairs, Pair(False, None, None)], figures)
    assert figures["abstained_percent_x"] == 25
    assert (figures["false_alarms_percent_x"], figures["hits_percent_x"]) == (50, 0)
    assert figures["unchanged_percent_x"] == pytest.approx(100 / 3)
    assert figures["anger_moved_x"] == pytest.approx(-0.1)
    assert figures["anger_within_sigma_percent_x"] == figures["activation_within_sigma_percent_x"]
    assert figures["anger_within_sigma_percent_x"] == pytest.approx(200 / 3)
    assert figures["calmer_percent_x"] == pytest.approx(100 / 3)


@pytest.mark.parametrize("snr_db", [10.0, -5.0])
def test_a_noise_is_as_loud_as_it_is_said(snr_db: float) -> None:
    """Law: speech and noise are so many dB apart where somebody talks, and the noise is there before and afterwards."""
    rng = np.random.default_rng(8)
    speech, noise = ((rng.standard_normal(2 * ENGINE_RATE_HZ) * 0.05).astype(np.float32) for _ in range(2))
    (mixture,) = in_noise([Clip("x", False, speech)], [noise], snr_db, seed=1)
    first, last = int(BEFORE_S * ENGINE_RATE_HZ), int(AFTER_S * ENGINE_RATE_HZ)
    assert len(mixture) == len(speech) + first + last
    before = np.mean(mixture[:first] ** 2)
    during = np.mean(mixture[first:-last] ** 2) - before
    assert 10 * np.log10(during / before) == pytest.approx(snr_db, abs=0.5)
    np.testing.assert_array_equal(mixture, next(in_noise([Clip("x", False, speech)], [noise], snr_db, seed=1)))


def test_without_a_folder_it_stops(tmp_path: Path) -> None:
    """Law: no data, no figures."""
    with pytest.raises(SystemExit, match=r"manifest\.csv"):
        main([str(tmp_path)])
