"""Recordings put together: WAV files of one form, 8 kHz, 16 bit, mono, as every PBX plays them. Pure."""

from __future__ import annotations

import io
import wave
from collections.abc import Sequence
from typing import Final

from consent.errors import InvalidValue

RATE_HZ: Final = 8000
_BYTES_PER_SAMPLE: Final = 2


def silence(length_ms: int) -> bytes:
    """A WAV file of nothing."""
    return _file(bytes(_BYTES_PER_SAMPLE * (RATE_HZ * length_ms // 1000)))


def joined(recordings: Sequence[bytes]) -> bytes:
    """The WAV file that plays these WAV files one after the other.

    Raises:
        InvalidValue: one of them is no such file.
    """
    return _file(b"".join(_samples(recording) for recording in recordings))


def _samples(recording: bytes) -> bytes:
    try:
        with wave.open(io.BytesIO(recording)) as file:
            form = file.getframerate(), file.getsampwidth(), file.getnchannels()
            samples: bytes = file.readframes(file.getnframes())
    except (wave.Error, EOFError, RuntimeError) as error:  # RuntimeError: chunks that lie about their lengths
        raise InvalidValue(f"a recording is no WAV file: {error}") from error
    if form != (RATE_HZ, _BYTES_PER_SAMPLE, 1):
        raise InvalidValue("a recording must be 8 kHz, 16 bit, mono")
    return samples


def _file(samples: bytes) -> bytes:
    made = io.BytesIO()
    with wave.open(made, "wb") as file:
        file.setframerate(RATE_HZ)
        file.setsampwidth(_BYTES_PER_SAMPLE)
        file.setnchannels(1)
        file.writeframes(samples)
    return made.getvalue()
