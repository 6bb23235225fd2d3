"""Where the trunk comes from."""

from pathlib import Path

import pytest

from analysis.emotion.training.smart_turn import fetch


def test_another_file_is_not_taken_for_the_trunk(tmp_path: Path) -> None:
    """Law: the recipe reads matrices by name from one very file, and no other."""
    (tmp_path / "smart-turn-v3.2-cpu.onnx").write_bytes(b"something else")
    with pytest.raises(SystemExit, match="not the smart-turn"):
        fetch(tmp_path)
