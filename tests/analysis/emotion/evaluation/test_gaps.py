"""Gaps between groups of people."""

from math import hypot

from analysis.emotion.evaluation.gaps import MIN_CALM_CLIPS, WIDEST, gaps
from analysis.emotion.evaluation.intervals import lower_bound, upper_bound
from analysis.emotion.evaluation.judgement import Judgement
from analysis.emotion.evaluation.table import table_of
from tests.analysis.emotion.evaluation.judged import clip, judgement


def people(sex: str, speakers: int, clips_each: int, alarms_each: int, race: str = "") -> list[Judgement]:
    """Calm clips: each speaker has so many, and so many alarms."""
    return [
        judgement(clip(number, speaker=speaker, corpus=f"{sex}{race}", sex=sex, race=race),
                  0.9 if number % clips_each < alarms_each else 0.1)
        for speaker in range(speakers)
        for number in range(speaker * clips_each, (speaker + 1) * clips_each)
    ]  # fmt: skip


def test_a_gap_is_the_difference_of_false_alarms() -> None:
    """Law: 2 of 50 of each woman and 1 of 50 of each man: 2 points. As all are alike drawing them leaves no doubt, and
    the exact bounds of 16 and of 8 of 400, squared and added, are the interval.
    """
    found = gaps(table_of([*people("f", 8, 50, 2), *people("m", 8, 50, 1)]), "sex")["f - m"]
    low = 0.02 - hypot(0.04 - lower_bound(16, 400), upper_bound(8, 400) - 0.02)
    high = 0.02 + hypot(upper_bound(16, 400) - 0.04, 0.02 - lower_bound(8, 400))
    assert (found["value"], found["low"], found["high"]) == (0.02, round(low, 4), round(high, 4))


def test_no_alarm_at_all_is_no_proof_of_fairness() -> None:
    """Law: where nobody of a few raised one, the gap is not shown as none."""
    found = gaps(table_of([*people("f", 8, 8, 0), *people("m", 8, 8, 0)]), "sex")["f - m"]
    assert found["value"] == "not shown"
    assert "too wide" in found["why"]


def test_few_people_or_clips_are_not_shown() -> None:
    """Law: a gap is not told of four people, nor of fewer clips than can show it."""
    found = gaps(table_of([*people("f", 4, 50, 2), *people("m", 8, 50, 1)]), "sex")["f - m"]
    assert found["value"] == "not shown"
    assert found["why"].startswith("f: 4 speakers and 200 clips")
    assert MIN_CALM_CLIPS > 8 * 7
    found = gaps(table_of([*people("f", 8, 7, 1), *people("m", 8, 50, 1)]), "sex")["f - m"]
    assert found["why"].startswith("f: 8 speakers and 56 clips")


def test_a_wide_interval_is_not_shown() -> None:
    """Law: where two of eight men have all the alarms, nobody knows the gap, and the reason tells the interval."""
    loud = people("m", 2, 20, 20)
    calm = [*people("m", 8, 20, 0)[40:], *loud]
    found = gaps(table_of([*people("f", 8, 20, 1), *calm]), "sex")["f - m"]
    assert found["value"] == "not shown"
    assert f"too wide: more than {100 * WIDEST['sex']:g} points" in found["why"]


def test_races_are_compared_by_pairs_and_the_unknown_with_nobody() -> None:
    """Law: every pair of known groups has its gap."""
    rows = [row for race in ("A", "B", "C", "") for row in people("f", 6, 20, 1, race)]
    found = gaps(table_of(rows), "race")
    assert list(found) == ["A - B", "A - C", "B - C"]
    assert all(figure["value"] == 0.0 for figure in found.values())
