"""`ouidire model unlock`."""

from pathlib import Path

import pytest

from ari_bridge.cli.parser import main
from ari_bridge.run.settings import load
from ari_bridge.run.tone import choice_of, reports_of, served_of
from tests.analysis.emotion.proofs import as_bytes, proof


def report(settings_file: Path, calm: int = 160, angry: int = 50, speakers: int = 10) -> Path:
    """A report about the model that these settings serve."""
    served = served_of(choice_of(load(settings_file)))
    file = settings_file.parent / "report.json"
    file.write_bytes(as_bytes(proof(calm, angry, speakers=speakers, files=dict(served.files))))
    return file


def test_a_good_report_is_kept_and_unlocks(settings_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Law: from the next start on calls in that language are judged, and on what figures is told."""
    command = ["model", "unlock", "fr", str(report(settings_file)), "--settings", str(settings_file)]
    assert main(command) == 0
    told = capsys.readouterr().out
    assert "10 speakers, 160 clips" in told
    assert "from the next start" in told
    assert reports_of(load(settings_file)).languages == {"fr"}
    assert main(["model", "show", "--settings", str(settings_file)]) == 0
    shown = capsys.readouterr().out
    assert "de, en and fr (unlocked here)" in shown
    assert "fr: tried here, report of 2026-11-20" in shown


def test_what_is_missing_is_told_and_nothing_is_kept(settings_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Law: how many more of what, each on its line, and the whole need; the folder is not even made."""
    file = report(settings_file, 100, 30, 6)
    assert main(["model", "unlock", "fr", str(file), "--settings", str(settings_file)]) == 1
    told = capsys.readouterr().err
    assert "  4 more speakers are needed (6 of 10)" in told
    assert "  54 more clips that are not angry and can be judged are needed (100 of 154)" in told
    assert "  20 more angry clips that can be judged are needed (30 of 50)" in told
    assert "at least 204 recordings" in told
    assert not (settings_file.parent / "reports").exists()


def test_a_report_that_is_not_there_is_told(settings_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Law: the sentence says what would write it."""
    absent = str(settings_file.parent / "absent.json")
    assert main(["model", "unlock", "fr", absent, "--settings", str(settings_file)]) == 1
    assert "ouidire model evaluate" in capsys.readouterr().err


def test_a_folder_open_to_others_unlocks_nothing(settings_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Law: what the service would not believe is not said to be unlocked."""
    folder = settings_file.parent / "reports"
    folder.mkdir()
    folder.chmod(0o777)
    assert main(["model", "unlock", "fr", str(report(settings_file)), "--settings", str(settings_file)]) == 1
    assert "mode 0700" in capsys.readouterr().err


@pytest.mark.parametrize("word", ["french", "", "../fr", "f"])
def test_a_language_is_a_tag(word: str, settings_file: Path) -> None:
    """Law: a mistake on the command line is told before anything is read."""
    with pytest.raises(SystemExit):
        main(["model", "unlock", word, "--settings", str(settings_file)])
