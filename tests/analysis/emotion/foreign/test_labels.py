"""Labels of others as our two outputs."""

import numpy as np
import pytest

from analysis.emotion.foreign.labels import LabelMap
from analysis.emotion.model_files import ModelRefused
from consent.errors import InvalidValue

LABELS = ("neu", "ang", "hap", "sad")


def test_outputs_are_sums() -> None:
    """Law: activation is the share of the active labels, anger that of the angry ones, never above 1."""
    shares = np.array([0.1, 0.4, 0.3, 0.2], np.float32)
    assert LabelMap(("ang",), ("ang", "hap")).outputs(LABELS, shares) == pytest.approx((0.7, 0.4))
    assert LabelMap(LABELS, LABELS).outputs(LABELS, shares * np.float32(1.0001)) == (1.0, 1.0)


def test_a_label_that_the_model_lacks_is_refused() -> None:
    """Law: a misspelt label is told with those that there are, and never counts as zero anger."""
    with pytest.raises(ModelRefused, match=r"names anger, .* knows neu, ang, hap, sad only"):
        LabelMap(("anger",), ("ang", "hap")).check(LABELS)


@pytest.mark.parametrize(("angry", "active"), [((), ("ang",)), (("ang",), ()), (("ang", "ang"), ("ang",))])
def test_an_empty_output_is_refused(angry: tuple[str, ...], active: tuple[str, ...]) -> None:
    """Law: no output is always zero, and none counts a label twice."""
    with pytest.raises(InvalidValue):
        LabelMap(angry, active)
