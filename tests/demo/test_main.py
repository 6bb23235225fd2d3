"""Laws of the demo's command."""

import errno
from dataclasses import replace
from pathlib import Path

import pytest

from tests.demo import __main__ as demo
from tests.demo import options
from tests.demo.made_up import PORT, YES_CALL, at, every_20_ms, packets
from tests.lab import installation
from tests.lab.errors import LabError
from tests.lab.recorder import Recording


def test_every_packet_after_the_first_call_belongs_to_a_call() -> None:
    """What comes between two calls is charged to the one before: no packet escapes the count."""
    recording = Recording(packets((PORT, every_20_ms(-1, 90))), 0)
    calls = [YES_CALL, replace(YES_CALL, started_ns=at(50))]
    first, second = demo.windows(recording, calls)
    assert (len(first), len(second)) == (50 * 50, 40 * 50)


def test_help_has_examples(capsys: pytest.CaptureFixture[str]) -> None:
    """`--help` shows how to use every option, and ends well."""
    with pytest.raises(SystemExit) as ended:
        demo.main(["--help"])
    assert ended.value.code == 0
    shown = capsys.readouterr().out
    assert all(words in shown for words in ("--asterisk 16", "--out /tmp/try", "--keep", "exit codes"))
    assert options.suite(options.parser().parse_args(["--asterisk", "16"])) == "bullseye"
    assert options.suite(options.parser().parse_args([])) is None


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (LabError("Debian's mirror cannot be reached."), "Debian's mirror cannot be reached."),
        (OSError(errno.ENOSPC, "No space left on device", "x"), "The disk is full (x); free some space"),
        (PermissionError(errno.EACCES, "Permission denied", "out"), "Permission denied (out)."),
        (KeyboardInterrupt(), "Stopped before its end"),
    ],
)
def test_what_is_wrong_is_one_sentence(
    error: BaseException, sentence: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """No traceback, one line on standard error, exit code 1."""

    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(installation, "find", fail)
    assert demo.main([]) == 1
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1
    assert sentence in said[0]


def test_only_our_own_files_are_cleared(tmp_path: Path) -> None:
    """A folder that was named by mistake loses nothing but what an earlier run wrote."""
    for folder in ("database", "database-keys"):
        (tmp_path / folder).mkdir()
    ours = ("database/ouidire.sqlite-wal", "database-keys/lookup.key", "database-keys/keyring.sqlite")
    for name in ("call-yes.svg", *ours, "demo-report.json", "letter.txt"):
        (tmp_path / name).touch()
    (tmp_path / "pbx").mkdir()
    (tmp_path / "pbx" / "extensions.conf").touch()
    demo._clear(tmp_path)
    assert sorted(file.name for file in tmp_path.rglob("*") if file.is_file()) == ["extensions.conf", "letter.txt"]
