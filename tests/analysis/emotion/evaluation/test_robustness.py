"""The same clips, clean and by phone."""

import pytest

from analysis.emotion.evaluation.judgement import Judgement
from analysis.emotion.evaluation.robustness import changes, clean_to_phone
from analysis.emotion.evaluation.table import table_of
from analysis.emotion.score import Reason
from tests.analysis.emotion.evaluation.judged import calm_and_angry, clip, judgement


def both(clean: list[Judgement], phone: list[Judgement]) -> dict[str, dict[str, float]]:
    """What changes."""
    return clean_to_phone(table_of([*clean, *phone]))


def test_unchanged_decisions_are_counted_by_clip() -> None:
    """Law: 2 of 60 clips raise an alarm by phone alone: 58 of 60 stay."""
    found = both(calm_and_angry(40, 20, line="clean"), calm_and_angry(40, 20, false_alarms=2, line="phone")[::-1])
    assert found["alarm_unchanged"]["value"] == pytest.approx(58 / 60, abs=1e-4)
    assert found["activation_unchanged"]["value"] == 1.0
    assert found["still_told"]["value"] == 1.0
    # by phone 2 of 40 calm clips tie with all the angry: half of 5 % is lost
    assert found["anger_auc_lost"]["value"] == pytest.approx(0.025)
    assert found["activation_auc_lost"] == {"value": 0.0, "low": 0.0, "high": 0.0}


def test_an_abstention_is_no_change_of_mind() -> None:
    """Law: what is not judged by phone is told apart from what is judged otherwise."""
    clean = calm_and_angry(20, 20, line="clean")
    silent = [judgement(clip(number, speaker=number), line="phone", reason=Reason.LINE) for number in range(10)]
    found = both(clean, [*silent, *calm_and_angry(20, 20, line="phone")[10:]])
    assert found["still_told"]["value"] == 0.75
    assert found["alarm_unchanged"]["value"] == 1.0


def test_one_line_alone_changes_nothing() -> None:
    """Law: without both lines there is no such figure."""
    assert changes(table_of(calm_and_angry(20, 20, line="as-is")), ["own"]) == {}
    assert changes(table_of([]), []) == {}
