"""The newest seconds of one stream, laid out in chunks on the call's clock, with what was lost marked as lost."""

from __future__ import annotations

import numpy as np

from analysis.audio import ENGINE_RATE_HZ, AudioFrame, Pcm16, Pcm32
from analysis.speech.detector import CHUNK_SAMPLES, PCM_SCALE
from consent.errors import InvalidValue


class SoundRing:
    """Holds the newest `chunks` chunks of a stream; what is older is overwritten in place, so nothing is allocated.

    `end_sample` is one past the newest sample (0 before the first frame). Sound that arrives twice or too late is
    dropped: a voice is never heard twice. Only what was lost is counted, chunk by chunk: sound that follows sound costs
    one copy and no bookkeeping. The memory is the stream's own, so that no voice can lie beside another's.
    """

    __slots__ = ("_chunks", "_first", "_lost", "_pcm", "_whole_from", "end_sample", "size")

    def __init__(self, chunks: int) -> None:
        if chunks < 1:
            raise InvalidValue("a ring needs at least one chunk")
        self.size = chunks
        self._pcm = np.zeros(chunks * CHUNK_SAMPLES, np.int16)
        self._chunks = self._pcm.reshape(chunks, CHUNK_SAMPLES)
        self._first = 0  # of the chunks before this one nothing is held
        self._lost: dict[int, int] = {}  # samples that did not come, of the chunks where any did not
        self._whole_from = 0  # from this chunk on nothing was lost
        self.end_sample = 0

    def write(self, frame: AudioFrame) -> int:
        """Lay down a frame of 16 kHz; how many of its samples were new."""
        start_sample, rate_hz, pcm = frame
        if rate_hz != ENGINE_RATE_HZ:
            raise InvalidValue(f"the ring holds {ENGINE_RATE_HZ} Hz, not {rate_hz}")
        if start_sample < self.end_sample:
            pcm = pcm[self.end_sample - start_sample :]
        count = len(pcm)
        if not count:
            return 0
        if start_sample > self.end_sample:
            self._skip(start_sample)
        length = len(self._pcm)
        # Of a frame longer than the ring only the end stays.
        newest = pcm if count <= length else pcm[count - length :]
        end_sample = self.end_sample + count
        begin = (end_sample - len(newest)) % length
        if begin + len(newest) <= length:
            self._pcm[begin : begin + len(newest)] = newest
        else:
            self._pcm[begin:] = newest[: length - begin]
            self._pcm[: begin + len(newest) - length] = newest[length - begin :]
        self.end_sample = end_sample
        return count

    def heard(self, chunk: int) -> int:
        """How many of the chunk's 512 samples were received; 0 when it has been overwritten or is yet to come."""
        newest = (self.end_sample - 1) // CHUNK_SAMPLES
        if chunk > newest or chunk <= newest - self.size or chunk < self._first:
            return 0
        return min(CHUNK_SAMPLES, self.end_sample - chunk * CHUNK_SAMPLES) - self._lost.get(chunk, 0)

    def is_whole(self, first_chunk: int) -> bool:
        """Whether nothing was lost from this chunk on."""
        return first_chunk >= self._whole_from

    def copy(self, first_chunk: int, stop_chunk: int, out: Pcm16) -> None:
        """Put chunks that are held into `out`, int16 of shape (at least so many, 512); what was not received is 0."""
        begin, count = first_chunk % self.size, stop_chunk - first_chunk
        if begin + count <= self.size:
            out[:count] = self._chunks[begin : begin + count]
        else:
            out[: self.size - begin] = self._chunks[begin:]
            out[self.size - begin : count] = self._chunks[: begin + count - self.size]

    def cut(self, first_chunk: int, stop_chunk: int) -> Pcm32:
        """The chunks from `first_chunk` up to and without `stop_chunk`, float32 of shape (chunks * 512,), a copy."""
        out = np.zeros((stop_chunk - first_chunk, CHUNK_SAMPLES), np.float32)
        for row, chunk in enumerate(range(first_chunk, stop_chunk)):
            if self.heard(chunk):
                np.multiply(self._chunks[chunk % self.size], PCM_SCALE, out=out[row])
        return out.reshape(-1)

    def wipe(self) -> None:
        """Overwrite the sound with zeros: the grant has ended."""
        self._pcm[:] = 0
        self._first, begun = divmod(self.end_sample, CHUNK_SAMPLES)
        self._lost = {self._first: begun} if begun else {}
        self._whole_from = self._first + bool(begun)

    def _skip(self, to_sample: int) -> None:
        """Move the end to `to_sample` over sound that never came."""
        if to_sample - self.end_sample > len(self._pcm):
            self.end_sample = to_sample - to_sample % CHUNK_SAMPLES
            self.wipe()
        length = len(self._pcm)
        for chunk in range(self.end_sample // CHUNK_SAMPLES, (to_sample - 1) // CHUNK_SAMPLES + 1):
            begin = max(self.end_sample, chunk * CHUNK_SAMPLES)
            end = min(to_sample, (chunk + 1) * CHUNK_SAMPLES)
            if end > begin:
                self._pcm[begin % length : begin % length + end - begin] = 0
                self._lost[chunk] = self._lost.get(chunk, 0) + end - begin
                self._whole_from = chunk + 1
        self.end_sample = to_sample
        oldest = (to_sample - 1) // CHUNK_SAMPLES - self.size
        self._lost = {chunk: lost for chunk, lost in self._lost.items() if chunk > oldest}
