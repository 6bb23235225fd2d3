"""Training a network on embeddings."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from analysis.emotion.evaluation.figures import auc
from analysis.emotion.network import Head, PlainHead
from analysis.emotion.training.ensemble import judge, natural, speaker_folds, train_network
from tests.analysis.emotion.training.clips import SMALL, drawn_clips


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
    weights = natural(clips[:10] + clips[30:])
    assert np.isclose(weights[:10].sum(), weights[10:].sum())


def test_a_network_learns_and_goes_on_from_what_is_finished(tmp_path: Path) -> None:
    """Law: a second run takes the finished heads; what is strange lies beyond the edge."""
    clips, embeddings = drawn_clips(8)
    first = train_network(embeddings, clips, SMALL, tmp_path)
    kept = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    again = train_network(embeddings, clips, SMALL, tmp_path)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == kept
    assert all(torch.equal(a, b) for a, b in zip(first.heads.parameters(), again.heads.parameters(), strict=True))
    judged = judge(first, embeddings)
    angry = np.array([clip.is_angry for clip in clips])
    assert auc(judged.logits[0, :, 0, 1], angry) > 0.9
    assert float(np.quantile(judged.distances, 0.95)) < 1.1
    assert float(judge(first, embeddings + 9.0).distances.min()) > 1.1


def test_few_speakers_get_no_hidden_layer() -> None:
    """Law: with few voices a hidden layer would learn the voices."""
    clips, embeddings = drawn_clips(1)
    few = train_network(embeddings, clips, SMALL, None)
    assert all(isinstance(head, PlainHead) for head in few.heads)
    many = train_network(embeddings, clips, replace(SMALL, many_speakers=2), None)
    assert [type(head) for head in many.heads] == [Head, PlainHead]
