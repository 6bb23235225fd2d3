"""What training begins with."""

from pathlib import Path

import pytest

from analysis.emotion.network import EMBEDDING, Trunk
from analysis.emotion.training import smart_turn
from analysis.emotion.training.corpora import read_clips
from analysis.emotion.training.material import gather
from tests.analysis.emotion.training.clips import SMALL, data_folder


def test_everything_is_gathered_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Law: a second run takes the embeddings that the first made, though the sounds are gone."""
    trunk = Trunk().eval()
    monkeypatch.setattr(smart_turn, "fetch", lambda folder: folder)
    monkeypatch.setattr(smart_turn, "read_trunk", lambda path: trunk)
    folder, cache = data_folder(tmp_path), tmp_path / "cache"
    clips = read_clips(folder)
    _, first = gather(folder, clips, SMALL, cache, jobs=1)
    assert first.embeddings.shape == (len(SMALL.lines), len(clips), EMBEDDING)
    for clip in clips:
        clip.path.unlink()
    _, second = gather(folder, clips, SMALL, cache, jobs=1)
    assert (first.embeddings == second.embeddings).all()
