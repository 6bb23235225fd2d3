"""Laws of the counts of screens."""

from __future__ import annotations

from datetime import UTC, datetime

from ari_bridge.calls.board import CallView, Stage
from ari_bridge.calls.screen_tally import ScreenCounts, ScreenTally

FAMILIES = {"1001": "yealink", "1002": "yealink", "1003": "snom"}


def _see(tally: ScreenTally, call_id: str, *agents: str, stage: Stage = Stage.GRANTED) -> None:
    view = CallView(call_id, stage, datetime.now(UTC), "en", agents, None, None)
    tally.see(view, lambda endpoint: FAMILIES[endpoint])


def _counted(tally: ScreenTally) -> None:
    for family in ("yealink", "snom"):
        tally.sent[family] += 3
        tally.fetched[family] += 2
        tally.pressed[family] += 1


def test_a_family_that_one_agent_has_is_never_told() -> None:
    """Law: where one agent has the only phone of a family, its counts are that agent's: they are kept back."""
    tally = ScreenTally(calls=4, agents=2)
    _counted(tally)
    for number in range(10):
        _see(tally, f"1.{number}", "1003")
        _see(tally, f"2.{number}", "1001" if number % 2 else "1002")
    assert tally.of_several() == {"yealink": ScreenCounts(3, 2, 1)}


def test_what_was_told_waits_for_another_crowd() -> None:
    """Law: the difference of two tellings is again of several agents and calls, or there is none."""
    tally = ScreenTally(calls=2, agents=2)
    _see(tally, "1", "1001", "1002")
    assert not tally.of_several()
    _see(tally, "2", "1001")
    assert tally.of_several()
    _counted(tally)
    for number in range(5):
        _see(tally, f"3.{number}", "1001")
    assert not tally.of_several()


def test_a_call_that_ended_makes_no_crowd() -> None:
    """Law: only who is shown a call counts."""
    tally = ScreenTally(calls=1, agents=1)
    _see(tally, "1", "1001", stage=Stage.ENDED)
    assert not tally.of_several()
