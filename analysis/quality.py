"""Is a stretch of speech fit to be judged? A few measures, each with a limit and its source.

Measured on 325 windows of clean speech (LibriSpeech, EmoDB, CREMA-D) and on hold music, household sounds and noise,
all through 300-3400 Hz and mu-law at 8 kHz; the limits keep 99 % of the clean windows.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from analysis.audio import ENGINE_RATE_HZ, Pcm32
from consent.errors import InvalidValue

MIN_SPEECH_S: Final = 1.0
"""Less is a word or two, and shorter than every sentence of the acted corpora that tone models learn from."""
MIN_COVERAGE: Final = 0.96
"""Sound received. Lost sound is not patched up here, so G.711 without concealment (ITU-T G.113 appendix I: Ie 0,
Bpl 4.3) in the E-model (G.107) gives R < 50, "not recommended" by G.109, above 3.6 % of random loss."""
MIN_LEVEL_DBOV: Final = -50.0
"""Mean level of the speech. 0 dBm0 is about -6 dBov (G.711 mu-law), and below -45 dBm0 the codec's own noise is less
than 22 dB away (G.712)."""
MAX_CLIPPED_SHARE: Final = 0.01
"""Samples at the codec's ceiling. Measured: 0 % at the nominal -26 dBov, 0.25 % with 12 dB too much, 2.3 % with 18."""
MIN_SNR_DB: Final = 10.0
"""Speech level over the quietest tenth. Measured: clean speech 20 to 55 dB (CREMA-D's noisier rooms from 10.6), white
noise at a true 10 dB 11.5 to 18, at 5 dB 7 to 13, at 0 dB 4 to 8.5; hold music has a median of 6."""
MIN_QUIET_SHARE: Final = 0.2
"""Frames under half of the mean amplitude: speech has many, music and steady noise few (Scheirer & Slaney 1997).
Measured: clean speech 0.22 to 0.63, hold music a median of 0.08, speech in white noise at 0 dB below 0.09."""
MIN_OVER_PAUSES_DB: Final = 8.0
"""Speech over the middle level of the pauses in it and just before it: music, crying, a television fill them, and hide
from the quietest tenth. Measured, and what it costs: docs/quality.md."""
MIN_PAUSES_S: Final = 0.5
"""Less tells nothing: a pause of a few chunks may be speech that the detector missed, as acted sentences have it."""
MIN_TALK: Final = -0.5
"""Mean log-odds that a person talks (`analysis.speech.voice_check`). What is talk may still be none to be judged: here
the doubt goes the other way than in talk time, for an abstention is no wrong word about anybody."""
MAX_COMPANY: Final = 1.2
"""Mean log-odds that more than one person talks. Measured, and what it costs: docs/quality.md."""

_FRAME: Final = 256
_CEILING: Final = np.float32(0.97)
_SILENCE: Final = 1e-10
_FLOOR_PERCENTILE: Final = 10
_NO_PAUSES: Final = np.zeros(0, np.float32)


class Flaw(StrEnum):
    """What makes a stretch unfit; each is a `Reason` of the same name, for quality stands below the verdicts."""

    TOO_LITTLE_SPEECH = "too_little_speech"
    LINE = "line"
    NOISE = "noise"
    SECOND_VOICE = "second_voice"


@dataclass(frozen=True, slots=True)
class Quality:
    """The measures of one stretch: seconds of speech, shares 0..1, levels in dB (of full scale, and over the noise).

    `over_pauses_db` is infinite where there were too few pauses to tell.
    `talk` and `company` are mean log-odds over its speech, see `analysis.speech.voice_check`.
    """

    speech_s: float
    coverage: float
    level_dbov: float
    clipped_share: float
    snr_db: float
    over_pauses_db: float
    quiet_share: float
    talk: float
    company: float

    @property
    def flaw(self) -> Flaw | None:
        """The first thing that makes it unfit, or None."""
        if self.speech_s < MIN_SPEECH_S:
            return Flaw.TOO_LITTLE_SPEECH
        if self.coverage < MIN_COVERAGE or self.level_dbov < MIN_LEVEL_DBOV or self.clipped_share > MAX_CLIPPED_SHARE:
            return Flaw.LINE
        if self.snr_db < MIN_SNR_DB or self.quiet_share < MIN_QUIET_SHARE:
            return Flaw.NOISE
        if self.over_pauses_db < MIN_OVER_PAUSES_DB or self.talk < MIN_TALK:
            return Flaw.NOISE
        if self.company > MAX_COMPANY:
            return Flaw.SECOND_VOICE
        return None


def measure(
    samples: Pcm32,
    speech: NDArray[np.bool_],
    coverage: float,
    talk: float,
    company: float,
    pauses: Pcm32 = _NO_PAUSES,
) -> Quality:
    """Measure one stretch of one party's sound at 16 kHz.

    Args:
        samples: mono float32 in -1..1, shape (chunks * n,).
        speech: whether the detector heard speech in each of equal chunks of it, bool of shape (chunks,).
        coverage: how much of it was received, 0..1.
        talk: mean log-odds over the speech that a person talks.
        company: mean log-odds over the speech that more than one does.
        pauses: what was heard where nobody spoke, in the stretch and just before it, float32 of shape (n,).

    Raises:
        InvalidValue: the chunks do not divide the samples, or the pauses, into whole frames of 16 ms.
    """
    if not len(speech) or len(samples) % (len(speech) * _FRAME) or len(pauses) % _FRAME:
        raise InvalidValue("speech marks must divide the samples evenly")
    amplitudes = np.abs(samples)
    frames = _powers(samples)
    is_speech = np.repeat(speech, len(frames) // len(speech))
    speech_power = frames[is_speech].mean() if is_speech.any() else _SILENCE
    amplitude = np.sqrt(frames)
    return Quality(
        speech_s=float(is_speech.sum()) * _FRAME / ENGINE_RATE_HZ,
        coverage=coverage,
        level_dbov=_db(speech_power),
        clipped_share=float((amplitudes > _CEILING).mean()),
        snr_db=_db(speech_power) - _db(float(np.percentile(frames, _FLOOR_PERCENTILE))),
        over_pauses_db=_db(speech_power) - _pause_level(pauses),
        quiet_share=float((amplitude < amplitude.mean() / 2).mean()),
        talk=talk,
        company=company,
    )


def _powers(samples: Pcm32) -> NDArray[np.float64]:
    """Mean power of each frame."""
    powers: NDArray[np.float64] = np.square(samples.reshape(-1, _FRAME)).mean(axis=1, dtype=np.float64) + _SILENCE
    return powers


def _pause_level(pauses: Pcm32) -> float:
    """Their middle level in dB of full scale; minus infinity where there are too few."""
    return _db(float(np.median(_powers(pauses)))) if len(pauses) >= MIN_PAUSES_S * ENGINE_RATE_HZ else -np.inf


def _db(power: float) -> float:
    return float(10 * np.log10(power))
