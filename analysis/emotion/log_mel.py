"""Log-mel pictures of speech as the Whisper family hears them.

The filter bank is Slaney's (80 bands, 0-8 kHz, area normalised), the window a periodic Hann of 25 ms every 10 ms:
Radford et al. 2022, "Robust Speech Recognition via Large-Scale Weak Supervision", section 2.2. Unlike Whisper's own
front end a short clip is *not* padded with silence: the picture is as long as the sound, since the padding was
measured to cost accuracy on short utterances.
"""

from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

RATE_HZ: Final = 16_000
HOP_SAMPLES: Final = 160
WINDOW_SAMPLES: Final = 400
BANDS: Final = 80

_POWER_FLOOR: Final = 1e-10
_VARIANCE_FLOOR: Final = 1e-7
_DYNAMIC_RANGE_LOG10: Final = 8.0


def log_mel(pcm: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the log-mel picture of one window of sound.

    Args:
        pcm: mono samples at 16 kHz, float32, shape ``[samples]``, at least 400 of them; the scale does not matter.

    Returns:
        float32 of shape ``[80, frames]`` with ``frames = samples // 160``, values of roughly -1 to 1.

    Raises:
        ValueError: the array is not one-dimensional or shorter than one 25 ms window.
    """
    if pcm.ndim != 1 or pcm.size < WINDOW_SAMPLES:
        raise ValueError(f"expected at least {WINDOW_SAMPLES} mono samples, got shape {pcm.shape}")
    centred = pcm.astype(np.float32) - np.float32(pcm.mean())
    levelled = centred / np.sqrt(np.float32(centred.var()) + np.float32(_VARIANCE_FLOOR))
    padded = np.pad(levelled, WINDOW_SAMPLES // 2, mode="reflect")
    windows = sliding_window_view(padded, WINDOW_SAMPLES)[::HOP_SAMPLES][: pcm.size // HOP_SAMPLES]
    power = np.abs(np.fft.rfft(windows * _HANN, axis=-1)).astype(np.float32) ** 2
    picture = np.log10(np.maximum(power @ _FILTERS, _POWER_FLOOR)).T
    picture = np.maximum(picture, picture.max() - _DYNAMIC_RANGE_LOG10)
    return np.ascontiguousarray((picture + 4.0) / 4.0, dtype=np.float32)


def _mel_to_hz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    """Slaney's scale: linear to 1 kHz (mel 15), logarithmic above."""
    above = 1000.0 * np.exp(np.log(6.4) / 27.0 * (mel - 15.0))
    return np.where(mel < 15.0, 200.0 / 3.0 * mel, above)


def _filter_bank() -> NDArray[np.float32]:
    """Return the triangular filters, float32 ``[201, 80]``."""
    top_mel = 15.0 + 27.0 / np.log(6.4) * np.log(RATE_HZ / 2 / 1000.0)
    edges_hz = _mel_to_hz(np.linspace(0.0, top_mel, BANDS + 2))
    bins_hz = np.linspace(0.0, RATE_HZ / 2, WINDOW_SAMPLES // 2 + 1)[:, None]
    rising = (bins_hz - edges_hz[:-2]) / np.diff(edges_hz)[:-1]
    falling = (edges_hz[2:] - bins_hz) / np.diff(edges_hz)[1:]
    area = 2.0 / (edges_hz[2:] - edges_hz[:-2])
    return (np.maximum(0.0, np.minimum(rising, falling)) * area).astype(np.float32)


_HANN: Final = np.hanning(WINDOW_SAMPLES + 1)[:-1].astype(np.float32)
_FILTERS: Final = _filter_bank()
