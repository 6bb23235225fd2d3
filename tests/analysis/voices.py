"""The project's own rendered voices, as arrays."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np

from analysis.audio import AudioFrame, Pcm16, Pcm32
from analysis.resample import Resampler

LINE_RATE_HZ = 8_000
_FOLDER = Path(__file__).parents[1] / "demo" / "speech"


def line_voice(name: str) -> Pcm16:
    """A voice as it is on the line: int16 at 8 kHz."""
    with wave.open(str(_FOLDER / f"{name}.wav")) as file:
        assert file.getframerate() == LINE_RATE_HZ
        return np.frombuffer(file.readframes(file.getnframes()), np.int16)


def engine_voice(name: str) -> Pcm16:
    """The same voice as the engine hears it: int16 at 16 kHz."""
    return Resampler(LINE_RATE_HZ).feed(AudioFrame(0, LINE_RATE_HZ, line_voice(name))).pcm


def as_float(pcm: Pcm16) -> Pcm32:
    """Samples in -1..1."""
    return pcm.astype(np.float32) / np.float32(32768)
