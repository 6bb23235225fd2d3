"""`ouidire doctor`: a line for each thing, and against a real Asterisk each line is ok."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ari_bridge.cli.checks import pbx
from ari_bridge.cli.checks.finding import amiss, well
from ari_bridge.cli.doctor import lines
from ari_bridge.cli.parser import main
from ari_bridge.run.settings import load
from tests import papers
from tests.ari_bridge.cli.pbx_folder import lay_out, lay_out_freeswitch
from tests.lab import installation
from tests.lab.asterisk import Asterisk


def test_each_line_is_ok_or_says_what_to_do() -> None:
    """Law: ok and not ok are told apart in the first column."""
    shown = list(lines([well("ARI", "there"), amiss("AMI", "start it")]))
    assert [line[:4] for line in shown] == ["ok  ", "LOOK"]


def test_without_a_pbx_every_line_is_still_there(
    settings_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Law: one fault hides no other; the exit code is 1."""
    etc = lay_out(tmp_path)
    assert main(["doctor", "--settings", str(settings_file), "--asterisk", str(etc), "--calls", "20"]) == 1
    shown = capsys.readouterr().out
    for subject in ("settings", "passwords", "database", "tone model", "dialplan", "rtp.conf", "ARI", "AMI for phones"):
        assert subject in shown


def test_a_freeswitch_has_lines_of_its_own(
    settings_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Law: with --freeswitch its files are looked at, and nothing is said of an Asterisk."""
    etc = lay_out_freeswitch(tmp_path, settings_file)
    words = ["--settings", str(settings_file), "--freeswitch", str(etc)]
    assert main(["install", *words]) == 0
    capsys.readouterr()
    main(["doctor", *words])
    shown = capsys.readouterr().out.splitlines()
    for subject in ("passwords", "database", "ouidire/gate.lua", "hook", "modules", "ESL address"):
        assert [line[:4] for line in shown if line[6:].startswith(subject)] == ["ok  "], subject
    assert not any(line[6:].startswith(("ARI", "AMI", "rtp.conf")) for line in shown)


def installed(folder: Path, settings_file: Path) -> Asterisk:
    """A PBX with our part installed by the command, and settings that name it."""
    server = Asterisk(installation.find(), folder / "pbx")
    server.write()
    forks = server.ports.forks
    settings_file.write_text(
        f'[pbx]\nari_url = "http://127.0.0.1:{server.ports.http}/ari"\nami_port = {server.ports.ami}\n'
        f'secrets_file = "{folder / "secrets.toml"}"\nconfig_dir = "{server.etc}"\n'
        f'{papers.as_toml(folder)}[database]\npath = "{folder / "ouidire.sqlite"}"\n'
        f"[media]\nfirst_port = {forks.start}\nlast_port = {forks.stop - 1}\n"
        '[screens]\ndefault_family = "yealink"\n',
        encoding="utf-8",
    )
    assert main(["install", "--settings", str(settings_file), "--asterisk", str(server.etc)]) == 0
    return server


@pytest.fixture
async def asterisk(tmp_path: Path, settings_file: Path) -> AsyncIterator[Asterisk]:
    """A real Asterisk, running."""
    async with installed(tmp_path, settings_file) as server:
        yield server


@pytest.mark.live
async def test_a_real_pbx_is_found_well(asterisk: Asterisk, settings_file: Path) -> None:
    """Law: what install wrote, a real Asterisk takes: our users come in with just their rights, our modules run."""
    found = await pbx.findings(load(settings_file))
    assert [one for one in found if not one.ok] == []
    told = {one.subject: one.sentence for one in found}
    assert asterisk.version in told["Asterisk version"]
    assert told["trunks"].startswith("outside: trunk;")
    assert told["bridge"] == "does not run now"


@pytest.mark.live
async def test_a_wrong_password_is_told(asterisk: Asterisk, settings_file: Path) -> None:
    """Law: each user that is not let in is named, with the file to compare."""
    secrets = load(settings_file).pbx.secrets_file
    secrets.write_text('ari_password = "x"\nami_password = "x"\nphones_password = "x"\n', encoding="utf-8")
    found = await pbx.findings(load(settings_file))
    assert [one.ok for one in found] == [False, False, False]
    assert "ari.conf" in found[0].sentence
    assert "manager.conf" in found[1].sentence
