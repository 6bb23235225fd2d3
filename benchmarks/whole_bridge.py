"""The bridge as it is, but for the PBX, which is one in memory: sockets, forks, engine, ledger and file are real.

Calls are begun and ended as a PBX would tell it. What the PBX would do with a fork, sending a leg's sound to a port of
ours, another process does: see `benchmarks.speakers`.
"""

from __future__ import annotations

import asyncio
import dataclasses
import json
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from analysis.audio import AudioFrame
from analysis.emotion.score import ToneScore, Verdict
from analysis.engine.engine import Engine
from analysis.store.scores import Scores
from analysis.store.weeks import Weeks
from ari_bridge.calls.board import Board
from ari_bridge.calls.roles import Roles
from ari_bridge.calls.rooms import Rooms
from ari_bridge.calls.switchboard import Switchboard
from ari_bridge.calls.topology import Topology
from ari_bridge.media.stats import ReceiverStats
from ari_bridge.media.udp_receiver import PortRange, RtpPlace
from ari_bridge.pbx.port import (
    Answered,
    BridgeChanged,
    Channel,
    ChannelChanged,
    ChannelGone,
    Connected,
    PbxEvent,
    PbxFork,
    PbxRefused,
    Snapshot,
)
from ari_bridge.run import logs
from ari_bridge.run.records import open_ledger
from ari_bridge.run.sections import LogSection
from ari_bridge.run.supervisor import Service
from benchmarks.networks import Place, engine_with
from consent.gate import Gate
from consent.grant import Consented, ConsentGrant
from consent.ledger import Ledger
from consent.notice import Notice
from consent.parties import Party
from consent.purposes import Purpose
from consent.retention import Retention
from consent.states import Answer, Why

LEASE_S: Final = 30.0
AGENT: Final = "1001"
"""Whoever the calls are with; one agent may have any number of legs."""
_FACTS: Final = frozenset({Purpose.FACTS})
_NOTICE: Final = Notice(1, "en", "We measure. Press 1 or 2.", "ab" * 32, _FACTS | {Purpose.TONE}, Retention(30))
_STAFF_NOTICE: Final = Notice(1, "en", "We count.", "cd" * 32, _FACTS, Retention(30), party=Party.AGENT)
BEGINS_WITHIN_S: Final = 20.0


class NotHeard(Exception):
    """A call that should be heard is not; the message says why."""


class SpeakersProcess:
    """The other process, to which the PBX in memory says who speaks whereto."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.pid = process.pid

    @classmethod
    async def start(cls) -> SpeakersProcess:
        """Returns when it is ready to speak."""
        pipe = asyncio.subprocess.PIPE
        line = (sys.executable, "-m", "benchmarks.speakers")
        made = cls(await asyncio.create_subprocess_exec(*line, stdin=pipe, stdout=pipe))
        await made._answer()
        return made

    def order(self, **order: object) -> None:
        """Pass an order on."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order).encode() + b"\n")

    async def tell(self) -> dict[str, Any]:
        """What it sent since it was last asked, and how late."""
        self.order(do="tell")
        return await self._answer()

    async def stop(self) -> None:
        """End it: it does when its standard input does."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        await self._process.wait()

    async def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        told: dict[str, Any] = json.loads(await self._process.stdout.readline())
        return told


class PbxInMemory:
    """Keeps the port's contract for as many calls as one likes, and remembers nothing of those that are over."""

    def __init__(self, speakers: SpeakersProcess) -> None:
        self.queue: asyncio.Queue[PbxEvent] = asyncio.Queue()
        self.variables: dict[str, str] = {}
        self._speakers = speakers
        self._entries: dict[tuple[str, Answer], Answered] = {}
        self._forks: dict[str, PbxFork] = {}
        self._made = 0

    def says(self, call_id: str, answer: Answer, channel: Channel) -> Answered:
        """The dialplan's word: variable, journal, and the event to be put into the queue."""
        now, told = datetime.now(UTC), (_NOTICE.notice_id, _NOTICE.language)
        self.variables[call_id] = answer
        self._entries[call_id, answer] = Answered(call_id, answer, Why.KEY, *told, now, None)
        return Answered(call_id, answer, Why.KEY, *told, now, channel)

    async def events(self) -> AsyncIterator[PbxEvent]:
        """What was put in."""
        while True:
            yield await self.queue.get()

    async def consent_of(self, call_id: str) -> str:
        """The variable."""
        return self.variables.get(call_id, "")

    async def fork(self, grant: ConsentGrant, channel_id: str, target: str) -> PbxFork:
        """Has the leg's sound sent to the target."""
        grant.admit(None)
        self._made += 1
        made = PbxFork(f"fork-{self._made:06}", channel_id, target)
        self._forks[made.fork_id] = made
        call = int(channel_id.partition(".")[0])
        self._speakers.order(do="start", fork=made.fork_id, call=call, party=grant.party, port=int(target))
        return made

    async def renew(self, fork: PbxFork) -> None:
        """Refuses where the fork is gone."""
        if fork.fork_id not in self._forks:
            raise PbxRefused("gone")

    async def end_fork(self, fork: PbxFork) -> None:
        """Gone is gone."""
        if self._forks.pop(fork.fork_id, None) is not None:
            self._speakers.order(do="stop", fork=fork.fork_id)

    async def sweep(self, keep: frozenset[str]) -> int:
        """There is nothing to be swept."""
        return 0

    async def stop_call(self, call_id: str, answer: Answer) -> None:
        """As the dialplan does it."""
        self.variables[call_id] = answer

    async def journal(self) -> Sequence[Answered]:
        """What is kept."""
        return list(self._entries.values())

    async def forget(self, entry: Answered) -> None:
        """No longer kept."""
        self._entries.pop((entry.call_id, entry.answer), None)

    async def say(self, call_id: str, recording: str) -> None:
        """Nobody hears it."""

    async def announce(self, call_id: str, language: str) -> None:
        """The same of a reference: see `References`."""


class WatchedEngine(Engine):
    """The engine, watched from outside: when each caller's clock began, so as not to ask it for its verdicts' age."""

    def __init__(self, *parts: Any, **more: Any) -> None:
        super().__init__(*parts, **more)
        self.zeros_s: dict[str, float] = {}

    def hear(self, frame: Consented[AudioFrame]) -> None:
        """As it does; the frame that was least under way tells the clock's zero best."""
        grant = frame.grant
        if grant.party is Party.CALLER and grant.is_live:
            heard = frame.open()
            zero_s = asyncio.get_running_loop().time() - heard.end_sample / heard.rate_hz
            if zero_s < self.zeros_s.get(grant.grant_id, float("inf")):
                self.zeros_s[grant.grant_id] = zero_s
        super().hear(frame)


@dataclasses.dataclass(slots=True)
class Delivered:
    """Verdicts since the last look, abstentions too. Their ages count from the end of the stretch to the delivery."""

    ages_s: list[float] = dataclasses.field(default_factory=list)
    scores: int = 0


class WholeBridge:
    """Made by `open_bridge`. `begin` and `end` calls; they talk until they are ended."""

    def __init__(
        self, ledger: Ledger, speakers: SpeakersProcess, ports: PortRange, max_calls: int, place: Place
    ) -> None:
        self.speakers = speakers
        self.pbx = PbxInMemory(speakers)
        self.engine = engine_with(WatchedEngine, self._take, max_calls, place)
        self.rooms = Rooms(
            pbx=self.pbx,
            ledger=ledger,
            gate=Gate(ledger),
            engine=self.engine,
            scores=Scores(ledger.database),
            weeks=Weeks(ledger.database, self.engine.model_id, 30),
            board=Board(),
            topology=Topology(),
            roles=Roles(("trunk",)),
            references=self.pbx,
            place=RtpPlace("127.0.0.1", ports, "127.0.0.1"),
            lease_s=LEASE_S,
        )
        self.switchboard = Switchboard(self.rooms)
        self.delivered = Delivered()
        self.calls: list[int] = []
        self._begun = 0

    async def begin(self, count: int, per_s: float = 25.0) -> None:
        """Let so many more calls begin, evenly; returns when all of them are heard. Raises NotHeard."""
        for _ in range(count):
            self._begun += 1
            self.calls.append(self._begun)
            self._tell_of(self._begun)
            await asyncio.sleep(1 / per_s)
        try:
            async with asyncio.timeout(BEGINS_WITHIN_S):
                while self.forks != 2 * len(self.calls):  # noqa: ASYNC110 - as a person who watches from outside
                    await asyncio.sleep(0.05)
        except TimeoutError:
            why = self.engine.stats().full or "their forks do not open"
            raise NotHeard(f"{self.forks} forks are open for {len(self.calls)} calls: {why}") from None

    def end_oldest(self) -> None:
        """Hang up the call that began first."""
        call = self.calls.pop(0)
        for channel_id in (f"{call}.2", f"{call}.1"):
            self.pbx.queue.put_nowait(ChannelGone(channel_id))
        self.pbx.queue.put_nowait(BridgeChanged(f"b{call}", frozenset()))
        self.pbx.variables.pop(f"{call}.1", None)

    @property
    def forks(self) -> int:
        """How many are open."""
        return sum(fork.is_open for session in self.switchboard.sessions() for fork in session.forks())

    def media(self) -> ReceiverStats:
        """What became of all packets of the calls in progress, so far."""
        stats = [fork.stats() for session in self.switchboard.sessions() for fork in session.forks()]
        return sum(stats, start=ReceiverStats())

    def take_delivered(self) -> Delivered:
        """The verdicts since the last time."""
        taken, self.delivered = self.delivered, Delivered()
        return taken

    def _take(self, verdict: Consented[Verdict]) -> None:
        said = verdict.open()
        age_s = asyncio.get_running_loop().time() - self.engine.zeros_s[verdict.grant.grant_id] - said.end_s
        self.delivered.ages_s.append(age_s)
        self.delivered.scores += isinstance(said, ToneScore)
        self.switchboard.verdict(verdict)

    def _tell_of(self, call: int) -> None:
        # An id begins as no other one does: the part before the dot is the call's number.
        caller = Channel(f"{call}.1", f"PJSIP/trunk-{call:08x}", "trunk", None, f"{call}.1", "", "en")
        agent = Channel(f"{call}.2", f"PJSIP/{AGENT}-{call:08x}", AGENT, None, f"{call}.1", "", "en")
        for event in (
            ChannelChanged(caller),
            self.pbx.says(caller.channel_id, Answer.ASKED, caller),
            self.pbx.says(caller.channel_id, Answer.GRANTED, caller),
            ChannelChanged(agent),
            BridgeChanged(f"b{call}", frozenset({caller.channel_id, agent.channel_id})),
        ):
            self.pbx.queue.put_nowait(event)


@asynccontextmanager
async def open_bridge(
    folder: Path, ports: PortRange, max_calls: int, place: Place = "own"
) -> AsyncIterator[WholeBridge]:
    """The bridge with its files in `folder`, at work."""
    async with AsyncExitStack() as stack:
        log = stack.enter_context((folder / "log").open("w", encoding="utf-8"))
        logs.configure(LogSection(), log)
        ledger = await stack.enter_async_context(open_ledger(folder / "ouidire.sqlite", folder / "keys"))
        await _prepare(ledger)
        speakers = await SpeakersProcess.start()
        stack.push_async_callback(speakers.stop)
        bridge = WholeBridge(ledger, speakers, ports, max_calls, place)
        await bridge.engine.start()
        stack.push_async_callback(bridge.engine.stop)
        service = Service(bridge.rooms, bridge.switchboard, ledger.database)
        tasks = [asyncio.create_task(work) for work in (service.run(), service.watch_engine(), service.watch_stops())]
        stack.push_async_callback(_cancel, tasks)
        bridge.pbx.queue.put_nowait(Connected(Snapshot((), {})))
        async with asyncio.timeout(BEGINS_WITHIN_S):
            while not bridge.switchboard.is_connected:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        yield bridge


async def _prepare(ledger: Ledger) -> None:
    await ledger.announce([_NOTICE, _STAFF_NOTICE])
    await ledger.database.write(
        lambda c: c.execute("INSERT INTO staff (endpoint, pin, added_on) VALUES (?, 'x', '2026-01-01')", (AGENT,))
    )
    await ledger.acknowledge(AGENT, _STAFF_NOTICE.notice_id, datetime.now(UTC))


async def _cancel(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
