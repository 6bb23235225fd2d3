"""`ouidire uninstall`: as if nothing had been."""

import json
import os
from pathlib import Path

import pytest

from ari_bridge.cli.parser import main
from tests.ari_bridge.cli.pbx_folder import contents, lay_out, lay_out_freeswitch


def test_every_file_gets_its_bytes_back(settings_file: Path, tmp_path: Path) -> None:
    """Law: after install and uninstall each of Asterisk's files is as it was, and none is left over."""
    etc = lay_out(tmp_path)
    before = contents(etc), contents(tmp_path / "data")
    assert main(["install", "--settings", str(settings_file), "--asterisk", str(etc)]) == 0
    assert contents(etc) != before[0]
    assert main(["uninstall", "--asterisk", str(etc), "--dry-run"]) == 0
    assert main(["uninstall", "--asterisk", str(etc)]) == 0
    assert (contents(etc), contents(tmp_path / "data")) == before


def test_a_freeswitch_gets_its_bytes_back(settings_file: Path, tmp_path: Path) -> None:
    """Law: the same at a FreeSWITCH."""
    etc = lay_out_freeswitch(tmp_path, settings_file)
    before = contents(etc)
    assert main(["install", "--settings", str(settings_file), "--freeswitch", str(etc)]) == 0
    assert contents(etc) != before
    assert main(["uninstall", "--freeswitch", str(etc)]) == 0
    assert contents(etc) == before
    assert not (etc / "ouidire").exists()


def test_without_an_install_it_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Law: there is nothing to take away where nothing was installed."""
    etc = lay_out(tmp_path)
    assert main(["uninstall", "--asterisk", str(etc)]) == 1
    assert "nothing is installed" in capsys.readouterr().err


def test_a_forged_manifest_removes_nothing_else(
    settings_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Law: the manifest lies where Asterisk's user may write; root's uninstall removes only what an install writes."""
    etc = lay_out(tmp_path)
    assert main(["install", "--settings", str(settings_file), "--asterisk", str(etc)]) == 0
    precious = tmp_path / "shadow"
    precious.write_text("root:*:\n")
    link = etc / "ouidire" / "link.conf"
    link.symlink_to(precious)
    manifest = etc / "ouidire" / "manifest.json"
    table = json.loads(manifest.read_bytes())
    table["written"] |= {str(precious): "", str(link): ""}
    manifest.write_text(json.dumps(table))
    assert main(["uninstall", "--asterisk", str(etc)]) == 0
    assert precious.read_text() == "root:*:\n"
    assert str(precious) in capsys.readouterr().out


def test_a_failed_uninstall_opens_no_passwords(
    settings_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Law: where one file cannot be removed all are put back, with the mode that they had."""
    etc = lay_out(tmp_path)
    assert main(["install", "--settings", str(settings_file), "--asterisk", str(etc)]) == 0
    before = {file: file.stat().st_mode for file in sorted(tmp_path.rglob("*")) if file.is_file()}
    assert 0o600 in {mode & 0o777 for mode in before.values()}
    unlink = Path.unlink

    def fails(self: Path, missing_ok: bool = False) -> None:
        if self.name == "manifest.json":
            raise OSError(30, os.strerror(30))
        unlink(self, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "unlink", fails)
    main(["uninstall", "--asterisk", str(etc)])
    monkeypatch.undo()
    assert {file: file.stat().st_mode for file in sorted(tmp_path.rglob("*")) if file.is_file()} == before
