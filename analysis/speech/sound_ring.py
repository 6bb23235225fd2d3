"""The newest seconds of one stream, laid out in chunks on the call's clock, with what was lost marked as lost."""

from __future__ import annotations

import numpy as np

from analysis.audio import ENGINE_RATE_HZ, AudioFrame, Pcm32
from analysis.speech.detector import CHUNK_SAMPLES
from consent.errors import InvalidValue

_SCALE = np.float32(1 / 32768)


class SoundRing:
    """Holds the newest `chunks` chunks of a stream; what is older is overwritten in place, so nothing is allocated.

    `end_sample` is one past the newest sample (0 before the first frame). Sound that arrives twice or too late is
    dropped: a voice is never heard twice.
    """

    __slots__ = ("_heard", "_pcm", "end_sample", "size")

    def __init__(self, chunks: int) -> None:
        if chunks < 1:
            raise InvalidValue("a ring needs at least one chunk")
        self.size = chunks
        self._pcm = np.zeros(chunks * CHUNK_SAMPLES, np.int16)
        self._heard = [0] * chunks
        self.end_sample = 0

    def write(self, frame: AudioFrame) -> int:
        """Lay down a frame of 16 kHz; how many of its samples were new."""
        if frame.rate_hz != ENGINE_RATE_HZ:
            raise InvalidValue(f"the ring holds {ENGINE_RATE_HZ} Hz, not {frame.rate_hz}")
        late = max(0, self.end_sample - frame.start_sample)
        pcm = frame.pcm[late:]
        if not len(pcm):
            return 0
        if frame.start_sample > self.end_sample:
            self._skip(frame.start_sample)
        step = len(self._pcm) - CHUNK_SAMPLES
        for begin in range(0, len(pcm), step):  # one turn, but for a frame longer than the ring
            self._lay(pcm[begin : begin + step])
        return len(pcm)

    def heard(self, chunk: int) -> int:
        """How many of the chunk's 512 samples were received; 0 when it has been overwritten or is yet to come."""
        newest = (self.end_sample - 1) // CHUNK_SAMPLES
        return self._heard[chunk % self.size] if newest - self.size < chunk <= newest else 0

    def copy(self, chunk: int, out: Pcm32) -> None:
        """Put a chunk into `out`, float32 of shape (512,), -1..1; what was not received is 0."""
        begin = chunk % self.size * CHUNK_SAMPLES
        np.multiply(self._pcm[begin : begin + CHUNK_SAMPLES], _SCALE, out=out)

    def cut(self, first_chunk: int, stop_chunk: int) -> Pcm32:
        """The chunks from `first_chunk` up to and without `stop_chunk`, float32 of shape (chunks * 512,), a copy."""
        out = np.zeros((stop_chunk - first_chunk, CHUNK_SAMPLES), np.float32)
        for row, chunk in enumerate(range(first_chunk, stop_chunk)):
            if self.heard(chunk):
                self.copy(chunk, out[row])
        return out.reshape(-1)

    def wipe(self) -> None:
        """Overwrite the sound with zeros: the grant has ended."""
        self._pcm[:] = 0
        self._heard = [0] * self.size

    def _skip(self, to_sample: int) -> None:
        """Move the end to `to_sample` over sound that never came."""
        if to_sample - self.end_sample > len(self._pcm):
            self.end_sample = to_sample - to_sample % CHUNK_SAMPLES
            self.wipe()
        step = len(self._pcm) - CHUNK_SAMPLES
        while self.end_sample < to_sample:
            stop = min(to_sample, self.end_sample + step)
            self._forget(self.end_sample, stop)
            for begin, end in self._places(self.end_sample, stop):
                self._pcm[begin:end] = 0
            self.end_sample = stop

    def _lay(self, pcm: np.ndarray[tuple[int, ...], np.dtype[np.int16]]) -> None:
        start, stop = self.end_sample, self.end_sample + len(pcm)
        self._forget(start, stop)
        taken = 0
        for begin, end in self._places(start, stop):
            self._pcm[begin:end] = pcm[taken : taken + end - begin]
            taken += end - begin
        for chunk in range(start // CHUNK_SAMPLES, (stop - 1) // CHUNK_SAMPLES + 1):
            begin = chunk * CHUNK_SAMPLES
            self._heard[chunk % self.size] += min(stop, begin + CHUNK_SAMPLES) - max(start, begin)
        self.end_sample = stop

    def _forget(self, start: int, stop: int) -> None:
        """Set to nothing heard the chunks whose first sample lies in start..stop: their slots held older ones."""
        for chunk in range(-(-start // CHUNK_SAMPLES), -(-stop // CHUNK_SAMPLES)):
            self._heard[chunk % self.size] = 0

    def _places(self, start: int, stop: int) -> tuple[tuple[int, int], ...]:
        """Where in the buffer the samples start..stop lie: one stretch, or two around its end."""
        length = len(self._pcm)
        begin, end = start % length, start % length + stop - start
        return ((begin, end),) if end <= length else ((begin, length), (0, end - length))
