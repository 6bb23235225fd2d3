"""Fitting the calibration on voices that the networks never met."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize, nnls  # type: ignore[import-untyped]

from analysis.emotion.calibration import Calibration, Scale
from analysis.emotion.training.corpora import Clip
from analysis.emotion.training.ensemble import Judged, natural, targets

Floats = NDArray[np.float64]

LANGUAGES: Final = ("de", "en")
"""The languages of the two corpora."""

SHORTEST_S: Final = 1.0

_KEPT: Final = 0.999
"""Share of the speech of unmet speakers, over all lines, that is near enough to be judged."""


def fit(speakers: Judged, corpora: Judged, clips: Sequence[Clip]) -> Calibration:
    """Fit values on held-out speakers, sigmas on held-out speakers and held-out corpora alike."""
    wanted, weight = targets(clips)
    share = natural(clips)
    scales = []
    for column in range(2):
        aim = wanted[:, column].astype(np.float64)
        weights = weight[:, column] * share
        slope, offset = _platt(speakers.logits[..., column], aim, weights)
        plain = Scale(slope, offset, (0.0, 0.0, 0.0, 0.0))
        scales.append(Scale(slope, offset, _variance(plain, (speakers, corpora), column, aim, weights)))
    farthest = float(np.quantile(speakers.distances, _KEPT))
    return Calibration(scales[0], scales[1], round(farthest, 3), SHORTEST_S, LANGUAGES)


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
