"""What is counted of all calls."""

import dataclasses
from datetime import UTC, datetime

from ari_bridge.calls.board import CallView, Stage
from ari_bridge.calls.tally import FEW_CALLS, MANY_CALLS, SEVERAL_AGENTS, Tally
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
