"""Sound files as the model hears them: the one place where evaluation reads a file, and the phone line of all figures.

Needs soundfile and scipy, which a bridge does not: `pip install 'ouidire[reports]'`.
"""

from math import gcd
from pathlib import Path
from typing import Final

import numpy as np
import soundfile  # type: ignore[import-untyped]
from scipy.signal import butter, resample_poly, sosfiltfilt  # type: ignore[import-untyped]

from analysis.audio import ENGINE_RATE_HZ, Pcm32
from consent.errors import OuidireError

LONGEST_S: Final = 4 * 3600
"""A longer file is no recording of an utterance, and would fill the memory."""
_LINE_HZ: Final = 8_000
_BAND_HZ: Final = (300.0, 3400.0)
_LEVEL: Final = 0.1
_MU: Final = 255.0


class SoundRefused(OuidireError):
    """A recording cannot be read; the message names the file and what to do."""


def read_sound(path: Path) -> Pcm32:
    """Read a recording of any rate as 16 kHz mono, float32 in -1..1; several channels are averaged.

    Raises:
        SoundRefused: it is no sound file, is empty, or far too long.
    """
    try:
        with soundfile.SoundFile(path) as file:
            if not 0 < file.frames <= LONGEST_S * file.samplerate:
                raise SoundRefused(f"{path} is empty or longer than {LONGEST_S // 3600} hours: take it out")
            samples, rate_hz = file.read(dtype="float32", always_2d=True), file.samplerate
    except (OSError, RuntimeError) as error:  # soundfile's own errors are RuntimeErrors
        raise SoundRefused(
            f"{path} is no sound file that can be read ({error}): save it as WAV, FLAC or Opus"
        ) from error
    mono = np.nan_to_num(samples.mean(axis=1))
    if rate_hz != ENGINE_RATE_HZ:
        shared = gcd(rate_hz, ENGINE_RATE_HZ)
        mono = resample_poly(mono, ENGINE_RATE_HZ // shared, rate_hz // shared)
    return np.asarray(np.clip(mono, -1.0, 1.0), dtype=np.float32)


def by_phone(sound: Pcm32, low_hz: float = _BAND_HZ[0], high_hz: float = _BAND_HZ[1]) -> Pcm32:
    """Return a 16 kHz sound as it comes out of a phone: a band, 8 kHz, 8-bit mu-law (ITU-T G.711), -20 dBov."""
    narrow = resample_poly(sound, 1, ENGINE_RATE_HZ // _LINE_HZ)
    narrow = sosfiltfilt(butter(3, (low_hz, high_hz), "bandpass", fs=_LINE_HZ, output="sos"), narrow)
    narrow = np.clip(narrow * (_LEVEL / max(float(np.sqrt(np.mean(narrow**2))), 1e-6)), -1.0, 1.0)
    squeezed = np.sign(narrow) * np.log1p(_MU * np.abs(narrow)) / np.log1p(_MU)
    coded = np.round(squeezed * 127.0) / 127.0
    heard = np.sign(coded) * np.expm1(np.abs(coded) * np.log1p(_MU)) / _MU
    return np.asarray(resample_poly(heard, ENGINE_RATE_HZ // _LINE_HZ, 1), dtype=np.float32)
