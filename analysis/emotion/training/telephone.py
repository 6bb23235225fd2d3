"""What a telephone line does to a voice: the copies that the model trains and is measured on."""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.signal import fftconvolve, resample_poly  # type: ignore[import-untyped]

from analysis.emotion.evaluation.sound import by_phone

Sound = NDArray[np.float32]

LINES: Final = ("clean", "phone", "bad")
_RATE_HZ: Final = 16_000


def through_line(sound: Sound, line: str, random: np.random.Generator) -> Sound:
    """Return a 16 kHz mono sound as it comes out of a line: "clean", "phone" or "bad" (drawn from `random`).

    Raises:
        ValueError: there is no such line.
    """
    if line == "clean":
        return sound
    if line == "phone":
        return by_phone(sound)
    if line == "bad":
        return _bad(sound, random)
    raise ValueError(f"no such line: {line}")


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
    return by_phone((roomy + level * noise).astype(np.float32), random.uniform(200, 400), random.uniform(2800, 3700))
