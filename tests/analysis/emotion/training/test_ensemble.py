"""Training a network on embeddings."""

import numpy as np
import torch

from analysis.emotion.evaluation.figures import auc
from analysis.emotion.training.ensemble import balance, judge, natural, speaker_folds, train_network
from tests.analysis.emotion.training.clips import drawn_clips


def test_no_speaker_is_in_two_folds() -> None:
    """Law: figures come from voices that were never trained on."""
    clips, _ = drawn_clips(6)
    fold = speaker_folds(clips, 3, 1)
    for speaker in {clip.speaker for clip in clips}:
        assert len({int(where) for where, clip in zip(fold, clips, strict=True) if clip.speaker == speaker}) == 1
    assert set(fold.tolist()) == {0, 1, 2}


def test_each_corpus_counts_alike() -> None:
    """Law: ten times the clips do not give a corpus ten times the say."""
    clips, _ = drawn_clips(3)
    uneven = clips[:10] + clips[30:]
    for weigh in (balance, natural):
        weights = weigh(uneven)
        assert np.isclose(weights[:10].sum(), weights[10:].sum())


def test_a_network_learns_and_repeats_itself_from_its_seed() -> None:
    """Law: the same seed gives the same heads, and what is strange lies beyond the edge."""
    clips, embeddings = drawn_clips(8)
    first, second = (train_network(embeddings, clips, 1, 3) for _ in range(2))
    assert all(torch.equal(a, b) for a, b in zip(first.heads.parameters(), second.heads.parameters(), strict=True))
    judged = judge(first, embeddings)
    angry = np.array([clip.is_angry for clip in clips])
    assert auc(judged.logits[0, :, 0, 1], angry) > 0.9
    assert float(np.quantile(judged.distances, 0.95)) < 1.1
    assert float(judge(first, embeddings + 5.0).distances.min()) > 1.1
