"""`ouidire model report`."""

import json
from pathlib import Path

import pytest

from analysis.emotion.model_files import CARD, PACKAGED
from ari_bridge.cli.parser import main
from tests.analysis.emotion.model_copies import copy_model, flip_bit


def test_the_card_of_the_shipped_model_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Law: what it learned from, its files and its command, its limits, and what it must not be used for."""
    assert main(["model", "report", "--out", str(tmp_path)]) == 0
    card = json.loads((PACKAGED / CARD).read_text())
    told, page = json.loads((tmp_path / "model-card.json").read_text()), (tmp_path / "model-card.html").read_text()
    assert {name: told[name] for name in card} == card
    assert told["must_not"]
    for word in (card["model_id"], card["command"], *card["files"].values(), *card["data"], "article 5.1 f"):
        assert word in page
    assert "model-card.html" in capsys.readouterr().out


def test_a_card_of_changed_files_is_not_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Law: a card stands for the files beside it, or there is none."""
    folder = copy_model(tmp_path)
    flip_bit(folder / "tone.onnx")
    settings = tmp_path / "ouidire.toml"
    settings.write_text(f'[analysis]\nmodel_folder = "{folder}"\n')
    assert main(["model", "report", "--settings", str(settings), "--out", str(tmp_path / "out")]) != 0
    assert "tone.onnx" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
