"""Curves of one line: is a value true as often as it says, and do errors fall when the less certain is left out?"""

from typing import Any, Final

import numpy as np

from analysis.emotion.evaluation.figures import Flags, Floats
from analysis.emotion.evaluation.table import Table

BINS: Final = 10
STEPS: Final = 20
"""Points of the risk-coverage curve."""


def calibration_curve(values: Floats, targets: Floats, weights: Floats) -> list[dict[str, float]]:
    """Return for each of ten equal bins that holds anything: its clips, what was said (mean value), what was heard."""
    place = np.minimum((values * BINS).astype(int), BINS - 1)
    found = []
    for index in range(BINS):
        here = (place == index) & (weights > 0)
        if here.any():
            said, heard = (float(np.average(part[here], weights=weights[here])) for part in (values, targets))
            found.append({"from": index / BINS, "clips": int(here.sum()), "said": round(said, 4),
                          "heard": round(heard, 4)})  # fmt: skip
    return found


def risk_coverage(is_wrong: Flags, sigmas: Floats, total: int) -> list[dict[str, float]]:
    """Return the share of wrong decisions as the least certain are left out, most coverage first.

    Args:
        is_wrong: whether the decision on each clip that was judged was wrong, `[n]`.
        sigmas: its uncertainty, `[n]`.
        total: how many clips there were, those included on which the model kept silent.
    """
    order = np.argsort(sigmas, kind="stable")
    wrong = np.cumsum(is_wrong[order])
    kept = sorted({round(len(order) * step / STEPS) for step in range(1, STEPS + 1)} - {0}, reverse=True)
    return [{"coverage": round(count / total, 4), "risk": round(float(wrong[count - 1]) / count, 4)} for count in kept]


def curves(line: Table) -> dict[str, Any]:
    """Return calibration and risk-coverage of the clips of the four classes over one line.

    An alarm is wrong where the clip is not angry, and its absence where it is; activation is decided at one half.
    `alarm_never` is the risk of who would never raise an alarm: what a curve has to beat.
    """
    judged = line.where(line.is_judged)
    told = judged.where(judged.is_told)
    active = told.activation > 0.5
    return {
        "calibration": {
            "activation": calibration_curve(told.activation, told.activation_target, told.activation_weight),
            "anger": calibration_curve(told.anger, told.anger_target, np.ones(len(told))),
        },
        "risk_coverage": {
            "alarm": risk_coverage(told.is_alarm != told.is_angry, told.anger_sigma, len(judged)),
            "activation": risk_coverage(active != told.is_active, told.activation_sigma, len(judged)),
            "alarm_never": round(float(told.is_angry.mean()), 4) if len(told) else None,
        },
    }
