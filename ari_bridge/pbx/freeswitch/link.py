"""The connection to one FreeSWITCH, kept for ever: its loss is told as Disconnected, each new one as Connected."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Mapping
from typing import Final
from uuid import uuid4

import structlog

from ari_bridge.pbx import answers
from ari_bridge.pbx.errors import NotLetIn, NotThere, Unreachable
from ari_bridge.pbx.freeswitch import esl_wire, events, line_events
from ari_bridge.pbx.freeswitch.access import EslAccess
from ari_bridge.pbx.freeswitch.esl_client import EslConnection
from ari_bridge.pbx.freeswitch.esl_wire import Event
from ari_bridge.pbx.freeswitch.events import UUID, Legs
from ari_bridge.pbx.port import (
    Answered,
    Channel,
    Connected,
    Contested,
    Disconnected,
    LineEntered,
    Paired,
    PbxEvent,
    PbxRefused,
    Snapshot,
)
from consent.states import Answer, Why

log = structlog.get_logger()

EVENTS: Final = (
    "CHANNEL_ANSWER",
    "CHANNEL_BRIDGE",
    "CHANNEL_UNBRIDGE",
    "CHANNEL_HOLD",
    "CHANNEL_UNHOLD",
    "CHANNEL_HANGUP_COMPLETE",
    "HEARTBEAT",
)
SUBCLASSES: Final = (
    "ouidire::consent",
    "ouidire::told",
    line_events.SUBCLASS,
    "mod_audio_stream::connect",
    "mod_audio_stream::error",
    "mod_audio_stream::disconnect",
)
"""All that we ask for, and all that our user may hear: dialplan/freeswitch/render.py names the same."""
ASK: Final = "ouidire::ask"
TOLD_WITHIN_S: Final = 3.0
"""The gate answers within some 20 ms."""
FIRST_PAUSE_S: Final = 0.5
LAST_PAUSE_S: Final = 15.0
"""A PBX that restarts is back in seconds; one that stays away is asked four times a minute."""
LAG_S: Final = 0.5
"""FreeSWITCH writes what `show` reads some 100 ms after the events of it."""
MAX_BACKLOG: Final = 10_000
UNSET: Final = "_undef_"
_MICROSECONDS: Final = re.compile(r"([0-9]{10})[0-9]{6}")
"""A moment since 1970, as FreeSWITCH stamps its events."""
TAG_VARIABLE: Final = "ouidire_tag"
"""What stands for the caller's number, on the caller's channel."""
NO_GATE: Final = (
    "the gate in FreeSWITCH did not answer: is mod_lua loaded, the hook in lua.conf.xml, FreeSWITCH restarted since?"
)
_STOPPED: Final = frozenset({Answer.GRANTED, Answer.WITHDRAWN, Answer.OBJECTED})
"""What the variable of a call that said yes can say by now."""


class Link:
    """Connects, reads, and connects again, in a task of its own: `run` it. Events wait in `events`."""

    def __init__(self, access: EslAccess) -> None:
        self._access = access
        self._connection: EslConnection | None = None
        self._pause_s = FIRST_PAUSE_S
        self._told: dict[str, asyncio.Future[Event]] = {}
        self._on_lines: set[str] = set()
        self.events: asyncio.Queue[PbxEvent | Exception] = asyncio.Queue(MAX_BACKLOG)

    @property
    def connection(self) -> EslConnection:
        """The event socket. Raises Unreachable while there is none."""
        if self._connection is None:
            raise Unreachable("the PBX is not connected")
        return self._connection

    async def variable(self, channel_id: str, name: str) -> str:
        """A channel's variable as it is now; "" where it is unset, or there is no such channel."""
        try:
            found = await self.connection.api("uuid_getvar", channel_id, name)
        except NotThere:
            return ""
        return "" if found == UNSET else found

    async def ask(self, do: str, **fields: str) -> Event:
        """Ask the gate inside FreeSWITCH; what it told.

        Raises:
            PbxRefused: it said no.
            Unreachable: no connection, or it said nothing in time: its script is not hooked.
        """
        ask_id = uuid4().hex
        told: asyncio.Future[Event] = asyncio.get_running_loop().create_future()
        self._told[ask_id] = told
        try:
            await self._send(do, ask_id, fields)
            async with asyncio.timeout(TOLD_WITHIN_S):
                event = await told
        except TimeoutError as error:
            raise Unreachable(str(error) or f"{NO_GATE} ({do})") from error
        finally:
            self._told.pop(ask_id, None)
        if event.headers.get("ouidire-did") in ("denied", "failed"):
            raise PbxRefused(f"the gate in FreeSWITCH says: {event.headers.get('ouidire-more', '')[:200]}")
        return event

    async def order(self, do: str, **fields: str) -> None:
        """Tell the gate to do what nobody waits for. Without a connection it is not told: a lease ends each fork."""
        with contextlib.suppress(PbxRefused, Unreachable):
            await self._send(do, uuid4().hex, fields)

    async def _send(self, do: str, ask_id: str, fields: Mapping[str, str]) -> None:
        asked = {"Event-Subclass": ASK, "Ouidire-Do": do, "Ouidire-Ask": ask_id}
        told = {f"Ouidire-{name.capitalize()}": value for name, value in fields.items()}
        await self.connection.send_event("CUSTOM", asked | told)

    async def run(self) -> None:
        """Work until cancelled. What ends it otherwise is the last item of `events`: the exception itself."""
        try:
            await self._connect_for_ever()
        except NotLetIn as error:
            self._tell(error)
        except Exception as error:  # the root of this task: the reader of the events must hear of its end
            log.exception("pbx.link_failed")
            self._tell(error)

    async def _connect_for_ever(self) -> None:
        while True:
            try:
                await self._stay_connected()
            except NotLetIn:
                raise
            except (PbxRefused, TimeoutError) as error:
                sentence = str(error)
            self._tell(Disconnected(f"{sentence}; trying again in {self._pause_s:g} s"))
            await asyncio.sleep(self._pause_s)
            self._pause_s = min(2 * self._pause_s, LAST_PAUSE_S)

    async def _stay_connected(self) -> None:
        """One connection from its beginning to its end, which is an exception."""
        connection = await EslConnection.open(self._access)
        try:
            # Before the snapshot: what happens meanwhile waits, and is read.
            await connection.subscribe(EVENTS, SUBCLASSES)
            await asyncio.sleep(LAG_S)
            snapshot = await _snapshot(connection)
            self._connection, self._pause_s = connection, FIRST_PAUSE_S
            self._on_lines = {one.channel_id for one in snapshot.lines}
            self._tell(Connected(snapshot))
            legs = Legs({one.channel_id: one for one in snapshot.channels}, snapshot.bridges)
            async for event in connection.events():
                await self._take(event, legs)
        finally:
            self._connection = None
            for told in self._told.values():
                if not told.done():
                    told.set_exception(Unreachable("the PBX's connection ended"))
            await connection.close()

    async def _take(self, event: Event, legs: Legs) -> None:
        if event.subclass == "ouidire::told":
            told = self._told.get(event.headers.get("ouidire-ask", ""))
            if told is not None and not told.done():
                told.set_result(event)
            refusal = events.refusal_of(event)
            if refusal is not None:
                self._tell(refusal)
            return
        if event.subclass == line_events.SUBCLASS:
            await self._line(event)
            return
        if event.name == "CHANNEL_HANGUP_COMPLETE":
            self._on_lines.discard(event.headers.get("unique-id", ""))
        hung_up = _hung_up_asking(event)
        for one in legs.read(event):
            self._tell(one)
        if event.subclass == "ouidire::consent":
            await self._answered(event, legs.known(event.headers.get("ouidire-call", "")))
        elif hung_up is not None:
            self._tell(hung_up)

    async def _line(self, event: Event) -> None:
        """What happens on our lines, and the agents' codes: who is there is read on the channel itself."""
        leg, did = line_events.leg_of(event), line_events.did_of(event)
        if did in ("key", "played"):
            told = line_events.told(event) if leg in self._on_lines else None
            if told is not None:
                self._tell(told)
            return
        dump = await _dumped(self.connection, leg)
        if dump is None:  # it has hung up meanwhile
            return
        found = _said(event, did, dump)
        if found is None:
            log.error("attack.suspected", reason="a line or a code that the channel itself does not hold")
            return
        if did == "entered":
            self._on_lines.add(leg)
        self._tell(found)

    async def _answered(self, event: Event, channel: Channel | None) -> None:
        """An answer is only a bell, which any user of the event socket may ring: a yes is read back on the channel."""
        answered = events.answer_of(event, channel)
        if answered is None:
            log.error("attack.suspected", reason="an answer that no dialplan of ours sends")
        elif answered.answer is Answer.GRANTED and not await self._is_granted(answered.call_id):
            log.error(
                "attack.suspected", call_id=answered.call_id, reason="a yes that the call's channel does not hold"
            )
        elif answered.answer is Answer.GRANTED:
            # Read on the channel: in an event or a journal it would stand in logs of the PBX.
            self._tell(answers.tagged(answered, await self.variable(answered.call_id, TAG_VARIABLE)))
        else:
            self._tell(answered)

    async def _is_granted(self, call_id: str) -> bool:
        return await self.variable(call_id, "ouidire_consent") in _STOPPED

    def _tell(self, event: PbxEvent | Exception) -> None:
        if self.events.full():
            # All of it is void: a new connection begins with what holds then, and the journal keeps the answers.
            while not self.events.empty():
                self.events.get_nowait()
            if not isinstance(event, Disconnected | Exception):
                raise Unreachable("the bridge did not keep up with the PBX's events")
        self.events.put_nowait(event)


async def _snapshot(connection: EslConnection) -> Snapshot:
    """All channels, and who talks with whom. A channel that goes meanwhile is left out: its event tells nothing new."""
    channels: dict[str, Channel] = {}
    held, lines = set[str](), []
    for row in events.rows_of(await connection.api("show", "channels", "as", "json")):
        dump = await _dumped(connection, str(row.get("uuid", "")))
        channel = None if dump is None else events.channel_of(dump)
        if dump is not None and channel is not None:
            channels[channel.channel_id] = channel
            on_line = line_events.entered(dump)
            lines += [] if on_line is None else [on_line]
            if row.get("callstate") == "HELD":
                held.add(channel.channel_id)
    bridges = {}
    for row in events.rows_of(await connection.api("show", "bridged_calls", "as", "json")):
        pair = events.pair_of(str(row.get("uuid", "")), str(row.get("b_uuid", "")))
        if pair is not None:
            bridges[events.bridge_id(pair)] = pair
    return Snapshot(tuple(channels.values()), bridges, frozenset(held), lines=tuple(lines))


async def _dumped(connection: EslConnection, channel_id: str) -> Event | None:
    if not UUID.fullmatch(channel_id):
        return None
    try:
        dump = await connection.api("uuid_dump", channel_id, "txt")
    except NotThere:
        return None
    return Event(esl_wire.headers_of(dump))


def _said(event: Event, did: str, dump: Event) -> LineEntered | Contested | Paired | None:
    match did:
        case "entered":
            return line_events.entered(dump)
        case "contested":
            return line_events.contested(event, dump)
        case "paired":
            return line_events.paired(dump)
    return None


def _hung_up_asking(event: Event) -> Answered | None:
    """Who hangs up while being asked has said no; FreeSWITCH's dialplan ends there and says nothing itself."""
    channel = events.channel_of(event) if event.name == "CHANNEL_HANGUP_COMPLETE" else None
    if channel is None or channel.consent != Answer.ASKED or channel.call_id != channel.channel_id:
        return None
    at = _MICROSECONDS.fullmatch(event.headers.get("event-date-timestamp", ""))
    fields = {
        "ouidire-call": channel.call_id,
        "ouidire-answer": Answer.REFUSED,
        "ouidire-why": Why.HANGUP,
        "ouidire-at": at[1] if at else "",
        "ouidire-notice": event.variable("ouidire_notice"),
        "ouidire-language": event.variable("ouidire_language"),
    }
    return events.answer_of(Event({**event.headers, **fields}), channel)
