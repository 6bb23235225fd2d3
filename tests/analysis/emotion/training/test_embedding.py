"""Embeddings of clips, computed once."""

from pathlib import Path

import numpy as np

from analysis.emotion.network import EMBEDDING, Trunk
from analysis.emotion.training.corpora import read_clips
from analysis.emotion.training.embedding import Copies, Embedder, embed_clips
from analysis.emotion.training.export import export
from tests.analysis.emotion.training.clips import data_folder


def test_a_second_run_takes_what_the_first_kept(tmp_path: Path) -> None:
    """Law: the costly part is done once, and only the same trunk, clips, lines and seed share it."""
    clips = read_clips(data_folder(tmp_path))
    export(Trunk(), tmp_path / "trunk.onnx", ["embedding"])
    copies = Copies(("clean", "wild"), tmp_path / "trunk.onnx", (), 1)
    first = embed_clips(clips, copies, tmp_path, jobs=1)
    assert first.shape == (2, len(clips), EMBEDDING)
    assert np.isfinite(first).all()
    one = copies.of(clips[1], 1, Embedder(tmp_path / "trunk.onnx"))
    assert np.array_equal(one, first[:, 1])
    for clip in clips:
        clip.path.unlink()
    assert np.array_equal(embed_clips(clips, copies, tmp_path, jobs=1), first)
