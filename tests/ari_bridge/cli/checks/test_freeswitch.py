"""Checks of a FreeSWITCH, as the command runs them."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from ari_bridge.cli.checks import freeswitch
from ari_bridge.cli.checks.finding import amiss, well
from ari_bridge.cli.parser import main
from ari_bridge.run.settings import Settings, load
from dialplan.verify import Finding
from tests.ari_bridge.cli.pbx_folder import lay_out_freeswitch


def test_before_an_install_it_says_to_install(settings_file: Path, tmp_path: Path) -> None:
    """Law: a PBX without our part is told to get it."""
    etc = lay_out_freeswitch(tmp_path, settings_file)
    found = list(freeswitch.findings(load(settings_file), etc))
    assert any("ouidire install --freeswitch" in one.sentence for one in found if not one.ok)


def test_after_an_install_all_is_well(settings_file: Path, tmp_path: Path) -> None:
    """Law: what install wrote with these settings, doctor finds as it should be; with others it asks for an install."""
    etc = lay_out_freeswitch(tmp_path, settings_file)
    settings = load(settings_file)
    assert main(["install", "--settings", str(settings_file), "--freeswitch", str(etc)]) == 0
    assert [one for one in freeswitch.findings(settings, etc) if not one.ok] == []
    settings_file.write_text(settings_file.read_text() + "lease_s = 5\n")
    changed = [one.subject for one in freeswitch.findings(load(settings_file), etc) if not one.ok]
    assert changed == ["ouidire/gate.lua"]


def test_a_choice_that_cannot_be_is_a_finding(settings_file: Path, tmp_path: Path) -> None:
    """Law: doctor goes on where settings and PBX do not fit."""
    lay_out_freeswitch(tmp_path, settings_file, 'host = "10.0.0.1"\n')
    (found,) = freeswitch.findings(load(settings_file), tmp_path)
    assert not found.ok
    assert "cannot be had on FreeSWITCH yet" in found.sentence


def test_a_file_that_cannot_be_read_is_a_finding(settings_file: Path, tmp_path: Path) -> None:
    """Law: the file is named, and who may read it."""
    etc = lay_out_freeswitch(tmp_path, settings_file)
    (etc / "dialplan" / "closed.xml").mkdir()
    found = list(freeswitch.findings(load(settings_file), etc))
    assert "closed.xml cannot be read" in found[-1].sentence


async def test_what_runs_is_asked_check_by_check(monkeypatch: pytest.MonkeyPatch) -> None:
    """Law: each check of the running PBX adds its lines, in their order."""

    async def one(_: Settings) -> Sequence[Finding]:
        return [well("ESL", "lets us in")]

    async def other(_: Settings) -> Sequence[Finding]:
        return [amiss("gate", "answers nothing")]

    monkeypatch.setattr(freeswitch, "RUNNING", (one, other))
    assert [finding.subject for finding in await freeswitch.running(Settings())] == ["ESL", "gate"]
