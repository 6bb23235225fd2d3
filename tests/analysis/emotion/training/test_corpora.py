"""What is read from a data folder, and what is not."""

from pathlib import Path

import pytest

from analysis.emotion.training.corpora import read_clips
from tests.analysis.emotion.training.clips import data_folder


def test_listeners_votes_are_the_targets_where_they_exist(tmp_path: Path) -> None:
    """Law: what was heard counts, not what was asked of the actor."""
    anger, boredom, fear, unheard, tie = read_clips(data_folder(tmp_path))
    assert (anger.heard, boredom.heard, fear.heard) == ("anger", "neutral", "other")
    assert fear.activation_weight == 0.0
    assert unheard.heard == "neutral"
    assert unheard.anger == pytest.approx(0.1)
    assert unheard.activation == pytest.approx(1 / 8)
    assert unheard.activation_weight == pytest.approx(0.8)
    assert unheard.race == "African American"
    assert tie.heard == "other"


def test_true_recordings_are_never_mixed_with_rebuilt_ones(tmp_path: Path) -> None:
    """Law: the true CREMA-D clips, all happy or sad, are not trained on."""
    assert {clip.corpus for clip in read_clips(data_folder(tmp_path))} == {"emodb", "crema_d_mel"}


def test_votes_cut_short_are_refused(tmp_path: Path) -> None:
    """Law: half a ballot is not read as if all had voted for what is left."""
    manifest = data_folder(tmp_path) / "manifest.csv"
    manifest.write_text(manifest.read_text().replace(",H0,N5,S2", ""))
    with pytest.raises(SystemExit, match="line 5: the votes"):
        read_clips(tmp_path)


def test_without_data_training_says_so_and_stops(tmp_path: Path) -> None:
    """Law: absent data is one clear sentence, not a traceback."""
    with pytest.raises(SystemExit, match="no training data"):
        read_clips(tmp_path)
    (data_folder(tmp_path) / "emodb" / "a.wav").unlink()
    with pytest.raises(SystemExit, match="emodb"):
        read_clips(tmp_path)
