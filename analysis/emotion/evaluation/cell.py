"""The figures of one group of clips over one line: how well it is ranked, how often it is judged, how often wrongly."""

from collections import Counter
from typing import Any, Final

import numpy as np

from analysis.emotion.evaluation.figures import Floats, calibration_error
from analysis.emotion.evaluation.intervals import (
    MIN_CLIPS,
    Figure,
    draws,
    ends,
    lower_bound,
    not_shown,
    ranking,
    rate,
    ratios,
    renumber,
    shown,
    upper_bound,
    with_ends,
)
from analysis.emotion.evaluation.table import Table

PREVALENCE: Final = 0.1
"""The share of angry utterances at which the precision of an alarm is told: more than most switchboards will hear."""


def cell(group: Table) -> dict[str, Any]:
    """Return all figures of a group; `group` must be of one line.

    Keys: clips (with a label of the four classes), angry, told and told_angry (those on which a call would have got a
    score), speakers, anger_auc, activation_auc, anger_ece, activation_ece, coverage, abstained (reason -> clips),
    false_alarms, hits, precision, alarms, and `other`: clips, coverage and alarms of those of none of the four classes.
    """
    judged, other = group.where(group.is_judged), group.where(~group.is_judged)
    scored, told = judged.where(judged.is_scored), judged.where(judged.is_told)
    calm, angry = told.where(~told.is_angry), told.where(told.is_angry)
    return {
        "clips": len(judged),
        "angry": int(judged.is_angry.sum()),
        "told": len(told),
        "told_angry": len(angry),
        "speakers": speakers(judged),
        "anger_auc": ranking(scored.anger, scored.is_angry, scored.speaker, "heard as angry"),
        "activation_auc": ranking(scored.activation, scored.is_active, scored.speaker, "heard as tense"),
        "anger_ece": _error(told.anger, told.anger_target, np.ones(len(told))),
        "activation_ece": _error(told.activation, told.activation_target, told.activation_weight),
        "coverage": rate(judged.is_told, judged.speaker, "of the four classes"),
        "abstained": dict(sorted(Counter(judged.reason[~judged.is_told].tolist()).items())),
        "false_alarms": rate(calm.is_alarm, calm.speaker, "that are not angry and were judged"),
        "hits": rate(angry.is_alarm, angry.speaker, "that are angry and were judged"),
        "precision": _precision(calm, angry),
        "alarms": rate(told.is_alarm, told.speaker, "that were judged"),
        "other": {
            "clips": len(other),
            "coverage": rate(other.is_told, other.speaker, "of other kinds"),
            "alarms": rate(other.is_alarm & other.is_told, other.speaker, "of other kinds"),
        },
    }


def speakers(group: Table) -> int:
    """How many people speak in a group."""
    return len(set(group.speaker.tolist()))


def _error(values: Floats, targets: Floats, weights: Floats) -> Figure:
    """Expected calibration error; see `figures.calibration_error`."""
    if (weights > 0).sum() < MIN_CLIPS:
        return not_shown(f"{int((weights > 0).sum())} clips that were judged, and {MIN_CLIPS} are needed")
    return shown(calibration_error(values, targets, weights))


def _precision(calm: Table, angry: Table) -> Figure:
    """How many of ten alarms would be right where one utterance in ten is angry."""
    if min(len(calm), len(angry)) < MIN_CLIPS:
        return not_shown(f"{len(angry)} angry clips and {len(calm)} others judged, and {MIN_CLIPS} of each are needed")
    if not (calm.is_alarm.any() or angry.is_alarm.any()):
        return not_shown("no alarm was raised")
    code, known = renumber(np.concatenate((calm.speaker, angry.speaker)))
    drawn = draws(known)
    false = ratios(calm.is_alarm, code[: len(calm)], drawn)
    true = ratios(angry.is_alarm, code[len(calm) :], drawn)
    # As with rates: where no false alarm was seen, one may come all the same.
    count = int(calm.is_alarm.sum())
    wrong = [upper_bound(count, len(calm)), count / len(calm), lower_bound(count, len(calm))]
    low, here, high = precision(np.full(3, angry.is_alarm.mean()), np.array(wrong)).tolist()
    found = ends(precision(true, false), known)
    return with_ends(here, found and (min(found[0], low), max(found[1], high)), known)


def precision(hits: Floats, false_alarms: Floats) -> Floats:
    """Precision of an alarm at `PREVALENCE` from both rates; nan where there is no alarm."""
    right, wrong = PREVALENCE * hits, (1 - PREVALENCE) * false_alarms
    found: Floats = np.divide(right, right + wrong, out=np.full(len(right), np.nan), where=right + wrong > 0)
    return found
