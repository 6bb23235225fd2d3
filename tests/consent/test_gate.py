"""The gate."""

import pytest

from consent.errors import NotGranted
from consent.grant import ConsentGrant
from consent.parties import Party
from consent.states import Answer
from tests.conftest import Callers


async def test_an_end_reaches_everything_at_once(callers: Callers) -> None:
    """Law: nothing after a withdrawal: when `end` returns, no grant lives, whoever holds it."""
    grants = await callers.says_yes()
    callers.gate.end("call-1", Answer.WITHDRAWN)
    assert not grants.are_live


async def test_an_end_reaches_grants_in_the_making(callers: Callers) -> None:
    """Law: nothing after a withdrawal: a stop that comes while the grants are struck lets none of them live."""
    await callers.says_yes()
    callers.gate.end("call-1", Answer.EXPIRED)  # forgotten in memory only, as after a restart
    strike = callers.ledger.strike

    async def slow(call_id: str, party: Party) -> ConsentGrant:
        made = await strike(call_id, party)
        if party is Party.CALLER:
            callers.gate.end(call_id, Answer.WITHDRAWN)
        return made

    callers.ledger.strike = slow  # type: ignore[method-assign]
    with pytest.raises(NotGranted):
        await callers.gate.open("call-1")


async def test_one_grant_for_all_who_ask(callers: Callers) -> None:
    """Law: one grant for each call and party."""
    assert await callers.says_yes() is await callers.gate.open("call-1")


async def test_a_call_that_ended_is_not_opened_again(callers: Callers) -> None:
    """Law: no grant after a withdrawal."""
    await callers.says_yes()
    await callers.stops()
    with pytest.raises(NotGranted):
        await callers.gate.open("call-1")
    callers.gate.end("call-1", Answer.EXPIRED)
