"""Checks of the PBX's files, as the command runs them."""

from pathlib import Path

from ari_bridge.cli.checks import files
from ari_bridge.cli.parser import main
from ari_bridge.run.settings import Settings, load
from tests.ari_bridge.cli.pbx_folder import lay_out


def test_before_an_install_it_says_to_install(settings_file: Path, tmp_path: Path) -> None:
    """Law: a PBX without our part is told to get it."""
    found = list(files.findings(load(settings_file), lay_out(tmp_path), None, None))
    assert any("ouidire install" in one.sentence for one in found if not one.ok)


def test_after_an_install_all_is_well(settings_file: Path, tmp_path: Path) -> None:
    """Law: what install wrote with these settings, doctor finds as it should be."""
    etc = lay_out(tmp_path)
    assert main(["install", "--settings", str(settings_file), "--asterisk", str(etc)]) == 0
    found = list(files.findings(load(settings_file), etc, None, None))
    assert [one for one in found if not one.ok] == []


def test_too_few_ports_for_so_many_calls_are_found(settings_file: Path, tmp_path: Path) -> None:
    """Law: the calls that the admin expects are counted against rtp.conf, since a fork without a port ends Asterisk."""
    found = {one.subject: one for one in files.findings(load(settings_file), lay_out(tmp_path), None, 4000)}
    assert not found["rtp.conf"].ok
    assert "rtpend" in found["rtp.conf"].sentence


def test_changed_settings_ask_for_an_install(settings_file: Path, tmp_path: Path) -> None:
    """Law: a gate that holds another lease than the settings is told."""
    etc = lay_out(tmp_path)
    assert main(["install", "--settings", str(settings_file), "--asterisk", str(etc)]) == 0
    changed = Settings.model_validate({"media": {"lease_s": 5}})
    assert not {one.subject: one for one in files.findings(changed, etc, None, None)}["dialplan"].ok


def test_a_folder_that_is_not_there_is_a_finding(tmp_path: Path) -> None:
    """Law: a missing folder is a line of the report, not the end of it."""
    found = list(files.findings(Settings(), tmp_path / "absent", None, None))
    assert [one.ok for one in found] == [False]


def test_a_language_without_prompts_is_a_finding(tmp_path: Path) -> None:
    """Law: settings that cannot be rendered are a line of the report."""
    settings = Settings.model_validate({"notice": {"languages": ["tlh"]}})
    assert [one.ok for one in files.findings(settings, lay_out(tmp_path), None, None)] == [False]
