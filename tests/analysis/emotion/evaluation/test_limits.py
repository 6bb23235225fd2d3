"""What a language still lacks, in words."""

import pytest

from analysis.emotion.evaluation.intervals import needed
from analysis.emotion.evaluation.limits import LanguageLimits, shortfalls
from analysis.emotion.evaluation.report import report_of
from consent.errors import InvalidValue
from tests.analysis.emotion.evaluation.judged import calm_and_angry, clip, unheard

LIMITS = LanguageLimits(speakers=10, calm_clips=100, angry_clips=40, ece_high=0.15)


def lacking(*parts: list, limits: LanguageLimits = LIMITS, language: str = "fr") -> list[str]:
    """What a report of these judgements lacks."""
    return shortfalls(report_of([row for part in parts for row in part]), language, limits)


def test_a_report_that_meets_every_limit_lacks_nothing() -> None:
    """Law: enough clips and people, no false alarm, right order: the language may be unlocked."""
    assert lacking(calm_and_angry(100, 40)) == []
    assert lacking(calm_and_angry(100, 40, line="as-is")) == []


def test_how_many_are_missing_is_computed() -> None:
    """Law: an admin learns how many more of what are needed, and not that they are too few."""
    assert lacking(calm_and_angry(40, 30, speakers=6)) == [
        "4 more speakers are needed (6 of 10)",
        "60 more clips that are not angry and can be judged are needed (40 of 100)",
        "10 more angry clips that can be judged are needed (30 of 40)",
    ]


def test_another_language_or_line_unlocks_nothing() -> None:
    """Law: only what was tried in that language, as it sounds on a call."""
    assert lacking(calm_and_angry(100, 40), language="it") == [
        "no clip in it was judged over a call's line (as-is or phone)"
    ]
    assert "over a call's line" in lacking(calm_and_angry(100, 40, line="clean"))[0]


def test_false_alarms_are_held_to_their_upper_end() -> None:
    """Law: 6 of 100 may be more than 10 %: it is said how many more clips would show it; of 30 % none would."""
    (said,) = lacking(calm_and_angry(100, 40, false_alarms=6))
    wanted = needed(0.1, 0.06)
    assert wanted is not None
    assert said.startswith("false anger alarms are 6.0% (")
    assert f"{wanted - 100} further clips that are not angry would show it" in said
    assert "more clips will not mend that" in " ".join(lacking(calm_and_angry(100, 40, false_alarms=30)))


def test_poor_ranking_calibration_and_coverage_are_each_said() -> None:
    """Law: nothing that is too poor stays unsaid."""
    said = lacking(calm_and_angry(100, 40, hits=10), limits=LanguageLimits(10, 100, 40))
    assert any(one.startswith("anger is told from the rest too poorly: AUC 0.6") for one in said)
    assert any("what is said of anger is" in one for one in said)
    silent = [unheard(clip(500 + number)) for number in range(300)]
    assert any("only 32% of the clips could be judged" in one for one in lacking(calm_and_angry(100, 40), silent))


def test_enough_clips_of_too_few_people_cannot_be_shown() -> None:
    """Law: where nothing is missing but an interval, that is what is said."""
    said = lacking(calm_and_angry(100, 40, speakers=4), limits=LanguageLimits(1, 100, 40, ece_high=1.0))
    assert any(one.startswith("anger is told from the rest: not shown (no interval: 4 speakers") for one in said)
    assert any(one.startswith("false anger alarms: not shown") for one in said)


def test_the_clips_asked_for_can_show_what_is_asked() -> None:
    """Law: the default number of calm clips is the one at which 5 % can be shown to lie under the limit."""
    limits = LanguageLimits()
    assert limits.calm_clips == needed(limits.false_alarms_high, 0.05)


@pytest.mark.parametrize("wrong", [{"ece_high": 1.5}, {"coverage": -0.1}, {"speakers": -1}])
def test_limits_are_shares_and_counts(wrong: dict) -> None:
    """Law: a limit that nothing can meet, or everything, is not born."""
    with pytest.raises(InvalidValue):
        LanguageLimits(**wrong)
