"""`ouidire uninstall`: as if nothing had been."""

from pathlib import Path

import pytest

from ari_bridge.cli.parser import main
from tests.ari_bridge.cli.pbx_folder import contents, lay_out


def test_every_file_gets_its_bytes_back(settings_file: Path, tmp_path: Path) -> None:
    """Law: after install and uninstall each of Asterisk's files is as it was, and none is left over."""
    etc = lay_out(tmp_path)
    before = contents(etc), contents(tmp_path / "data")
    assert main(["install", "--settings", str(settings_file), "--asterisk", str(etc)]) == 0
    assert contents(etc) != before[0]
    assert main(["uninstall", "--asterisk", str(etc), "--dry-run"]) == 0
    assert main(["uninstall", "--asterisk", str(etc)]) == 0
    assert (contents(etc), contents(tmp_path / "data")) == before


def test_without_an_install_it_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Law: there is nothing to take away where nothing was installed."""
    etc = lay_out(tmp_path)
    assert main(["uninstall", "--asterisk", str(etc)]) == 1
    assert "nothing is installed" in capsys.readouterr().err
