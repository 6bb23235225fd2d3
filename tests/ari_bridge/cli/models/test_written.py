"""Files for the admin."""

from pathlib import Path

import pytest

from ari_bridge.cli.models.written import NotWritten, write


def test_files_are_written_and_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Law: the admin is told where they are."""
    write(tmp_path / "a" / "b", {"c.txt": "é"})
    assert (tmp_path / "a" / "b" / "c.txt").read_text(encoding="utf-8") == "é"
    assert capsys.readouterr().out.strip() == str(tmp_path / "a" / "b" / "c.txt")


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    """Law: a sentence with the folder and the reason."""
    (tmp_path / "file").write_text("")
    with pytest.raises(NotWritten, match="file cannot be written"):
        write(tmp_path / "file", {"c.txt": ""})
