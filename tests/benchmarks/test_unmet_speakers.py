"""Laws of what is said of speakers who were never met. That nobody is learned from whom it judges: test_trials."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile  # type: ignore[import-untyped]

from analysis.emotion.evaluation.figures import auc
from analysis.emotion.training.corpora import CORPORA, Clip
from analysis.emotion.training.ensemble import Judged
from analysis.emotion.training.fitting import fit
from analysis.emotion.training.trials import Trial, Trials
from benchmarks.unmet_speakers import chosen, said_of, trials_of
from tests.analysis.emotion.training.clips import LINES, SMALL, drawn_clips

CLIPS = 30
"""Of each of two speakers of each corpus: six of each kind."""
CLIP_S = 0.5


def clips_in(folder: Path) -> list[Clip]:
    """Clips with a sound each."""
    found = []
    for at, clip in enumerate(drawn_clips(6)[0]):
        path = folder / f"{at:03}.wav"
        soundfile.write(path, np.zeros(int(CLIP_S * 16_000)), 16_000)
        found.append(replace(clip, path=path, speaker=f"{clip.corpus}:{at // CLIPS}"))
    return found


def judged(clips: list[Clip]) -> Judged:
    """What heads say who hear what was heard, with some error."""
    rng = np.random.default_rng(1)
    heard = np.array([[clip.activation, clip.anger] for clip in clips])[None, :, None, :] * 6 - 3
    return Judged(np.tile(heard, (len(LINES), 1, 2, 1)) + rng.normal(0, 1, (len(LINES), len(clips), 2, 2)),
                  np.ones((len(LINES), len(clips))))  # fmt: skip


def test_what_was_said_is_told_with_its_sigma_and_length(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Law: both trials' readings by phone, of the chosen clips, calibrated as a call's are."""
    clips = clips_in(tmp_path)
    every = judged(clips)

    def of_corpus(trials: Trials, corpus: str) -> Trial:
        own = [at for at, clip in enumerate(clips) if clip.corpus == corpus]
        part = Judged(every.logits[:, own], every.distances[:, own])
        return Trial([clips[at] for at in own], part, fit([every], clips, SMALL))

    monkeypatch.setattr(Trials, "held_out_speakers", lambda trials: every)
    monkeypatch.setattr(Trials, "held_out_corpus", of_corpus)
    told = said_of(Trials(np.zeros((len(LINES), len(clips), 1), np.float16), clips, SMALL), 1)
    for said in told.values():
        assert {one.clip.path for one in said} <= chosen(clips, 1)
        assert len(said) > 40
        assert auc(np.array([one.anger.value for one in said]), np.array([one.clip.is_angry for one in said])) > 0.9
        assert {one.length_s for one in said} == {CLIP_S}
        assert all(0.0 < one.anger.sigma < 1.0 for one in said)


def test_speakers_with_enough_angry_clips_are_chosen(tmp_path: Path) -> None:
    """Law: of each corpus so many speakers, all of their clips in which one of the four classes was heard."""
    clips = clips_in(tmp_path)
    kept = [clip for clip in clips if clip.path in chosen(clips, 1)]
    assert sorted({clip.speaker for clip in kept}) == ["crema_d_mel:2", "emodb:0"]
    assert len(kept) == len(CORPORA) * CLIPS * 4 // 5
    assert not chosen([clip for clip in clips if not clip.is_angry], 1)


def test_a_folder_without_recordings_is_refused(tmp_path: Path) -> None:
    """Law: what is missing is named, and nothing is fetched."""
    with pytest.raises(SystemExit, match=r"manifest\.csv"):
        trials_of(tmp_path / "nowhere", tmp_path / "cache")
    assert not (tmp_path / "cache").exists()
