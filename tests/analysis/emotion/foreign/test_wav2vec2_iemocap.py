"""The hub's model for IEMOCAP, rebuilt: a tiny one of the same shape, under the same names."""

from pathlib import Path

import numpy as np
import pytest
import torch

from analysis.emotion.foreign.pins import ENCODER, LABELS, OUTPUT
from analysis.emotion.foreign.wav2vec2_iemocap import Wav2vec2Iemocap, read_labels
from analysis.emotion.model_files import ModelRefused
from tests.analysis.emotion.foreign import tiny_wav2vec2
from tests.analysis.emotion.foreign.tiny_speechbrain import MakesAFile

AS_TRANSFORMERS = {1.5: (0.26427, 0.16971, 0.20896, 0.35706), 4.0: (0.26375, 0.16955, 0.20922, 0.35747)}
"""Of the tiny model, by seconds of `window`: `transformers` 5.23.0 in SpeechBrain 1.1.2's own `Wav2Vec2`
(output_norm), StatisticsPooling, Linear and softmax, as the hub's `custom_interface.py` strings them together."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder as downloaded."""
    return tiny_wav2vec2.write(tmp_path / "model")


@pytest.mark.parametrize("seconds", AS_TRANSFORMERS)
def test_it_gives_what_its_authors_code_gives(folder: Path, seconds: float) -> None:
    """Law: rebuilt from the same numbers, the network says the same; the code beside it is not run."""
    model = Wav2vec2Iemocap(folder)
    assert tuple(model.labels) == ("neu", "ang", "hap", "sad")
    shares = model.shares(tiny_wav2vec2.window(seconds))
    assert shares.dtype == np.float32
    np.testing.assert_allclose(shares, AS_TRANSFORMERS[seconds], atol=2e-5)


def test_both_ways_to_name_a_norm_are_read(folder: Path) -> None:
    """Law: a checkpoint saved again by a newer PyTorch is the same model."""
    expected = Wav2vec2Iemocap(folder).shares(tiny_wav2vec2.window())
    renamed = dict(zip(tiny_wav2vec2.shapes(tiny_wav2vec2.AS_TORCH_TWO), tiny_wav2vec2.weights().values(), strict=True))
    torch.save(renamed, folder / ENCODER)
    np.testing.assert_array_equal(Wav2vec2Iemocap(folder).shares(tiny_wav2vec2.window()), expected)


def test_a_scale_of_the_sound_does_not_matter(folder: Path) -> None:
    """Law: a window is normalised first, as in training: a loud line is not an angry one."""
    model, window = Wav2vec2Iemocap(folder), tiny_wav2vec2.window()
    np.testing.assert_allclose(model.shares(window), model.shares(4 * window), atol=1e-3)


@pytest.mark.parametrize("name", [ENCODER, OUTPUT])
def test_a_program_in_a_checkpoint_is_refused(folder: Path, tmp_path: Path, name: str) -> None:
    """Law: the checkpoints are numbers; whatever else is in one is refused by name, and not run."""
    trap = tmp_path / "made"
    torch.save({"w": MakesAFile(trap)}, folder / name)
    with pytest.raises(ModelRefused, match=name):
        Wav2vec2Iemocap(folder)
    assert not trap.exists()


def test_another_network_is_refused_by_name(folder: Path) -> None:
    """Law: a weight too few, one too many, another shape or an empty file: never a half-filled network."""
    whole = tiny_wav2vec2.weights()
    first = next(iter(name for name in whole if "q_proj" in name))
    spoilt = (
        {name: one for name, one in whole.items() if name != first},
        whole | {"model.encoder.layers.0.more": torch.zeros(1)},
        whole | {first: torch.zeros(3, 3)},
        {},
    )
    for weights in spoilt:
        torch.save(weights, folder / ENCODER)
        with pytest.raises(ModelRefused, match=ENCODER):
            Wav2vec2Iemocap(folder)


@pytest.mark.parametrize("matrix", [torch.zeros(3, 64), torch.zeros(4), None])
def test_another_output_is_refused_by_name(folder: Path, matrix: torch.Tensor | None) -> None:
    """Law: the matrix has one row a label."""
    torch.save({} if matrix is None else {"0.w.weight": matrix}, folder / OUTPUT)
    with pytest.raises(ModelRefused, match=OUTPUT):
        Wav2vec2Iemocap(folder)


@pytest.mark.parametrize("text", ["", "'neu' => 0\n", "'neu' => 0\n'ang' => 2\n", "'neu' => 0\n'neu' => 1\n", "\udcff"])
def test_other_labels_are_refused(tmp_path: Path, text: str) -> None:
    """Law: labels are numbered from 0 without a gap, each once."""
    (tmp_path / LABELS).write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(ModelRefused, match=LABELS):
        read_labels(tmp_path / LABELS)
