"""The figures of one group, each counted by hand."""

import numpy as np
import pytest

from analysis.emotion.evaluation.cell import cell, precision
from analysis.emotion.evaluation.intervals import upper_bound
from analysis.emotion.evaluation.table import table_of
from analysis.emotion.score import Reason
from tests.analysis.emotion.evaluation.judged import calm_and_angry, clip, judgement, unheard


def test_rates_are_shares_of_what_was_judged() -> None:
    """Law: 2 of 40 calm clips and 15 of 20 angry ones raise an alarm: 5 %, 75 %, and one alarm in 1.6 is right where
    one utterance in ten is angry (.1 x .75 / (.1 x .75 + .9 x .05)).
    """
    found = cell(table_of(calm_and_angry(40, 20, false_alarms=2, hits=15)))
    assert (found["clips"], found["angry"], found["told"], found["told_angry"], found["speakers"]) == (
        60,
        20,
        60,
        20,
        10,
    )
    assert found["false_alarms"]["value"] == 0.05
    assert found["hits"]["value"] == 0.75
    assert found["precision"]["value"] == pytest.approx(0.625)
    assert found["alarms"]["value"] == pytest.approx(17 / 60, abs=1e-4)
    assert found["coverage"]["value"] == 1.0
    # calm .1 (38) and .9 (2), angry .1 (5) and .9 (15): (15 x 38 + half of 15 x 2 and of 5 x 38) of 800 pairs
    assert found["anger_auc"]["value"] == pytest.approx((15 * 38 + (15 * 2 + 5 * 38) / 2) / 800)
    assert found["activation_auc"]["value"] == 1.0


def test_calibration_error_is_of_what_was_judged() -> None:
    """Law: .1 said of 40 clips none of which is angry, .9 of 20 that all are: .1 from the truth on average."""
    found = cell(table_of(calm_and_angry(40, 20)))
    assert found["anger_ece"]["value"] == pytest.approx(0.1)
    assert found["activation_ece"]["value"] == pytest.approx(0.1)


def test_abstentions_count_in_coverage_and_nowhere_else() -> None:
    """Law: an alarm on what a call would not have been told is none; ranking has all that has a number."""
    abstained = [judgement(clip(100 + number), 0.9, reason=Reason.NOISE) for number in range(20)]
    silent = [unheard(clip(200 + number)) for number in range(20)]
    found = cell(table_of([*calm_and_angry(40, 20), *abstained, *silent]))
    assert found["coverage"]["value"] == 0.6
    assert found["abstained"] == {"noise": 20, "too_little_speech": 20}
    assert found["false_alarms"]["value"] == 0.0
    assert found["anger_auc"]["value"] == pytest.approx((20 * 40 + 20 * 20 / 2) / 1200, abs=1e-4)


def test_other_kinds_of_clips_stand_apart() -> None:
    """Law: fear, ties and noise count in no rate but their own."""
    others = [judgement(clip(100 + number, "other", speaker=number), 0.9) for number in range(10)]
    found = cell(table_of([*calm_and_angry(40, 20), *others]))
    assert found["clips"] == 60
    assert found["false_alarms"]["value"] == 0.0
    assert found["other"]["clips"] == 10
    assert found["other"]["alarms"]["value"] == 1.0


def test_one_class_alone_has_no_ranking_and_says_why() -> None:
    """Law: of calm clips false alarms are told, and nothing that needs angry ones."""
    found = cell(table_of(calm_and_angry(40, 0, false_alarms=4)))
    assert found["false_alarms"]["value"] == 0.1
    assert found["anger_auc"]["why"] == "0 clips heard as angry and 40 others, and 10 of each are needed"
    assert found["hits"]["why"] == "0 clips that are angry and were judged, and 10 are needed"
    assert "0 angry clips and 40 others" in found["precision"]["why"]


def test_without_an_alarm_there_is_no_precision() -> None:
    """Law: nothing divided by nothing is not shown."""
    found = cell(table_of(calm_and_angry(40, 20, hits=0)))
    assert found["precision"] == {"value": "not shown", "why": "no alarm was raised"}
    assert np.isnan(precision(np.zeros(1), np.zeros(1))[0])


def test_a_precision_of_one_keeps_its_doubt() -> None:
    """Law: no false alarm in 40 clips leaves 8.8 % possible, and then 20 of 20 hits would be right in .56 of cases."""
    found = cell(table_of(calm_and_angry(40, 20)))["precision"]
    assert (found["value"], found["high"]) == (1.0, pytest.approx(1.0, abs=1e-4))
    assert found["low"] == pytest.approx(0.1 / (0.1 + 0.9 * upper_bound(0, 40)), abs=1e-4)


def test_nothing_at_all_is_told_as_nothing() -> None:
    """Law: an empty group has a sentence for every figure."""
    found = cell(table_of([]))
    figures = [value for value in found.values() if isinstance(value, dict) and "value" in value]
    assert len(figures) == 9
    assert all(figure["value"] == "not shown" and figure["why"] for figure in figures)
