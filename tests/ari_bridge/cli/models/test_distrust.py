"""`ouidire model distrust`."""

from datetime import date
from pathlib import Path

import pytest

from analysis.emotion.foreign.trust import TrustedFolder
from analysis.emotion.foreign.trust_file import NAME, TrustFile
from ari_bridge.cli.command import Exit
from ari_bridge.cli.parser import main


def test_a_confirmation_is_taken_back(settings_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Law: what was confirmed can be taken back, also of a folder that is gone; twice is a mistake, and told."""
    kept = TrustFile(settings_file.parent / NAME)
    kept.put(TrustedFolder(Path("/srv/gone"), {"a.yaml": "ab" * 32}, date(2026, 1, 5)))
    command = ["model", "distrust", "/srv/gone", "--settings", str(settings_file)]
    assert main(command) == Exit.OK
    assert "until it is started again" in capsys.readouterr().out
    assert kept.read() == {}
    assert main(command) == Exit.PROBLEM
    assert "was not trusted" in capsys.readouterr().err
