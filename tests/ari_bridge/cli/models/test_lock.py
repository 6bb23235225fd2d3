"""`ouidire model lock`."""

from pathlib import Path

import pytest

from ari_bridge.cli.parser import main
from ari_bridge.run.settings import load
from ari_bridge.run.tone import reports_folder_of
from tests.analysis.emotion.proofs import as_bytes, proof


def test_what_was_unlocked_can_be_locked(settings_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Law: the report goes, whatever it says; twice is a mistake, and told."""
    folder = reports_folder_of(load(settings_file))
    folder.put("fr", as_bytes(proof(20, 20)))
    command = ["model", "lock", "FR_fr", "--settings", str(settings_file)]
    assert main(command) == 0
    assert "facts only" in capsys.readouterr().out
    assert not (folder.path / "fr.json").exists()
    assert main(command) == 1
    assert "No report on fr" in capsys.readouterr().err
