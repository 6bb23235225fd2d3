"""The rules of a running call."""

from datetime import UTC, datetime, timedelta

import pytest

from ari_bridge.calls.roles import Roles
from ari_bridge.calls.states import Plan, StopKeys, plan
from ari_bridge.calls.topology import Conversation
from consent.parties import Party
from tests.fakes.pbx import channel

ROLES = Roles(("trunk",))
CHANNELS = {
    c.channel_id: c
    for c in (channel("1.1", "trunk"), channel("1.2", "1001"), channel("1.3", "1002"), channel("1.4", "trunk"))
}


def planned(*legs: str, held: bool = False) -> Plan:
    """The plan for a conversation of these legs."""
    return plan("1.1", Conversation(frozenset(legs), frozenset("b"), held, True), CHANNELS, ROLES)


def test_caller_and_agent_are_heard() -> None:
    """Law: with a yes, both parties' legs are heard, each as what its endpoint is."""
    assert planned("1.1", "1.2").legs == {"1.1": Party.CALLER, "1.2": Party.AGENT}


@pytest.mark.parametrize(
    ("legs", "held", "pause"),
    [
        (["1.1"], False, "alone"),
        (["1.1", "1.2"], True, "hold"),
        (["1.1", "1.2", "1.4"], False, "third_party"),
        (["1.1", "1.2", "1.3"], False, "several_agents"),
    ],
)
def test_nobody_is_heard_otherwise(legs: list[str], held: bool, pause: str) -> None:
    """Law: no ears on hold, on a caller alone, on somebody who was not asked, or on staff among themselves."""
    assert planned(*legs, held=held) == Plan({}, pause)


@pytest.mark.parametrize("legs", [["1.1", "1.2"], ["1.1", "1.2", "1.3"], ["1.1", "1.2", "1.4"]])
@pytest.mark.parametrize("pattern", ["1001", "100?", "*", "trunk"])
def test_an_unmonitored_endpoint_silences_all(legs: list[str], pattern: str) -> None:
    """Law: while a line that nobody listens to is in the conversation, nobody in it is heard, whoever else is there."""
    conversation = Conversation(frozenset(legs), frozenset("b"), False, True)
    assert plan("1.1", conversation, CHANNELS, Roles(("trunk",), (pattern,))) == Plan({}, "unmonitored")


def test_an_unmonitored_endpoint_elsewhere_silences_nobody() -> None:
    """Law: what counts is who is in the conversation."""
    conversation = Conversation(frozenset({"1.1", "1.2"}), frozenset("b"), False, True)
    assert plan("1.1", conversation, CHANNELS, Roles(("trunk",), ("1002",))).pause == ""


def test_a_call_that_staff_dialled_is_not_heard() -> None:
    """Law: the agent who dials out and presses 1 is staff by endpoint: nothing is forked."""
    staff = {"1.1": channel("1.1", "1001"), "1.2": channel("1.2", "trunk")}
    conversation = Conversation(frozenset({"1.1", "1.2"}), frozenset("b"), False, True)
    assert plan("1.1", conversation, staff, ROLES) == Plan({}, "no_caller")
    assert plan("gone", conversation, staff, ROLES) == Plan({}, "no_caller")


def pressed(*keys: tuple[str, float]) -> bool:
    """Whether the last of these keys, at seconds, completes the stop."""
    watch, zero = StopKeys(), datetime(2026, 1, 1, tzinfo=UTC)
    return [watch.press(key, zero + timedelta(seconds=at)) for key, at in keys][-1]


@pytest.mark.parametrize(
    ("keys", "complete"),
    [
        ([("*", 0), ("9", 0.1)], True),
        ([("*", 0), ("9", 2.5)], True),
        ([("*", 0), ("9", 3.5)], False),
        ([("9", 0)], False),
        ([("*", 0), ("*", 1), ("9", 2)], True),
        ([("*", 0), ("1", 1), ("9", 2)], False),
        ([("*", 1), ("9", 0)], False),
    ],
)
def test_stop_keys(keys: list[tuple[str, float]], complete: bool) -> None:
    """Law: as easy to take back as to give: slow hands have 2.5 s between the keys; other keys are no stop."""
    assert pressed(*keys) is complete
