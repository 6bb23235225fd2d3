"""The one door to PyAudio: a microphone as runs of samples at the engine's rate, and a loudspeaker for the prompts."""

from __future__ import annotations

from collections.abc import Iterator
from types import ModuleType
from typing import Final

import numpy as np

from analysis.audio import ENGINE_RATE_HZ, Pcm16
from consent.errors import OuidireError

BLOCK_SAMPLES: Final = ENGINE_RATE_HZ // 50
"""20 ms, as a telephone's packet."""


class NoMicrophone(OuidireError):
    """There is no microphone, or nothing that could open one; the message says what to do."""


class NoLoudspeaker(OuidireError):
    """There is nothing to hear a prompt with; the message says what to do."""


class Microphone:
    """The default microphone, or the one with that number. Use it as a context.

    Raises:
        NoMicrophone: PyAudio is not installed, or no device opens at 16 kHz.
    """

    def __init__(self, device: int | None = None) -> None:
        pyaudio = require_pyaudio()
        self._audio = pyaudio.PyAudio()
        try:
            self._stream = self._audio.open(
                rate=ENGINE_RATE_HZ,
                channels=1,
                format=pyaudio.paInt16,
                input=True,
                input_device_index=device,
                frames_per_buffer=BLOCK_SAMPLES,
            )
        except OSError as error:
            self._audio.terminate()
            raise NoMicrophone(
                f"no microphone opens at {ENGINE_RATE_HZ} Hz ({error}): is one plugged in? `arecord -L` names them"
            ) from None

    def __enter__(self) -> Microphone:
        return self

    def __exit__(self, *exception: object) -> None:
        self._stream.close()
        self._audio.terminate()

    def blocks(self) -> Iterator[Pcm16]:
        """Runs of 320 samples, int16, as they are heard; blocks between them. Ends when the device goes away."""
        while True:
            try:
                heard = self._stream.read(BLOCK_SAMPLES, exception_on_overflow=False)
            except OSError:
                return
            yield np.frombuffer(heard, dtype=np.int16)


def play(samples: bytes, rate_hz: int) -> None:
    """Let samples (16 bit, mono, this machine's byte order) be heard to their end.

    Raises:
        NoLoudspeaker: PyAudio is not installed, or no device opens at that rate.
    """
    try:
        pyaudio = require_pyaudio()
    except NoMicrophone as error:
        raise NoLoudspeaker(f"{error}; or write the prompt to a file with --to") from None
    audio = pyaudio.PyAudio()
    try:
        stream = audio.open(rate=rate_hz, channels=1, format=pyaudio.paInt16, output=True)
        stream.write(samples)
        stream.stop_stream()  # waits until all of it was heard
        stream.close()
    except OSError as error:
        raise NoLoudspeaker(
            f"no loudspeaker opens at {rate_hz} Hz ({error}); write the prompt to a file with --to"
        ) from None
    finally:
        audio.terminate()


def require_pyaudio() -> ModuleType:
    """The module. Raises NoMicrophone, with the way to install it."""
    try:
        import pyaudio
    except ImportError as error:
        raise NoMicrophone(
            f"PyAudio cannot be loaded ({error}): as root `apt install portaudio19-dev python3-dev gcc`, "
            "then `pip install 'ouidire[mic]'`"
        ) from None
    module: ModuleType = pyaudio
    return module
