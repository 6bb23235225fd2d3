"""What classifiers give, as shares."""

import numpy as np
import pytest
from numpy.typing import NDArray

from analysis.emotion.foreign.classifier import as_shares

SHARES = np.array([0.1, 0.4, 0.2, 0.3])


@pytest.mark.parametrize("scores", [SHARES, np.log(SHARES), np.log(SHARES) + 7.0], ids=["shares", "logs", "logits"])
def test_all_that_classifiers_give_become_shares(scores: NDArray[np.float64]) -> None:
    """Law: shares stay what they are, logarithms and logits become what they stand for."""
    np.testing.assert_allclose(as_shares(scores), SHARES, rtol=1e-6)


def test_large_scores_do_not_overflow() -> None:
    """Law: shares are 1 together, however large the scores."""
    assert as_shares(np.array([1000.0, 0.0, -1000.0])).tolist() == [1.0, 0.0, 0.0]
