"""A SpeechBrain classifier from a folder, and from nowhere else."""

import socket
from pathlib import Path

import numpy as np
import pytest
import torch

from analysis.emotion.foreign.speechbrain_classifier import RECIPE, SpeechBrainClassifier
from analysis.emotion.model_files import ModelRefused
from tests.analysis.emotion.foreign import tiny_speechbrain
from tests.analysis.emotion.foreign.tiny_wav2vec2 import window


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder; no socket can be opened while it is used."""
    made = tiny_speechbrain.write(tmp_path / "model")

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    return made


def change(folder: Path, old: str, new: str) -> None:
    """Write another recipe."""
    text = tiny_speechbrain.RECIPE
    assert old in text
    (folder / RECIPE).write_text(text.replace(old, new), encoding="utf-8")


def test_it_is_loaded_from_its_folder_alone(folder: Path) -> None:
    """Law: the recipe's hub name is replaced by the folder: nothing is fetched, and the shares are 1 together."""
    model = SpeechBrainClassifier(folder)
    assert model.labels == tiny_speechbrain.LABELS
    shares = model.shares(window())
    assert shares.shape == (4,)
    assert shares.sum() == pytest.approx(1)


def test_the_weights_are_those_of_the_folder(folder: Path) -> None:
    """Law: what is in the checkpoints decides, not what the recipe began with."""
    before = SpeechBrainClassifier(folder).shares(window())
    weights = torch.load(folder / "classifier.ckpt", weights_only=True)
    torch.save({name: torch.zeros_like(one) for name, one in weights.items()}, folder / "classifier.ckpt")
    after = SpeechBrainClassifier(folder).shares(window())
    np.testing.assert_allclose(after, 0.25, atol=1e-6)
    assert np.abs(before - after).max() > 1e-3


def test_a_program_in_a_checkpoint_is_refused(folder: Path, tmp_path: Path) -> None:
    """Law: SpeechBrain's own loading takes numbers alone too: a pickle that would make a file makes none."""
    trap = tmp_path / "made"
    torch.save({"w": tiny_speechbrain.MakesAFile(trap)}, folder / "classifier.ckpt")
    with pytest.raises(ModelRefused, match=r"the weights are not loaded"):
        SpeechBrainClassifier(folder)
    assert not trap.exists()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("<pretrained_path>/classifier.ckpt", "<place>/classifier.ckpt", "classifier from someone"),
        ("<pretrained_path>/classifier.ckpt", "<outside>/classifier.ckpt", "not in the folder that was trusted"),
        ("sample_rate: 16000", "sample_rate: 8000", "8000 Hz"),
        ("label_encoder: !new:speechbrain.dataio.encoder", "label_encoder: !new:speechbrain.gone.encoder", "cannot be"),
        ("norm_type: sentence", "norm_type: [", "cannot be built"),
        ("  mean_var_norm: !ref", "  other_norm: !ref", "neither SpeechBrain's EncoderClassifier nor"),
        ("pretrainer: !new", "loader: !new", "builds no pretrainer"),
        ("lobes.features.Fbank", "integrations.huggingface.wav2vec2.Wav2Vec2", "transformers"),
    ],
)
def test_what_cannot_be_loaded_is_told(folder: Path, old: str, new: str, said: str) -> None:
    """Law: a recipe for another sound, of other parts, with files elsewhere or a missing package: a sentence."""
    change(folder, old, new)
    text = (folder / RECIPE).read_text(encoding="utf-8")
    (folder / RECIPE).write_text(f"place: someone/somewhere\noutside: /srv/other\n{text}", encoding="utf-8")
    with pytest.raises(ModelRefused, match=said):
        SpeechBrainClassifier(folder)


def test_a_missing_file_is_told(folder: Path) -> None:
    """Law: a recipe without its checkpoint, and a folder without a recipe, are refused and nothing is fetched."""
    (folder / "classifier.ckpt").unlink()
    with pytest.raises(ModelRefused, match=r"classifier\.ckpt"):
        SpeechBrainClassifier(folder)
    (folder / RECIPE).unlink()
    with pytest.raises(ModelRefused, match=r"hyperparams\.yaml cannot be built"):
        SpeechBrainClassifier(folder)
