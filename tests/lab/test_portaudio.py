"""Laws of PyAudio for a machine without it."""

import sys
from pathlib import Path

import pytest

from tests.lab import portaudio
from tests.lab.errors import LabError


def test_what_cannot_be_compiled_is_told_in_one_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Law: no compiler, and a Python that Debian 12's package does not fit: what to install, before any download."""
    monkeypatch.setenv("OUIDIRE_CACHE", str(tmp_path))
    monkeypatch.setattr(portaudio, "can_compile", lambda: False)
    monkeypatch.setattr(portaudio, "DEBIANS_PYTHON", "another")
    with pytest.raises(LabError, match="gcc and Python's headers"):
        portaudio.find()
    assert not any(tmp_path.iterdir())


def test_alsa_and_the_libraries_are_ours_alone(tmp_path: Path) -> None:
    """Law: the command sees our PyAudio, our PortAudio, our sound card."""
    made = portaudio.PortAudio(tmp_path / "packages", tmp_path / "libraries").environment(tmp_path / "asound.conf")
    assert made["PYTHONPATH"] == str(tmp_path / "packages")
    assert made["LD_LIBRARY_PATH"] == str(tmp_path / "libraries")
    assert made["ALSA_CONFIG_PATH"] == str(tmp_path / "asound.conf")


def test_what_is_there_is_not_made_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Law: from the second use on nothing is fetched and nothing is said."""
    monkeypatch.setenv("OUIDIRE_CACHE", str(tmp_path))
    (tmp_path / f"pyaudio-{sys.implementation.cache_tag}").mkdir()
    said: list[str] = []
    portaudio.find(said.append)
    assert said == []
