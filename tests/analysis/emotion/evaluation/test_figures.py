"""The figures, against cases whose answer is known."""

import numpy as np
import pytest

from analysis.emotion.evaluation.figures import auc, calibration_error, covered


def test_auc_counts_pairs_in_the_right_order() -> None:
    """Law: perfect order is 1, reversed 0, ties count half."""
    positive = np.array([False, False, True, True])
    assert auc(np.array([0.1, 0.2, 0.3, 0.4]), positive) == 1.0
    assert auc(np.array([0.4, 0.3, 0.2, 0.1]), positive) == 0.0
    assert auc(np.zeros(4), positive) == 0.5
    assert auc(np.array([0.1, 0.3, 0.2, 0.4]), positive) == 0.75


def test_calibration_error_is_the_gap_between_said_and_true() -> None:
    """Law: values that come true as often as said have no error."""
    values, weights = np.array([0.25] * 4), np.ones(4)
    assert calibration_error(values, np.array([1.0, 0.0, 0.0, 0.0]), weights) == pytest.approx(0.0)
    assert calibration_error(values, np.ones(4), weights) == pytest.approx(0.75)


def test_coverage_counts_what_lies_within_one_sigma() -> None:
    """Law: weights count."""
    found = covered(np.array([0.5, 0.5]), np.array([0.1, 0.1]), np.array([0.55, 0.9]), np.array([3.0, 1.0]))
    assert found == pytest.approx(0.75)
