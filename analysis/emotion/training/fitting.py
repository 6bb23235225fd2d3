"""Fitting the calibration and the operating point on voices that the networks never met."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize, nnls  # type: ignore[import-untyped]

from analysis.emotion.calibration import Calibration, Scale
from analysis.emotion.training.corpora import Clip
from analysis.emotion.training.ensemble import Judged, natural
from analysis.emotion.training.recipe import Recipe

Floats = NDArray[np.float64]

SHORTEST_S: Final = 1.0
_LOWEST: Final = 0.001
"""No operating point lies nearer to an end of the scale: it is rounded to this."""
_CALL_LINES: Final = ("phone", "wild")
"""The lines on which an alarm may be false: a clean recording is no call."""


def fit(trials: Sequence[Judged], clips: Sequence[Clip], recipe: Recipe) -> Calibration:
    """Fit values, edge and operating point on the first trial (speakers held out), sigmas on all of them alike."""
    speakers = trials[0]
    aims = _aims(clips)
    share = natural(clips)
    scales = []
    for column, (aim, weight) in enumerate(aims):
        weights = weight * share
        slope, offset = _platt(speakers.logits[..., column], aim, weights)
        plain = Scale(slope, offset, (0.0, 0.0, 0.0, 0.0))
        scales.append(Scale(slope, offset, _variance(plain, trials, column, aim, weights)))
    lines = [recipe.lines.index(line) for line in _CALL_LINES]
    return Calibration(
        activation=scales[0],
        anger=scales[1],
        farthest=_farthest(speakers, lines, recipe),
        alarm=_alarm(scales[1], speakers, clips, lines, recipe.false_alarms),
        shortest_s=SHORTEST_S,
        languages=tuple(sorted({clip.language for clip in clips})),
    )


def _aims(clips: Sequence[Clip]) -> tuple[tuple[Floats, Floats], tuple[Floats, Floats]]:
    """What activation and anger should be, `[n]`, and how much each clip says of it: listeners' shares, or labels."""
    activation = [clip.activation if clip.listeners else float(clip.is_active) for clip in clips]
    anger = [clip.anger if clip.listeners else float(clip.is_angry) for clip in clips]
    told = [clip.activation_weight for clip in clips]
    return (np.array(activation), np.array(told)), (np.array(anger), np.ones(len(clips)))


def _platt(logits: Floats, aim: Floats, weights: Floats) -> tuple[float, float]:
    """Slope and offset that make the mean logits `[lines, clips, heads]` predict the soft targets `[clips]` best."""
    scores = logits.mean(axis=2)

    def loss(parameters: Floats) -> float:
        bent = parameters[0] * scores + parameters[1]
        return float(np.sum(weights * (np.logaddexp(0.0, bent) - aim * bent)))

    slope, offset = minimize(loss, np.array([1.0, 0.0]), method="Nelder-Mead").x
    return float(slope), float(offset)


def _variance(
    scale: Scale, trials: Sequence[Judged], column: int, aim: Floats, weights: Floats
) -> tuple[float, float, float, float]:
    """Non-negative least squares from the sources of doubt to the squared errors, over all trials and lines."""
    doubts, errors, importance = [], [], []
    for judged in trials:
        for logits, distances in zip(judged.logits[..., column], judged.distances, strict=True):
            doubts.append(scale.doubts(logits, distances))
            errors.append((scale.values(logits.mean(axis=1)) - aim) ** 2)
            importance.append(np.sqrt(weights))
    root = np.concatenate(importance)
    found, _ = nnls(np.concatenate(doubts) * root[:, None], np.concatenate(errors) * root)
    first, second, third, fourth = map(float, found)
    return first, second, third, fourth


def _farthest(judged: Judged, lines: Sequence[int], recipe: Recipe) -> float:
    """The distance within which most of the speech of unmet speakers lies over a call's lines, and a margin."""
    return round(recipe.margin * float(np.quantile(judged.distances[lines], recipe.kept)), 3)


def _alarm(scale: Scale, judged: Judged, clips: Sequence[Clip], lines: Sequence[int], false_alarms: float) -> float:
    """The anger above which no more than that share of any corpus' clips that are not angry lies, over each line."""
    calm = np.array([clip.is_judged and not clip.is_angry for clip in clips])
    corpora = np.array([clip.corpus for clip in clips])
    edges = []
    for line in lines:
        values = scale.values(judged.logits[line, :, :, 1].mean(axis=1))
        edges += [float(np.quantile(values[calm & (corpora == one)], 1.0 - false_alarms)) for one in set(corpora)]
    return round(min(max(*edges, _LOWEST), 1.0 - _LOWEST), 3)
