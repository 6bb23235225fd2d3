"""The gate."""

import pytest

from consent.errors import NotGranted, Withdrawn
from consent.grant import ConsentGrant
from consent.parties import Party
from consent.states import Answer
from tests.conftest import AGENTS, Callers

STRANGER = "1003"
"""An agent who has not acknowledged the notice to staff."""


async def test_an_end_reaches_everything_at_once(callers: Callers) -> None:
    """Law: nothing after a withdrawal: when `end` returns, no grant lives, whoever holds it."""
    grants = await callers.says_yes()
    assert grants.agent is not None
    callers.gate.end("call-1", Answer.WITHDRAWN)
    assert not grants.caller.is_live
    assert not grants.agent.is_live
    with pytest.raises(Withdrawn):
        grants.caller.admit("voice")


async def test_an_end_reaches_grants_in_the_making(callers: Callers) -> None:
    """Law: nothing after a withdrawal: a stop that comes while the grants are struck lets none of them live."""
    await callers.says_yes()
    strike = callers.ledger.strike
    made: list[ConsentGrant] = []

    async def slow(call_id: str, party: Party, endpoint: str = "") -> ConsentGrant:
        made.append(await strike(call_id, party, endpoint))
        if party is Party.CALLER:
            callers.gate.end(call_id, Answer.WITHDRAWN)
        return made[-1]

    callers.ledger.strike = slow  # type: ignore[method-assign]
    grants = await callers.gate.open("call-1", AGENTS[0])
    assert grants.agent is None
    assert not any(grant.is_live for grant in [*made, grants.caller])


async def test_an_end_before_anything_is_struck_holds(callers: Callers) -> None:
    """Law: a stop that nobody could write down yet lets no grant be struck, though no grant is there to be ended."""
    for answer in (Answer.ASKED, Answer.GRANTED):
        await callers.ledger.record(callers.entry("call-1", answer))
    callers.gate.end("call-1", Answer.WITHDRAWN)
    with pytest.raises(NotGranted, match="withdrawn"):
        await callers.gate.open("call-1", AGENTS[0])


async def test_one_grant_for_all_who_ask(callers: Callers) -> None:
    """Law: one grant for each call and party; another agent in the same call has a grant of its own."""
    first, again = await callers.says_yes(), await callers.gate.open("call-1", AGENTS[0])
    other = await callers.gate.open("call-1", AGENTS[1])
    assert first == again
    assert other.caller == first.caller
    assert other.agent is not None
    assert first.agent is not None
    assert other.agent.grant_id != first.agent.grant_id
    assert first.of(Party.CALLER) is first.caller
    assert first.of(Party.AGENT) is first.agent


async def test_an_agent_who_was_not_told_is_not_heard(callers: Callers) -> None:
    """Law: without an acknowledgement the agent's leg has no grant, not even for facts; the caller's is untouched."""
    await callers.says_yes()
    grants = await callers.gate.open("call-1", STRANGER)
    assert grants.agent is None
    assert grants.caller.is_live


async def test_a_call_that_ended_is_not_opened_again(callers: Callers) -> None:
    """Law: no grant after a withdrawal."""
    await callers.says_yes()
    await callers.stops()
    with pytest.raises(NotGranted):
        await callers.gate.open("call-1", AGENTS[0])
    callers.gate.end("call-1", Answer.EXPIRED)
