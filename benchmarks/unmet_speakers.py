"""What the tone model says of speakers whom it never met: the recipe of the shipped one, trained without them.

The shipped heads were trained on every speaker at hand, so that no rule for what is told over a call may be chosen by
what they say. These are the trials of the training itself, by phone, with what it keeps in its cache.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Final, Literal

import numpy as np
import torch
from numpy.typing import NDArray

from analysis.audio import ENGINE_RATE_HZ
from analysis.emotion.evaluation.judgement import Judgement
from analysis.emotion.evaluation.labelled import LabelledClip
from analysis.emotion.evaluation.sound import read_sound
from analysis.emotion.score import Estimate
from analysis.emotion.training.corpora import CORPORA, read_clips
from analysis.emotion.training.figures import of_speakers
from analysis.emotion.training.material import gather
from analysis.emotion.training.recipe import read_recipe
from analysis.emotion.training.telephone import PHONE
from analysis.emotion.training.trials import Trials

LONGEST_S: Final = 8.0
_ANGRY_CLIPS: Final = 6

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Unmet = Literal["speaker", "corpus"]
"""Whether a head had not met the speaker, or nobody of the whole corpus."""


@dataclass(frozen=True, slots=True)
class Said:
    """One clip as one window: how long it is, and what was said of it."""

    clip: LabelledClip
    length_s: float
    activation: Estimate
    anger: Estimate


def trials_of(folder: Path, cache: Path) -> Trials:
    """The shipped model's own trials, made ready.

    Raises:
        SystemExit: the folder, its manifest, or one of the corpora is not there.
    """
    torch.set_num_threads(1)
    logging.disable(logging.WARNING)  # SpeechBrain's ten lines for each of the dozens of heads
    _, trials = gather(folder, read_clips(folder), read_recipe(), cache, os.cpu_count() or 1)
    return trials


def said_of(trials: Trials, speakers: int) -> dict[Unmet, list[Said]]:
    """What is said of the clips of so many speakers of each corpus by who had not met them, or their corpus."""
    by_speaker = of_speakers(trials, trials.held_out_speakers(), [PHONE])
    by_corpus = [one for corpus in CORPORA
                 for one in trials.held_out_corpus(corpus).judgements(trials.recipe.lines, [PHONE])]  # fmt: skip
    kept = chosen(trials.clips, speakers)
    return {"speaker": _told_of(by_speaker, kept), "corpus": _told_of(by_corpus, kept)}


def chosen(clips: Sequence[LabelledClip], speakers: int) -> frozenset[Path]:
    """The clips in which one of the four classes was heard, of the first speakers of each corpus who were heard angry
    at least six times.
    """
    judged = sorted((clip for clip in clips if clip.is_judged), key=lambda clip: (clip.corpus, clip.speaker))
    kept: set[Path] = set()
    for _, corpus in groupby(judged, key=lambda clip: clip.corpus):
        own = [list(some) for _, some in groupby(corpus, key=lambda clip: clip.speaker)]
        heard_angry = [some for some in own if sum(clip.is_angry for clip in some) >= _ANGRY_CLIPS]
        kept |= {clip.path for some in heard_angry[:speakers] for clip in some}
    return frozenset(kept)


def _told_of(judgements: Sequence[Judgement], kept: frozenset[Path]) -> list[Said]:
    """Of the clips that are kept, those with a score: the others are not told over a call either."""
    return [
        Said(
            one.clip,
            min(LONGEST_S, len(read_sound(one.clip.path)) / ENGINE_RATE_HZ),
            Estimate(one.activation, one.activation_sigma),
            Estimate(one.anger, one.anger_sigma),
        )
        for one in judgements
        if one.is_told and one.clip.path in kept
    ]
