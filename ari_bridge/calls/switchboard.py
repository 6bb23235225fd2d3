"""All calls of one PBX: takes its events in order, and gives each call its own."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

import structlog

from analysis.emotion.score import Verdict
from ari_bridge.calls.rooms import Rooms
from ari_bridge.calls.session import RETRY_S, Session
from ari_bridge.calls.states import StopKeys
from ari_bridge.pbx.port import (
    Answered,
    BridgeChanged,
    ChannelChanged,
    ChannelGone,
    Connected,
    Disconnected,
    ForkRefused,
    HoldChanged,
    KeyPressed,
    PbxEvent,
    PbxRefused,
)
from consent.entry import Entry
from consent.errors import DatabaseUnavailable, InvalidValue
from consent.grant import Consented
from consent.parties import Party
from consent.states import TABLE, Answer, Event, State, Why

log = structlog.get_logger()

FAREWELL_S: Final = 2.0
"""How long the PBX may take to hang up our forks when we stop."""
STOPS: Final = frozenset({Answer.WITHDRAWN, Answer.OBJECTED})
"""Obeyed whoever sends them: a stop too many hears nobody."""


def _no_others(event: PbxEvent) -> bool:
    return False


class Switchboard:
    """Runs the sessions. `run` ends only when the PBX cannot be worked with at all.

    `others` see each event first, without waiting; one for which they say True is no matter of a call.
    """

    def __init__(self, rooms: Rooms, others: Callable[[PbxEvent], bool] = _no_others) -> None:
        self._rooms = rooms
        self._others = others
        self._sessions: dict[str, Session] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._stop_keys: dict[str, StopKeys] = {}
        # One event, or one try to take the PBX up, at a time.
        self._turn = asyncio.Lock()
        self._retry: asyncio.Task[None] | None = None
        self._unread: set[asyncio.Task[None]] = set()
        self.is_connected = False
        self.sentence = "the PBX was not reached yet"

    async def run(self) -> None:
        """Take the PBX's events for ever. Raises PbxRefused where a retry cannot help."""
        async for event in self._rooms.pbx.events():
            try:
                if self._others(event):
                    continue
                async with self._turn:
                    await self._take(event)
            except Exception:  # the root of all that an event starts: a bad one ends no call
                log.exception("event.failed", event_kind=type(event).__name__)

    async def close(self) -> None:
        """Hear nothing more and end the sessions; the calls themselves go on."""
        self._give_up_retry()
        self.is_connected = False
        for session in self._sessions.values():
            session.leave()
        with contextlib.suppress(TimeoutError):  # what is not told by then ends with its lease
            async with asyncio.timeout(FAREWELL_S):
                await asyncio.gather(*(session.settle() for session in self.sessions()))
        left = [*self._tasks.values(), *self._unread]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    def verdict(self, verdict: Consented[Verdict]) -> None:
        """What the engine made of a caller's speech, for the call it belongs to."""
        session = self._sessions.get(verdict.grant.call_id)
        if session is not None:
            session.verdict(verdict)

    async def stop(self, call_id: str, answer: Answer, why: Why = Why.STOP_KEYS, source: str = "keys") -> bool:
        """Stop a call from a screen or a key that the PBX did not look at; False when there is no such call.

        What a stop means the dialogue's table says: before the yes a no, after a no nothing.
        The ledger records `why` and `source`.
        """
        session = self._sessions.get(call_id)
        if session is None:
            return False
        step = TABLE[session.state][Event.AGENT_STOPS if answer is Answer.OBJECTED else Event.CALLER_STOPS]
        if step.answer is None:
            return True
        party = Party.AGENT if step.answer is Answer.OBJECTED else Party.CALLER
        entry = Entry(datetime.now(UTC), step.answer, why, call_id, party, "", "", source)
        session.answer(entry, None)
        if step.answer not in STOPS:  # the PBX's own dialogue goes on; whatever it says now, this call is not heard
            return True
        try:
            await self._rooms.pbx.stop_call(call_id, answer)
        except (PbxRefused, TimeoutError) as error:
            log.error("stop.not_told_to_pbx", call_id=call_id, error=str(error))
        else:
            session.answer(entry, Answered(call_id, answer, entry.why, "", "", entry.at, None))
        return True

    def contest(self, call_id: str) -> bool:
        """An agent contests the score of a call that stands on the screen; False where none does."""
        session = self._sessions.get(call_id)
        return session is not None and session.contest()

    async def obey(self) -> None:
        """Stop the calls that were stopped past us: on the page, on a line, at the command line.

        Raises:
            DatabaseUnavailable: what stands in the file is not known; it cannot be written either: nothing is heard.
        """
        for call_id, answer in (await self._rooms.ledger.stopped_elsewhere()).items():
            session = self._sessions.get(call_id)
            if session is not None and session.state in (State.GRANTED, State.OBJECTED):
                # A withdrawal stands in the ledger already; an agent's word was taken back on the line for staff.
                await self.stop(call_id, answer, Why.LINE, "line")

    def sessions(self) -> tuple[Session, ...]:
        """The calls that are not over."""
        return tuple(self._sessions.values())

    async def _take(self, event: PbxEvent) -> None:
        concerned = self._calls_of(event)
        self._rooms.topology.apply(event)
        match event:
            case Connected():
                await self._connect(event)
            case Disconnected(sentence):
                self._give_up_retry()
                self.is_connected, self.sentence = False, sentence
                log.error("pbx.lost", reason=sentence)
                for session in self._sessions.values():
                    session.leave()
            case Answered():
                await self._answer(event)
            case ChannelGone(channel_id):
                self._gone(channel_id)
            case KeyPressed():
                await self._press(event)
            case ForkRefused(call_id, channel_id, why):
                log.warning("fork.refused_by_pbx", call_id=call_id, channel_id=channel_id, why=why)
                if call_id in self._sessions:
                    self._sessions[call_id].refuse_forks(why)
        for call_id in concerned | self._calls_of(event):
            if call_id in self._sessions:
                self._sessions[call_id].look()

    def _calls_of(self, event: PbxEvent) -> frozenset[str]:
        """The calls whose conversation an event may change."""
        topology = self._rooms.topology
        match event:
            case ChannelChanged(channel):
                return frozenset({channel.call_id, channel.channel_id})
            case ChannelGone(channel_id) | HoldChanged(channel_id, _):
                ids = topology.neighbours(channel_id)
            case BridgeChanged(bridge_id, channel_ids):
                ids = channel_ids | topology.members(bridge_id)
            case _:
                return frozenset()
        return ids | {topology.channels[i].call_id for i in ids if i in topology.channels}

    async def _connect(self, event: Connected) -> None:
        """Take the PBX as it stands now. Until that has worked nothing is heard, so it is tried until it does."""
        self._give_up_retry()
        self.is_connected = False
        self._rooms.topology.reset(event.snapshot)
        self._stop_keys.clear()
        if not await self._take_up():
            self._retry = asyncio.get_running_loop().create_task(self._take_up_later(), name="resync")

    async def _take_up(self) -> bool:
        try:
            await self._resync()
        except (PbxRefused, TimeoutError, DatabaseUnavailable) as error:
            self.sentence = f"cannot take up the calls: {error}"
            log.error("resync.failed", error=str(error))
            return False
        except Exception as error:  # the root of what connects us: nothing may leave us away for ever
            self.sentence = f"cannot take up the calls: {type(error).__name__}"
            log.exception("resync.failed")
            return False
        self.is_connected, self.sentence = True, ""
        self._rooms.tally.connections += 1
        return True

    async def _take_up_later(self) -> None:
        """Try again, between the events: what they tell in the meantime, a lost connection above all, is not missed."""
        while True:
            await asyncio.sleep(RETRY_S)
            async with self._turn:
                if await self._take_up():
                    return

    def _give_up_retry(self) -> None:
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None

    async def _resync(self) -> None:
        """Sweep orphaned forks, drain the journal, and let each call go on only as both sides granted it."""
        swept = await self._rooms.pbx.sweep(frozenset())
        channels = self._rooms.topology.channels
        log.info("pbx.connected", channels=len(channels), swept_forks=swept)
        for call_id in await self._rooms.ledger.open_calls() - self._sessions.keys():
            await self._restore(call_id)
        for entry in await self._rooms.pbx.journal():
            await self._answer(entry)
        for call_id, session in list(self._sessions.items()):
            if await self._is_gone(call_id):
                session.hang_up()
            else:
                session.come_back()
        for channel in list(channels.values()):
            if channel.call_id == channel.channel_id and self._rooms.roles.of(channel) is Party.CALLER:
                await self._suspect(channel.channel_id)

    async def _restore(self, call_id: str) -> None:
        standing = await self._rooms.ledger.standing(call_id)
        if Answer.WITHDRAWN in standing.answers:  # the page and the desk record it; nobody was there to erase
            await self._rooms.scores.erase(await self._rooms.ledger.grant_ids(call_id))
        self._session(call_id).restore(standing)

    async def _suspect(self, call_id: str) -> None:
        # Asked for anew: 16.28 lists a channel with the variables that it had at its last event.
        session = self._sessions.get(call_id)
        if session is not None and session.state is not State.REFUSED:
            return
        if await self._rooms.pbx.consent_of(call_id) == Answer.GRANTED:
            log.error("attack.suspected", call_id=call_id, reason="granted without a yes in the journal")

    async def _answer(self, event: Answered) -> None:
        """Hand an answer to its call, unless it is no answer of a caller from outside."""
        asker = event.channel or self._rooms.topology.channels.get(event.call_id)
        if event.answer not in STOPS and asker is not None and self._rooms.roles.of(asker) is not Party.CALLER:
            log.info("consent.ignored", call_id=event.call_id, endpoint=asker.endpoint, reason="not from outside")
            await self._rooms.pbx.forget(event)
            return
        try:
            written = await self._written(event)
        except (PbxRefused, TimeoutError) as error:
            log.error("answer.not_read", call_id=event.call_id, error=str(error))
            self._answer_later(event)
            return
        if written is None:
            log.error("attack.suspected", call_id=event.call_id, reason="a yes that the journal does not hold")
            return
        try:
            entry = _entry(written, "journal" if event.channel is None else "event")
        except InvalidValue as error:
            log.error("answer.invalid", error=str(error))
            return
        session = self._session(event.call_id)
        session.answer(entry, written)
        if await self._is_gone(event.call_id):
            session.hang_up()

    def _answer_later(self, event: Answered) -> None:
        """Take it once more: else the call would stand as asked for ever. A new connection takes the whole journal."""

        async def again() -> None:
            await asyncio.sleep(RETRY_S)
            try:
                async with self._turn:
                    if self.is_connected:
                        await self._answer(event)
            except Exception:  # the root of this task, as `run` is of the events
                log.exception("event.failed", event_kind=type(event).__name__)

        task = asyncio.get_running_loop().create_task(again(), name=f"answer of {event.call_id}")
        self._unread.add(task)
        task.add_done_callback(self._unread.discard)

    async def _is_gone(self, call_id: str) -> bool:
        """Whether a call has ended; one that began after the snapshot is not in the topology, so the PBX is asked."""
        return call_id not in self._rooms.topology.channels and not await self._rooms.pbx.consent_of(call_id)

    async def _written(self, event: Answered) -> Answered | None:
        """A yes as the PBX's journal holds it: the event is only a bell, which any AMI user may ring."""
        if event.answer is not Answer.GRANTED or event.channel is None:
            return event
        journal = await self._rooms.pbx.journal()
        return next((e for e in journal if e.call_id == event.call_id and e.answer is Answer.GRANTED), None)

    def _session(self, call_id: str) -> Session:
        if call_id not in self._sessions:
            self._sessions[call_id] = session = Session(self._rooms, call_id)
            if not self.is_connected:
                session.leave()  # until the whole journal is drained
            task = asyncio.get_running_loop().create_task(session.run(), name=f"call {call_id}")
            self._tasks[call_id] = task
            task.add_done_callback(lambda done: self._over(call_id, done))
        return self._sessions[call_id]

    def _over(self, call_id: str, task: asyncio.Task[None]) -> None:
        session = self._sessions.pop(call_id, None)
        self._tasks.pop(call_id, None)
        if not task.cancelled() and task.exception() is not None:
            log.error("session.failed", call_id=call_id, error=repr(task.exception()))
            if session is not None:
                session.leave()

    def _gone(self, channel_id: str) -> None:
        self._stop_keys.pop(channel_id, None)
        if channel_id in self._sessions:
            self._sessions[channel_id].hang_up()
        for session in self._sessions.values():
            session.fork_ended(channel_id)

    async def _press(self, event: KeyPressed) -> None:
        if not self._stop_keys.setdefault(event.channel_id, StopKeys()).press(event.key, event.at):
            return
        channel = self._rooms.topology.channels.get(event.channel_id)
        if channel is None:
            return
        call_id = event.channel_id if event.channel_id in self._sessions else self._call_with(event.channel_id)
        if call_id is not None:
            await self.stop(call_id, Answer.WITHDRAWN if call_id == event.channel_id else Answer.OBJECTED)

    def _call_with(self, channel_id: str) -> str | None:
        topology = self._rooms.topology
        return next((c for c in self._sessions if channel_id in topology.conversation(c).legs), None)


def _entry(answered: Answered, source: str) -> Entry:
    party = Party.AGENT if answered.answer is Answer.OBJECTED else Party.CALLER
    return Entry(
        at=answered.at,
        answer=answered.answer,
        why=answered.why,
        call_id=answered.call_id,
        party=party,
        notice_id=answered.notice_id,
        language=answered.language,
        source=source,
        number_tag=answered.number_tag,
    )
