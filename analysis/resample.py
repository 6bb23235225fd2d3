"""From the line's rate to the engine's: a streaming polyphase filter that keeps its state from frame to frame.

A windowed-sinc low-pass (Kaiser, Oppenheim & Schafer, "Discrete-Time Signal Processing", section 7.5) evaluated at
the output's instants only (Crochiere & Rabiner 1983, "Multirate Digital Signal Processing", chapter 3). Its delay is
taken back: an output sample bears the instant of the sound that it holds, so both parties stay on one clock.
"""

from __future__ import annotations

from math import gcd
from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from analysis.audio import ENGINE_RATE_HZ, AudioFrame, Pcm16
from consent.errors import InvalidValue

RATES_HZ: Final = frozenset({8_000, 16_000, 24_000, 32_000, 44_100, 48_000})
"""What a line may bring. A wrong rate fails here, aloud (sherpa-onnx#1447: it failed silently)."""

_HALF_TAPS: Final = 16
"""Input samples that a filter reaches to either side at its narrower rate."""
_KAISER_BETA: Final = 8.0
"""About 80 dB of stop-band: below the noise of G.711 at any level."""


class UnsupportedRate(InvalidValue):
    """A frame came at a rate that no line of ours has."""


class Resampler:
    """One stream from `rate_hz` to 16 kHz. Feed it frames in order; a frame that does not follow starts it anew.

    The newest 2 ms wait for the samples that follow them; at a gap they are lost (and so counted as not heard).

    Raises:
        UnsupportedRate: `rate_hz` is not one of RATES_HZ.
    """

    __slots__ = ("_down", "_filters", "_next_in", "_next_out", "_reach", "_tail", "_up", "rate_hz")

    def __init__(self, rate_hz: int) -> None:
        if rate_hz not in RATES_HZ:
            raise UnsupportedRate(f"{rate_hz} Hz is not one of {sorted(RATES_HZ)}")
        shared = gcd(rate_hz, ENGINE_RATE_HZ)
        self.rate_hz = rate_hz
        self._up = ENGINE_RATE_HZ // shared
        self._down = rate_hz // shared
        self._filters = _phases(self._up, self._down)
        self._reach = self._filters.shape[1] // 2
        self._next_in: int | None = None
        self._next_out = 0
        self._tail: NDArray[np.float64] = np.empty(0)

    def feed(self, frame: AudioFrame) -> AudioFrame:
        """What can be said at 16 kHz so far; possibly empty. Raises UnsupportedRate when the stream's rate changes."""
        if frame.rate_hz != self.rate_hz:
            raise UnsupportedRate(f"a stream of {self.rate_hz} Hz brought a frame of {frame.rate_hz} Hz")
        if frame.start_sample != self._next_in:
            self._start(frame.start_sample)
        self._next_in = frame.end_sample
        sound: NDArray[np.float64] = np.concatenate((self._tail, frame.pcm.astype(np.float64)))
        # sound[0] is input sample `first`; output n needs inputs (n * down) // up - reach + 1 .. + reach
        first = frame.end_sample - len(sound)
        stop = -(-(frame.end_sample - self._reach) * self._up // self._down)
        instants = np.arange(self._next_out, max(stop, self._next_out)) * self._down
        rows = instants // self._up - first - self._reach + 1
        start_sample, self._next_out = self._next_out, self._next_out + len(instants)
        keep = self._next_out * self._down // self._up - first - self._reach + 1
        self._tail = sound[max(keep, 0) :]
        if not len(instants):
            return AudioFrame(start_sample, ENGINE_RATE_HZ, np.empty(0, np.int16))
        windows = sliding_window_view(sound, self._filters.shape[1])[rows]
        out = np.einsum("ij,ij->i", windows, self._filters[instants % self._up])
        return AudioFrame(start_sample, ENGINE_RATE_HZ, _as_pcm(out))

    def _start(self, start_sample: int) -> None:
        self._tail = np.zeros(self._reach)
        self._next_out = -(-start_sample * self._up // self._down)


def _phases(up: int, down: int) -> NDArray[np.float64]:
    """One row of taps for each phase, float64 `[up, taps]`; each row's sum is 1, so that a constant stays itself."""
    stretch = max(1.0, down / up)
    reach = int(np.ceil(_HALF_TAPS * stretch))
    offsets = np.arange(-reach + 1, reach + 1)[None, :] - np.arange(up)[:, None] / up
    window = np.i0(_KAISER_BETA * np.sqrt(np.maximum(0.0, 1.0 - (offsets / reach) ** 2))) / np.i0(_KAISER_BETA)
    taps = np.sinc(offsets / stretch) * window
    scaled: NDArray[np.float64] = taps / taps.sum(axis=1, keepdims=True)
    return scaled


def _as_pcm(sound: NDArray[np.float64]) -> Pcm16:
    return np.clip(np.rint(sound), -32768, 32767).astype(np.int16)
