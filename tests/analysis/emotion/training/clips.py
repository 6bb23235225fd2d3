"""A tiny data folder, and clips and embeddings drawn from a seed: no corpus is needed to test the recipe."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile  # type: ignore[import-untyped]
from numpy.typing import NDArray

from analysis.emotion.network import EMBEDDING
from analysis.emotion.training.corpora import CORPORA, Clip
from analysis.emotion.training.recipe import Recipe

_MANIFEST = """\
path,corpus,speaker,gender,emotion,language,licence,dur,orig_sr,orig_ch,source,note
emodb/a.wav,emodb,03,m,anger,de,CC0-1.0,1.0,16000,1,x,
emodb/b.wav,emodb,08,f,boredom,de,CC0-1.0,1.0,16000,1,x,
emodb/c.wav,emodb,08,f,fear,de,CC0-1.0,1.0,16000,1,x,
crema_d_mel/d.wav,crema_d_mel,1001,m,anger,en,x,1.0,16000,1,x,"intensity=XX race=African American ethnicity=Not \
Hispanic voicevote=N votes=A1,D2,F0,H0,N5,S2 rebuilt=1"
crema_d_mel/e.wav,crema_d_mel,1002,f,anger,en,x,1.0,16000,1,x,"race=Asian voicevote=A:S votes=A4,D0,F0,H0,N2,S4"
crema_d/f.wav,crema_d,1002,f,happiness,en,x,1.0,16000,1,x,"voicevote=H votes=A0,D0,F0,H9,N1,S0"
"""


def data_folder(folder: Path) -> Path:
    """A manifest and its sounds."""
    (folder / "manifest.csv").write_text(_MANIFEST)
    for line in _MANIFEST.splitlines()[1:]:
        path = folder / line.split(",")[0]
        path.parent.mkdir(exist_ok=True)
        soundfile.write(path, np.random.default_rng(1).standard_normal(16_000) * 0.05, 16_000)
    return folder


LINES = ("clean", "phone", "wild")

SMALL = Recipe(
    seed=1,
    heads=2,
    folds=2,
    many_speakers=1000,
    few_speakers_lines=("phone",),
    lines=LINES,
    false_alarms=0.1,
    kept=0.98,
    margin=1.25,
)
"""A recipe that is done in seconds."""


def drawn_clips(speakers: int) -> tuple[list[Clip], NDArray[np.float16]]:
    """Clips of both corpora, ten of each speaker, and float16 embeddings `[lines, clips, EMBEDDING]` of their class."""
    random = np.random.default_rng(1)
    clips, rows = [], []
    for corpus in CORPORA:
        for index in range(10 * speakers):
            heard = ("anger", "happy", "neutral", "sad", "other")[index % 5]
            active, angry = float(heard in ("anger", "happy")), float(heard == "anger")
            told = float(heard != "other")
            speaker = f"{corpus}:{index // 10}"
            shares = [0.0125] * 5
            shares[index % 5] = 0.95
            heard_as = heard, active, told, angry, 0, tuple(shares)
            clips.append(Clip(Path(f"{corpus}{index}"), corpus, speaker, "f", "", None, "de", *heard_as))
            row = random.standard_normal(EMBEDDING)
            row[:20] += 3 * active
            row[20:40] += 3 * angry
            rows.append(row)
    return clips, np.tile(np.asarray(rows, dtype=np.float16), (len(LINES), 1, 1))
