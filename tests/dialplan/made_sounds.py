"""Recordings made up for tests: a tone that swells and fades, as WAV files."""

import io
import math
import struct
import wave


def wav(
    seconds: float = 1.0,
    *,
    level: float = 0.15,
    rate_hz: int = 8000,
    channels: int = 1,
    tail_s: float = 0.1,
    promised: int | None = None,
) -> bytes:
    """A tone of 300 Hz of that length, `level` of full scale (RMS), the last `tail_s` seconds of it silent."""
    count, silent = round(seconds * rate_hz), round(tail_s * rate_hz)
    peak = level * math.sqrt(2) * 32767
    samples = [
        0
        if index >= count - silent
        else max(-32768, min(32767, round(peak * math.sin(index * 300 * math.tau / rate_hz))))
        for index in range(count)
    ]
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(channels)
        sound.setsampwidth(2)
        sound.setframerate(rate_hz)
        sound.writeframes(b"".join(struct.pack("<h", sample) * channels for sample in samples))
    return file.getvalue()
