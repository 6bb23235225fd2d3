"""`ouidire listen` through the real PyAudio, PortAudio and ALSA; only the sound card is made of a file."""

import os
import pty
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from analysis.audio import AudioFrame
from analysis.resample import Resampler
from tests.demo import voices
from tests.lab import portaudio
from tests.lab.microphone import PipeMicrophone
from tests.lab.portaudio import PortAudio

pytestmark = pytest.mark.live

LISTEN = "from ari_bridge.cli import main; raise SystemExit(main())"
LIMIT_S = 60.0


@pytest.fixture(scope="session")
def sound_system() -> PortAudio:
    """PyAudio from the cache, built on the first use."""
    return portaudio.find()


class Session:
    """The command in a process of its own, a terminal as its standard input."""

    def __init__(self, settings_file: Path, environment: dict[str, str]) -> None:
        self._keys, terminal = pty.openpty()
        self._process = subprocess.Popen(
            [sys.executable, "-c", LISTEN, "listen", "--settings", str(settings_file)],
            stdin=terminal, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment,
        )  # fmt: skip
        os.close(terminal)
        self.said: list[str] = []
        self.complained = ""
        self._readers = [threading.Thread(target=self._read, daemon=True), threading.Thread(target=self._complaints)]
        for reader in self._readers:
            reader.start()

    def press(self, keys: str) -> None:
        """Type on its terminal."""
        os.write(self._keys, keys.encode())

    def until(self, words: str, press: str = "") -> str:
        """The first line with these words; `press` is typed again and again until it comes."""
        deadline_s = time.monotonic() + LIMIT_S
        over = False
        while time.monotonic() < deadline_s and not over:
            over = not self._readers[0].is_alive()
            for line in list(self.said):
                if words in line:
                    return line
            if press:
                self.press(press)
            time.sleep(0.3)
        raise AssertionError(f"{words!r} was not said; it said {self.said} and {self.complained[-1000:]}")

    def ended(self) -> int:
        """Its exit code, when it has ended by itself."""
        code = self._process.wait(LIMIT_S)
        for reader in self._readers:
            reader.join()
        return code

    def close(self) -> None:
        """End it, whatever happened."""
        self._process.kill()
        self.ended()
        os.close(self._keys)

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.said.append(line.rstrip())

    def _complaints(self) -> None:
        assert self._process.stderr is not None
        self.complained = self._process.stderr.read()


def voice() -> NDArray[np.int16]:
    """The committed sentences of real speakers, at 16 kHz, with a second of silence after each."""
    parts = []
    for clip in voices.load("en"):
        if clip.name.startswith("emodb_"):
            parts += [Resampler(voices.RATE_HZ).feed(AudioFrame(0, voices.RATE_HZ, clip.samples)).pcm]
            parts += [np.zeros(16_000, np.int16)]
    return np.concatenate(parts)


@pytest.fixture
def session(sound_system: PortAudio, settings_file: Path, tmp_path: Path) -> Iterator[Session]:
    """The command in front of a microphone into which somebody speaks all the time."""
    with PipeMicrophone(tmp_path, voice()) as microphone:
        made = Session(settings_file, sound_system.environment(microphone.alsa_file))
        yield made
        made.close()


def test_a_voice_is_judged_after_a_yes_on_the_keyboard(session: Session) -> None:
    """Law: what a real PortAudio stream brings is judged by the real engine; *9 ends it, and nothing is kept."""
    session.until("Listening", press="1")
    verdict = session.until("likelihood of anger")
    assert "activation" in verdict
    assert "±" in verdict
    session.press("*9")
    session.until("The measuring has stopped, and what was derived is gone.")
    assert session.ended() == 0, session.complained


def test_without_a_yes_the_microphone_stays_closed(session: Session) -> None:
    """Law: after a no PortAudio is not even started, with a microphone there."""
    session.until("The microphone was not opened.", press="2")
    assert session.ended() == 0
    assert session.complained == ""


def test_a_machine_without_a_microphone_is_told(sound_system: PortAudio, settings_file: Path, tmp_path: Path) -> None:
    """Law: the real PortAudio finding no device is a sentence and exit code 1, not a traceback."""
    alsa_file = tmp_path / "asound.conf"
    alsa_file.write_text("pcm.!default { type hw card 31 }\nctl.!default { type null }\n", encoding="utf-8")
    session = Session(settings_file, sound_system.environment(alsa_file))
    try:
        session.until("Listening", press="1")
        assert session.ended() == 1
        assert "ouidire: no microphone opens at 16000 Hz" in session.complained
        assert "Traceback" not in session.complained
    finally:
        session.close()


def test_without_pyaudio_the_extra_is_named(settings_file: Path, tmp_path: Path) -> None:
    """Law: where PyAudio is not installed, nobody is asked, and how to get the extra `mic` is said."""
    # An environment may have it: a name that cannot be imported stands before it.
    (tmp_path / "pyaudio.py").write_text("raise ImportError('No module named pyaudio')\n", encoding="utf-8")
    session = Session(settings_file, os.environ | {"PYTHONPATH": str(tmp_path)})
    try:
        assert session.ended() == 1
        assert session.said == []
        assert "pip install 'ouidire[mic]'" in session.complained
    finally:
        session.close()
