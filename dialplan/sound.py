"""Measure a recording as a telephone plays it: its form, length and loudness, and what is wrong with it."""

import io
import math
import sys
import wave
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from consent.errors import InvalidValue

RATE_HZ: Final = 8000
SAMPLE_BYTES: Final = 2
LOUDNESS_DBFS: Final = -20.0
"""Of our own recordings: as loud as speech is on a well-adjusted line, with room for its peaks."""
QUIETEST_DBFS: Final = -27.0
LOUDEST_DBFS: Final = -13.0
"""7 dB to either side of ours: nobody has to reach for a volume key between two prompts."""
_SILENT_DBFS: Final = -50.0
_FRAME_SAMPLES: Final = RATE_HZ // 50
_FLOOR: Final = 1e-6
"""Power (-60 dBFS) under which a frame of 20 ms is a pause, whatever surrounds it."""
_GATE: Final = 0.01
"""A frame 20 dB below the mean is a pause too: pauses make no prompt quieter (as in EBU R 128's relative gate)."""
_FULL_SCALE: Final = 32760
_CLIPPED_RUN: Final = 3
_SHORTEST_S: Final = 0.2
_CUT_DB: Final = 8.0
"""A recording whose last 20 ms are not that much quieter than its speech was cut off."""


@dataclass(frozen=True, slots=True)
class Sound:
    """A recording of 8 kHz, 16 bit, mono; `samples` are its numbers, at least one."""

    samples: "array[int]"

    @property
    def length_s(self) -> float:
        """How long it plays."""
        return len(self.samples) / RATE_HZ

    @property
    def loudness_dbfs(self) -> float:
        """Power of its speech without the pauses, in dB of full scale; -inf for silence."""
        powers = [power for power in self._powers() if power > _FLOOR]
        if not powers:
            return -math.inf
        mean = sum(powers) / len(powers)
        spoken = [power for power in powers if power >= _GATE * mean]
        return 10 * math.log10(sum(spoken) / len(spoken))

    @property
    def is_clipped(self) -> bool:
        """Whether the tops of its waves are cut off."""
        runs = groupby(abs(sample) >= _FULL_SCALE for sample in self.samples)
        return any(full and len(list(run)) >= _CLIPPED_RUN for full, run in runs)

    @property
    def is_cut_off(self) -> bool:
        """Whether it ends in the middle of a sound."""
        last = _power(self.samples[-_FRAME_SAMPLES:])
        return last > _FLOOR and 10 * math.log10(last) > self.loudness_dbfs - _CUT_DB

    def _powers(self) -> Iterator[float]:
        for start in range(0, len(self.samples), _FRAME_SAMPLES):
            yield _power(self.samples[start : start + _FRAME_SAMPLES])


def read_wav(wav: bytes) -> Sound:
    """The sound of a WAV file. Raises InvalidValue, with the way to convert it, for any other form."""
    try:
        with wave.open(io.BytesIO(wav)) as file:
            form = (file.getframerate(), 8 * file.getsampwidth(), file.getnchannels())
            promised = file.getnframes() * file.getsampwidth() * file.getnchannels()
            frames = file.readframes(file.getnframes())
    except (wave.Error, EOFError, RuntimeError) as error:  # RuntimeError: chunks that lie about their lengths
        raise InvalidValue(f"is no WAV file with PCM sound ({error}): {_conversion()}") from None
    if form != (RATE_HZ, 8 * SAMPLE_BYTES, 1):
        rate_hz, bits, channels = form
        raise InvalidValue(f"has {rate_hz} Hz, {bits} bit, {channels} channel(s): {_conversion()}")
    if len(frames) < promised:
        raise InvalidValue("holds less sound than its header says: it was cut off; copy it again")
    if not frames:
        raise InvalidValue("holds no sound")
    samples = array("h", frames)
    if sys.byteorder == "big":
        samples.byteswap()
    return Sound(samples)


def faults(wav: bytes, longest_s: float) -> Iterator[str]:
    """What is wrong with a recording that may last `longest_s`: sentences without a subject; none where all is well."""
    try:
        sound = read_wav(wav)
    except InvalidValue as error:
        yield str(error)
        return
    loudness = sound.loudness_dbfs
    if not _SHORTEST_S <= sound.length_s <= longest_s:
        yield f"lasts {sound.length_s:.1f} s; {_SHORTEST_S} to {longest_s:g} s are allowed"
    if loudness < _SILENT_DBFS:
        yield "is silent"
        return
    if not QUIETEST_DBFS <= loudness <= LOUDEST_DBFS:
        gain = round(LOUDNESS_DBFS - loudness)
        yield (
            f"is at {loudness:.1f} dBFS, and {QUIETEST_DBFS:g} to {LOUDEST_DBFS:g} are allowed: "
            f"`sox -D IN.wav OUT.wav gain -l {gain:+d}` brings it near {LOUDNESS_DBFS:g}"
        )
    if sound.is_clipped:
        yield "is clipped (the tops of its waves are cut off): record it again, less loud"
    if sound.is_cut_off:
        yield "ends in the middle of a sound: leave a moment of silence after the last word"


def _power(samples: "array[int]") -> float:
    return sum(sample * sample for sample in samples) / len(samples) / 32768**2


def _conversion() -> str:
    return f"`sox IN.wav -r {RATE_HZ} -b {8 * SAMPLE_BYTES} -c 1 OUT.wav` converts it"
