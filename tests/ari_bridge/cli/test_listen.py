"""`ouidire listen` as a command: what it says before it asks anything."""

import os
import sys
from pathlib import Path

import pytest

from ari_bridge.cli.parser import main


def test_without_pyaudio_nobody_is_asked(
    settings_file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Law: where no microphone can be opened the question is not asked at all; exit code 1."""
    monkeypatch.setitem(sys.modules, "pyaudio", None)
    assert main(["listen", "--settings", str(settings_file)]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert "PyAudio" in told.err


def test_a_no_opens_no_microphone(
    settings_file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Law: the command asks on the terminal, and after a no it ends well without a device."""

    class NoAudio:
        """PyAudio on a machine where opening anything would be a mistake."""

        paInt16 = 8  # noqa: N815 - PyAudio's own name

        def PyAudio(self) -> None:  # noqa: N802 - PyAudio's own name
            """Must not be reached."""
            raise AssertionError("the microphone was opened")

    monkeypatch.setitem(sys.modules, "pyaudio", NoAudio())
    reader, writer = os.pipe()
    os.write(writer, b"2")
    os.close(writer)
    with os.fdopen(reader) as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        assert main(["listen", "--settings", str(settings_file)]) == 0
    assert "The microphone was not opened." in capsys.readouterr().out
