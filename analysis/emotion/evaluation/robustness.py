"""What a telephone line changes: the same clips, clean and by phone."""

from typing import Any, Final

import numpy as np

from analysis.emotion.evaluation.figures import Flags, Floats, auc
from analysis.emotion.evaluation.intervals import (
    MIN_CLIPS,
    Codes,
    Figure,
    draws,
    ends,
    not_shown,
    rankings,
    rate,
    renumber,
    with_ends,
)
from analysis.emotion.evaluation.table import Table

CLEAN: Final = "clean"
PHONE: Final = "phone"


def clean_to_phone(group: Table) -> dict[str, Figure]:
    """Return what the phone line changes of a group's clips of the four classes, judged over both lines.

    Keys: `alarm_unchanged` and `activation_unchanged` (of clips judged over both lines), `still_told` (of those judged
    when clean, the share also judged by phone), `anger_auc_lost` and `activation_auc_lost` (clean minus phone).
    """
    judged = group.where(group.is_judged)
    clean, phone = _paired(judged)
    both = clean.is_told & phone.is_told
    scored = clean.is_scored & phone.is_scored
    told = clean.where(clean.is_told)
    active = (clean.activation > 0.5) == (phone.activation > 0.5)  # nan only where not told
    return {
        "alarm_unchanged": rate((clean.is_alarm == phone.is_alarm)[both], clean.speaker[both], "judged over both"),
        "activation_unchanged": rate(active[both], clean.speaker[both], "judged over both"),
        "still_told": rate(phone.is_told[clean.is_told], told.speaker, "judged when clean"),
        "anger_auc_lost": _lost(clean.anger[scored], phone.anger[scored], clean.is_angry[scored],
                                clean.speaker[scored]),
        "activation_auc_lost": _lost(clean.activation[scored], phone.activation[scored], clean.is_active[scored],
                                     clean.speaker[scored]),
    }  # fmt: skip


def _paired(group: Table) -> tuple[Table, Table]:
    """Return the rows of both lines for the clips that have both, in one order."""
    clean, phone = (group.where(group.line == line) for line in (CLEAN, PHONE))
    _, first, second = np.intersect1d(clean.clip, phone.clip, return_indices=True)
    return clean.where(first), phone.where(second)


def _lost(clean: Floats, phone: Floats, positive: Flags, speaker: Codes) -> Figure:
    """Return AUC clean minus AUC by phone; both lines are drawn together, so that the speakers cancel out."""
    if min(int(positive.sum()), int((~positive).sum())) < MIN_CLIPS:
        return not_shown(f"fewer than {MIN_CLIPS} clips of each kind over both lines")
    code, known = renumber(speaker)
    drawn = draws(known)
    replicates = rankings(clean, positive, code, drawn) - rankings(phone, positive, code, drawn)
    return with_ends(auc(clean, positive) - auc(phone, positive), ends(replicates, known), known)


def changes(table: Table, groups: list[str]) -> dict[str, Any]:
    """Return `clean_to_phone` of all and of each corpus; empty where one of the lines was not run."""
    if not {CLEAN, PHONE} <= set(table.line.tolist()):
        return {}
    found = {"all": clean_to_phone(table)}
    return found | {corpus: clean_to_phone(table.where(table.corpus == corpus)) for corpus in groups}
