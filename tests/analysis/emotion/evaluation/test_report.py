"""The whole report."""

import json
from pathlib import Path

import pytest

from analysis.emotion.evaluation.report import DEFINITIONS, KINDS, report_of
from tests.analysis.emotion.evaluation.judged import calm_and_angry, clip, judgement


def test_every_group_has_its_cell_on_every_line() -> None:
    """Law: corpus, language, sex, race, age and what was heard, each by line; a call's line is told first."""
    found = report_of([
        *calm_and_angry(20, 10, corpus="a", sex="f", race="X", age=20, language="de", line="clean"),
        *calm_and_angry(20, 10, corpus="a", sex="f", race="X", age=20, language="de", line="phone"),
        *calm_and_angry(30, 10, corpus="b", sex="m", race="Y", age=70, language="fr", line="phone"),
    ])  # fmt: skip
    assert found["counts"] == {"clips": 70, "clips_of_four_classes": 70, "speakers": 20, "lines": ["phone", "clean"]}
    groups = found["groups"]
    assert list(groups) == ["all", *KINDS]
    assert {kind: list(groups[kind]) for kind in KINDS} == {
        "corpus": ["a", "b"], "language": ["de", "fr"], "sex": ["f", "m"], "race": ["X", "Y"],
        "age": ["under 30", "60+"], "heard": ["anger", "neutral"],
    }  # fmt: skip
    assert set(groups["corpus"]["a"]) == {"phone", "clean"}
    assert set(groups["corpus"]["b"]) == {"phone"}
    assert groups["language"]["fr"]["phone"]["clips"] == 40
    assert groups["heard"]["anger"]["phone"]["hits"]["value"] == 1.0
    assert set(found["robustness"]) == {"all", "a", "b"}
    assert set(found["curves"]) == {"phone", "clean"}
    assert set(found["gaps"]) == {"sex", "race"}


def test_an_empty_report_says_nothing_wrongly() -> None:
    """Law: no judgement gives no number, and no error."""
    found = report_of([])
    assert found["counts"]["clips"] == 0
    assert found["groups"]["all"]["all"] == {}
    assert found["definitions"] == DEFINITIONS
    json.dumps(found, allow_nan=False)


def test_no_file_and_no_speaker_is_named() -> None:
    """Law: a report can be shown to anybody: it holds figures of groups, and of nobody."""
    hidden = clip(1, speaker=1, corpus="calls")
    named = type(hidden)(Path("/calls/Zoe-Martin.wav"), "calls", "calls:Zoe Martin", *[
        getattr(hidden, name) for name in ("sex", "race", "age", "language", "heard", "activation",
                                           "activation_weight", "anger")
    ])  # fmt: skip
    text = json.dumps(report_of([judgement(named), *calm_and_angry(20, 20)]), allow_nan=False)
    assert "Zoe" not in text
    assert ".wav" not in text


def test_the_order_of_the_judgements_does_not_matter() -> None:
    """Law: a report is of a set."""
    rows = calm_and_angry(40, 20, false_alarms=3)
    one, other = report_of(rows)["groups"], report_of(rows[::-1])["groups"]
    assert one["all"]["all"]["phone"]["false_alarms"]["value"] == other["all"]["all"]["phone"]["false_alarms"]["value"]
    assert one["all"]["all"]["phone"]["anger_auc"]["value"] == pytest.approx(
        other["all"]["all"]["phone"]["anger_auc"]["value"]
    )
