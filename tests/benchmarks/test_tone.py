"""The served model against the trained one."""

from pathlib import Path

import numpy as np
import pytest

from analysis.emotion.onnx_model import OnnxToneModel
from analysis.emotion.speechbrain_model import open_packaged
from benchmarks.tone import MAX_DIFFERENCE, MAX_MB, cpu_ms, differences, main, megabytes
from tests.analysis.voices import as_float, engine_voice

VOICES = ("emodb_13b03Na", "emodb_13a05Wc", "emodb_13b09Wa", "caller_calm_en")


def test_both_ways_tell_the_same_of_real_voices() -> None:
    """Law: what is served is what was trained, but for the rounding of int8, which stays under .02."""
    sounds = [as_float(engine_voice(name))[:64_000] for name in VOICES]
    apart = differences(sounds, OnnxToneModel().run, open_packaged().run)
    assert apart.shape == (len(VOICES), 3)
    assert float(apart[:, :2].max()) <= MAX_DIFFERENCE
    assert float(np.median(apart[:, :2])) <= MAX_DIFFERENCE / 10


def test_a_difference_is_seen() -> None:
    """Law: the comparison can fail: another network is told apart."""
    sounds = [as_float(engine_voice(VOICES[1]))[:64_000]]
    served = OnnxToneModel().run

    def turned(sound: np.ndarray) -> tuple[np.ndarray, float]:  # type: ignore[type-arg]
        logits, distance = served(sound)
        return -logits, distance

    assert float(differences(sounds, served, turned).max()) > 0.1
    assert cpu_ms(served, 1) > 0


def test_the_model_fits_into_its_package() -> None:
    """Law: the model weighs at most 10 MB."""
    assert megabytes() <= MAX_MB


def test_without_recordings_it_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Law: absent data is one sentence and a failure."""
    assert main([str(tmp_path)]) == 1
    assert "no recordings" in capsys.readouterr().err
