"""How a head learns: SpeechBrain's loop, with listeners' shares as targets, blur and mixup."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.utils.data import DataLoader, IterableDataset

from analysis.emotion.network import CLASSES, Head, PlainHead
from analysis.emotion.speechbrain_model import Brain, Stage, load_hyperpyyaml, update_learning_rate

_FOLDER: Final = Path(__file__).parent
HIDDEN: Final = _FOLDER / "hidden_layer.yaml"
"""How a head with a hidden layer learns."""
PLAIN: Final = _FOLDER / "plain.yaml"
"""How one without learns beside it."""
DEAR: Final = _FOLDER / "plain_dear.yaml"
"""How one without learns where speakers are few."""

_SMOOTHING: Final = 0.05
"""Share of every target that is spread evenly: ten listeners who agree are not all listeners."""

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Lesson:
    """What one head learns from, row by row.

    `embeddings` is float32 `[n, EMBEDDING]`, standardised; `targets` float32 `[n, CLASSES]`, shares that add up to 1;
    `chance` float64 `[n]`, how likely each row is drawn (it balances the corpora).
    """

    embeddings: Floats
    targets: Floats
    chance: NDArray[np.float64]


class Batch(NamedTuple):
    """A drawn part of a lesson, as tensors."""

    embeddings: Tensor
    targets: Tensor


class Draws(IterableDataset[Batch]):
    """Balanced batches, drawn anew each epoch from a seed."""

    def __init__(self, lesson: Lesson, rows: int, batch_size: int, seed: int) -> None:
        smooth = (1.0 - _SMOOTHING) * lesson.targets + _SMOOTHING / CLASSES
        self._all = Batch(torch.from_numpy(lesson.embeddings), torch.from_numpy(smooth))
        self._edges = np.cumsum(lesson.chance) / lesson.chance.sum()
        self._rows, self._batch_size = rows, batch_size
        self._random = np.random.default_rng(seed)

    def __len__(self) -> int:
        return self._rows // self._batch_size

    def __iter__(self) -> Iterator[Batch]:
        for _ in range(len(self)):
            drawn = np.searchsorted(self._edges, self._random.random(self._batch_size), side="right")
            rows = torch.from_numpy(np.minimum(drawn, len(self._edges) - 1))
            yield Batch(*(part[rows] for part in self._all))


class ToneBrain(Brain):  # type: ignore[misc]  # SpeechBrain ships no types
    """Trains one head."""

    def compute_forward(self, batch: Batch, stage: Stage) -> Tensor:
        """Return logits `[n, CLASSES]`."""
        logits: Tensor = self.modules["head"].classes(batch.embeddings)
        return logits

    def compute_objectives(self, predictions: Tensor, batch: Batch, stage: Stage) -> Tensor:
        """Cross-entropy against listeners' shares, and the price of large weights."""
        loss = nn.functional.cross_entropy(predictions, batch.targets)
        if self.hparams.ridge > 0:
            loss = loss + 0.5 * self.hparams.ridge * self.modules["head"].out.weight.square().sum()
        return loss

    def fit_batch(self, batch: Batch) -> Tensor:
        """Blur the batch and mix it with itself, then take SpeechBrain's step."""
        loss: Tensor = super().fit_batch(mixed(blurred(batch, self.hparams.blur), self.hparams.mixup))
        return loss

    def on_stage_end(self, stage: Stage, stage_loss: float, epoch: int | None = None) -> None:
        """Slow down."""
        if epoch is not None:
            _, rate = self.hparams.lr_annealing(epoch)
            update_learning_rate(self.optimizer, rate)


def blurred(batch: Batch, strength: float) -> Batch:
    """Add white noise of `strength` standard deviations: nothing that few numbers tell alone is learnt."""
    if strength <= 0:
        return batch
    return Batch(batch.embeddings + strength * torch.randn_like(batch.embeddings), batch.targets)


def mixed(batch: Batch, strength: float) -> Batch:
    """Mixup (Zhang et al. 2018): each row with another one of the batch, in one share drawn for all."""
    if strength <= 0:
        return batch
    share = float(torch.distributions.Beta(strength, strength).sample())
    partner = torch.randperm(len(batch.targets))
    return Batch(*(share * part + (1 - share) * part[partner] for part in batch))


def train_head(lesson: Lesson, recipe: Path, seed: int) -> Head | PlainHead:
    """Train one head by a recipe (`HIDDEN`, `PLAIN` or `DEAR`), from a seed."""
    torch.manual_seed(seed)
    with recipe.open() as text:
        told: dict[str, Any] = load_hyperpyyaml(text)
    brain = ToneBrain({"head": told["head"]}, told["opt_class"], told, {"device": "cpu", "noprogressbar": True})
    draws = Draws(lesson, told["rows_per_epoch"], told["batch_size"], seed)
    brain.fit(range(told["epochs"]), DataLoader(draws, batch_size=None))
    head: Head | PlainHead = told["head"]
    return head.eval()
