"""The one command."""

import subprocess
import sys
from pathlib import Path


def test_without_data_it_says_so_and_stops(tmp_path: Path) -> None:
    """Law: absent data is one sentence and a failure, and the shipped model stays as it was."""
    command = [sys.executable, "-m", "analysis.emotion.training", "--data", str(tmp_path), "--out", str(tmp_path / "m")]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 1
    assert "no training data" in ran.stderr
    assert "Traceback" not in ran.stderr
    assert not (tmp_path / "m").exists()
