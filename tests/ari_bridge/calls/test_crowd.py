"""Laws of a crowd."""

from __future__ import annotations

import pytest

from ari_bridge.calls.crowd import Crowd
from ari_bridge.calls.tally import FEW_AGENTS, FEW_CALLS


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
    crowd = Crowd(FEW_CALLS, FEW_AGENTS)
    for call_id, agent in heard:
        crowd.add(call_id, agent)
    assert crowd.is_one is is_one


def test_a_crowd_remembers_no_more_than_it_needs() -> None:
    """Law: no list of calls or agents grows, also where nobody ever asks; and once told nobody is remembered."""
    crowd = Crowd(FEW_CALLS, FEW_AGENTS)
    for number in range(1000):
        crowd.add(str(number), str(number))
    held = [len(getattr(crowd, name)) for name in ("_calls", "_agents")]
    assert held == [FEW_CALLS, FEW_AGENTS]
    crowd.begin_anew()
    assert not crowd.is_one
