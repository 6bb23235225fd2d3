"""The first law, tried by chance: stories of a call that nobody thought of; voices that knock at every open port."""

from __future__ import annotations

import asyncio
import dataclasses
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from analysis.audio import AudioFrame
from ari_bridge.calls.switchboard import Switchboard
from ari_bridge.pbx.port import (
    Answered,
    BridgeChanged,
    ChannelChanged,
    ChannelGone,
    Connected,
    Disconnected,
    HoldChanged,
    KeyPressed,
    Snapshot,
)
from ari_bridge.run.records import open_ledger
from consent.grant import Consented
from consent.ledger import Ledger
from consent.notice import Notice
from consent.parties import Party
from consent.purposes import Purpose
from consent.retention import Retention
from consent.states import Answer, Why
from tests.ari_bridge.calls.bench import AGENT, CALLER, Bench
from tests.conftest import Callers
from tests.fakes.pbx import channel
from tests.fakes.voice import Sender

STRANGER, COLLEAGUE, NEWCOMER = channel("1.3", "trunk"), channel("1.4", "1002"), channel("1.5", "1009")
EVERYBODY: Final = (CALLER, AGENT, STRANGER, COLLEAGUE, NEWCOMER)
ANSWERS_AFTER_S: Final = 0.01
"""Of a PBX that is asked; a real one takes 1 to 30 ms."""
SETTLES_S: Final = 0.06
"""So long what was begun may take to end; what is spoken after it must not be heard without a right."""


class Ear:
    """Stands where the engine stands and takes down whose voice reaches it."""

    def __init__(self) -> None:
        self.heard: list[Party] = []
        self.languages = frozenset({"en"})

    def hear(self, frame: Consented[AudioFrame]) -> None:
        """A frame that the types let through; it is opened as the engine opens it."""
        frame.open()
        self.heard.append(frame.grant.party)

    def facts(self, call_id: str) -> None:
        """None yet."""

    def reserve(self, call_id: str, language: str) -> None:
        """There is room for all."""

    def drop(self, call_id: str) -> None:
        """There is nothing to drop."""

    def forget(self, call_id: str) -> None:
        """There is nothing to forget."""


class Story:
    """One call as it happens, and beside it what may be heard, kept by rules so plain that they can be read."""

    def __init__(self, bench: Bench, ear: Ear) -> None:
        self.bench = bench
        self.ear = ear
        self.granted = self.ended = self.held = self.is_gone = False
        self.connected = True
        self.talking: frozenset[str] = frozenset()
        self.acknowledged = {"1001", "1002"}

    def may_be_heard(self) -> frozenset[Party]:
        """Whose voice may reach the engine now."""
        agents = [one for one in (AGENT, COLLEAGUE, NEWCOMER) if one.channel_id in self.talking]
        is_a_talk = CALLER.channel_id in self.talking and len(agents) == 1 and STRANGER.channel_id not in self.talking
        is_held = self.held and AGENT.channel_id in self.talking  # it is that phone which holds
        if not (self.granted and is_a_talk and self.connected) or self.ended or is_held:
            return frozenset()
        return frozenset(Party) if agents[0].endpoint in self.acknowledged else frozenset({Party.CALLER})

    async def answers(self, answer: Answer, by: Any = CALLER) -> None:
        """The dialplan's word; it counts from the caller's own channel, once, and before an ending."""
        await self.bench.tell(self.bench.says(answer, by=by))
        if not self.connected:
            return
        if answer in (Answer.WITHDRAWN, Answer.OBJECTED) or (answer is Answer.REFUSED and by is CALLER):
            self.ended = True
        elif answer is Answer.GRANTED and by is CALLER:
            self.granted = True

    async def forges(self) -> None:
        """An event without the journal's entry; the variable says yes."""
        if self.bench.pbx.variables.get("1.1") is None:
            self.bench.pbx.variables["1.1"] = "granted"
        now, told = datetime.now(UTC), self.bench.callers.notice.notice_id
        await self.bench.tell(Answered("1.1", Answer.GRANTED, Why.KEY, told, "en", now, CALLER))
        # A journal that holds a yes of before makes the bell true.
        self.granted = self.granted or any(e.answer is Answer.GRANTED for e in self.bench.pbx.entries)

    async def talks(self, *who: Any) -> None:
        """These are in one conversation now; a channel that has gone never comes back."""
        who = tuple(one for one in who if not (one is CALLER and self.is_gone))
        self.talking = frozenset(one.channel_id for one in who)
        await self.bench.tell(*(ChannelChanged(one) for one in who), BridgeChanged("b", self.talking))

    async def holds(self, held: bool) -> None:
        """The agent puts the caller on hold, or takes the caller back."""
        self.held = held
        await self.bench.tell(HoldChanged("1.2", held))

    async def presses_stop(self) -> None:
        """*9 where the PBX does not look; before a yes there is nothing that it could take back."""
        now = datetime.now(UTC)
        await self.bench.tell(KeyPressed("1.1", "*", now), KeyPressed("1.1", "9", now))
        self.ended = self.ended or self.granted

    async def hangs_up(self) -> None:
        """The caller goes."""
        self.bench.pbx.variables.pop("1.1", None)
        await self.bench.tell(ChannelGone("1.1"))
        self.ended = self.is_gone = True
        self.talking -= {"1.1"}

    async def agent_hangs_up(self) -> None:
        """The agent goes, and with that phone what it held."""
        await self.bench.tell(ChannelGone("1.2"))
        self.talking -= {"1.2"}
        self.held = False

    async def loses_the_pbx(self) -> None:
        """Keys may be missed from now on."""
        self.connected = False
        await self.bench.tell(Disconnected("gone"))

    async def finds_the_pbx(self) -> None:
        """It is there again, as it stands."""
        here = tuple(one for one in EVERYBODY if one.channel_id in self.talking)
        await self.bench.tell(Connected(Snapshot(here, {"b": self.talking} if self.talking else {})))
        self.connected, self.held = True, False
        said = {entry.answer for entry in self.bench.pbx.entries}
        self.granted = self.granted or Answer.GRANTED in said
        self.ended = self.ended or bool(said & {Answer.WITHDRAWN, Answer.OBJECTED, Answer.REFUSED})

    async def stops_on_the_page(self) -> None:
        """The reference on the web, or the desk."""
        entry = self.bench.callers.entry("1.1", Answer.WITHDRAWN)
        await self.bench.ledger.record(dataclasses.replace(entry, source="web"))
        await self.bench.switchboard.obey()
        self.ended = True

    async def takes_back_the_acknowledgement(self) -> None:
        """The agent, on the line for staff."""
        await self.bench.ledger.withdraw_acknowledgement("1001", datetime.now(UTC))
        await self.bench.switchboard.obey()
        self.acknowledged.discard("1001")

    async def everybody_speaks(self) -> None:
        """A voice knocks at every port that is open, and nobody without a right is heard."""
        await asyncio.sleep(SETTLES_S)
        before = len(self.ear.heard)
        for session in self.bench.switchboard.sessions():
            for fork in session.forks():
                with Sender(int(fork.target)) as voice:
                    for _ in range(8):
                        voice.send()
        await asyncio.sleep(SETTLES_S / 2)
        heard, allowed = frozenset(self.ear.heard[before:]), self.may_be_heard()
        assert heard <= allowed, f"{sorted(heard - allowed)} was heard without a right"


STEPS: Final[dict[str, Callable[[Story], Awaitable[None]]]] = {
    "asked": lambda s: s.answers(Answer.ASKED),
    "yes": lambda s: s.answers(Answer.GRANTED),
    "no": lambda s: s.answers(Answer.REFUSED),
    "yes of the agent": lambda s: s.answers(Answer.GRANTED, by=AGENT) if s.granted else s.talks(),
    "withdrawn": lambda s: s.answers(Answer.WITHDRAWN),
    "objected": lambda s: s.answers(Answer.OBJECTED, by=AGENT),
    "forged": Story.forges,
    "talk": lambda s: s.talks(CALLER, AGENT),
    "talk with a colleague": lambda s: s.talks(CALLER, COLLEAGUE),
    "talk with a newcomer": lambda s: s.talks(CALLER, NEWCOMER),
    "a third party": lambda s: s.talks(CALLER, AGENT, STRANGER),
    "two agents": lambda s: s.talks(CALLER, AGENT, COLLEAGUE),
    "apart": lambda s: s.talks(),
    "hold": lambda s: s.holds(True),
    "back": lambda s: s.holds(False),
    "stop keys": Story.presses_stop,
    "page": Story.stops_on_the_page,
    "staff line": Story.takes_back_the_acknowledgement,
    "hang up": Story.hangs_up,
    "agent hangs up": Story.agent_hangs_up,
    "lost": Story.loses_the_pbx,
    "found": Story.finds_the_pbx,
}
"""What can happen; a story is any of it in any order."""


@asynccontextmanager
async def told(answers_after_s: float = 0.0) -> AsyncIterator[Story]:
    """A call of which nothing is known yet, at a PBX that takes so long to answer."""
    with tempfile.TemporaryDirectory() as folder:
        async with open_ledger(Path(folder) / "ouidire.sqlite", Path(folder) / "keys") as ledger:
            bench, ear = await _bench(ledger)
            bench.pbx.answers_after_s = answers_after_s
            task = asyncio.create_task(bench.switchboard.run())
            try:
                await bench.connect(CALLER)
                yield Story(bench, ear)
            finally:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
                await bench.switchboard.close()


async def _tell(steps: list[str]) -> None:
    async with told() as story:
        for step in steps:
            await STEPS[step](story)
            await story.everybody_speaks()


async def _hurry(steps: list[tuple[str, float]]) -> None:
    with capture_logs() as logs:
        async with told(ANSWERS_AFTER_S) as story:
            for step, pause_s in steps:
                await STEPS[step](story)
                await asyncio.sleep(pause_s)
            await asyncio.sleep(5 * ANSWERS_AFTER_S)
            await story.everybody_speaks()
    assert [line for line in logs if "exc_info" in line or line["event"] == "session.task_failed"] == []


async def _bench(ledger: Ledger) -> tuple[Bench, Ear]:
    purposes = frozenset({Purpose.FACTS, Purpose.TONE})
    notice = Notice(1, "en", "We measure tone.", "ab" * 32, purposes, Retention(30))
    staff = Notice(1, "en", "We count.", "cd" * 32, frozenset({Purpose.FACTS}), Retention(30))
    await ledger.announce([notice, staff])
    for endpoint in ("1001", "1002"):
        await ledger.database.write(
            lambda c, endpoint=endpoint: c.execute(  # type: ignore[misc]
                "INSERT INTO staff (endpoint, pin, added_on) VALUES (?, 'x', '2026-01-01')", (endpoint,)
            )
        )
        await ledger.acknowledge(endpoint, staff.notice_id, datetime.now(UTC))
    bench, ear = Bench(Callers(ledger, notice), ledger.database), Ear()
    bench.rooms = dataclasses.replace(bench.rooms, engine=ear)  # type: ignore[arg-type]
    bench.switchboard = Switchboard(bench.rooms)
    return bench, ear


@settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.lists(st.sampled_from(sorted(STEPS)), min_size=1, max_size=14))
def test_no_story_brings_a_voice_to_the_engine_without_a_live_grant(steps: list[str]) -> None:
    """Law: no grant, no voice: whatever happens in whatever order, only who granted, and now, is heard."""
    asyncio.run(_tell(steps))


@settings(max_examples=24, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.lists(st.sampled_from(sorted(STEPS)), min_size=1, max_size=10))
def test_nor_does_a_story_that_began_with_a_yes(steps: list[str]) -> None:
    """Law: the same for calls that were granted and heard: whatever ends them, or makes them wait, is obeyed."""
    asyncio.run(_tell(["asked", "yes", "talk", *steps]))


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(st.sampled_from(sorted(STEPS)), st.sampled_from((0.0, 0.003, 0.012, 0.03))), max_size=10))
def test_nor_does_a_story_that_outruns_the_pbx(steps: list[tuple[str, float]]) -> None:
    """Law: the same where things happen while the PBX or the file is asked, and nothing of it is a fault of ours."""
    asyncio.run(_hurry([("asked", 0.0), ("yes", 0.0), ("talk", 0.003), *steps]))


async def test_the_ear_can_hear() -> None:
    """Law: a check that cannot fail is a defect: both are heard where they may be."""
    async with told() as story:
        for step in ("asked", "yes", "talk"):
            await STEPS[step](story)
        await story.bench.until(lambda: len(story.bench.pbx.forks) == 2)
        await story.everybody_speaks()
        assert set(story.ear.heard) == set(Party)
