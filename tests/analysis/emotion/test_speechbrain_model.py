"""The same file through SpeechBrain and through ONNX Runtime."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from analysis.emotion.model_files import ModelRefused
from analysis.emotion.onnx_model import OnnxToneModel
from analysis.emotion.speechbrain_model import open_packaged
from tests.analysis.emotion.model_copies import copy_model, flip_bit
from tests.analysis.voices import as_float, engine_voice


def test_both_ways_hear_the_same() -> None:
    """Law: what is served is what was trained, but for the rounding of int8."""
    served, trained = OnnxToneModel(), open_packaged()
    for name in ("emodb_13b03Na", "emodb_13a05Wc", "emodb_13b09Wa", "caller_calm_en"):
        voice = as_float(engine_voice(name))[:64_000]
        (logits, distance), (expected, expected_distance) = served.run(voice), trained.run(voice)
        assert logits.shape == expected.shape
        assert np.abs(_chance(logits) - _chance(expected)).max() <= 0.05
        assert distance == pytest.approx(expected_distance, abs=0.05)


def test_nothing_is_built_from_a_spoilt_recipe(tmp_path: Path) -> None:
    """Law: a hyperparameters file builds objects, so it is checked before SpeechBrain sees it."""
    folder = copy_model(tmp_path)
    flip_bit(folder / "hyperparams.yaml")
    with pytest.raises(ModelRefused, match=r"hyperparams\.yaml"):
        open_packaged(folder)


def _chance(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(1.0 / (1.0 + np.exp(-logits.mean(axis=0))))
