"""The figures that a tone model is judged by, in plain numpy."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


def auc(scores: Floats, positive: Flags) -> float:
    """Area under the ROC curve of scores `[n]`: how often a positive scores above a negative; ties count half."""
    order = np.argsort(scores, kind="stable")
    ranks = np.empty(len(scores))
    ranks[order] = np.arange(1, len(scores) + 1)
    for value in np.unique(scores[order][1:][np.diff(scores[order]) == 0]):
        same = scores == value
        ranks[same] = ranks[same].mean()
    positives, negatives = int(positive.sum()), int((~positive).sum())
    return float((ranks[positive].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def calibration_error(values: Floats, targets: Floats, weights: Floats, bins: int = 10) -> float:
    """Expected calibration error: the weighted gap between value and target over equal-width bins."""
    place = np.minimum((values * bins).astype(int), bins - 1)
    gaps = [abs(np.sum(weights[place == index] * (values - targets)[place == index])) for index in range(bins)]
    return float(np.sum(gaps) / np.sum(weights))


def covered(values: Floats, sigmas: Floats, targets: Floats, weights: Floats) -> float:
    """Weighted share of targets within one sigma of the value; about .68 if sigma is honest and errors are normal."""
    return float(np.sum(weights * (np.abs(values - targets) <= sigmas)) / np.sum(weights))
