"""Estimates mean what they say."""

import numpy as np
import pytest

from analysis.emotion.calibration import Calibration, Scale, parse
from consent.errors import InvalidValue

SCALE = Scale(1.2, -0.1, (0.0, 0.3, 2.0, 0.5))
CALIBRATION = Calibration(SCALE, SCALE, 1.4, 0.7, 1.0, ("de", "en"))


def test_doubt_grows_with_disagreement_and_with_distance() -> None:
    """Law: heads that disagree, and sound unlike the training, widen the uncertainty."""
    agreed, split = np.full((3, 2), 1.0, np.float32), np.array([[3, 1], [1, 1], [-1, 1]], np.float32)
    near, apart = CALIBRATION.estimates(agreed, 0.8)[0], CALIBRATION.estimates(split, 0.8)[0]
    far = CALIBRATION.estimates(agreed, 1.3)[0]
    assert near.value == apart.value == far.value
    assert near.sigma < apart.sigma
    assert near.sigma < far.sigma


def test_the_surest_logits_stay_within_bounds() -> None:
    """Law: no logit, however wild, makes a value or a sigma outside 0..1."""
    for logit in (-1e6, 1e6):
        for estimate in CALIBRATION.estimates(np.full((3, 2), logit, np.float32), 1e3):
            assert 0.0 <= estimate.value <= 1.0
            assert 0.0 <= estimate.sigma <= 0.5


def test_a_calibration_survives_its_file() -> None:
    """Law: what was fitted is what is read."""
    assert parse(CALIBRATION.to_json()) == CALIBRATION


@pytest.mark.parametrize("text", ["", "{}", "null", CALIBRATION.to_json().replace("1.2", "-1.2"), '{"activation": 3}'])
def test_what_is_no_calibration_is_refused(text: str) -> None:
    """Law: a broken calibration never becomes a silent default."""
    with pytest.raises(InvalidValue):
        parse(text)
