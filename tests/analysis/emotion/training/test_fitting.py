"""Fitting the calibration."""

import numpy as np

from analysis.emotion.training.ensemble import Judged, targets
from analysis.emotion.training.fitting import fit
from tests.analysis.emotion.training.clips import drawn_clips


def test_overconfident_logits_are_calmed() -> None:
    """Law: a network that is surer than it is right gets a slope below one and a wide sigma."""
    clips, _ = drawn_clips(20)
    wanted, _ = targets(clips)
    random = np.random.default_rng(1)
    said = np.where(random.random(wanted.shape) < 0.75, wanted, 1 - wanted)
    judged = Judged(np.where(said > 0.5, 6.0, -6.0)[None, :, None, :], np.linspace(0.5, 1.5, len(clips))[None])
    calibration = fit(judged, judged, clips)
    assert calibration.anger.slope < 0.5
    sure = calibration.estimates(np.full((1, 2), 6.0, np.float32), 0.9)[1]
    assert sure.value < 0.9
    assert sure.sigma > 0.2
    assert 1.4 < calibration.farthest <= 1.5
