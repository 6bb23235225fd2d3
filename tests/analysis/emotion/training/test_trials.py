"""What the recipe is worth on voices it has not met."""

import numpy as np
import pytest

from analysis.emotion.calibration import Calibration, Scale
from analysis.emotion.training.ensemble import Judged
from analysis.emotion.training.trials import held_out_speakers, ranking, reliability
from tests.analysis.emotion.training.clips import drawn_clips


def test_every_clip_is_judged_by_a_network_that_never_heard_its_speaker() -> None:
    """Law: no clip is left out, and what can be learned is found on unmet speakers."""
    clips, embeddings = drawn_clips(6)
    judged = held_out_speakers(embeddings, clips, 1, 2, 1)
    assert (judged.distances > 0).all()
    found = ranking(judged, clips, 0)
    assert found["emodb"]["clips"] == 48
    assert found["emodb"]["anger_auc"] > 0.8
    assert found["crema_d_mel"]["activation_auc"] > 0.8


def test_reliability_counts_only_what_is_not_abstained() -> None:
    """Law: coverage is told beside every calibration error."""
    clips, _ = drawn_clips(2)
    wild = Judged(np.zeros((1, 40, 1, 2)), np.tile([0.5, 2.0], 20)[None])
    scale = Scale(1.0, 0.0, (0.25, 0.0, 0.0, 0.0))
    found = reliability(wild, clips, 0, Calibration(scale, scale, 1.0, 1.0, ("de",)))
    assert found["emodb"]["coverage"]["judged"] == pytest.approx(0.5)
    assert found["emodb"]["anger"]["within_one_sigma"] == pytest.approx(1.0)
