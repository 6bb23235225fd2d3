"""How a head learns."""

import torch

from analysis.emotion.training.brain import Batch, coral, mixed


def _batch() -> Batch:
    torch.manual_seed(1)
    return Batch(torch.rand(40, 384), torch.rand(40, 2), torch.ones(40, 2), torch.arange(40) % 2)


def test_mixing_never_crosses_corpora() -> None:
    """Law: a mixed row still belongs to one corpus, or CORAL would compare mixtures."""
    batch = _batch()
    batch.embeddings[batch.corpus == 1] += 10.0
    blended = mixed(batch, 0.4)
    assert float(blended.embeddings[blended.corpus == 0].max()) < 2.0
    assert float(blended.embeddings[blended.corpus == 1].min()) > 9.0


def test_no_strength_mixes_nothing() -> None:
    """Law: a recipe without mixup trains on the clips themselves."""
    batch = _batch()
    assert mixed(batch, 0.0) is batch


def test_corpora_that_look_alike_cost_nothing() -> None:
    """Law: CORAL is zero for one corpus or for equal covariances, and positive otherwise."""
    hidden = torch.randn(20, 8)
    twice, corpus = torch.cat([hidden, hidden + 3.0]), torch.arange(40) // 20
    assert float(coral(twice, torch.zeros(40))) == 0.0
    assert float(coral(twice, corpus)) < 1e-9
    assert float(coral(torch.cat([hidden, 3.0 * hidden]), corpus)) > 1e-3
