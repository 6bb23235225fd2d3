"""Training a whole network: the space of the embeddings, its edge, and an ensemble of heads."""

import hashlib
import inspect
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from analysis.emotion import network as networks
from analysis.emotion.network import SEEN, SPACE, WIDTH, Head, PlainHead, ToneNetwork
from analysis.emotion.training import brain
from analysis.emotion.training.brain import DEAR, HIDDEN, PLAIN, Lesson, train_head
from analysis.emotion.training.corpora import Clip
from analysis.emotion.training.recipe import Recipe

Floats16 = NDArray[np.float16]
Floats32 = NDArray[np.float32]

_SHRINKAGE: Final = 0.01
"""Share of an identity in the covariance: directions that hardly vary in training must not rule the distance."""

_EDGE: Final = 0.95
"""Share of the training speech that lies within distance 1."""

_OTHER: Final = 0.3
"""How much a clip in which none of the four classes was heard counts: it must be known, and is not what is asked."""


class Judged(NamedTuple):
    """What a network said: logits `[lines, clips, heads, 2]`, distances `[lines, clips]`, both float64."""

    logits: NDArray[np.float64]
    distances: NDArray[np.float64]


def natural(clips: Sequence[Clip]) -> NDArray[np.float64]:
    """Weight of each clip, `[n]`, where each corpus counts alike and keeps its own share of classes."""
    kinds = [clip.corpus for clip in clips]
    counts = {kind: kinds.count(kind) for kind in set(kinds)}
    return np.array([1.0 / (counts[kind] * len(counts)) for kind in kinds])


def train_network(
    embeddings: Floats16, clips: Sequence[Clip], recipe: Recipe, cache: Path | None = None
) -> ToneNetwork:
    """Train heads on embeddings `[lines, clips, EMBEDDING]`; the trunk of the returned network is left empty.

    Heads that are finished are kept in `cache`, so that a run that was broken off goes on where it was.
    """
    has_many = len({clip.speaker for clip in clips}) >= recipe.many_speakers
    if not has_many:
        embeddings = embeddings[[recipe.lines.index(line) for line in recipe.few_speakers_lines]]
    lines = len(embeddings)
    rows = embeddings.reshape(-1, embeddings.shape[-1]).astype(np.float32)
    network = ToneNetwork(heads=0, hidden=1)
    _lay_out(network, rows, np.tile(natural(clips), lines))
    rows -= network.centre.detach().numpy()
    rows /= network.scale.detach().numpy()
    wanted = np.array([clip.shares for clip in clips], dtype=np.float32)
    chance = natural(clips) * np.array([1.0 if clip.is_judged else _OTHER for clip in clips])
    lesson = Lesson(rows, np.tile(wanted, (lines, 1)), np.tile(chance, lines))
    kinds = [HIDDEN] * (recipe.heads - 1) + [PLAIN] if has_many else [DEAR] * recipe.heads
    network.heads = nn.ModuleList(_head(lesson, kind, recipe.seed + at, cache) for at, kind in enumerate(kinds))
    return network.eval()


def _head(lesson: Lesson, recipe: Path, seed: int, cache: Path | None) -> Head | PlainHead:
    """Train a head, or take it from the cache."""
    if cache is None:
        return train_head(lesson, recipe, seed)
    digest = hashlib.sha256(recipe.read_bytes() + str(seed).encode())
    for module in (brain, networks):
        digest.update(inspect.getsource(module).encode())
    for part in (lesson.embeddings, lesson.targets, lesson.chance):
        digest.update(np.ascontiguousarray(part).data)
    stored = cache / f"head-{digest.hexdigest()[:16]}.npz"
    if not stored.exists():
        learnt = train_head(lesson, recipe, seed)
        values: dict[str, Any] = {name: value.detach().numpy() for name, value in learnt.named_parameters()}
        np.savez(stored, **values)
    with np.load(stored) as kept:
        head = Head(kept["hidden.bias"].size) if "hidden.bias" in kept else PlainHead()
        with torch.no_grad():
            for name, parameter in head.named_parameters():
                parameter.copy_(torch.from_numpy(kept[name]))
    return head.eval()


def _lay_out(network: ToneNetwork, rows: Floats32, weights: NDArray[np.float64]) -> None:
    """Set centre, scale and whitening from embeddings `[n, EMBEDDING]`, so that the distance of the edge is 1."""
    share = (weights / weights.sum()).astype(np.float32)
    centre = share @ rows
    scale = np.sqrt(np.maximum(share @ np.square(rows) - np.square(centre), 1e-12))
    seen = (rows[:, SEEN] - centre[SEEN]) / scale[SEEN]
    covariance = ((seen * share[:, None]).T @ seen).astype(np.float64)
    variances, directions = np.linalg.eigh((1 - _SHRINKAGE) * covariance + _SHRINKAGE * np.eye(WIDTH))
    whitening = (directions / np.sqrt(variances))[:, -SPACE:]
    distances = np.sqrt(np.mean((seen @ whitening) ** 2, axis=1))
    whitening /= np.quantile(distances, _EDGE)
    with torch.no_grad():
        for parameter, value in ((network.centre, centre), (network.scale, scale), (network.whitening, whitening)):
            parameter.copy_(torch.from_numpy(np.asarray(value, dtype=np.float32)))


def judge(network: ToneNetwork, embeddings: Floats16) -> Judged:
    """Let a network judge embeddings `[lines, clips, EMBEDDING]`."""
    logits, distances = [], []
    with torch.inference_mode():
        for line in embeddings:
            said, far = network.judge(torch.from_numpy(line.astype(np.float32)))
            logits.append(said.numpy().astype(np.float64))
            distances.append(far.numpy().astype(np.float64))
    return Judged(np.stack(logits), np.stack(distances))


def speaker_folds(clips: Sequence[Clip], folds: int, seed: int) -> NDArray[np.int64]:
    """Fold of each clip, `[n]`: every speaker wholly in one fold, each corpus' speakers spread evenly over all."""
    random = np.random.default_rng(seed)
    fold_of: dict[str, int] = {}
    for corpus in sorted({clip.corpus for clip in clips}, reverse=True):
        speakers = sorted({clip.speaker for clip in clips if clip.corpus == corpus})
        random.shuffle(speakers)
        fold_of.update({speaker: index % folds for index, speaker in enumerate(speakers)})
    return np.array([fold_of[clip.speaker] for clip in clips])
