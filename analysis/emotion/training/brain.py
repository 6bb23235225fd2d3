"""How a head learns: SpeechBrain's loop with mixup, soft targets, and CORAL between the corpora."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.utils.data import DataLoader, IterableDataset

from analysis.emotion.network import Head
from analysis.emotion.speechbrain_model import Brain, Stage, load_hyperpyyaml

HYPERPARAMS: Final = Path(__file__).parent / "hyperparams.yaml"

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Lesson:
    """What one head learns from, row by row.

    `embeddings` is float32 `[n, 384]`, standardised; `targets` and `weights` float32 `[n, 2]` (activation, anger);
    `corpus` int `[n]`; `chance` float64 `[n]`, how likely each row is drawn (it balances corpora and classes).
    """

    embeddings: Floats
    targets: Floats
    weights: Floats
    corpus: NDArray[np.int64]
    chance: NDArray[np.float64]


class Batch(NamedTuple):
    """A drawn part of a lesson, as tensors."""

    embeddings: Tensor
    targets: Tensor
    weights: Tensor
    corpus: Tensor


class Draws(IterableDataset[Batch]):
    """Balanced batches, drawn anew each epoch from a seed."""

    def __init__(self, lesson: Lesson, rows: int, batch_size: int, seed: int) -> None:
        parts = (lesson.embeddings, lesson.targets, lesson.weights, lesson.corpus)
        self._all = Batch(*(torch.from_numpy(part) for part in parts))
        self._chance = lesson.chance / lesson.chance.sum()
        self._rows, self._batch_size = rows, batch_size
        self._random = np.random.default_rng(seed)

    def __len__(self) -> int:
        return self._rows // self._batch_size

    def __iter__(self) -> Iterator[Batch]:
        for _ in range(len(self)):
            drawn = torch.from_numpy(self._random.choice(len(self._chance), self._batch_size, p=self._chance))
            yield Batch(*(part[drawn] for part in self._all))


class ToneBrain(Brain):  # type: ignore[misc]  # SpeechBrain ships no types
    """Trains one `Head`."""

    def compute_forward(self, batch: Batch, stage: Stage) -> tuple[Tensor, Tensor]:
        """Return logits `[n, 2]` and the hidden layer `[n, hidden]`."""
        head = self.modules["head"]
        hidden = head.bend(batch.embeddings)
        return head.out(head.dropout(hidden)), hidden

    def compute_objectives(self, predictions: tuple[Tensor, Tensor], batch: Batch, stage: Stage) -> Tensor:
        """Cross-entropy against listeners' shares, plus what makes the corpora look alike to the head."""
        logits, hidden = predictions
        losses = nn.functional.binary_cross_entropy_with_logits(logits, batch.targets, reduction="none")
        loss = (losses * batch.weights).sum() / batch.weights.sum()
        total: Tensor = loss + self.hparams.coral * coral(hidden, batch.corpus)
        return total

    def fit_batch(self, batch: Batch) -> Tensor:
        """Mix the batch with itself, then take SpeechBrain's step."""
        loss: Tensor = super().fit_batch(mixed(batch, self.hparams.mixup))
        return loss

    def on_stage_end(self, stage: Stage, stage_loss: float, epoch: int | None = None) -> None:
        """Keep the last loss for whoever reports progress."""
        self.last_loss = stage_loss


def mixed(batch: Batch, strength: float) -> Batch:
    """Mixup (Zhang et al. 2018) within each corpus' own rows of the batch: CORAL needs to know whose a row is."""
    if strength <= 0:
        return batch
    share = float(torch.distributions.Beta(strength, strength).sample())
    partner = torch.arange(len(batch.corpus))
    for corpus in sorted(set(batch.corpus.tolist())):
        rows = torch.nonzero(batch.corpus == corpus)[:, 0]
        partner[rows] = rows[torch.randperm(len(rows))]
    embeddings, targets, weights = (share * part + (1 - share) * part[partner] for part in batch[:3])
    return Batch(embeddings, targets, weights, batch.corpus)


def coral(hidden: Tensor, corpus: Tensor) -> Tensor:
    """Deep CORAL (Sun and Saenko 2016): squared distance of two corpora's covariances; 0 with a single corpus."""
    kinds = sorted(set(corpus.tolist()))
    if len(kinds) < 2:
        return hidden.new_zeros(())
    first, second = (torch.cov(hidden[corpus == kind].T) for kind in kinds[:2])
    return (first - second).square().sum() / (4 * hidden.shape[1] ** 2)


def train_head(lesson: Lesson, seed: int) -> Head:
    """Train one head by the recipe in `hyperparams.yaml`, from a seed."""
    torch.manual_seed(seed)
    with HYPERPARAMS.open() as text:
        recipe: dict[str, Any] = load_hyperpyyaml(text)
    brain = ToneBrain({"head": recipe["head"]}, recipe["opt_class"], recipe, {"device": "cpu", "noprogressbar": True})
    draws = Draws(lesson, recipe["rows_per_epoch"], recipe["batch_size"], seed)
    brain.fit(range(recipe["epochs"]), DataLoader(draws, batch_size=None))
    head: Head = recipe["head"]
    return head.eval()
