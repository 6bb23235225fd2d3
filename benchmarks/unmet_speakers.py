"""What a tone model says of speakers whom it never met: plain linear heads on the shipped trunk, each trained without
the voices that it judges. The shipped heads were trained on every speaker at hand, so that no rule for what is told
over a call may be chosen by what they say.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Final, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import minimize
from torch import nn

from analysis.audio import ENGINE_RATE_HZ
from analysis.emotion.evaluation.labelled import LabelledClip, ManifestRefused, read_labelled
from analysis.emotion.evaluation.sound import by_phone, read_sound
from analysis.emotion.log_mel import log_mel
from analysis.emotion.model_files import NETWORK, PACKAGED
from analysis.emotion.network import Trunk, load_onnx
from analysis.emotion.score import Estimate
from analysis.emotion.window import LONGEST_SAMPLES

CORPORA: Final = ("emodb", "crema_d_mel")
FOLDS: Final = 5
_PENALTY: Final = 0.03
"""Of the squared weights against the mean loss: strong, since speakers are few."""

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


@dataclass(frozen=True, slots=True, eq=False)
class Heard:
    """Clips, how long each is, and their embeddings by phone, float64 `[n, width]`, each dimension standardised."""

    clips: Sequence[LabelledClip]
    lengths_s: Sequence[float]
    embeddings: Floats


class Headless(nn.Module):
    """The network that is shipped, without its heads: `load_onnx` fills what it finds here by name."""

    def __init__(self) -> None:
        super().__init__()
        self.trunk = Trunk()


def chosen(folder: Path, speakers: int) -> list[LabelledClip]:
    """The clips in which one of the four classes was heard, of the first speakers of each corpus who were heard angry
    at least six times.

    Raises:
        SystemExit: the folder, its manifest, or one of the corpora is not there.
    """
    try:
        every = [clip for clip in read_labelled(folder, CORPORA) if clip.is_judged]
    except ManifestRefused as refused:
        raise SystemExit(f"no recordings: {refused}") from None
    kept: list[LabelledClip] = []
    for corpus in CORPORA:
        own = sorted((clip for clip in every if clip.corpus == corpus), key=lambda clip: clip.speaker)
        if not own:
            raise SystemExit(f"no recordings: the corpus {corpus} is not in {folder}")
        by_speaker = [list(clips) for _, clips in groupby(own, key=lambda clip: clip.speaker)]
        heard_angry = [clips for clips in by_speaker if sum(clip.is_angry for clip in clips) >= 6]
        kept += [clip for clips in heard_angry[:speakers] for clip in clips]
    return kept


def hear(clips: Sequence[LabelledClip]) -> Heard:
    """Send each clip through a phone line and the trunk of the model that is shipped."""
    torch.set_num_threads(1)
    network = Headless()
    load_onnx(network, PACKAGED / NETWORK)
    lengths_s, rows = [], []
    for clip in clips:
        sound = by_phone(read_sound(clip.path))[-LONGEST_SAMPLES:]
        lengths_s.append(len(sound) / ENGINE_RATE_HZ)
        rows.append(_embedding(network.trunk, log_mel(sound)))
    found = np.array(rows)
    return Heard(clips, lengths_s, (found - found.mean(axis=0)) / np.maximum(found.std(axis=0), 1e-6))


def said_of(heard: Heard, unmet: Unmet) -> list[Said]:
    """What heads that had not met a clip's speaker, or corpus, say of it: calibrated, with one sigma."""
    clips = heard.clips
    groups = _folds(clips) if unmet == "speaker" else np.array([CORPORA.index(clip.corpus) for clip in clips])
    activation = _estimates(heard, groups, [clip.activation for clip in clips], [c.activation_weight for c in clips])
    anger = _estimates(heard, groups, [clip.anger for clip in clips], [1.0] * len(clips))
    return [Said(*each) for each in zip(clips, heard.lengths_s, activation, anger, strict=True)]


def _embedding(trunk: Trunk, picture: NDArray[np.float32]) -> Floats:
    with torch.inference_mode():
        found = trunk(torch.from_numpy(picture)[None])[0].numpy()
    return np.asarray(found, dtype=np.float64)


def _folds(clips: Sequence[LabelledClip]) -> NDArray[np.int64]:
    """A fold for each clip: every speaker wholly in one, and each corpus' speakers dealt out in turn."""
    dealt: dict[str, int] = {}
    for corpus in CORPORA:
        own = sorted({clip.speaker for clip in clips if clip.corpus == corpus})
        dealt |= {speaker: at % FOLDS for at, speaker in enumerate(own)}
    return np.array([dealt[clip.speaker] for clip in clips])


def _estimates(
    heard: Heard, groups: NDArray[np.int64], wanted: Sequence[float], told: Sequence[float]
) -> list[Estimate]:
    """Train without each group and judge it; then calibrate over all that was judged so.

    `wanted` are shares of listeners, `told` how much of each is known (0..1).
    """
    aim, known = np.array(wanted), np.array(told)
    weights = known * _balance(heard.clips)
    logits = np.zeros(len(aim))
    for group in np.unique(groups):
        out = groups == group
        logits[out] = _head(heard.embeddings[~out], aim[~out], weights[~out])(heard.embeddings[out])
    natural = known * _of_corpora(heard.clips)
    values = _sigmoid(_head(logits[:, None], aim, natural, penalty=0.0)(logits[:, None]))
    doubt = values * (1.0 - values)
    # One factor for the whole: the squared error as a multiple of value * (1 - value).
    factor = np.sum(natural * doubt * (values - aim) ** 2) / np.sum(natural * doubt**2)
    sigmas = np.minimum(np.sqrt(factor * doubt), 0.5)
    return [Estimate(float(value), float(sigma)) for value, sigma in zip(values, sigmas, strict=True)]


def _head(rows: Floats, aim: Floats, weights: Floats, penalty: float = _PENALTY) -> Callable[[Floats], Floats]:
    """Logistic regression on soft targets: what maps rows `[n, d]` to logits `[n]`."""
    share = weights / weights.sum()

    def loss(weights_and_offset: Floats) -> tuple[float, Floats]:
        slope, offset = weights_and_offset[:-1], weights_and_offset[-1]
        bent = rows @ slope + offset
        error = share * (_sigmoid(bent) - aim)
        value = np.sum(share * (np.logaddexp(0.0, bent) - aim * bent)) + 0.5 * penalty * slope @ slope
        return float(value), np.append(rows.T @ error + penalty * slope, error.sum())

    found: Floats = minimize(loss, np.zeros(rows.shape[1] + 1), jac=True, method="L-BFGS-B").x
    return lambda asked: np.asarray(asked @ found[:-1] + found[-1])


def _balance(clips: Sequence[LabelledClip]) -> Floats:
    """Each corpus alike, and in it each class."""
    kinds = [(clip.corpus, clip.heard) for clip in clips]
    return np.array([1.0 / kinds.count(kind) for kind in kinds])


def _of_corpora(clips: Sequence[LabelledClip]) -> Floats:
    """Each corpus alike, with its own share of classes."""
    corpora = [clip.corpus for clip in clips]
    return np.array([1.0 / corpora.count(corpus) for corpus in corpora])


def _sigmoid(logits: Floats) -> Floats:
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(logits, -30.0, 30.0))))
