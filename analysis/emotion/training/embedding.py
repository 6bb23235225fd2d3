"""Embeddings of all clips over all lines, computed once."""

import hashlib
import inspect
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from analysis.emotion import log_mel as pictures
from analysis.emotion.evaluation import sound as sounds
from analysis.emotion.evaluation.sound import read_sound
from analysis.emotion.log_mel import RATE_HZ, log_mel
from analysis.emotion.training import music, telephone
from analysis.emotion.training.corpora import Clip
from analysis.emotion.training.telephone import Sound, through_line

MAX_SAMPLES: Final = 8 * RATE_HZ
_CODE: Final = (pictures, sounds, telephone, music)
_PART: Final = 64
_REPORT_S: Final = 20.0

Floats16 = NDArray[np.float16]


class Embedder:
    """Turns sounds into embeddings by the exported trunk, on one thread."""

    def __init__(self, trunk: Path) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(str(trunk), options, providers=["CPUExecutionProvider"])

    def embed(self, sound: Sound) -> NDArray[np.float32]:
        """Return the embedding, float32 `[EMBEDDING]`, of at most 8 s of 16 kHz sound (the end, if longer)."""
        picture = log_mel(sound[-MAX_SAMPLES:])[None]
        return np.asarray(self._session.run(["embedding"], {"picture": picture})[0][0], dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Copies:
    """What every clip is made into: over which lines, with which noises, by which trunk, from which seed."""

    lines: tuple[str, ...]
    trunk: Path
    noises: tuple[Sound, ...]
    seed: int

    def of(self, clip: Clip, index: int, embedder: Embedder) -> Floats16:
        """The embeddings of one clip, `[lines, EMBEDDING]`; `index` is its place among all, for its chance."""
        sound = read_sound(clip.path)[-MAX_SAMPLES:]
        random = np.random.default_rng((self.seed, index))
        copies = (through_line(sound, line, random, self.noises)[-MAX_SAMPLES:] for line in self.lines)
        return np.array([embedder.embed(copy) for copy in copies], dtype=np.float16)


def embed_clips(clips: Sequence[Clip], copies: Copies, cache: Path, jobs: int) -> Floats16:
    """Return float16 `[lines, clips, EMBEDDING]`; kept in `cache`, so that a second run takes seconds."""
    stored = cache / f"embeddings-{_key(clips, copies)}.npy"
    if not stored.exists():
        kept = np.concatenate(list(_progress(_parts(clips, copies, jobs), len(clips))))
        np.save(stored, kept.swapaxes(0, 1))
    return np.asarray(np.load(stored), dtype=np.float16)


def _key(clips: Sequence[Clip], copies: Copies) -> str:
    """What embeddings depend on: trunk, lines, clips, noises, chance, and the code that makes copies and pictures."""
    key = hashlib.sha256(copies.trunk.read_bytes())
    for module in _CODE:
        key.update(inspect.getsource(module).encode())
    for noise in copies.noises:
        key.update(noise.tobytes())
    key.update("\n".join([str(copies.seed), *copies.lines, *(str(clip.path) for clip in clips)]).encode())
    return key.hexdigest()[:16]


def _parts(clips: Sequence[Clip], copies: Copies, jobs: int) -> Iterator[Floats16]:
    with ProcessPoolExecutor(jobs, initializer=_open, initargs=(copies,)) as pool:
        firsts = range(0, len(clips), _PART)
        yield from pool.map(_embed_part, firsts, [clips[first : first + _PART] for first in firsts])


def _progress(parts: Iterator[Floats16], whole: int) -> Iterator[Floats16]:
    started = told = time.monotonic()
    done = 0
    for part in parts:
        done += len(part)
        now = time.monotonic()
        if now - told > _REPORT_S:
            left_s = (now - started) / done * (whole - done)
            print(f"  {done} of {whole} clips embedded, {left_s / 60:.1f} min left", flush=True)
            told = now
        yield part


# Each worker opens the trunk once.
_opened: list[tuple[Copies, Embedder]] = []


def _open(copies: Copies) -> None:
    _opened.append((copies, Embedder(copies.trunk)))


def _embed_part(first: int, clips: Sequence[Clip]) -> Floats16:
    copies, embedder = _opened[-1]
    return np.array([copies.of(clip, first + index, embedder) for index, clip in enumerate(clips)])
