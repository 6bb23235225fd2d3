"""The human figure."""

from analysis.emotion.evaluation.human import PUBLISHED, single_listener
from analysis.emotion.evaluation.table import table_of
from tests.analysis.emotion.evaluation.judged import clip, judgement


def test_one_listener_is_measured_on_the_question_that_the_model_is_asked() -> None:
    """Law: 7 of 10 say anger where most do, 1 of 10 where most do not: right 7 and 9 times of 10."""
    angry = [judgement(clip(number, "anger", votes=0.7)) for number in range(10)]
    calm = [judgement(clip(10 + number, "neutral", votes=0.1)) for number in range(10)]
    again = [judgement(one.clip, line="clean") for one in angry]
    found = single_listener(table_of([*angry, *calm, *again]))
    assert found == {"clips": 20, "agrees": {"value": 0.8}, "hits": {"value": 0.7}, "false_alarms": {"value": 0.1}}


def test_without_votes_nobody_is_measured() -> None:
    """Law: one label is no jury."""
    found = single_listener(table_of([judgement(clip(number, "anger")) for number in range(20)]))
    assert found["clips"] == 0
    assert found["hits"]["value"] == "not shown"
    assert (PUBLISHED["six_classes"], PUBLISHED["four_classes"]) == (0.4, 0.549)
