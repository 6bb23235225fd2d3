"""Training a whole network: the space of the embeddings, its edge, and an ensemble of heads."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from analysis.emotion.network import ToneNetwork
from analysis.emotion.training.brain import Lesson, train_head
from analysis.emotion.training.corpora import CORPORA, Clip

Floats32 = NDArray[np.float32]

_SHRINKAGE: Final = 0.01
"""Share of an identity in the covariance: directions that hardly vary in training must not rule the distance."""

_EDGE: Final = 0.95
"""Share of the training speech that lies within distance 1."""


class Judged(NamedTuple):
    """What a network said: logits `[lines, clips, heads, 2]`, distances `[lines, clips]`, both float64."""

    logits: NDArray[np.float64]
    distances: NDArray[np.float64]


def balance(clips: Sequence[Clip]) -> NDArray[np.float64]:
    """Chance of each clip to be drawn, `[n]`: each corpus alike, and within it each class heard alike."""
    kinds = [(clip.corpus, clip.heard) for clip in clips]
    classes = {corpus: len({kind for kind in kinds if kind[0] == corpus}) for corpus in {kind[0] for kind in kinds}}
    counts = {kind: kinds.count(kind) for kind in set(kinds)}
    return np.array([1.0 / (counts[kind] * classes[kind[0]]) for kind in kinds])


def natural(clips: Sequence[Clip]) -> NDArray[np.float64]:
    """Weight of each clip, `[n]`, where each corpus counts alike and keeps its own share of classes."""
    kinds = [clip.corpus for clip in clips]
    counts = {kind: kinds.count(kind) for kind in set(kinds)}
    return np.array([1.0 / (counts[kind] * len(counts)) for kind in kinds])


def targets(clips: Sequence[Clip]) -> tuple[Floats32, Floats32]:
    """Soft targets and weights, each float32 `[n, 2]`: activation, anger."""
    wanted = [(clip.activation, clip.anger) for clip in clips]
    weight = [(clip.activation_weight, 1.0) for clip in clips]
    return np.asarray(wanted, dtype=np.float32), np.asarray(weight, dtype=np.float32)


def train_network(embeddings: Floats32, clips: Sequence[Clip], heads: int, seed: int) -> ToneNetwork:
    """Train heads on embeddings `[lines, clips, 384]`; the trunk of the returned network is left empty."""
    lines = len(embeddings)
    rows = embeddings.reshape(-1, embeddings.shape[-1])
    network = ToneNetwork(heads)
    _lay_out(network, rows, np.tile(natural(clips), lines))
    with torch.no_grad():
        standard = ((torch.from_numpy(rows) - network.centre) / network.scale).numpy()
    wanted, weight = (np.tile(part, (lines, 1)) for part in targets(clips))
    corpus = np.tile([CORPORA.index(clip.corpus) for clip in clips], lines)
    lesson = Lesson(standard, wanted, weight, corpus, np.tile(balance(clips), lines))
    for index in range(heads):
        network.heads[index] = train_head(lesson, seed + index)
    return network.eval()


def _lay_out(network: ToneNetwork, rows: Floats32, weights: NDArray[np.float64]) -> None:
    """Set centre, scale and whitening from embeddings `[n, 384]`, so that the distance of the edge is 1."""
    share = weights / weights.sum()
    centre = share @ rows
    scale = np.sqrt(share @ (rows - centre) ** 2)
    standard = (rows - centre) / scale
    covariance = (standard * share[:, None]).T @ standard
    variances, directions = np.linalg.eigh((1 - _SHRINKAGE) * covariance + _SHRINKAGE * np.eye(len(covariance)))
    whitening = directions / np.sqrt(variances)
    distances = np.sqrt(np.mean((standard @ whitening) ** 2, axis=1))
    whitening /= np.quantile(distances, _EDGE)
    with torch.no_grad():
        for parameter, value in ((network.centre, centre), (network.scale, scale), (network.whitening, whitening)):
            parameter.copy_(torch.from_numpy(np.asarray(value, dtype=np.float32)))


def judge(network: ToneNetwork, embeddings: Floats32) -> Judged:
    """Let a network judge embeddings `[lines, clips, 384]`."""
    with torch.inference_mode():
        logits, distances = network.judge(torch.from_numpy(embeddings).reshape(-1, embeddings.shape[-1]))
    shape = embeddings.shape[:2]
    return Judged(
        logits.numpy().astype(np.float64).reshape(*shape, *logits.shape[1:]),
        distances.numpy().astype(np.float64).reshape(shape),
    )


def speaker_folds(clips: Sequence[Clip], folds: int, seed: int) -> NDArray[np.int64]:
    """Fold of each clip, `[n]`: every speaker wholly in one fold, each corpus' speakers spread evenly over all."""
    random = np.random.default_rng(seed)
    fold_of: dict[str, int] = {}
    for corpus in CORPORA:
        speakers = sorted({clip.speaker for clip in clips if clip.corpus == corpus})
        random.shuffle(speakers)
        fold_of.update({speaker: index % folds for index, speaker in enumerate(speakers)})
    return np.array([fold_of[clip.speaker] for clip in clips])
