"""The card beside a model."""

import json
from pathlib import Path

import pytest

from analysis.emotion.model_files import PACKAGED, ModelRefused, read_verified
from analysis.emotion.training import card


def test_a_laid_out_folder_can_be_read(tmp_path: Path) -> None:
    """Law: the card names the sha256 of every file, so that the folder is accepted as it stands."""
    (tmp_path / "tone.onnx").write_bytes(b"network")
    card.lay_out(tmp_path, "{}", (2, 64, 1), {"emodb:03": 1})
    assert read_verified(tmp_path).contents["tone.onnx"] == b"network"
    assert "heads: 2" in (tmp_path / "hyperparams.yaml").read_text()
    (tmp_path / "calibration.json").write_text("{ }")
    with pytest.raises(ModelRefused, match=r"calibration\.json"):
        read_verified(tmp_path)


def test_the_shipped_card_tells_what_a_person_must_know() -> None:
    """Law: command, data, licences, limits and figures travel with the weights."""
    told = json.loads((PACKAGED / "models.json").read_text())
    assert told["command"].startswith("python -m analysis.emotion.training")
    assert {"emodb", "crema_d_mel"} == set(told["data"])
    assert told["limits"]
    assert set(told["measured"]["speakers_held_out"]["groups"]["corpus"]) == {"emodb", "crema_d_mel"}
    assert abs(sum(told["reference"]["anger"]) - 1.0) < 0.01
    notice = (PACKAGED / "NOTICE.txt").read_text()
    assert "BSD 2-Clause" in notice
    assert "MIT License" in notice
