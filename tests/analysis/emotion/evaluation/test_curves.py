"""Curves, point by point."""

import numpy as np

from analysis.emotion.evaluation.curves import calibration_curve, curves, risk_coverage
from analysis.emotion.evaluation.table import table_of
from analysis.emotion.score import Reason
from tests.analysis.emotion.evaluation.judged import calm_and_angry, clip, judgement


def test_a_calibration_point_is_what_was_said_and_what_was_heard() -> None:
    """Law: .21 and .29 lie in one bin, 1.0 in the last; weights count; empty bins are left out."""
    found = calibration_curve(
        np.array([0.21, 0.29, 1.0, 0.55]), np.array([0.0, 1.0, 1.0, 0.0]), np.array([3.0, 1.0, 1.0, 0.0])
    )
    assert found == [
        {"from": 0.2, "clips": 2, "said": 0.23, "heard": 0.25},
        {"from": 0.9, "clips": 1, "said": 1.0, "heard": 1.0},
    ]


def test_risk_falls_as_the_uncertain_are_left_out() -> None:
    """Law: of four judged among five the two surest are right: coverage .8 to .2, risk .5 to 0."""
    found = risk_coverage(np.array([True, False, True, False]), np.array([0.4, 0.1, 0.3, 0.2]), 5)
    assert found == [
        {"coverage": 0.8, "risk": 0.5},
        {"coverage": 0.6, "risk": 0.3333},
        {"coverage": 0.4, "risk": 0.0},
        {"coverage": 0.2, "risk": 0.0},
    ]
    assert risk_coverage(np.zeros(0, np.bool_), np.zeros(0), 0) == []


def test_decisions_are_those_of_a_call() -> None:
    """Law: an alarm on the calm and none on the angry are wrong; abstentions lower the coverage and raise no risk."""
    silent = [judgement(clip(100 + number), 0.9, reason=Reason.LINE) for number in range(40)]
    found = curves(table_of([*calm_and_angry(30, 10, false_alarms=3, hits=9), *silent]))["risk_coverage"]
    assert found["alarm"][0] == {"coverage": 0.5, "risk": 0.1}
    assert found["activation"][0]["risk"] == 0.0
    assert found["alarm_never"] == 0.25
    assert curves(table_of([]))["risk_coverage"]["alarm_never"] is None
