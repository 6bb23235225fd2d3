"""The first lock: types."""

import dataclasses
import pickle
from datetime import UTC, datetime

import pytest

from consent.errors import InvalidValue, Withdrawn
from consent.grant import ConsentGrant, Life
from consent.parties import Party
from consent.purposes import Purpose
from consent.retention import Retention
from tests.conftest import Callers


async def test_a_live_grant_admits(callers: Callers) -> None:
    """Law: no grant, no voice; with one, the value comes out as it went in."""
    grants = await callers.says_yes()
    assert grants.caller.admit("voice").map(str.upper).open() == "VOICE"


async def test_nothing_comes_out_after_a_withdrawal(callers: Callers) -> None:
    """Law: nothing after a withdrawal, not even what was admitted before and waited in a queue."""
    grants = await callers.says_yes()
    waiting = grants.caller.admit("voice")
    await callers.stops()
    for attempt in (waiting.open, lambda: waiting.map(len), lambda: grants.caller.admit("more")):
        with pytest.raises(Withdrawn):
            attempt()
    assert not grants.caller.is_live


async def test_the_agents_grant_ends_with_the_callers(callers: Callers) -> None:
    """Law: one life for a call; whoever ends one grant ends both."""
    grants = await callers.says_yes()
    assert grants.agent is not None
    grants.caller.end("withdrawn")
    assert not grants.agent.is_live


def test_a_grant_of_the_agent_cannot_cover_tone() -> None:
    """Law: the agent's emotion is never inferred, whoever makes the grant."""
    with pytest.raises(InvalidValue, match="agent"):
        ConsentGrant(
            "g", "c", Party.AGENT, frozenset({Purpose.TONE}), "n", "en", datetime.now(UTC), Retention(1), Life()
        )  # fmt: skip


async def test_a_grant_is_frozen(callers: Callers) -> None:
    """Law: nobody widens a grant after it was struck."""
    grants = await callers.says_yes()
    assert grants.agent is not None
    with pytest.raises(dataclasses.FrozenInstanceError):
        grants.agent.purposes = frozenset(Purpose)  # type: ignore[misc]


async def test_a_grant_never_leaves_the_process(callers: Callers) -> None:
    """Law: a grant that was copied elsewhere would not hear of the withdrawal."""
    grants = await callers.says_yes()
    with pytest.raises(TypeError, match="process"):
        pickle.dumps(grants.caller)
