"""Syllable nuclei and their level in a stretch of speech, after de Jong & Wempe 2009.

N. H. de Jong and T. Wempe, "Praat script to detect syllable nuclei and measure speech rate automatically", Behavior
Research Methods 41 (2009), 385-390: a nucleus is a peak of intensity above a threshold that hangs on the median, with a
dip of at least 2 dB before and after it, and voiced. Written from the paper, in numpy alone; what differs from it is
said at each value and in docs/facts.md. No word is recognised, and of the voicing nothing is left but a yes or no.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from analysis.audio import ENGINE_RATE_HZ, Pcm32
from consent.errors import InvalidValue

STEP_SAMPLES: Final = 128
"""8 ms from one value of intensity to the next."""
SMOOTHING_STEPS: Final = 7
"""Intensity is a mean under a Hann window of 64 ms. Longer ones merge the syllables of quick talk: with 96 ms 8 % fewer
are found in the prompts of this project."""
MIN_DIP_DB: Final = 2.0
"""The paper's, for sound that was not filtered against noise."""
BELOW_MEDIAN_DB: Final = 2.0
"""How far below the median a peak may lie. The paper takes the median of a whole recording with its pauses; a segment
has next to none, so that its median is higher."""
MIN_PITCH_HZ: Final = 60
MAX_PITCH_HZ: Final = 400
MIN_VOICING: Final = 0.45
"""Normalised autocorrelation (0..1) at the best lag: Praat's own threshold for voicing. In 200 draws noise of a phone's
band stayed at 0.3 or below."""

_HALF_RATE_HZ: Final = ENGINE_RATE_HZ // 2
_SHORTEST_LAG: Final = _HALF_RATE_HZ // MAX_PITCH_HZ
_LONGEST_LAG: Final = _HALF_RATE_HZ // MIN_PITCH_HZ
_LAGS: Final = np.arange(_SHORTEST_LAG, _LONGEST_LAG + 1)
_VOICING_SAMPLES: Final = _HALF_RATE_HZ * 30 // 1000
_WINDOW: Final = np.hanning(SMOOTHING_STEPS + 2)[1:-1]
_SILENCE: Final = 1e-10

Decibels = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Syllables:
    """What was found: how many nuclei, and their median level in dB of full scale (None where there are none).

    Raises:
        InvalidValue: fewer than none, nuclei without a level, or a level without nuclei.
    """

    nuclei: int
    level_dbov: float | None

    def __post_init__(self) -> None:
        if self.nuclei < 0 or (self.level_dbov is None) != (self.nuclei == 0):
            raise InvalidValue("a level is that of nuclei")


def find_syllables(samples: Pcm32) -> Syllables:
    """Find the nuclei of a stretch of one party's speech at 16 kHz.

    Args:
        samples: mono float32 in -1..1, shape (n,).
    """
    if len(samples) < STEP_SAMPLES * SMOOTHING_STEPS:
        return Syllables(0, None)
    sound = samples - samples.mean()
    intensity = _intensity(sound)
    peaks = _peaks(intensity, float(np.median(intensity)) - BELOW_MEDIAN_DB)
    nuclei = peaks[_voiced(sound, peaks * STEP_SAMPLES + STEP_SAMPLES // 2)]
    return Syllables(len(nuclei), float(np.median(intensity[nuclei])) if len(nuclei) else None)


def _intensity(sound: Pcm32) -> Decibels:
    """The level around every 8 ms, in dB of full scale, shape (len(sound) // 128,)."""
    steps = len(sound) // STEP_SAMPLES
    power = np.square(sound[: steps * STEP_SAMPLES].reshape(steps, STEP_SAMPLES)).mean(axis=1, dtype=np.float64)
    # Divided by what of the window lies within the sound: its ends are no dips.
    smooth = np.convolve(power, _WINDOW, "same") / np.convolve(np.ones(steps), _WINDOW, "same")
    return np.asarray(10 * np.log10(smooth + _SILENCE))


def _peaks(intensity: Decibels, threshold: float) -> NDArray[np.intp]:
    """Where intensity has a peak over the threshold with a dip of at least MIN_DIP_DB before and after it."""
    found: list[int] = []
    low, high, peak = np.inf, -np.inf, -1  # -1: in a dip
    for step, value in enumerate(intensity.tolist()):
        if peak < 0:
            low = min(low, value)
            if value - low >= MIN_DIP_DB:
                high, peak = value, step
        elif value > high:
            high, peak = value, step
        elif high - value >= MIN_DIP_DB:
            if high >= threshold:
                found.append(peak)
            low, peak = value, -1
    return np.array(found, np.intp)


def _voiced(sound: Pcm32, instants: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Whether the sound is periodic around each sample number of `instants`; at half the rate, which is enough."""
    half = sound[: len(sound) // 2 * 2].reshape(-1, 2).sum(axis=1)
    length = _VOICING_SAMPLES + _LONGEST_LAG
    if len(half) < length or not len(instants):
        return np.zeros(len(instants), np.bool_)
    starts = np.clip(instants // 2 - length // 2, 0, len(half) - length)
    around = sliding_window_view(half, length)[starts]
    shifted = sliding_window_view(around, _VOICING_SAMPLES, axis=1)[:, _SHORTEST_LAG:]
    products = np.einsum("ij,ikj->ik", around[:, :_VOICING_SAMPLES], shifted)
    energy = np.cumsum(np.pad(np.square(around, dtype=np.float64), ((0, 0), (1, 0))), axis=1)
    shifted_energy = energy[:, _LAGS + _VOICING_SAMPLES] - energy[:, _LAGS]
    likeness = products / np.sqrt(energy[:, [_VOICING_SAMPLES]] * shifted_energy + _SILENCE)
    return np.asarray(likeness.max(axis=1) >= MIN_VOICING)
