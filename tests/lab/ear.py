"""An ear for the product's own recordings: which of them were heard on a phone, and when, as a person would tell."""

import io
import wave
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dialplan.recordings import Recordings

RATE_HZ = 8000
ALIKE = 0.9
"""Normalised correlation: a recording that went through G.711 has more than 0.99 with itself, speech beside it has less
than 0.5.
"""
_QUIET = 300


class Heard(NamedTuple):
    """One recording, and when it began, seconds from the start of what was listened to."""

    at_s: float
    name: str


def prompts(language: str, names: Iterable[str]) -> dict[str, NDArray[np.int16]]:
    """The product's own recordings, 8 kHz."""
    found = {}
    for name in names:
        with wave.open(io.BytesIO(Recordings(None).recording(language, name))) as file:
            found[name] = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").astype(np.int16)
    return found


def beginning(samples: NDArray[np.int16], seconds: float) -> NDArray[np.int16]:
    """The first words of a recording, without the silence before them."""
    return _without_silence(samples)[: round(seconds * RATE_HZ)]


def listen(heard: NDArray[np.int16], recordings: Mapping[str, NDArray[np.int16]]) -> list[Heard]:
    """Which of the recordings are in `heard` (int16 (n,), 8 kHz), in the order of time."""
    found = []
    for name, samples in recordings.items():
        template = _without_silence(samples).astype(np.float64)
        found += [Heard(at / RATE_HZ, name) for at in _places(heard.astype(np.float64), template)]
    return sorted(found)


def reference(heard: NDArray[np.int16], language: str) -> str:
    """The digits that were said after "your reference is", the first time; "" where none was."""
    said = listen(heard, prompts(language, ("reference", *"0123456789")))
    after = [at for at, one in enumerate(said) if one.name == "reference"]
    if not after:
        return ""
    digits = []
    for one in said[after[0] + 1 :]:
        if one.name == "reference":
            break
        digits.append(one.name)
    return "".join(digits)


def _without_silence(samples: NDArray[np.int16]) -> NDArray[np.int16]:
    loud = np.flatnonzero(np.abs(samples.astype(np.int32)) > _QUIET)
    return samples[loud[0] : loud[-1] + 1] if len(loud) else samples


def _places(heard: NDArray[np.float64], template: NDArray[np.float64]) -> list[int]:
    if len(heard) < len(template):
        return []
    size = 1 << (len(heard) + len(template)).bit_length()
    product = np.fft.rfft(heard, size) * np.conj(np.fft.rfft(template, size))
    inner = np.fft.irfft(product, size)[: len(heard) - len(template) + 1]
    energy = np.concatenate([[0.0], np.cumsum(np.square(heard))])
    local = energy[len(template) :] - energy[: -len(template)]
    alike = inner / np.sqrt(np.maximum(local, 1.0) * np.square(template).sum())
    places = []
    while len(alike) and float(alike.max()) > ALIKE:
        at = int(alike.argmax())
        places.append(at)
        alike[max(0, at - len(template) // 2) : at + len(template) // 2] = 0.0
    return places
