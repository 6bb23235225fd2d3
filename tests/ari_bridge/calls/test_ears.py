"""The open forks of one call."""

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Coroutine
from typing import Any

import pytest
import structlog

from ari_bridge.calls.ears import SILENT_AFTER_S, Ears
from ari_bridge.pbx.port import ChannelChanged, PbxRefused
from consent.database import Database
from consent.errors import Withdrawn
from tests.ari_bridge.calls.bench import CALLER, Bench
from tests.conftest import Callers
from tests.fakes.voice import Sender


@pytest.fixture
async def parts(callers: Callers, database: Database) -> AsyncIterator[tuple[Bench, Ears]]:
    """Ears with a PBX in memory, outside any session."""
    bench, tasks = Bench(callers, database), set[asyncio.Task[None]]()

    def spawn(work: Coroutine[Any, Any, None]) -> None:
        tasks.add(asyncio.get_running_loop().create_task(work))

    ears = Ears(bench.rooms, structlog.get_logger(), spawn)
    yield bench, ears
    ears.close_all()
    await asyncio.gather(*tasks)


async def test_a_refused_fork_leaves_nothing_open(parts: tuple[Bench, Ears], callers: Callers) -> None:
    """Law: fail closed: where the PBX says no, our port is closed again."""
    bench, ears = parts
    bench.pbx.refuses = "no such channel"
    grants = await callers.says_yes()
    with pytest.raises(PbxRefused):
        await ears.open(grants.caller, "1.1", 0.0)
    assert not ears.legs
    assert not ears.forks()


async def test_a_stop_while_the_fork_is_made_wins(parts: tuple[Bench, Ears], callers: Callers) -> None:
    """Law: nothing after a withdrawal: a fork that is being made when the stop comes is ended on both sides."""
    bench, ears = parts
    grants = await callers.says_yes()
    plain = bench.pbx.fork

    async def slow(*args: Any) -> Any:
        made = await plain(*args)
        grants.caller.end("withdrawn")
        return made

    bench.pbx.fork = slow  # type: ignore[method-assign]
    with pytest.raises(Withdrawn):
        await ears.open(grants.caller, "1.1", 0.0)
    await asyncio.sleep(0)
    assert not ears.legs
    assert not bench.pbx.forks


async def test_a_younger_fork_does_not_delay_an_older_ones_lease(parts: tuple[Bench, Ears], callers: Callers) -> None:
    """Law: no lease runs out because another fork was opened later."""
    bench, ears = parts
    grants = await callers.says_yes()
    await ears.open(grants.caller, "1.1", 0.0)
    for number in range(4):
        await asyncio.sleep(0.2)
        await ears.open(grants.agent, f"2.{number}", 0.0)
        await ears.renew()
    assert "fork-0" in bench.pbx.renewed


async def test_a_lease_that_the_pbx_let_go_closes_the_fork(parts: tuple[Bench, Ears], callers: Callers) -> None:
    """Law: where the PBX has no fork any more, ours is closed too."""
    bench, ears = parts
    grants = await callers.says_yes()
    await ears.open(grants.caller, "1.1", 0.0)
    bench.pbx.forks.clear()
    await asyncio.sleep(0.6)
    await ears.renew()
    assert not ears.legs


async def test_a_fork_without_sound_is_found(parts: tuple[Bench, Ears], callers: Callers) -> None:
    """Law: silence of the line never looks like calm: no packets at all is a fault, and it is found."""
    _, ears = parts
    grants = await callers.says_yes()
    await ears.open(grants.caller, "1.1", asyncio.get_running_loop().time())
    assert ears.silent() is None
    with Sender(int(ears.forks()[0].target)) as sender:
        await asyncio.sleep(SILENT_AFTER_S / 2)
        sender.send()
        await asyncio.sleep(SILENT_AFTER_S / 2 + 0.2)
        assert ears.silent() is None
    await asyncio.sleep(SILENT_AFTER_S / 2)
    assert ears.silent() is not None


async def test_what_was_dropped_is_in_the_log(parts: tuple[Bench, Ears], callers: Callers) -> None:
    """Law: broken and foreign packets are counted where somebody can see it: with each fork's end, whoever ends it."""
    bench, ears = parts
    grants = await callers.says_yes()
    with structlog.testing.capture_logs() as lines:
        for ending in ("ours", "theirs"):
            await ears.open(grants.caller, ending, 0.0)
            fork = ears.forks()[0]
            with Sender(int(fork.target)) as sender:
                sender.raw(b"rubbish")
                await bench.until(lambda one=fork: one.stats().malformed == 1)  # type: ignore[misc]
            if ending == "ours":
                ears.close(ending)
            else:
                assert fork.pbx_fork is not None
                ears.ended(fork.pbx_fork.fork_id)
    assert [line["malformed"] for line in lines if line["event"] == "fork.closed"] == [1, 1]
    assert (bench.rooms.tally.forks, bench.rooms.tally.media.malformed) == (2, 2)


async def test_the_engine_is_told_the_language_of_the_moment(
    parts: tuple[Bench, Ears], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Law: the language of a call is its caller's channel's when a fork is made: not that which the channel had while
    the notice played, and another one after a transfer that changed it; of a channel that is not known there is none.
    """
    bench, ears = parts
    told: list[tuple[str, str]] = []
    monkeypatch.setattr(bench.engine, "reserve", lambda *place: told.append(place))
    ears.reserve("1.1")
    for language in ("en", "tr", "de_AT"):
        bench.rooms.topology.apply(ChannelChanged(dataclasses.replace(CALLER, language=language)))
        if language != "en":
            ears.reserve("1.1")
    assert told == [("1.1", ""), ("1.1", "tr"), ("1.1", "de_AT")]


@pytest.mark.parametrize(("language", "lines"), [("tr", 1), ("", 1), ("en_GB", 0)])
async def test_a_language_that_was_not_tried_is_said_once(
    parts: tuple[Bench, Ears], callers: Callers, monkeypatch: pytest.MonkeyPatch, language: str, lines: int
) -> None:
    """Law: what is not judged is said, once a call and not once a fork; where all is well nothing is said."""
    bench, ears = parts
    monkeypatch.setattr(bench.engine, "reserve", lambda *_: None)
    bench.rooms.topology.apply(ChannelChanged(dataclasses.replace(CALLER, language=language)))
    grants = await callers.says_yes()
    with structlog.testing.capture_logs() as logged:
        for _ in range(2):
            ears.reserve("1.1")
            await ears.open(grants.caller, "1.1", 0.0)
            await ears.open(grants.agent, "1.2", 0.0)
            ears.close_all()
    told = [line for line in logged if line["event"] == "tone.not_judged"]
    assert [(one["notice"], one["channel"]) for one in told] == [("en", language)] * lines
