"""A hundred calls with every kind of answer, ten at a time."""

import asyncio
import random
import time
from collections.abc import Sequence

import pytest

from tests.lab.relay import Passed
from tests.lab.switch_site import SwitchSite
from tests.live.freeswitch.people import answer, ring
from tests.live.people import LAST_PACKET_MS, rows

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]

CALLS = 100
AT_ONCE = 10
VOICES = 2
"""Of a call after a yes."""
ANSWERS = ("1", "1*9", "2", "", "5", "hang up")
STARTS_WITHIN_S = 12.0


async def _call(site: SwitchSite, at: int, how: str) -> tuple[str, int, int]:
    """Play one; its id, and in ns since 1970 from when to when a voice of it may flow (0, 0: never)."""
    number = f"06460{at:05d}"
    call = await ring(site, number, str(1001 + at % 4))
    call_id = await site.call_of(number)
    if how == "hang up":
        await asyncio.sleep(3.0)
        await call.hang_up()
        return call_id, 0, 0
    key_ns = await answer(call, how[0]) if how else 0
    await site.met(number, *range(1001, 1005))
    await asyncio.sleep(STARTS_WITHIN_S / 2)
    end_ns = (await call.press("*9"))[-1] if how.endswith("*9") else 0
    await asyncio.sleep(1.0)
    await call.hang_up()
    return (call_id, key_ns, end_ns or time.time_ns()) if how.startswith("1") else (call_id, 0, 0)


async def test_no_byte_flows_outside_a_live_yes(site: SwitchSite) -> None:
    """Law: of a hundred mixed calls each voice that flowed did so between a yes and its end, and a call without a yes
    has none.
    """
    for number in range(1001, 1005):
        await site.agent(number)
    lots = random.Random(8)
    kinds = [ANSWERS[at % len(ANSWERS)] for at in range(CALLS)]
    lots.shuffle(kinds)
    turn = asyncio.Semaphore(AT_ONCE)

    async def play(at: int, how: str) -> tuple[str, int, int]:
        async with turn:
            return await _call(site, at, how)

    first = len(site.passed)
    played = await asyncio.gather(*(play(at, how) for at, how in enumerate(kinds)))
    windows = [(since_ns, until_ns + LAST_PACKET_MS * 1_000_000) for _, since_ns, until_ns in played if since_ns]
    connections = [one for one in site.passed[first:] if one.arrivals_ns]
    outside = len(connections) - _placed(connections, windows)
    granted = len(windows)
    rows(("calls", "yes", "voices", "outside a yes"), (len(played), granted, len(connections), outside))
    assert len(connections) == VOICES * granted
    assert outside == 0
    for (call_id, since_ns, _), how in zip(played, kinds, strict=True):
        said = {one[0] for one in site.records.answers(call_id)}
        assert ("granted" in said) is bool(since_ns), how
        assert ("withdrawn" in said) is how.endswith("*9"), how


def _placed(connections: Sequence[Passed], windows: Sequence[tuple[int, int]]) -> int:
    """How many voices at most find a place, each wholly in the window of a call of its own and two in each: a
    connection does not say whose it is. (Kuhn's augmenting paths.)
    """
    places = [window for window in windows for _ in range(VOICES)]
    taken: dict[int, Passed] = {}

    def place(one: Passed, tried: set[int]) -> bool:
        for at, (since_ns, until_ns) in enumerate(places):
            if at not in tried and since_ns <= one.arrivals_ns[0] and one.arrivals_ns[-1] <= until_ns:
                tried.add(at)
                if at not in taken or place(taken[at], tried):
                    taken[at] = one
                    return True
        return False

    return sum(place(one, set()) for one in connections)
