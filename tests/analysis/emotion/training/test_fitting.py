"""Fitting the calibration and the operating point."""

import numpy as np

from analysis.emotion.training.ensemble import Judged
from analysis.emotion.training.fitting import fit
from tests.analysis.emotion.training.clips import LINES, SMALL, drawn_clips


def test_overconfident_logits_are_calmed() -> None:
    """Law: a network that is surer than it is right gets a slope below one and a wide sigma."""
    clips, _ = drawn_clips(20)
    wanted = np.array([(clip.is_active, clip.is_angry) for clip in clips], dtype=float)
    random = np.random.default_rng(1)
    said = np.where(random.random(wanted.shape) < 0.75, wanted, 1 - wanted)
    logits = np.tile(np.where(said > 0.5, 6.0, -6.0)[None, :, None, :], (len(LINES), 1, 1, 1))
    judged = Judged(logits, np.tile(np.linspace(0.5, 1.5, len(clips)), (len(LINES), 1)))
    calibration = fit([judged], clips, SMALL)
    assert calibration.anger.slope < 0.5
    sure = calibration.estimates(np.full((1, 2), 6.0, np.float32), 0.9)[1]
    assert sure.value < 0.9
    assert sure.sigma > 0.2
    assert 1.8 < calibration.farthest <= 1.5 * SMALL.margin
    assert calibration.languages == ("de",)


def test_the_operating_point_lets_few_calm_clips_through() -> None:
    """Law: no more than the recipe's share of any corpus' clips that are not angry raises an alarm."""
    clips, _ = drawn_clips(20)
    random = np.random.default_rng(2)
    logits = random.standard_normal((len(LINES), len(clips), 2, 2))
    logits += np.array([(clip.is_active, clip.is_angry) for clip in clips], dtype=float)[None, :, None, :]
    calibration = fit([Judged(logits, np.ones((len(LINES), len(clips))))], clips, SMALL)
    for line in (1, 2):
        values = calibration.anger.values(logits[line, :, :, 1].mean(axis=1))
        for corpus in {clip.corpus for clip in clips}:
            calm = [at for at, one in enumerate(clips) if one.corpus == corpus and one.is_judged and not one.is_angry]
            assert (values[calm] > calibration.alarm).mean() <= SMALL.false_alarms + 1 / len(calm)
