"""What a telephone line does to a voice: the copies that the model trains and is measured on."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import soundfile  # type: ignore[import-untyped]
from G722 import G722
from numpy.typing import NDArray
from scipy.signal import butter, fftconvolve, lfilter, resample_poly, sosfilt  # type: ignore[import-untyped]

from analysis.emotion.evaluation.sound import by_phone, read_sound
from analysis.emotion.training.music import compose

Sound = NDArray[np.float32]

CLEAN, PHONE, WILD = "clean", "phone", "wild"
NOISES: Final = ("esc10", "donateacry")
"""Corpora of sounds at home that are laid under copies. Every second file of theirs is used, the others never."""

_RATE_HZ: Final = 16_000
_LINE_HZ: Final = 8_000
_PACKET_S: Final = 0.02
_SILENCE: Final = 1e-12

# How likely each codec is: G.711 of both kinds is what trunks speak, GSM and thin Opus stand for mobile networks (AMR
# itself has no free encoder that is packaged), G.722 and Opus for wideband.
_CODECS: Final = {"ulaw": 0.3, "alaw": 0.2, "gsm": 0.15, "opus-narrow": 0.15, "g722": 0.1, "opus-wide": 0.1}
_WIDE: Final = frozenset({"g722", "opus-wide"})


def read_noises(data: Path) -> list[Sound]:
    """Every second sound of the noise corpora in a data folder; none where they are not there."""
    with (data / "manifest.csv").open(newline="") as lines:
        found = [row["path"] for row in csv.DictReader(lines) if row["corpus"] in NOISES]
    return [read_sound(data / path) for path in found[::2] if (data / path).is_file()]


def through_line(sound: Sound, line: str, random: np.random.Generator, noises: Sequence[Sound] = ()) -> Sound:
    """Return a 16 kHz mono sound as it comes out of a line.

    "clean" is the sound itself, "phone" the line of all figures, "phone-115" that at 115 % of the speed and pitch, and
    "wild" a line with all that can befall a call, drawn from `random`.

    Raises:
        ValueError: there is no such line.
    """
    if line == CLEAN:
        return sound
    if line == PHONE:
        return by_phone(sound)
    if line.startswith(f"{PHONE}-"):
        return by_phone(resample_poly(sound, 100, int(line.removeprefix(f"{PHONE}-"))).astype(np.float32))
    if line == WILD:
        return _wild(sound, random, noises)
    raise ValueError(f"no such line: {line}")


def _wild(sound: Sound, random: np.random.Generator, noises: Sequence[Sound]) -> Sound:
    """Perhaps another speed, a room, noise; then a level, a band, a codec, and perhaps lost packets."""
    heard = sound.astype(np.float64)
    if random.random() < 0.5:
        heard = resample_poly(heard, 100, int(random.integers(93, 108)))
    if random.random() < 0.3:
        heard = _in_a_room(heard, random)
    if random.random() < 0.5:
        heard = _under_noise(heard, random, noises)
    heard = heard * 0.1 * 10 ** (random.uniform(-15, 6) / 20) / max(float(np.sqrt(np.mean(heard**2))), 1e-6)
    codec = str(random.choice(list(_CODECS), p=list(_CODECS.values())))
    rate_hz = _RATE_HZ if codec in _WIDE else _LINE_HZ
    coded = _coded(_banded(heard, rate_hz, random), codec, random)
    if random.random() < 0.3:
        coded = _with_losses(coded, rate_hz, random)
    if rate_hz != _RATE_HZ:
        coded = resample_poly(coded, _RATE_HZ // rate_hz, 1)
    return np.asarray(coded, dtype=np.float32)


def _in_a_room(sound: NDArray[np.float64], random: np.random.Generator) -> NDArray[np.float64]:
    decay_s = random.uniform(0.05, 0.3)
    times_s = np.arange(int(decay_s * _RATE_HZ)) / _RATE_HZ
    echo = random.standard_normal(times_s.size) * np.exp(-6.9 * times_s / decay_s) * random.uniform(0.02, 0.08)
    echo[0] = 1.0
    return np.asarray(fftconvolve(sound, echo)[: sound.size])


def _under_noise(
    sound: NDArray[np.float64], random: np.random.Generator, noises: Sequence[Sound]
) -> NDArray[np.float64]:
    """White or brown noise, music, or household noise, 5 to 25 dB below the voice."""
    kind, noise = random.random(), random.standard_normal(sound.size)
    if kind < 0.15:
        noise = lfilter([1.0], [1.0, -0.98], noise)  # brown: rumble rather than hiss
    elif 0.3 < kind < 0.6:
        noise = _begun(compose(random), sound.size, random)
    elif kind > 0.6 and noises:
        noise = _begun(noises[int(random.integers(len(noises)))], sound.size, random)
    snr_db = random.uniform(5.0, 25.0)
    level = np.sqrt(np.mean(sound**2) / max(float(np.mean(noise**2)), _SILENCE)) * 10 ** (-snr_db / 20)
    return np.asarray(sound + level * noise)


def _begun(noise: Sound, size: int, random: np.random.Generator) -> NDArray[np.float64]:
    """So many samples of a sound from anywhere in it, and round again."""
    return np.resize(np.roll(noise, int(random.integers(noise.size))), size).astype(np.float64)


def _banded(sound: NDArray[np.float64], rate_hz: int, random: np.random.Generator) -> NDArray[np.float64]:
    if rate_hz == _RATE_HZ:
        edges_hz = (50.0, 7000.0)
    else:
        sound = resample_poly(sound, 1, _RATE_HZ // rate_hz)
        edges_hz = (random.uniform(150.0, 400.0), random.uniform(2800.0, 3800.0))
    return np.asarray(sosfilt(butter(3, edges_hz, "bandpass", fs=rate_hz, output="sos"), sound))


def _coded(sound: NDArray[np.float64], codec: str, random: np.random.Generator) -> NDArray[np.float64]:
    clipped = np.clip(sound, -1.0, 1.0)
    match codec:
        case "ulaw" | "alaw":
            return _stored(clipped, _LINE_HZ, "WAV", codec.upper())
        case "gsm":
            return _stored(clipped, _LINE_HZ, "WAV", "GSM610")
        case "opus-narrow":  # measured: 9 to 20 kb/s, about what AMR and EVS have
            return _stored(clipped, _LINE_HZ, "OGG", "OPUS", random.uniform(0.95, 0.99))
        case "opus-wide":
            return _stored(clipped, _RATE_HZ, "OGG", "OPUS", random.uniform(0.85, 0.97))
        case _:
            line = G722(_RATE_HZ, 64_000)
            return np.asarray(line.decode(line.encode((clipped * 32767).astype(np.int16)))) / 32768.0


def _stored(
    sound: NDArray[np.float64], rate_hz: int, container: str, codec: str, compression: float | None = None
) -> NDArray[np.float64]:
    """Through a codec of libsndfile and back; `compression` of 0..1 counts for Opus alone."""
    kept = io.BytesIO()
    soundfile.write(kept, sound, rate_hz, format=container, subtype=codec, compression_level=compression)
    kept.seek(0)
    return np.asarray(soundfile.read(kept, dtype="float64")[0])


def _with_losses(sound: NDArray[np.float64], rate_hz: int, random: np.random.Generator) -> NDArray[np.float64]:
    """Lose 1 to 10 % of the packets, in bursts (Gilbert's model), and repeat the last one fading, as phones do."""
    size, share = int(rate_hz * _PACKET_S), random.uniform(0.01, 0.1)
    starts = share / (1.0 - share) / 2.0
    patched, lost = sound.copy(), 0
    for first in range(size, len(sound) - size + 1, size):
        is_lost = random.random() < (0.5 if lost else starts)
        lost = lost + 1 if is_lost else 0
        if is_lost:
            patched[first : first + size] = patched[first - size : first] * (0.7 if lost < 4 else 0.2)
    return patched
