"""Judgements as columns, so that figures are sums over arrays."""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Final

import numpy as np
from numpy.typing import NDArray

from analysis.emotion.evaluation.figures import Flags, Floats
from analysis.emotion.evaluation.intervals import Codes
from analysis.emotion.evaluation.judgement import Judgement
from analysis.emotion.evaluation.labelled import LabelledClip

Words = NDArray[np.str_]

UNKNOWN: Final = "unknown"
AGES: Final = ((30, "under 30"), (45, "30-44"), (60, "45-59"))
OLDEST: Final = "60+"
"""Bands of about the width in which a voice changes; the same four in every report."""


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """One row for each judgement, columns of shape `[n]`.

    `speaker` and `clip` are numbers. Targets are listeners' shares where there are votes and 0 or 1 elsewhere, with
    `activation_weight` the share of votes that say anything about activation.
    """

    line: Words
    clip: Codes
    speaker: Codes
    corpus: Words
    language: Words
    sex: Words
    race: Words
    age: Words
    heard: Words
    listeners: Codes
    is_judged: Flags
    is_active: Flags
    is_angry: Flags
    activation_target: Floats
    activation_weight: Floats
    anger_target: Floats
    activation: Floats
    activation_sigma: Floats
    anger: Floats
    anger_sigma: Floats
    is_alarm: Flags
    is_told: Flags
    is_scored: Flags
    reason: Words

    def where(self, rows: Flags | Codes) -> "Table":
        """Return some of the rows: a mask, or their numbers."""
        return Table(**{column.name: getattr(self, column.name)[rows] for column in fields(self)})

    def __len__(self) -> int:
        return len(self.line)


def table_of(judgements: Sequence[Judgement]) -> Table:
    """Lay judgements out as columns."""
    clips = [judgement.clip for judgement in judgements]
    targets = np.array([_targets(clip) for clip in clips], dtype=np.float64).reshape(-1, 3)
    return Table(
        line=_words(one.line for one in judgements),
        clip=_numbers([(clip.corpus, str(clip.path)) for clip in clips]),
        speaker=_numbers([clip.speaker for clip in clips]),
        corpus=_words(clip.corpus for clip in clips),
        language=_words(clip.language or UNKNOWN for clip in clips),
        sex=_words(clip.sex or UNKNOWN for clip in clips),
        race=_words(clip.race or UNKNOWN for clip in clips),
        age=_words(_band(clip.age) for clip in clips),
        heard=_words(clip.heard for clip in clips),
        listeners=np.array([clip.listeners for clip in clips], dtype=np.intp),
        is_judged=_flags(clip.is_judged for clip in clips),
        is_active=_flags(clip.is_active for clip in clips),
        is_angry=_flags(clip.is_angry for clip in clips),
        activation_target=targets[:, 0],
        activation_weight=targets[:, 1],
        anger_target=targets[:, 2],
        activation=_floats(one.activation for one in judgements),
        activation_sigma=_floats(one.activation_sigma for one in judgements),
        anger=_floats(one.anger for one in judgements),
        anger_sigma=_floats(one.anger_sigma for one in judgements),
        is_alarm=_flags(one.is_alarm for one in judgements),
        is_told=_flags(one.is_told for one in judgements),
        is_scored=_flags(one.is_scored for one in judgements),
        reason=_words("" if one.reason is None else one.reason.value for one in judgements),
    )


def _targets(clip: LabelledClip) -> tuple[float, float, float]:
    """Activation, its weight, anger. What one person wrote down is taken at its word: that is what is compared."""
    if clip.listeners:
        return clip.activation, clip.activation_weight, clip.anger
    return float(clip.is_active), float(clip.is_judged), float(clip.is_angry)


def _band(age: int | None) -> str:
    if age is None:
        return UNKNOWN
    return next((band for limit, band in AGES if age < limit), OLDEST)


def _words(found: Iterable[str]) -> Words:
    return np.array(list(found), dtype=np.str_)


def _flags(found: Iterable[bool]) -> Flags:
    return np.array(list(found), dtype=np.bool_)


def _floats(found: Iterable[float]) -> Floats:
    return np.array(list(found), dtype=np.float64)


def _numbers(names: Sequence[Hashable]) -> Codes:
    seen: dict[Hashable, int] = {}
    return np.array([seen.setdefault(name, len(seen)) for name in names], dtype=np.intp)
