"""How a head learns."""

import numpy as np
import pytest
import torch

from analysis.emotion.network import CLASSES, EMBEDDING
from analysis.emotion.training.brain import DEAR, HIDDEN, PLAIN, Batch, Draws, Lesson, blurred, mixed, train_head


def _batch() -> Batch:
    torch.manual_seed(1)
    return Batch(torch.rand(40, 384), torch.rand(40, CLASSES))


def _lesson() -> Lesson:
    random = np.random.default_rng(1)
    targets = np.eye(CLASSES, dtype=np.float32)[random.integers(0, CLASSES, 200)]
    rows = random.standard_normal((200, EMBEDDING)).astype(np.float32)
    rows[:, :CLASSES] += 3 * targets
    return Lesson(rows, targets, np.ones(200))


def test_a_mixed_row_lies_between_two_of_the_batch() -> None:
    """Law: mixing makes no number that no clip has, and mixes targets in the same share."""
    batch = _batch()
    blended = mixed(batch, 0.4)
    assert float(blended.embeddings.max()) <= float(batch.embeddings.max())
    assert torch.allclose(blended.targets.sum(), batch.targets.sum(), rtol=1e-4)
    assert not torch.equal(blended.embeddings, batch.embeddings)


def test_no_strength_changes_nothing() -> None:
    """Law: a recipe without mixup and blur trains on the clips themselves."""
    batch = _batch()
    assert mixed(batch, 0.0) is batch
    assert blurred(batch, 0.0) is batch
    assert torch.equal(blurred(batch, 1.0).targets, batch.targets)


def test_rows_are_drawn_by_their_chance() -> None:
    """Law: a corpus that counts nothing is never learnt from, and no row beyond the last is asked for."""
    lesson = _lesson()
    chance = np.zeros(200)
    chance[[3, 199]] = 1.0, 3.0
    drawn = list(Draws(Lesson(lesson.embeddings, lesson.targets, chance), 1000, 100, 1))
    rows = torch.cat([batch.embeddings for batch in drawn])
    known = torch.from_numpy(lesson.embeddings[[3, 199]])
    which = torch.cdist(rows, known).argmin(dim=1)
    assert float(torch.cdist(rows, known).amin(dim=1).max()) < 0.1
    assert float((which == 1).float().mean()) == pytest.approx(0.75, abs=0.06)


@pytest.mark.parametrize("recipe", [HIDDEN, PLAIN, DEAR], ids=lambda path: path.stem)
def test_every_kind_of_head_learns(recipe: object) -> None:
    """Law: what can be learnt of a lesson is learnt."""
    lesson = _lesson()
    first = train_head(lesson, recipe, 3)  # type: ignore[arg-type]
    with torch.inference_mode():
        said = first.classes(torch.from_numpy(lesson.embeddings))
    assert float((said.argmax(1).numpy() == lesson.targets.argmax(1)).mean()) > 0.9


def test_the_same_seed_learns_the_same() -> None:
    """Law: training can be repeated to the bit."""
    first, second, other = (train_head(_lesson(), DEAR, seed) for seed in (3, 3, 4))
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), second.parameters(), strict=True))
    assert not all(torch.equal(a, b) for a, b in zip(first.parameters(), other.parameters(), strict=True))
