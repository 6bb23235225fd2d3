"""What a telephone line does to a voice: the copies that the model trains and is measured on."""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, fftconvolve, resample_poly, sosfiltfilt  # type: ignore[import-untyped]

Sound = NDArray[np.float32]

LINES: Final = ("clean", "phone", "bad")
_RATE_HZ: Final = 16_000
_LINE_HZ: Final = 8_000
_MU: Final = 255.0


def through_line(sound: Sound, line: str, random: np.random.Generator) -> Sound:
    """Return a 16 kHz mono sound as it comes out of a line: "clean", "phone" or "bad" (drawn from `random`).

    Raises:
        ValueError: there is no such line.
    """
    if line == "clean":
        return sound
    if line == "phone":
        return telephone(sound, 300.0, 3400.0)
    if line == "bad":
        return _bad(sound, random)
    raise ValueError(f"no such line: {line}")


def telephone(sound: Sound, low_hz: float, high_hz: float) -> Sound:
    """Band-pass, 8 kHz and 8-bit mu-law (ITU-T G.711) at a normal level, and back to 16 kHz."""
    narrow = resample_poly(sound, 1, _RATE_HZ // _LINE_HZ)
    narrow = sosfiltfilt(butter(3, (low_hz, high_hz), "bandpass", fs=_LINE_HZ, output="sos"), narrow)
    narrow = np.clip(narrow * (0.1 / max(float(np.sqrt(np.mean(narrow**2))), 1e-6)), -1.0, 1.0)
    squeezed = np.sign(narrow) * np.log1p(_MU * np.abs(narrow)) / np.log1p(_MU)
    coded = np.round(squeezed * 127.0) / 127.0
    heard = np.sign(coded) * np.expm1(np.abs(coded) * np.log1p(_MU)) / _MU
    return np.asarray(resample_poly(heard, _RATE_HZ // _LINE_HZ, 1), dtype=np.float32)


def _bad(sound: Sound, random: np.random.Generator) -> Sound:
    """A little faster or slower, in a room, with noise at 8 to 25 dB, through a band whose edges wander."""
    speed = int(random.integers(95, 106))
    moved = resample_poly(sound, 100, speed)
    decay_s = random.uniform(0.05, 0.25)
    times_s = np.arange(int(decay_s * _RATE_HZ)) / _RATE_HZ
    echo = random.standard_normal(times_s.size) * np.exp(-6.9 * times_s / decay_s) * 0.05
    echo[0] = 1.0
    roomy = fftconvolve(moved, echo)[: moved.size]
    noise = random.standard_normal(moved.size)
    if random.random() < 0.5:
        noise = np.cumsum(noise - noise.mean())  # brown: rumble rather than hiss
        noise -= np.convolve(noise, np.full(1600, 1 / 1600), "same")
    snr_db = random.uniform(8.0, 25.0)
    level = np.sqrt(np.mean(roomy**2) / max(float(np.mean(noise**2)), 1e-12)) * 10 ** (-snr_db / 20)
    return telephone((roomy + level * noise).astype(np.float32), random.uniform(200, 400), random.uniform(2800, 3700))
