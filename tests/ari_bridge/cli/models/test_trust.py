"""`ouidire model trust`."""

import builtins
import sys
from pathlib import Path

import pytest

from analysis.emotion.foreign.survey import survey
from analysis.emotion.foreign.trust_file import NAME, TrustFile
from ari_bridge.cli.command import Exit
from ari_bridge.cli.parser import main


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of others, owner-only."""
    made = tmp_path / "model"
    made.mkdir(mode=0o700)
    (made / "hyperparams.yaml").write_text("a: 1\n")
    return made


@pytest.fixture
def trust_file(settings_file: Path) -> TrustFile:
    """Where confirmations are kept."""
    return TrustFile(settings_file.parent / NAME)


def typed(monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    """An admin at a terminal, who types this; nothing at all is the end of the input."""

    def answered(_: str) -> str:
        if not answer:
            raise EOFError
        return answer

    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(builtins, "input", answered)


def test_what_is_shown_is_what_is_kept(
    folder: Path,
    settings_file: Path,
    trust_file: TrustFile,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Law: the admin sees each file with size and sha256 and the danger in words, types the digest's beginning, and
    this very content is kept.
    """
    found = survey(folder)
    typed(monkeypatch, found.digest[:8].upper())
    assert main(["model", "trust", str(folder), "--settings", str(settings_file)]) == Exit.OK
    told = capsys.readouterr().out
    sha256 = found.files["hyperparams.yaml"].sha256
    assert f"{sha256}             5  hyperparams.yaml" in told
    assert "is code" in told
    assert "all that the\nservice's user can" in told
    assert found.digest in told
    assert trust_file.find(folder).files == {"hyperparams.yaml": sha256}
    assert main(["model", "show", "--settings", str(settings_file)]) == Exit.OK
    assert found.digest in capsys.readouterr().out


@pytest.mark.parametrize("answer", ["", "y", "yes", "1234567", "0" * 64])
def test_a_blind_yes_confirms_nothing(
    folder: Path, settings_file: Path, trust_file: TrustFile, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    """Law: only the digest itself, eight letters of it at least, is an answer."""
    typed(monkeypatch, answer)
    assert main(["model", "trust", str(folder), "--settings", str(settings_file)]) == Exit.PROBLEM
    assert trust_file.read() == {}


def test_seven_letters_are_too_few(
    folder: Path, settings_file: Path, trust_file: TrustFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Law: what could be typed by chance confirms nothing."""
    typed(monkeypatch, survey(folder).digest[:7])
    assert main(["model", "trust", str(folder), "--settings", str(settings_file)]) == Exit.PROBLEM
    assert trust_file.read() == {}


def test_a_script_names_the_whole_digest(
    folder: Path, settings_file: Path, trust_file: TrustFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Law: without a terminal the digest must be given, whole, and be that of the folder; there is no --yes."""
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False, raising=False)
    command = ["model", "trust", str(folder), "--settings", str(settings_file)]
    assert main(command) == Exit.USAGE
    assert main([*command, "--digest", "ab" * 32]) == Exit.PROBLEM
    for wrong in (["--digest", survey(folder).digest[:8]], ["--yes"]):
        with pytest.raises(SystemExit):
            main([*command, *wrong])
    assert trust_file.read() == {}
    assert main([*command, "--digest", survey(folder).digest]) == Exit.OK
    assert trust_file.find(folder).digest == survey(folder).digest


def test_a_folder_that_others_may_change_is_not_even_asked_about(
    folder: Path, settings_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Law: nobody is asked to trust what may be another thing a moment later."""
    folder.chmod(0o777)
    assert main(["model", "trust", str(folder), "--settings", str(settings_file)]) == Exit.PROBLEM
    assert "chmod 700" in capsys.readouterr().err
