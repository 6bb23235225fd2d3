"""All calls on our own lines."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from structlog.testing import capture_logs

from ari_bridge.lines.lines import Lines
from ari_bridge.pbx.port import (
    ChannelGone,
    Connected,
    Disconnected,
    ForkRefused,
    KeyPressed,
    Line,
    LineEntered,
    PromptEnded,
    Snapshot,
)
from tests.ari_bridge.pbx.asterisk.conftest import until
from tests.fakes.desks import FakeRights, FakeStaff
from tests.fakes.pbx import FakePbx


class Bench:
    """The lines of a site whose trunk is "trunk"."""

    def __init__(self) -> None:
        self.pbx = FakePbx()
        self.rights, self.staff = FakeRights(), FakeStaff()
        self.lines = Lines(self.pbx, self.rights, self.staff, lambda endpoint: endpoint == "trunk")

    def enter(self, line: Line = Line.RIGHTS, endpoint: str | None = "trunk", number: str = "0612") -> LineEntered:
        """Somebody dials."""
        caller = LineEntered("1.1", line, number, endpoint, "en")
        assert self.lines.take(caller)
        return caller

    def heard(self) -> list[str]:
        """The first prompt of each playback."""
        return [prompts[0] for _, prompts in self.pbx.played]


def key(digit: str, channel_id: str = "1.1") -> KeyPressed:
    """A key."""
    return KeyPressed(channel_id, digit, datetime.now(UTC))


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    """One, closed at the end."""
    made = Bench()
    yield made
    await made.lines.close()
    assert not made.lines._tasks


@pytest.mark.parametrize(
    ("line", "endpoint", "number", "prompt"),
    [
        (Line.RIGHTS, "trunk", "0612", "rights_menu"),
        (Line.RIGHTS, None, "", "rights_enter"),
        (Line.STAFF, "1001", "", "staff_pin"),
        (Line.STAFF, "trunk", "0612", "unavailable"),
        (Line.STAFF, None, "0612", "unavailable"),
    ],
)
async def test_who_calls_decides_what_is_heard(
    bench: Bench, line: Line, endpoint: str | None, number: str, prompt: str
) -> None:
    """Law: a withheld number leaves the reference; from outside, or without an endpoint, nobody is staff."""
    bench.enter(line, endpoint, number)
    await until(bench.heard)
    assert bench.heard() == [prompt]


async def test_events_of_lines_are_nobody_elses(bench: Bench) -> None:
    """Law: keys on a line stop no call; keys of calls, hang-ups and connections go on to the switchboard."""
    assert not bench.lines.take(key("1"))
    bench.enter()
    await until(bench.heard)
    assert not bench.lines.take(key("1", "2.2"))
    assert not bench.lines.take(ForkRefused("1.1", "1.1", "full"))
    assert bench.lines.take(PromptEnded("9.9", "x", True))
    assert bench.lines.take(key("1"))
    await until(lambda: bench.rights.asked)
    assert not bench.lines.take(ChannelGone("1.1"))
    await until(lambda: not bench.lines._operators)
    assert not bench.lines.take(key("1"))


async def test_after_an_absence_callers_begin_anew(bench: Bench) -> None:
    """Law: while the PBX could not be heard keys may have been missed, so that a dialogue does not go on from there."""
    caller = bench.enter()
    await until(bench.heard)
    bench.lines.take(key("2"))
    await until(lambda: len(bench.heard()) == 2)
    assert not bench.lines.take(Disconnected("gone"))
    await until(lambda: not bench.lines._tasks)
    assert bench.pbx.hung_up == []
    assert not bench.lines.take(Connected(Snapshot((), {}, lines=(caller,))))
    await until(lambda: len(bench.heard()) == 3)
    assert bench.heard() == ["rights_menu", "rights_enter", "rights_menu"]


async def test_who_enters_twice_has_one_operator(bench: Bench) -> None:
    """Law: a channel that comes back to a line is led by the newest dialogue alone."""
    bench.enter()
    await until(bench.heard)
    bench.enter(Line.STAFF, "1001")
    await until(lambda: len(bench.heard()) == 2)
    await until(lambda: len(bench.lines._tasks) == 1)
    for digit in "123456":
        bench.lines.take(key(digit))
    await until(lambda: bench.staff.asked)
    assert bench.rights.asked == []


async def test_a_fault_of_ours_leaves_nobody_alone(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Law: an error in one call is logged and counted, that caller is let go, and the next one is served."""

    async def broken(number: str) -> int:
        raise RuntimeError("a fault")

    monkeypatch.setattr(bench.rights, "stop_number", broken)
    with capture_logs() as logged:
        bench.enter()
        await until(bench.heard)
        bench.lines.take(key("1"))
        await until(lambda: bench.pbx.hung_up == ["1.1"])
    assert bench.lines.failures == 1
    assert any(line["event"] == "line.failed" for line in logged)
    assert "0612" not in str(logged)
    bench.enter()
    await until(lambda: len(bench.heard()) == 2)


async def test_closing_lets_everybody_go_after_what_was_begun(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Law: a bridge that stops hangs its callers up, and first does what one of them had asked for."""
    begun = asyncio.Event()
    stop = bench.rights.stop_number

    async def slow(number: str) -> int:
        begun.set()
        await asyncio.sleep(0.05)
        return await stop(number)

    monkeypatch.setattr(bench.rights, "stop_number", slow)
    bench.enter()
    await until(bench.heard)
    bench.lines.take(key("1"))
    await begun.wait()
    await bench.lines.close()
    assert bench.rights.asked == [("stop", "0612")]
    assert bench.pbx.hung_up == ["1.1"]
