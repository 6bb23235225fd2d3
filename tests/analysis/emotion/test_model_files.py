"""A model is used only if every byte of it is the one that was trained."""

from pathlib import Path

import pytest

from analysis.emotion.model_files import PACKAGED, ModelRefused, read_verified
from tests.analysis.emotion.model_copies import copy_model, flip_bit


def test_the_shipped_model_is_whole_and_small() -> None:
    """Law: what ships is what was trained, with its notices, in at most 10 MB."""
    files = read_verified(PACKAGED)
    assert {"tone.onnx", "calibration.json", "hyperparams.yaml", "splits.json", "NOTICE.txt"} == set(files.contents)
    assert sum(map(len, files.contents.values())) <= 10_000_000


@pytest.mark.parametrize("name", ["tone.onnx", "calibration.json", "hyperparams.yaml", "NOTICE.txt"])
def test_one_flipped_bit_is_refused_by_name(tmp_path: Path, name: str) -> None:
    """Law: a model file with one bit changed is refused, and the message says which."""
    folder = copy_model(tmp_path)
    flip_bit(folder / name)
    with pytest.raises(ModelRefused, match=name):
        read_verified(folder)


def test_a_missing_file_is_refused_by_name(tmp_path: Path) -> None:
    """Law: a model is whole or it is none."""
    folder = copy_model(tmp_path)
    (folder / "tone.onnx").unlink()
    with pytest.raises(ModelRefused, match=r"tone\.onnx"):
        read_verified(folder)


@pytest.mark.parametrize("card", ["", "[]", '{"model_id": "x", "files": 3}', '{"model_id": "x", "files": {}}'])
def test_a_broken_card_is_refused_by_name(tmp_path: Path, card: str) -> None:
    """Law: without a card that names its files nothing is loaded."""
    folder = copy_model(tmp_path)
    (folder / "models.json").write_text(card)
    with pytest.raises(ModelRefused, match=r"models\.json"):
        read_verified(folder)
