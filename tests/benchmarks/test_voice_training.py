"""Laws of the making of the weights: from recordings alone, told with their source, and the same each time."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from analysis.speech.silero import SileroNetwork, model_path
from analysis.speech.voice_check import VoiceCheck
from benchmarks.voice_training import Examples, fit, hear, main, stretches
from tests.analysis.voices import engine_voice
from tests.benchmarks.data_folder import make


def test_weights_are_made_from_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Law: one command makes a file that the product reads, with the model and the corpora it came from."""
    out = tmp_path / "weights.json"
    assert main([str(make(tmp_path)), "--out", str(out)]) == 0
    assert "from 1" in capsys.readouterr().out
    check = VoiceCheck.of(model_path(), out)
    assert check.weights.shape == (128, 2)
    assert {source["corpus"] for source in json.loads(out.read_text())["trained_on"]} >= {"emodb", "esc10"}


def test_what_can_be_told_apart_is() -> None:
    """Law: the regression finds the side on which examples lie."""
    rng = np.random.default_rng(2)
    memory = rng.standard_normal((400, 128))
    is_speech = memory[:, 3] > 0
    none = np.zeros(400, np.intp)
    weights, bias = fit([Examples(memory, is_speech, np.where(is_speech, "a", "b"), none, none.astype(np.bool_))], 1.0)
    assert np.argmax(np.abs(weights)) == 3
    assert ((memory @ weights + bias > 0) == is_speech).mean() > 0.95


def test_a_batch_hears_what_each_would_hear_alone() -> None:
    """Law: sounds of other lengths in the same batch change nothing."""
    voices = [engine_voice("caller_calm_en")[:30_000], engine_voice("caller_tense_fr")[:20_000]]
    network = SileroNetwork()
    together = hear(voices, network)
    for voice, heard in zip(voices, together, strict=True):
        (alone,) = hear([voice], network)
        np.testing.assert_allclose(heard.chances, alone.chances, atol=1e-3)
        assert heard.memory.shape == (len(voice) // 512, 128)


def test_stretches_are_runs() -> None:
    """Law: each run of talk is one stretch, from its first chunk to one past its last."""
    assert stretches(np.array([1, 1, 0, 1, 0, 0, 1], np.bool_)) == [(0, 2), (3, 4), (6, 7)]
