"""Made-up music, as somebody's radio or a telephone's hold music lies under a voice: chords, a melody, perhaps drums.

It is made, not recorded, so nobody has rights in it, and real music stays unheard for trials. It need please nobody: it
has what music has and noise has not, tones that stay while a voice pauses.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

_RATE_HZ: Final = 16_000
_MAJOR, _MINOR = (0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10)
_BEATS: Final = 16
_BEATS_A_CHORD: Final = 4

Floats = NDArray[np.float64]


def compose(random: np.random.Generator) -> NDArray[np.float32]:
    """Sixteen beats of music drawn from `random`, 4 to 10 s: float32 `[samples]` at 16 kHz, root mean square 0.1."""
    beat = int(random.uniform(0.25, 0.6) * _RATE_HZ)
    scale = _MAJOR if random.random() < 0.6 else _MINOR
    tonic_hz = random.uniform(110.0, 220.0)
    brightness, melody_brightness = random.uniform(0.8, 2.0, size=2)
    played = np.zeros(_BEATS * beat)
    for first in range(0, _BEATS, _BEATS_A_CHORD):
        root = int(random.integers(7))
        for step, octave in ((root, 0.5), (root, 1.0), (root + 2, 1.0), (root + 4, 1.0)):
            tone = _tone(octave * _hz(tonic_hz, scale, step), _BEATS_A_CHORD * beat, brightness, 0.3, random)
            played[first * beat : first * beat + tone.size] += 0.5 * tone
    for at in range(_BEATS):
        if random.random() < 0.8:
            tone = _tone(2.0 * _hz(tonic_hz, scale, int(random.integers(8))), beat, melody_brightness, 2.0, random)
            played[at * beat : at * beat + tone.size] += random.uniform(0.5, 1.0) * tone
    if random.random() < 0.5:
        played += random.uniform(0.3, 1.5) * np.tile(_drum(beat, random), _BEATS)
    return (0.1 * played / max(float(np.sqrt(np.mean(played**2))), 1e-9)).astype(np.float32)


def _hz(tonic_hz: float, scale: tuple[int, ...], step: int) -> float:
    """The pitch of a step of the scale; the eighth is an octave above the first."""
    octaves, place = divmod(step, len(scale))
    return float(tonic_hz * 2.0 ** (octaves + scale[place] / 12.0))


def _tone(hz: float, samples: int, brightness: float, decay: float, random: np.random.Generator) -> Floats:
    """Partials that weaken with `brightness` as their exponent, struck or swelling, fading by `decay` a second."""
    seconds = np.arange(samples) / _RATE_HZ
    partials = np.arange(1, 1 + max(1, min(10, int(7000.0 / hz))))[:, None]
    waves = np.sin(2 * np.pi * hz * partials * seconds + random.uniform(0, 2 * np.pi, size=partials.shape))
    swell = np.minimum(1.0, seconds / random.uniform(0.005, 0.15))
    release = np.minimum(1.0, (samples - np.arange(samples)) / (0.03 * _RATE_HZ))
    return np.asarray((partials**-brightness * waves).sum(axis=0) * swell * release * np.exp(-decay * seconds))


def _drum(samples: int, random: np.random.Generator) -> Floats:
    """A burst of noise and silence after it."""
    fading = np.exp(-np.arange(samples) / (random.uniform(0.02, 0.08) * _RATE_HZ))
    return np.asarray(random.standard_normal(samples) * fading)
