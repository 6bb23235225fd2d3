"""`ouidire notice`: a site's own recordings, from the command line."""

import sys
from pathlib import Path

import pytest

from ari_bridge.cli import microphone
from ari_bridge.cli.parser import main
from dialplan.recordings import recording, text
from tests.dialplan.made_sounds import wav
from tests.dialplan.test_own_recordings import whole_language


class Terminal:
    """Standard input with somebody there, who types these lines."""

    def __init__(self, *lines: str) -> None:
        self._lines = [f"{line}\n" for line in lines]

    def isatty(self) -> bool:
        """Somebody is there."""
        return True

    def readline(self) -> str:
        """The next line; empty at the end."""
        return self._lines.pop(0) if self._lines else ""


@pytest.fixture
def site(settings_file: Path, tmp_path: Path) -> str:
    """A site with a folder for recordings of its own, and an English notice that waits to be added."""
    with settings_file.open("a", encoding="utf-8") as file:
        file.write(f'[notice]\nlanguages = ["en"]\nfolder = "{tmp_path / "own"}"\n')
    (tmp_path / "our.wav").write_bytes(wav(8))
    (tmp_path / "our.txt").write_text("We, Example, measure your tone. 1 for yes, 2 for no.\n", encoding="utf-8")
    return str(settings_file)


def _add(site: str, tmp_path: Path, *more: str) -> int:
    given = ["--notice", str(tmp_path / "our.wav"), "--text", str(tmp_path / "our.txt")]
    return main(["notice", "add", "en", *given, *more, "--settings", site])


WORD = ("--attested-by", "Ada Example", "--attested-on", "2026-11-20")


def test_add_then_check_then_play(site: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Law: one command adds a recording, `check` names who attested it, and `play` gives out those very bytes."""
    assert _add(site, tmp_path, *WORD) == 0
    assert "attested by Ada Example on 2026-11-20" in capsys.readouterr().out
    assert main(["notice", "check", "--settings", site]) == 0
    told = capsys.readouterr().out
    assert "8.0 s  -16.5 dBFS  attested by Ada Example on 2026-11-20" in told
    assert "dBFS  shipped" in told
    assert main(["notice", "--settings", site, "play", "en", "--to", str(tmp_path / "heard.wav")]) == 0
    assert (tmp_path / "heard.wav").read_bytes() == wav(8)


def test_a_file_that_changed_is_found(site: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Law: `check` ends with 1 and says which file is not what was attested; `play` does not play it."""
    assert _add(site, tmp_path, *WORD) == 0
    (tmp_path / "own" / "en" / "notice.txt").write_text("Say yes.", encoding="utf-8")
    assert main(["notice", "check", "en", "--settings", site]) == 1
    assert "notice.wav or its text is not what Ada Example attested" in capsys.readouterr().out
    assert main(["notice", "play", "en", "--to", str(tmp_path / "heard.wav"), "--settings", site]) == 1
    assert not (tmp_path / "heard.wav").exists()


def test_a_bad_recording_is_not_kept(site: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Law: format, loudness and length are checked before anybody attests anything."""
    (tmp_path / "our.wav").write_bytes(wav(2, rate_hz=44100, channels=2))
    assert _add(site, tmp_path, *WORD) == 1
    assert "sox IN.wav -r 8000" in capsys.readouterr().err
    assert not (tmp_path / "own").exists()


def test_the_attestation_is_asked_for(
    site: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Law: who attests sees the text, gives a name and a y; without them nothing is kept."""
    for typed in (("Bo Example", "n"), ("Bo Example",), ()):
        monkeypatch.setattr(sys, "stdin", Terminal(*typed))
        assert _add(site, tmp_path) == 1
        assert "not attested: nothing was kept" in capsys.readouterr().err
    monkeypatch.setattr(sys, "stdin", Terminal("Bo Example", "y"))
    assert _add(site, tmp_path) == 0
    told = capsys.readouterr().out
    assert "We, Example, measure your tone." in told
    assert "attested by Bo Example" in told


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (("add", "en"), "nothing to add"),
        (("add", "en", "--notice", "x.wav"), "--notice and --text go together"),
        (("add", "en", "--more-text", "x.txt"), "--more and --more-text go together"),
    ],
)
def test_half_a_command_is_refused(
    site: str, capsys: pytest.CaptureFixture[str], line: tuple[str, ...], sentence: str
) -> None:
    """Law: a recording without its text, or nothing at all, is a wrong command line: exit code 2."""
    assert main(["notice", *line, "--settings", site]) == 2
    assert sentence in capsys.readouterr().err


def test_nobody_there_attests_nothing(
    site: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Law: a script must give name and date itself; a day to come is no date of an attestation."""
    with (tmp_path / "our.txt").open() as nobody:
        monkeypatch.setattr(sys, "stdin", nobody)
        assert _add(site, tmp_path, *WORD[:2]) == 2
    assert "--attested-by and --attested-on" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        _add(site, tmp_path, *WORD[:3], "2999-01-01")


def test_a_language_of_ones_own(site: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Law: a language that is not shipped needs every prompt, and the settings must name it; both are said."""
    given = whole_language(tmp_path / "given")
    assert main(["notice", "add", "pt", "--from", str(given), *WORD, "--settings", site]) == 0
    assert 'Name "pt" in notice.languages' in capsys.readouterr().out
    assert main(["notice", "check", "pt", "--settings", site]) == 0
    told = capsys.readouterr().out
    assert "pt (not in notice.languages)" in told
    assert "own, and attested too: keys" in told
    (given / "keys.wav").unlink()
    (given / "keys.txt").unlink()
    assert main(["notice", "add", "nl", "--from", str(given), *WORD, "--settings", site]) == 1
    assert "nl lacks keys" in capsys.readouterr().err


def test_a_prompt_is_heard(site: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Law: `play` lets the shipped sound be heard at 8 kHz, and shows the text."""
    heard: list[tuple[bytes, int]] = []
    monkeypatch.setattr(microphone, "play", lambda samples, rate_hz: heard.append((samples, rate_hz)))
    assert main(["notice", "play", "fr", "no", "--settings", site]) == 0
    assert heard == [(recording("fr", "no")[44:], 8000)]
    assert text("fr", "no") in capsys.readouterr().out


def test_without_pyaudio_there_is_a_file(
    site: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Law: where nothing can be played, the command says how to get a file; so it does where none can be written."""
    monkeypatch.setitem(sys.modules, "pyaudio", None)
    assert main(["notice", "play", "en", "--settings", site]) == 1
    assert "--to" in capsys.readouterr().err
    assert main(["notice", "play", "en", "--to", str(tmp_path / "no" / "such.wav"), "--settings", site]) == 1
    assert "cannot be written" in capsys.readouterr().err
    assert main(["notice", "play", "en", "nothing", "--settings", site]) == 1
    assert "no prompt 'nothing'" in capsys.readouterr().err
