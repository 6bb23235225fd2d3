"""Embeddings of clips, computed once."""

from pathlib import Path

import numpy as np

from analysis.emotion.network import Trunk
from analysis.emotion.training.corpora import read_clips
from analysis.emotion.training.embedding import Embedder, embed_clips
from analysis.emotion.training.export import export
from tests.analysis.emotion.training.clips import data_folder


def test_a_second_run_takes_what_the_first_kept(tmp_path: Path) -> None:
    """Law: the costly part is done once, and only the same trunk, clips and seed share it."""
    clips = read_clips(data_folder(tmp_path))
    export(Trunk(), tmp_path / "trunk.onnx", ["embedding"])
    embedder = Embedder(tmp_path / "trunk.onnx")
    first = embed_clips(clips, ["clean", "bad"], embedder, tmp_path, 1)
    assert first.shape == (2, len(clips), 384)
    assert np.isfinite(first).all()
    for clip in clips:
        clip.path.unlink()
    assert np.array_equal(embed_clips(clips, ["clean", "bad"], embedder, tmp_path, 1), first)
