"""Judgements as columns."""

from math import isnan

import pytest

from analysis.emotion.evaluation.table import table_of
from tests.analysis.emotion.evaluation.judged import clip, judgement, unheard


@pytest.mark.parametrize(
    ("age", "band"), [(None, "unknown"), (29, "under 30"), (30, "30-44"), (45, "45-59"), (60, "60+"), (99, "60+")]
)
def test_ages_lie_in_four_bands(age: int | None, band: str) -> None:
    """Law: each age is in one band, and none in a guess."""
    assert table_of([judgement(clip(age=age))]).age.tolist() == [band]


def test_votes_are_soft_targets_and_labels_hard_ones() -> None:
    """Law: figures compare with what was heard: a share of listeners, or one label at its word."""
    table = table_of([judgement(clip(0, "anger", votes=0.6)), judgement(clip(1, "anger")), judgement(clip(2, "other"))])
    assert table.anger_target.tolist() == [0.6, 1.0, 0.0]
    assert table.activation_weight.tolist() == [1.0, 1.0, 0.0]


def test_rows_are_chosen_together() -> None:
    """Law: all columns of a row stay one; what was not run has no number."""
    table = table_of([judgement(clip(0, sex="f")), unheard(clip(1, sex="m"))])
    rest = table.where(table.sex == "m")
    assert len(rest) == 1
    assert (rest.reason.tolist(), rest.is_told.tolist()) == (["too_little_speech"], [False])
    assert isnan(rest.anger[0])
    assert len(table_of([])) == 0
