"""Laws of what guessing costs."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest

from ari_bridge.calls.board import Stage
from ari_bridge.web import patience as patience_module
from ari_bridge.web.app import Readiness, make_app, open_site
from ari_bridge.web.patience import APART_S, FREE_PER_S, MAX_HELD, Patience
from ari_bridge.web.phone_views import PhoneViews
from tests.ari_bridge.screens.clock import Clock
from tests.ari_bridge.web.desk_phones import DeskPhones
from tests.lab.guesses import guessed

GUESSES_PER_S = 1_000
FLOOD_S = 3.0
PACKET_S = 0.02
LATE_S = 0.1
"""A quarter of what a verdict may take in all."""


async def test_a_few_wrong_addresses_are_answered_at_once() -> None:
    """Phones that still ask for a call of before a restart wait for nothing, second after second."""
    clock = Clock()
    patience = Patience(clock)
    for _ in range(3):
        for _ in range(int(FREE_PER_S)):
            async with asyncio.timeout(0.5):
                assert await patience.wait()
        clock.now_s += 1


async def test_more_wait_and_what_comes_on_top_gets_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """What waits is bounded, so that guesses fill no memory; when one was answered the next may wait."""
    monkeypatch.setattr(patience_module, "HELD_S", 0.05)
    monkeypatch.setattr(patience_module, "APART_S", 0.0)
    patience = Patience(Clock())
    for _ in range(int(FREE_PER_S)):
        await patience.wait()
    waiting = [asyncio.create_task(patience.wait()) for _ in range(MAX_HELD)]
    await asyncio.sleep(0)
    assert not any(one.done() for one in waiting)
    assert not await patience.wait()
    assert await asyncio.gather(*waiting) == [True] * MAX_HELD
    assert await patience.wait()


async def test_late_answers_do_not_go_out_all_at_once() -> None:
    """Answers that were held at one moment are told one after the other: the loop has other things to do."""
    patience = Patience(Clock())
    for _ in range(int(FREE_PER_S)):
        await patience.wait()
    loop = asyncio.get_running_loop()

    async def answered() -> float:
        await patience.wait()
        return loop.time()

    moments = sorted(await asyncio.gather(*(answered() for _ in range(10))))
    assert all(after - before >= APART_S / 2 for before, after in pairwise(moments))


async def test_a_thousand_guesses_a_second_do_not_slow_a_call() -> None:
    """While they come, each on a connection of its own, the loop that carries the sound turns: nine in ten of its
    packets' times of 20 ms are kept to 100 ms, on a machine that does other things too, and a phone has its card
    within a second.
    """
    phones = DeskPhones()
    await phones.put(Stage.GRANTED, "1001")
    views = PhoneViews(phones.desk, _nothing, lambda call_id: False)
    runner = await open_site(make_app([views], lambda: Readiness(True, {})), "127.0.0.1", 0, None)
    port, ticks = runner.addresses[0][1], []
    loop = asyncio.get_running_loop()
    async with guessed(port, GUESSES_PER_S, FLOOD_S):
        async with asyncio.timeout(20):
            while not views.stats().not_found:
                await asyncio.sleep(0.01)
        began = loop.time()
        while loop.time() < began + FLOOD_S - 1:
            ticks.append(loop.time())
            await asyncio.sleep(PACKET_S)
        took_s = await _fetch(port, phones.token("1001"))
    late = sum(after - before > PACKET_S + LATE_S for before, after in pairwise(ticks))
    assert views.stats().not_found > GUESSES_PER_S
    assert late <= len(ticks) / 10
    assert took_s < 1
    await runner.cleanup()


async def _nothing(call_id: str) -> None:
    """Nobody stops here."""


async def _fetch(port: int, token: str) -> float:
    """Seconds until a phone has its card."""
    began = asyncio.get_running_loop().time()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET /p/y/{token} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    assert (await reader.readline()).startswith(b"HTTP/1.1 200")
    writer.close()
    return asyncio.get_running_loop().time() - began
