"""Recordings of a data folder, and what a telephone line makes of them.

The folder holds a `manifest.csv` that names path, corpus, speaker, gender, emotion and licence of each file; any format
that soundfile reads. None of it belongs to the project, and nothing of it is kept.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from math import gcd
from pathlib import Path
from typing import Final

import numpy as np
import soundfile
from scipy.signal import butter, resample_poly, sosfiltfilt

from analysis.audio import ENGINE_RATE_HZ, AudioFrame, Pcm16, Pcm32
from analysis.resample import Resampler

NOISES: Final = ("esc10", "donateacry", "moh")
LINES: Final = ("wide", "narrow", "phone")
LINE_RATE_HZ: Final = 8_000
_BAND_HZ: Final = (300.0, 3400.0)
_LEVEL: Final = 0.1
"""-20 dB of full scale: a loud line, so that quiet noises are loud on it."""
_MU: Final = 255.0
_UUID_LETTERS: Final = 36


@dataclass(frozen=True, slots=True)
class Recording:
    """One file. `gender` is "f", "m" or empty."""

    path: Path
    corpus: str
    speaker: str
    gender: str
    emotion: str
    licence: str

    @property
    def number(self) -> int:
        """A number that all recordings of one speaker, or of one child, have in common, and that never changes."""
        name = self.path.name
        group = name[:_UUID_LETTERS] if self.corpus == "donateacry" else self.speaker or name
        return int(sha256((self.corpus + group).encode()).hexdigest(), 16)

    @property
    def half(self) -> int:
        """0: to be learned from, 1: to be tried on."""
        return self.number % 2


def listed(folder: Path, corpora: Iterable[str]) -> list[Recording]:
    """The recordings of these corpora, in the manifest's order.

    Raises:
        SystemExit: the folder, its manifest, or one of the corpora is not there.
    """
    manifest, wanted = folder / "manifest.csv", set(corpora)
    if not manifest.is_file():
        raise SystemExit(f"no recordings: {manifest} does not exist (it lists path, corpus, speaker, gender and more)")
    with manifest.open(newline="", encoding="utf-8") as lines:
        found = [_recording(folder, row) for row in csv.DictReader(lines) if row["corpus"] in wanted]
    missing = wanted - {one.corpus for one in found if one.path.is_file()}
    if missing:
        raise SystemExit(f"no recordings: {', '.join(sorted(missing))} is not in {folder}")
    return found


def read(recording: Recording) -> Pcm32:
    """All of it, mono float32 in -1..1 at 16 kHz."""
    sound, rate_hz = soundfile.read(recording.path, dtype="float32", always_2d=True)
    mono = sound.mean(axis=1)
    if rate_hz != ENGINE_RATE_HZ:
        common = gcd(rate_hz, ENGINE_RATE_HZ)
        mono = resample_poly(mono, ENGINE_RATE_HZ // common, rate_hz // common)
    sound_at_16: Pcm32 = np.clip(mono, -1.0, 1.0).astype(np.float32)
    return sound_at_16


def on_line(sound: Pcm32, line: str) -> AudioFrame:
    """As it comes to the bridge.

    Args:
        sound: float32 in -1..1 at 16 kHz.
        line: "wide" (16 kHz, untouched), "narrow" (8 kHz, mu-law, all below 4 kHz, untouched in level) or "phone"
            (300-3400 Hz, 8 kHz, mu-law, at -20 dBov).
    """
    if line == "wide":
        return AudioFrame(0, ENGINE_RATE_HZ, _as_int(sound))
    narrow = np.clip(resample_poly(sound, 1, ENGINE_RATE_HZ // LINE_RATE_HZ), -1.0, 1.0)
    if line == "phone":
        narrow = sosfiltfilt(butter(3, _BAND_HZ, "bandpass", fs=LINE_RATE_HZ, output="sos"), narrow)
        narrow = np.clip(narrow * (_LEVEL / max(float(np.sqrt(np.mean(narrow**2))), 1e-6)), -1.0, 1.0)
    coded = np.round(np.sign(narrow) * np.log1p(_MU * np.abs(narrow)) / np.log1p(_MU) * 127.0) / 127.0
    heard = np.sign(coded) * np.expm1(np.abs(coded) * np.log1p(_MU)) / _MU
    return AudioFrame(0, LINE_RATE_HZ, _as_int(heard.astype(np.float32)))


def as_heard(sound: Pcm32, line: str) -> Pcm16:
    """The same at 16 kHz, int16: what the engine lays before its models."""
    frame = on_line(sound, line)
    return frame.pcm if frame.rate_hz == ENGINE_RATE_HZ else Resampler(frame.rate_hz).feed(frame).pcm


def mixed(speech: Pcm32, noise: Pcm32, snr_db: float) -> Pcm32:
    """Speech in a noise, which is repeated as long as the speech lasts; their mean powers are `snr_db` apart."""
    bed = np.resize(noise, len(speech))
    gain = np.sqrt(np.mean(speech**2) / max(float(np.mean(bed**2)), 1e-9)) * 10 ** (-snr_db / 20)
    both = speech + np.float32(gain) * bed
    kept: Pcm32 = (both / max(1.0, float(np.abs(both).max()))).astype(np.float32)
    return kept


def _recording(folder: Path, row: dict[str, str]) -> Recording:
    named = (row[key] for key in ("corpus", "speaker", "gender", "emotion", "licence"))
    return Recording(folder / row["path"], *named)


def _as_int(sound: Pcm32) -> Pcm16:
    return np.clip(np.round(sound * 32767), -32768, 32767).astype(np.int16)
