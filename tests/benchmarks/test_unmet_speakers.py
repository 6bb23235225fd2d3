"""Laws of heads that never met whom they judge."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from analysis.emotion.evaluation.figures import auc
from benchmarks.unmet_speakers import CORPORA, Heard, chosen, hear, said_of
from tests.benchmarks.data_folder import make
from tests.benchmarks.unmet import CLIPS, KINDS, clip

SPEAKERS = 5


def heard(told: float, known: str = "") -> Heard:
    """Embeddings in which anger is told by one dimension, as strongly as `told`; `known` is the one speaker for
    whom that dimension is turned round.
    """
    clips = [clip(corpus, str(speaker), kind) for corpus in CORPORA for speaker in range(SPEAKERS) for kind in KINDS
             for _ in range(CLIPS)]  # fmt: skip
    rng = np.random.default_rng(2)
    rows = rng.standard_normal((len(clips), 6))
    for at, one in enumerate(clips):
        way = -1.0 if known and one.speaker.startswith(known) else 1.0
        rows[at, 0] += way * told * (one.anger - 0.3)
    return Heard(clips, [2.5] * len(clips), rows)


@pytest.mark.parametrize("unmet", ["speaker", "corpus"])
def test_what_all_speakers_share_is_heard_in_one_never_met(unmet: str) -> None:
    """Law: anger that sounds alike in everybody is told of each, calibrated and with a sigma that fits the error."""
    told = said_of(heard(8.0), unmet)  # type: ignore[arg-type]
    values, wanted = np.array([one.anger.value for one in told]), np.array([one.clip.anger for one in told])
    assert auc(values, wanted > 0.5) > 0.95
    assert abs(values.mean() - wanted.mean()) < 0.05
    error = np.sqrt(np.mean((values - wanted) ** 2))
    assert np.sqrt(np.mean([one.anger.sigma**2 for one in told])) == pytest.approx(error, rel=0.3)


def test_nothing_is_learned_from_whom_it_judges() -> None:
    """Law: a speaker whose anger sounds the other way round is told the wrong way round: the head was trained on the
    others alone.
    """
    told = [one for one in said_of(heard(8.0, "emodb:3"), "speaker") if one.clip.speaker == "emodb:3"]
    assert auc(np.array([one.anger.value for one in told]), np.array([one.clip.is_angry for one in told])) < 0.2


def test_clips_go_through_the_line_and_the_trunk(tmp_path: Path) -> None:
    """Law: an embedding for each clip, and the length of what was heard."""
    folder = make(tmp_path)
    clips = [replace(clip("emodb", "1", "anger"), path=folder / f"emodb_{at}.flac") for at in range(2)]
    found = hear(clips)
    assert len(found.embeddings) == 2
    assert found.embeddings.std() > 0
    assert all(1.0 < length_s <= 4.0 for length_s in found.lengths_s)


def test_a_folder_without_a_corpus_is_refused(tmp_path: Path) -> None:
    """Law: what is missing is named."""
    (tmp_path / "a.wav").touch()
    (tmp_path / "manifest.csv").write_text("path,corpus,speaker,emotion\na.wav,emodb,1,anger\n")
    with pytest.raises(SystemExit, match="crema_d_mel is not in"):
        chosen(tmp_path, 4)
    with pytest.raises(SystemExit, match=r"manifest\.csv"):
        chosen(tmp_path / "nowhere", 4)
