"""The sound of a telephone key (ITU-T Q.23): one low and one high tone at once."""

import numpy as np
from numpy.typing import NDArray

from tests.lab.phone.rtp_wire import RATE_HZ

LOW_HZ, HIGH_HZ = (697, 770, 852, 941), (1209, 1336, 1477)
ROWS = ("123", "456", "789", "*0#")
TONE_S, PAUSE_S = 0.12, 0.1
_LEVEL = 7000


def frequencies(key: str) -> tuple[int, int]:
    """The two tones of a key in Hz."""
    row = next(at for at, keys in enumerate(ROWS) if key in keys)
    return LOW_HZ[row], HIGH_HZ[ROWS[row].index(key)]


def tones(key: str) -> NDArray[np.int16]:
    """The key as sound and the pause after it, 8 kHz int16 (n,)."""
    at_s = np.arange(int(RATE_HZ * TONE_S)) / RATE_HZ
    low_hz, high_hz = frequencies(key)
    sound = np.sin(2 * np.pi * low_hz * at_s) + np.sin(2 * np.pi * high_hz * at_s)
    return np.concatenate([(sound * _LEVEL).astype(np.int16), np.zeros(int(RATE_HZ * PAUSE_S), np.int16)])
