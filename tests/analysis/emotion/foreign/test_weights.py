"""Checkpoints are numbers."""

from pathlib import Path

import pytest
import torch

from analysis.emotion.foreign.weights import read_weights
from analysis.emotion.model_files import ModelRefused
from tests.analysis.emotion.foreign.tiny_speechbrain import MakesAFile


def test_named_tensors_are_read(tmp_path: Path) -> None:
    """Law: what `torch.save` wrote of a network comes back."""
    torch.save({"w": torch.arange(3.0)}, tmp_path / "model.ckpt")
    assert read_weights(tmp_path / "model.ckpt")["w"].tolist() == [0.0, 1.0, 2.0]


def test_a_program_is_refused_and_not_run(tmp_path: Path) -> None:
    """Law: a checkpoint with code in it is refused by name, before any of it has run."""
    trap = tmp_path / "made"
    torch.save({"w": MakesAFile(trap)}, tmp_path / "model.ckpt")
    with pytest.raises(ModelRefused, match=r"model\.ckpt is not read"):
        read_weights(tmp_path / "model.ckpt")
    assert not trap.exists()


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04broken"])
def test_a_broken_file_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    """Law: a file that is no checkpoint is told by its name, without a traceback."""
    (tmp_path / "model.ckpt").write_bytes(content)
    with pytest.raises(ModelRefused, match=r"model\.ckpt"):
        read_weights(tmp_path / "model.ckpt")


@pytest.mark.parametrize("value", [[1.0], {"w": 3}, {3: torch.zeros(1)}], ids=["list", "number", "no name"])
def test_other_values_are_refused(tmp_path: Path, value: object) -> None:
    """Law: a checkpoint holds tensors with names, nothing else."""
    torch.save(value, tmp_path / "model.ckpt")
    with pytest.raises(ModelRefused, match=r"tensors with names"):
        read_weights(tmp_path / "model.ckpt")
