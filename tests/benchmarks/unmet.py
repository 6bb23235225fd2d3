"""Made-up speakers for the benchmark of calls: what is said of their clips is what was heard, with some error."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from analysis.emotion.evaluation.labelled import LabelledClip
from analysis.emotion.score import Estimate
from benchmarks.unmet_speakers import CORPORA, Said

KINDS = ("anger", "happy", "neutral", "sad")
CLIPS = 11


def clip(corpus: str, speaker: str, kind: str) -> LabelledClip:
    """One clip that was heard as `kind` by most."""
    activation = 0.9 if kind in ("anger", "happy") else 0.1
    return LabelledClip(
        Path("a.wav"), corpus, f"{corpus}:{speaker}", "f", "", None, "en", kind, activation, 1.0,
        0.8 if kind == "anger" else 0.1,
    )  # fmt: skip


def said(speakers: int = 2, error: float = 0.15) -> list[Said]:
    """All clips of both corpora's speakers: eleven of each kind."""
    rng = np.random.default_rng(0)
    told = []
    for corpus in CORPORA:
        for speaker in range(speakers):
            for kind in KINDS:
                for _ in range(CLIPS):
                    one = clip(corpus, str(speaker), kind)
                    pair = [
                        Estimate(float(np.clip(value + rng.normal(0, error), 0, 1)), error)
                        for value in (one.activation, one.anger)
                    ]
                    told.append(Said(one, 2.5, *pair))
    return told
