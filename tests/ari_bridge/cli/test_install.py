"""`ouidire install`: shown first, done whole, done once."""

from pathlib import Path

import pytest

from ari_bridge.cli.parser import main
from ari_bridge.run.passwords import read_esl_password, read_passwords
from ari_bridge.run.settings import load
from tests.ari_bridge.cli.pbx_folder import contents, lay_out, lay_out_freeswitch


def test_a_dry_run_shows_and_changes_nothing(
    settings_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Law: --dry-run prints a diff, with no password in it, and every file stays as it was."""
    etc = lay_out(tmp_path)
    before = contents(tmp_path)
    assert main(["install", "--settings", str(settings_file), "--asterisk", str(etc), "--dry-run"]) == 0
    shown = capsys.readouterr().out
    assert "+++" in shown
    assert "ouidire-consent" in shown
    assert "nothing was changed" in shown
    assert contents(tmp_path) == before


def bare(settings_file: Path) -> Path:
    """The same settings without the impact assessment."""
    lines = settings_file.read_text(encoding="utf-8").splitlines(keepends=True)
    settings_file.write_text("".join(line for line in lines if not line.startswith("assessment")), encoding="utf-8")
    return settings_file


def test_without_its_papers_nothing_is_installed(
    settings_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Law: before the impact assessment no PBX is touched; the rule and what to do are told, and the code is 2."""
    etc = lay_out(tmp_path)
    words = ["install", "--settings", str(bare(settings_file)), "--asterisk", str(etc)]
    before = contents(tmp_path)
    assert main(words) == 2
    told = capsys.readouterr().err
    assert "GDPR, Article 35" in told
    assert "sha256sum FILE" in told
    assert contents(tmp_path) == before
    assert main([*words, "--dry-run"]) == 0
    assert "before it is installed: profile.assessment" in capsys.readouterr().out


def test_it_is_done_once(settings_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Law: a second install finds nothing to do and changes no byte; the settings' lease and cap are in the gate."""
    etc = lay_out(tmp_path)
    settings_file.write_text(settings_file.read_text() + "[media]\nlease_s = 11\nmax_forks = 42\n")
    words = ["install", "--settings", str(settings_file), "--asterisk", str(etc)]
    assert main(words) == 0
    assert "Now:" in capsys.readouterr().out
    done = contents(tmp_path)
    gate = (etc / "ouidire" / "extensions.conf").read_text(encoding="utf-8")
    assert "TIMEOUT(absolute)=11" in gate
    assert ">42]" in gate
    assert main(words) == 0
    assert "Nothing to do" in capsys.readouterr().out
    assert contents(tmp_path) == done


def test_the_passwords_are_where_the_service_reads_them(settings_file: Path, tmp_path: Path) -> None:
    """Law: what install writes as secrets, the service takes: mode and names."""
    etc = lay_out(tmp_path)
    secrets = load(settings_file).pbx.secrets_file
    secrets.unlink()
    assert main(["install", "--settings", str(settings_file), "--asterisk", str(etc)]) == 0
    assert len(read_passwords(secrets).ami_password) >= 24


def test_what_is_in_the_way_is_named_and_nothing_is_written(
    settings_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Law: an admin's own *9 is not overwritten; the sentence names it, and the exit code is 1."""
    etc = lay_out(tmp_path)
    (etc / "features.conf").write_text("[applicationmap]\nmine => *9,self,NoOp\n", encoding="utf-8")
    before = contents(tmp_path)
    assert main(["install", "--settings", str(settings_file), "--asterisk", str(etc)]) == 1
    assert "*9" in capsys.readouterr().out
    assert contents(tmp_path) == before


def test_a_wrong_folder_is_a_sentence(settings_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Law: a folder that is not there is told, with what to name."""
    assert main(["install", "--settings", str(settings_file), "--asterisk", str(tmp_path / "absent")]) == 1
    assert "extensions.conf" in capsys.readouterr().err


def test_a_freeswitch_is_done_once(settings_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Law: a dry run changes nothing; an install says what the admin adds; a second one finds nothing to do."""
    etc = lay_out_freeswitch(tmp_path, settings_file)
    secrets = load(settings_file).pbx.secrets_file
    words = ["install", "--settings", str(settings_file), "--freeswitch", str(etc)]
    before = contents(tmp_path)
    assert main([*words, "--dry-run"]) == 0
    assert "+    <hook event" in capsys.readouterr().out
    assert contents(tmp_path) == before
    assert main(words) == 0
    told = capsys.readouterr().out
    assert '<action application="execute_extension" data="ouidire_consent XML ouidire"/>' in told
    assert "fs_cli -x reloadxml" in told
    assert "restart FreeSWITCH once" in told
    assert f"ouidire doctor --freeswitch {etc}" in told
    assert len(read_esl_password(secrets)) == 32
    assert read_esl_password(secrets) not in told
    done = contents(tmp_path)
    assert main(words) == 0
    assert "Nothing to do" in capsys.readouterr().out
    assert contents(tmp_path) == done


def test_a_freeswitch_is_restarted_for_a_new_hook_alone(
    settings_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Law: other changes need no restart, which would cost the admin calls."""
    etc = lay_out_freeswitch(tmp_path, settings_file)
    words = ["install", "--settings", str(settings_file), "--freeswitch", str(etc)]
    assert main(words) == 0
    settings_file.write_text(settings_file.read_text() + "lease_s = 11\n")
    capsys.readouterr()
    assert main(words) == 0
    assert "Nothing to restart" in capsys.readouterr().out


def test_another_folder_is_no_freeswitch(
    settings_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Law: the sentence asks whether it is the right one, and the code is 1."""
    lay_out_freeswitch(tmp_path, settings_file)
    assert main(["install", "--settings", str(settings_file), "--freeswitch", str(tmp_path)]) == 1
    assert "is this FreeSWITCH's configuration folder?" in capsys.readouterr().err


def test_one_pbx_at_a_time(settings_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Law: two PBXs, another one than the settings name, and Asterisk's prompts at a FreeSWITCH end with code 2."""
    with pytest.raises(SystemExit) as ended:
        main(["install", "--asterisk", "a", "--freeswitch", "b"])
    assert ended.value.code == 2
    words = ["install", "--settings", str(settings_file), "--freeswitch", str(tmp_path), "--sounds", "s"]
    assert main(words) == 2
    assert "pbx.kind is asterisk" in capsys.readouterr().err
    lay_out_freeswitch(tmp_path, settings_file)
    assert main(words) == 2
    assert "--sounds is for Asterisk" in capsys.readouterr().err
    assert main(words[:3]) == 2
    assert "by --freeswitch DIR" in capsys.readouterr().err


def test_what_freeswitch_has_no_way_for_is_told(
    settings_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Law: a setting that this PBX cannot keep is refused, not left out."""
    etc = lay_out_freeswitch(tmp_path, settings_file, 'host = "10.0.0.1"\n')
    assert main(["install", "--settings", str(settings_file), "--freeswitch", str(etc)]) == 2
    assert "cannot be had on FreeSWITCH yet" in capsys.readouterr().err
