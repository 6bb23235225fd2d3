"""A switchboard with a PBX in memory and everything else real: ledger, gate, engine, store, sockets."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from analysis.engine.engine import Engine
from analysis.speech.silero import SileroDetector
from analysis.store.scores import Scores
from analysis.store.weeks import Weeks
from ari_bridge.calls.board import Board, Stage
from ari_bridge.calls.roles import Roles
from ari_bridge.calls.rooms import Rooms
from ari_bridge.calls.switchboard import Switchboard
from ari_bridge.calls.topology import Topology
from ari_bridge.media.udp_receiver import PortRange, RtpPlace
from ari_bridge.pbx.port import Answered, BridgeChanged, Channel, ChannelChanged, Connected, PbxEvent, Snapshot
from consent import sealed_rows
from consent.database import Database
from consent.gate import Gate
from consent.ledger import Ledger
from consent.states import Answer, Why
from tests.conftest import Callers
from tests.fakes.models import SteadyTone
from tests.fakes.pbx import FakePbx, channel
from tests.fakes.references import FakeReferences

CALLER, AGENT = channel("1.1", "trunk"), channel("1.2", "1001")
TOGETHER = frozenset({"1.1", "1.2"})


class Bench:
    """What a test of calls works with."""

    def __init__(self, callers: Callers, database: Database) -> None:
        self.callers = callers
        self.database = database
        self.pbx = FakePbx()
        self.board = Board()
        self.references = FakeReferences()
        self.scores = Scores(database)
        self.weeks = Weeks(database, SteadyTone.model_id, 30)
        self.ledger = Ledger(database, callers.ledger.keyring, callers.ledger.keys)
        self.engine = Engine(SileroDetector(), SteadyTone(), lambda verdict: self.switchboard.verdict(verdict))
        self.rooms = Rooms(
            pbx=self.pbx,
            ledger=self.ledger,
            gate=Gate(self.ledger),
            engine=self.engine,
            scores=self.scores,
            weeks=self.weeks,
            board=self.board,
            topology=Topology(),
            roles=Roles(("trunk",)),
            references=self.references,
            place=RtpPlace("127.0.0.1", PortRange(43200, 43400, rest_s=0), "127.0.0.1", poll_s=0.01),
            lease_s=1.5,
        )
        self.switchboard = Switchboard(self.rooms)

    async def tell(self, *events: PbxEvent) -> None:
        """Let these happen, one after the other."""
        for event in events:
            await self.pbx.queue.put(event)
        await asyncio.sleep(0)

    async def connect(self, *channels: Channel, bridged: bool = False) -> None:
        """The PBX is there, with these channels, and the bridge has taken them up."""
        bridges = {"b": frozenset(c.channel_id for c in channels)} if bridged else {}
        await self.tell(Connected(Snapshot(channels, bridges)))
        await self.until(lambda: self.switchboard.is_connected)

    def says(self, answer: Answer, *, by: Channel | None = CALLER, call_id: str = "1.1") -> Answered:
        """The dialplan's word: variable, journal and event."""
        why = Why.STOP_KEYS if answer in (Answer.WITHDRAWN, Answer.OBJECTED) else Why.KEY
        told = Answered(call_id, answer, why, self.callers.notice.notice_id, "en", datetime.now(UTC), by)
        self.pbx.variables[call_id] = answer
        self.pbx.entries.append(Answered(call_id, answer, why, told.notice_id, "en", told.at, None))
        return told

    async def talk(self) -> None:
        """A caller who said yes talks with an agent."""
        await self.connect()
        await self.tell(ChannelChanged(CALLER), self.says(Answer.ASKED), self.says(Answer.GRANTED))
        await self.tell(ChannelChanged(AGENT), BridgeChanged("b", TOGETHER))
        await self.until(lambda: len(self.pbx.forks) == 2)

    async def sealed(self, call_id: str = "1.1") -> tuple[list[str], dict[str, Any]]:
        """What the seals hold of a call: its answers in order, and what was derived."""
        record = await self.ledger.keyring.of(self.ledger.keys.mac("call", call_id))
        assert record is not None
        answers = await self.database.read(lambda c: sealed_rows.answers_of(c, record))
        derived = await self.database.read(lambda c: sealed_rows.derived_of(c, record))
        return [one["answer"] for one in answers], json.loads(derived or b"{}")

    async def in_clear(self) -> int:
        """Rows that stand in clear of any call."""
        tables = ("calls", "answers", "grants", "scores", "facts")
        return await self.database.read(
            lambda c: sum(c.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables)
        )

    async def until(self, condition: Callable[[], bool], timeout_s: float = 5.0) -> None:
        """Wait for something to become true."""
        async with asyncio.timeout(timeout_s):
            while not condition():
                await asyncio.sleep(0.01)

    def stage(self, call_id: str = "1.1") -> Stage | None:
        """Where the call stands, for a person."""
        view = self.board.view(call_id)
        return view.stage if view else None


@asynccontextmanager
async def running(bench: Bench) -> AsyncIterator[Bench]:
    """The bench at work."""
    await bench.engine.start()
    task = asyncio.create_task(bench.switchboard.run())
    try:
        yield bench
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await bench.switchboard.close()
        await bench.engine.stop()
