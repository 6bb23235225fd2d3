"""One call on a line."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from structlog.testing import capture_logs

from ari_bridge.lines import operator as operator_module
from ari_bridge.lines.operator import Operator
from ari_bridge.lines.rights_clerk import RightsClerk
from ari_bridge.pbx.port import ChannelGone, KeyPressed, Line, LineEntered, PbxRefused, PromptEnded
from consent.line import Event, LineDialogue
from consent.rights_line import SCRIPT, State
from tests.ari_bridge.pbx.asterisk.conftest import until
from tests.fakes.desks import KNOWN, FakeRights
from tests.fakes.pbx import FakePbx


class Bench:
    """A caller on the line of rights."""

    def __init__(self) -> None:
        self.pbx = FakePbx()
        self.desk = FakeRights()
        self.dialogue = LineDialogue(SCRIPT)
        clerk = RightsClerk(self.pbx, self.desk, LineEntered("1.1", Line.RIGHTS, "0612", "trunk", "en"))
        self.operator: Operator[Any, Any] = Operator(self.pbx, "1.1", self.dialogue, clerk)

    def press(self, keys: str) -> None:
        """The caller presses."""
        for key in keys:
            self.operator.take(KeyPressed("1.1", key, datetime.now(UTC)))

    async def hears(self, prompt: str) -> None:
        """Wait until it begins to play."""
        await until(lambda: self.pbx.played and self.pbx.played[-1][1] == (prompt,))

    def end_prompt(self, *, is_whole: bool = True) -> None:
        """What plays last ends."""
        self.operator.take(PromptEnded("1.1", f"play-{len(self.pbx.played)}", is_whole))

    def hang_up(self) -> None:
        """The caller does."""
        self.operator.take(ChannelGone("1.1"))


@asynccontextmanager
async def calling(bench: Bench, beginning: Event = Event.BEGIN) -> AsyncIterator["asyncio.Task[None]"]:
    """While the operator is at work; it must end by itself then."""
    task = asyncio.ensure_future(bench.operator.run(beginning))
    try:
        yield task
        await asyncio.wait_for(task, 5)
    finally:
        task.cancel()


async def test_a_key_interrupts_a_menu() -> None:
    """Law: who knows the way need not listen: the prompt stops, and its late end means nothing."""
    bench = Bench()
    async with calling(bench):
        await bench.hears("rights_menu")
        bench.press("1")
        await bench.hears("rights_stopped")
        assert bench.pbx.stopped_playing == ["play-1"]
        bench.operator.take(PromptEnded("1.1", "play-1", True))
        await asyncio.sleep(0.02)
        assert bench.dialogue.state is State.STOPPED
        bench.end_prompt()
        await bench.hears("rights_menu")
        bench.hang_up()
    assert bench.pbx.hung_up == []


async def test_a_reference_is_heard_and_erased() -> None:
    """Law: fourteen digits, what is kept, and one key that erases, but only after the menu was heard to its end."""
    bench = Bench()
    async with calling(bench, Event.STRANGER):
        await bench.hears("rights_enter")
        bench.press(KNOWN + "#")
        await bench.hears("rights_kept")
        bench.press("2")
        await asyncio.sleep(0.02)
        assert bench.dialogue.state is State.KEPT
        bench.end_prompt()
        bench.press("1")
        await until(lambda: "rights_measured" in bench.pbx.played[-1][1])
        bench.end_prompt()
        await bench.hears("rights_kept")
        bench.end_prompt()
        bench.press("2")
        await bench.hears("rights_erased")
        bench.end_prompt()
        await bench.hears("goodbye")
        bench.end_prompt()
    assert bench.desk.asked[-1] == ("erase", KNOWN)
    assert bench.pbx.hung_up == ["1.1"]


async def test_keys_pressed_while_the_desk_works_are_forgotten() -> None:
    """Law: a digit too many, typed before anything was asked, answers nothing."""
    bench = Bench()
    release = asyncio.Event()
    look_up = bench.desk.look_up

    async def slow(reference: str, source: str) -> Any:
        await release.wait()
        return await look_up(reference, source)

    bench.desk.look_up = slow  # type: ignore[method-assign]
    async with calling(bench, Event.STRANGER):
        await bench.hears("rights_enter")
        bench.press(KNOWN)
        await until(lambda: bench.dialogue.state is State.LOOKING)
        bench.press("22")
        bench.operator.take(PromptEnded("1.1", "play-9", True))
        release.set()
        await bench.hears("rights_kept")
        bench.end_prompt()
        await asyncio.sleep(0.02)
        assert bench.dialogue.state is State.KEPT
        bench.hang_up()


async def test_who_presses_and_hangs_up_is_obeyed() -> None:
    """Law: a stop that was begun is carried out, though the caller has gone: the key was pressed."""
    bench = Bench()
    begun, release = asyncio.Event(), asyncio.Event()
    stop: Callable[[str], Awaitable[int]] = bench.desk.stop_number

    async def slow(number: str) -> int:
        begun.set()
        await release.wait()
        return await stop(number)

    bench.desk.stop_number = slow  # type: ignore[method-assign]
    async with calling(bench):
        await bench.hears("rights_menu")
        bench.press("1")
        await begun.wait()
        bench.hang_up()
        release.set()
    assert bench.desk.asked == [("stop", "0612")]


@pytest.mark.parametrize("fault", ["database", "locked"])
async def test_what_could_not_be_done_is_said(fault: str) -> None:
    """Law: silence never looks like calm: a desk that fails is "unavailable", one that is locked "later"; then we hang
    up, and no log has the number or the reference.
    """
    bench = Bench()
    bench.desk.fails, bench.desk.is_locked = fault == "database", fault == "locked"
    with capture_logs() as logged:
        async with calling(bench):
            await bench.hears("rights_menu")
            bench.press("1" if fault == "database" else f"2{KNOWN}")
            await bench.hears("unavailable" if fault == "database" else "rights_later")
            bench.end_prompt()
            if fault == "locked":
                await bench.hears("goodbye")
                bench.end_prompt()
    assert bench.pbx.hung_up == ["1.1"]
    assert logged
    assert KNOWN not in str(logged)
    assert "0612" not in str(logged)


async def test_a_prompt_that_fails_is_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    """Law: where prompts cannot be played the caller is told so if that can be played, and let go in any case."""
    monkeypatch.setattr(operator_module, "GONE_S", 0.05)
    bench = Bench()
    async with calling(bench):
        await bench.hears("rights_menu")
        bench.end_prompt(is_whole=False)
        await bench.hears("unavailable")
        bench.end_prompt(is_whole=False)
    assert bench.pbx.hung_up == ["1.1"]
    bench = Bench()
    bench.pbx.refuses = "no such channel"
    async with calling(bench):
        pass
    assert bench.pbx.hung_up == ["1.1"]


async def test_a_prompt_cut_off_by_a_hang_up_is_none() -> None:
    """Law: a caller who goes in the midst of a prompt is no fault, and is told as none."""
    bench = Bench()
    with capture_logs() as logged:
        async with calling(bench):
            await bench.hears("rights_menu")
            bench.end_prompt(is_whole=False)
            bench.hang_up()
    assert logged == []
    assert bench.pbx.hung_up == []


async def test_silence_ends_the_call(monkeypatch: pytest.MonkeyPatch) -> None:
    """Law: who presses nothing after a menu hears goodbye; a prompt that never ends is given up."""
    monkeypatch.setattr(operator_module, "KEY_TIMEOUT_S", 0.05)
    bench = Bench()
    async with calling(bench):
        await bench.hears("rights_menu")
        bench.end_prompt()
        await bench.hears("goodbye")
        monkeypatch.setattr(operator_module, "PROMPT_LIMIT_S", 0.05)
        monkeypatch.setattr(operator_module, "GONE_S", 0.05)
        bench.end_prompt()
    assert bench.pbx.hung_up == ["1.1"]
    bench = Bench()
    async with calling(bench):
        await bench.hears("unavailable")
    assert bench.pbx.hung_up == ["1.1"]


async def test_a_prompt_that_cannot_be_stopped_is_talked_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """Law: a PBX that does not stop a prompt in time does not keep the caller from going on."""
    bench = Bench()

    async def refuse(play_id: str) -> None:
        raise PbxRefused("no")

    monkeypatch.setattr(bench.pbx, "stop_playing", refuse)
    async with calling(bench):
        await bench.hears("rights_menu")
        bench.press("1")
        await bench.hears("rights_stopped")
        bench.hang_up()


async def test_the_dialplan_gets_the_caller_back() -> None:
    """Law: after "never ask me again" we are out of it: nothing is played, nobody is hung up."""
    bench = Bench()
    async with calling(bench):
        await bench.hears("rights_menu")
        bench.press("3")
    assert bench.pbx.sent
    assert bench.pbx.hung_up == []
    assert len(bench.pbx.played) == 1
