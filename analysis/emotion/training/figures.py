"""What the card tells of a trained model: the report of each trial."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from analysis.emotion.evaluation.judgement import Judgement
from analysis.emotion.evaluation.report import report_of
from analysis.emotion.training.ensemble import Judged, speaker_folds
from analysis.emotion.training.fitting import fit
from analysis.emotion.training.telephone import CLEAN, PHONE, WILD
from analysis.emotion.training.trials import Trial, Trials

TOLD_LINES: Final = (PHONE, CLEAN, WILD)


def measured_of(trials: Trials, by_speaker: Judged, by_corpus: Sequence[Trial]) -> dict[str, Any]:
    """Report the speakers held out, and the corpora held out."""
    corpora = [one for trial in by_corpus for one in trial.judgements(trials.recipe.lines, TOLD_LINES)]
    return {
        "speakers_held_out": report_of(of_speakers(trials, by_speaker, TOLD_LINES)),
        "corpus_held_out": report_of(corpora),
    }


def of_speakers(trials: Trials, judged: Judged, lines: Sequence[str]) -> list[Judgement]:
    """Judge each fold with a calibration and an operating point that were chosen on the other folds."""
    fold = speaker_folds(trials.clips, trials.recipe.folds, trials.recipe.seed)
    found: list[Judgement] = []
    for index in range(trials.recipe.folds):
        others, own = (np.flatnonzero(part).tolist() for part in (fold != index, fold == index))
        calibration = fit([_part(judged, others)], [trials.clips[at] for at in others], trials.recipe)
        trial = Trial([trials.clips[at] for at in own], _part(judged, own), calibration)
        found += trial.judgements(trials.recipe.lines, lines)
    return found


def _part(judged: Judged, rows: list[int]) -> Judged:
    return Judged(judged.logits[:, rows], judged.distances[:, rows])
