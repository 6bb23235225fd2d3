"""The gate."""

import pytest

from consent.errors import NotGranted
from consent.states import Answer
from tests.conftest import Callers


async def test_an_end_reaches_everything_at_once(callers: Callers) -> None:
    """Law: nothing after a withdrawal: when `end` returns, no grant lives and every fork was told."""
    grants = await callers.says_yes()
    told: list[Answer] = []
    callers.gate.on_end("call-1", told.append)
    callers.gate.end("call-1", Answer.WITHDRAWN)
    assert told == [Answer.WITHDRAWN]
    assert not grants.are_live


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
