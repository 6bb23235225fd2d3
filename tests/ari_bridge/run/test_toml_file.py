"""A TOML file, or one sentence."""

from pathlib import Path

import pytest

from ari_bridge.run.settings_errors import SettingsError
from ari_bridge.run.toml_file import read_table


def test_a_table_is_read(tmp_path: Path) -> None:
    """Law: the table is what the file says."""
    (tmp_path / "a.toml").write_text("[a]\nb = 1\n", encoding="utf-8")
    assert read_table(tmp_path / "a.toml") == {"a": {"b": 1}}


@pytest.mark.parametrize(("content", "sentence"), [(b"\xff", "UTF-8"), (b"a =", "TOML"), (b"a = 1\na = 2", "TOML")])
def test_a_broken_file_is_a_sentence(tmp_path: Path, content: bytes, sentence: str) -> None:
    """Law: broken files are told by name."""
    (tmp_path / "a.toml").write_bytes(content)
    with pytest.raises(SettingsError, match=rf"a\.toml is not {sentence}"):
        read_table(tmp_path / "a.toml")


def test_a_folder_is_a_sentence(tmp_path: Path) -> None:
    """Law: what cannot be read at all is told with the system's reason."""
    with pytest.raises(SettingsError, match="directory"):
        read_table(tmp_path)
