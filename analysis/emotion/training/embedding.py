"""Embeddings of all clips over all lines, computed once with the very trunk that will be served."""

import hashlib
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from analysis.emotion.evaluation.sound import read_sound
from analysis.emotion.log_mel import RATE_HZ, log_mel
from analysis.emotion.training.corpora import Clip
from analysis.emotion.training.telephone import Sound, through_line

MAX_SAMPLES: Final = 8 * RATE_HZ
_REPORT_EACH: Final = 1000


class Embedder:
    """Turns sounds into embeddings by the exported trunk, on one thread."""

    def __init__(self, trunk: Path) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(str(trunk), options, providers=["CPUExecutionProvider"])
        self.sha256 = hashlib.sha256(trunk.read_bytes()).hexdigest()

    def embed(self, sound: Sound) -> NDArray[np.float32]:
        """Return the embedding, float32 `[384]`, of at most 8 s of 16 kHz sound (the end, if longer)."""
        picture = log_mel(sound[-MAX_SAMPLES:])[None]
        return np.asarray(self._session.run(["embedding"], {"picture": picture})[0][0], dtype=np.float32)


def embed_clips(
    clips: Sequence[Clip], lines: Sequence[str], embedder: Embedder, cache: Path, seed: int
) -> NDArray[np.float32]:
    """Return float32 `[lines, clips, 384]`; kept in `cache`, so that a second run takes seconds."""
    key = hashlib.sha256("\n".join([embedder.sha256, str(seed), *lines, *(str(clip.path) for clip in clips)]).encode())
    stored = cache / f"embeddings-{key.hexdigest()[:16]}.npy"
    if stored.exists():
        return np.asarray(np.load(stored), dtype=np.float32)
    started = time.monotonic()
    rows = []
    for index, clip in enumerate(clips):
        sound = read_sound(clip.path)
        random = np.random.default_rng((seed, index))
        rows.append([embedder.embed(through_line(sound, line, random)) for line in lines])
        if (index + 1) % _REPORT_EACH == 0:
            print(f"  {index + 1} of {len(clips)} clips embedded, {time.monotonic() - started:.0f} s", flush=True)
    embeddings = np.asarray(rows, dtype=np.float32).swapaxes(0, 1)
    np.save(stored, embeddings)
    return embeddings
