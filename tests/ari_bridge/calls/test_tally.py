"""What is counted of all calls."""

import dataclasses
from datetime import UTC, datetime

import pytest

from ari_bridge.calls.board import CallView, Stage
from ari_bridge.calls.tally import FEW_AGENTS, FEW_CALLS, MANY_CALLS, SEVERAL_AGENTS, Crowd, Tally
from ari_bridge.media.stats import ReceiverStats

VIEW = CallView("1.1", Stage.FAILED, datetime.now(UTC), "en", ("1001",), None, None, "the disk is full")


def test_what_a_closed_fork_received_stays_counted() -> None:
    """Law: no count falls when a fork is closed: what it received is added to the total."""
    tally = Tally()
    tally.closed(ReceiverStats(packets=10, lost=1), "1.1", "")
    tally.closed(ReceiverStats(packets=5, late=2), "1.2", "1001")
    assert (tally.forks, tally.media.packets, tally.media.lost, tally.media.late) == (2, 15, 1, 2)


def test_a_call_that_fails_is_counted_once_for_each_time() -> None:
    """Law: a fault is one however often the screen is drawn anew, and another one after the call had recovered."""
    tally = Tally()
    for stage in (Stage.FAILED, Stage.FAILED, Stage.GRANTED, Stage.FAILED, Stage.ENDED):
        tally.see(dataclasses.replace(VIEW, stage=stage))
    assert tally.failures == 2


@pytest.mark.parametrize(
    ("heard", "is_one"),
    [
        ([], False),
        ([(f"1.{n}", "1001") for n in range(100)], False),
        ([("1.1", f"10{n:02}") for n in range(100)], False),
        ([(f"1.{n}", "") for n in range(100)], False),
        ([*((f"1.{n}", "1001") for n in range(FEW_CALLS - 1)), ("1.1", "1002")], False),
        ([*((f"1.{n}", "1001") for n in range(FEW_CALLS - 1)), ("2.1", "1002")], True),
    ],
)
def test_a_crowd_is_several_calls_of_several_agents(heard: list[tuple[str, str]], is_one: bool) -> None:
    """Law: one agent with many calls is no crowd, nor are many agents in one call."""
    crowd = Crowd()
    for call_id, agent in heard:
        crowd.add(call_id, agent)
    assert crowd.is_one is is_one


def test_a_crowd_remembers_no_more_than_it_needs() -> None:
    """Law: no list of calls or agents grows, also where nobody ever asks; and once told nobody is remembered."""
    crowd = Crowd()
    for number in range(1000):
        crowd.add(str(number), str(number))
    held = [len(getattr(crowd, name)) for name in ("_calls", "_agents")]
    assert held == [FEW_CALLS, FEW_AGENTS]
    crowd.begin_anew()
    assert not crowd.is_one


def test_a_fork_that_heard_nothing_makes_no_crowd() -> None:
    """Law: legs from which no packet came hide nobody."""
    tally = Tally()
    for number in range(2 * FEW_CALLS):
        tally.closed(ReceiverStats(malformed=1), f"1.{number}", f"100{number % 2}")
    assert not tally.crowd.is_one


def test_contests_wait_for_a_larger_crowd() -> None:
    """Law: what agents do with their rights is told of as many calls and agents as a week's sum, and not of fewer."""
    tally = Tally()
    for number in range(MANY_CALLS - 1):
        tally.closed(ReceiverStats(packets=1), f"1.{number}", f"10{number % SEVERAL_AGENTS:02}")
    assert tally.crowd.is_one
    assert not tally.large_crowd.is_one
    tally.closed(ReceiverStats(packets=1), "2.1", "1001")
    assert tally.large_crowd.is_one
