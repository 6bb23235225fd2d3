"""The human figure: what a single listener makes of the same voices. Nobody hears emotion without error."""

from typing import Any, Final

import numpy as np

from analysis.emotion.evaluation.intervals import MIN_CLIPS, not_shown, shown
from analysis.emotion.evaluation.table import Table

PUBLISHED: Final = {
    "six_classes": 0.400,
    "four_classes": 0.549,
    "agreement": 0.278,
    "of": "how often a single listener of CREMA-D, who hears the voice alone, names the emotion that the actor was "
    "asked for, computed from the votes that the corpus publishes; agreement is Fleiss' kappa in six classes",
}


def single_listener(table: Table) -> dict[str, Any]:
    """Return how one listener does against the majority, on the question that the model is asked: angry or not.

    Over clips of the four classes with votes, each once whatever its lines: `agrees` on angry or not, `hits` (share of
    listeners who say anger where most do) and `false_alarms` (share who say anger where most hear another of the four).
    The listener is one of the majority, which flatters the listener a little.
    """
    voted = table.where(table.is_judged & (table.listeners > 0))
    _, first = np.unique(voted.clip, return_index=True)
    voted = voted.where(first.astype(np.intp))
    angry = voted.is_angry
    found: dict[str, Any] = {"clips": len(voted)}
    if min(int(angry.sum()), int((~angry).sum())) < MIN_CLIPS:
        why = f"fewer than {MIN_CLIPS} clips of each kind with listeners' votes"
        return found | {name: not_shown(why) for name in ("agrees", "hits", "false_alarms")}
    says = voted.anger_target
    return found | {
        "agrees": shown(float(np.where(angry, says, 1 - says).mean())),
        "hits": shown(float(says[angry].mean())),
        "false_alarms": shown(float(says[~angry].mean())),
    }
