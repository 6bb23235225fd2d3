"""FreeSWITCH as the bridge's `Pbx`: each method of the port in terms of the event socket and our gate.

The gate is a script inside FreeSWITCH (dialplan/freeswitch/gate.lua), and the only way by which we open a voice: it
looks at the caller's own channel itself. We send it events, which change nothing by themselves.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Final

import structlog

from ari_bridge.pbx import answers
from ari_bridge.pbx.errors import NotThere
from ari_bridge.pbx.freeswitch.access import EslAccess
from ari_bridge.pbx.freeswitch.events import FORK_PREFIX
from ari_bridge.pbx.freeswitch.lines import FreeSwitchLines
from ari_bridge.pbx.freeswitch.link import TAG_VARIABLE, Link
from ari_bridge.pbx.freeswitch.phones import FreeSwitchPhones
from ari_bridge.pbx.port import Answered, PbxEvent, PbxFork, PbxRefused
from consent.grant import ConsentGrant
from consent.states import Answer, Why

log = structlog.get_logger()

CONSENT_VARIABLE: Final = "ouidire_consent"
_STOPPED: Final = frozenset({Answer.WITHDRAWN, Answer.OBJECTED, Answer.REFUSED})
_WHO: Final = {Answer.WITHDRAWN: "caller", Answer.OBJECTED: "agent"}


class FreeSwitchPbx:
    """One FreeSWITCH. Owns no call: it asks the gate for one leg's voice, and the gate decides."""

    def __init__(self, access: EslAccess) -> None:
        self._link = Link(access)
        self.lines = FreeSwitchLines(self._link)
        """The lines and codes of the same FreeSWITCH."""
        self.phones = FreeSwitchPhones(access, self._link)
        """The desk phones behind it."""
        self._calls: dict[str, str] = {}

    async def events(self) -> AsyncIterator[PbxEvent]:
        """Everything that happens; see the port. To be read by one reader."""
        task = asyncio.get_running_loop().create_task(self._link.run(), name="pbx link")
        try:
            while True:
                event = await self._link.events.get()
                if isinstance(event, Exception):
                    raise event
                yield event
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def consent_of(self, call_id: str) -> str:
        """The caller's own variable, on which a stop is written too. See the port."""
        return await self._link.variable(call_id, CONSENT_VARIABLE)

    async def fork(self, grant: ConsentGrant, channel_id: str, target: str) -> PbxFork:
        """Have the gate open that leg's own mouth towards `target`: one fork of each leg at a time.

        Raises:
            Withdrawn: the grant has ended.
            PbxRefused: the gate says no, or there is no such leg (any more).
            TimeoutError: no answer.
        """
        leg = grant.admit(channel_id).open()
        try:
            await self._link.ask("fork", call=grant.call_id, leg=leg, target=target)
            fork = PbxFork(FORK_PREFIX + leg, channel_id, target)
            grant.admit(fork)
        except PbxRefused:
            raise
        except BaseException:  # a gate that is slow to answer may have opened it, or may do so yet
            await self._link.order("end", call=grant.call_id, leg=leg)
            raise
        self._calls[fork.fork_id] = grant.call_id
        return fork

    async def renew(self, fork: PbxFork) -> None:
        """By the gate, which holds the lease. See the port."""
        await self._link.ask("renew", call=self._calls.get(fork.fork_id, ""), leg=fork.channel_id)

    async def end_fork(self, fork: PbxFork) -> None:
        """See the port: whoever ends it a second time, asks nothing."""
        call_id = self._calls.pop(fork.fork_id, None)
        if call_id is not None:
            await self._link.ask("end", call=call_id, leg=fork.channel_id)

    async def sweep(self, keep: frozenset[str]) -> int:
        """End the forks that a bridge left behind which was killed. See the port."""
        legs = ",".join(sorted(one.removeprefix(FORK_PREFIX) for one in keep))
        event = await self._link.ask("sweep", keep=legs)
        swept = event.headers.get("ouidire-more", "0")
        return int(swept) if swept.isascii() and swept.isdigit() else 0

    async def stop_call(self, call_id: str, answer: Answer) -> None:
        """Have the stop keys' own script do it: mark, end of the forks, journal, event.

        Raises:
            PbxRefused: not a stop, or the call does not say that it is stopped.
        """
        if answer not in _WHO:
            raise PbxRefused(f"{answer} is not a way to stop a call")
        event = await self._link.ask("stop", call=call_id, who=_WHO[answer])
        stands = event.headers.get("ouidire-more", "")
        if stands not in _STOPPED:
            raise PbxRefused(f"the call's own variable says {stands or 'nothing'} after the stop")

    async def journal(self) -> Sequence[Answered]:
        """What mod_db keeps of ours; odd entries are logged, and left there for the admin to see."""
        entries = []
        connection = self._link.connection
        for key in filter(None, (await connection.api("db", f"list/{answers.FAMILY}")).split(",")):
            value = await connection.api("db", f"select/{answers.FAMILY}/{key}")
            entry = answers.from_journal(key, value)
            if entry is None:
                log.warning("journal.odd_entry", key=key[:200])
            elif entry.answer is Answer.GRANTED:
                entries.append(answers.tagged(entry, await self._link.variable(entry.call_id, TAG_VARIABLE)))
            else:
                entries.append(entry)
        return answers.in_order([*entries, *[one async for one in self._hung_up_asking(entries)]])

    async def _hung_up_asking(self, entries: Sequence[Answered]) -> AsyncIterator[Answered]:
        """Who hung up while being asked has said no. The dialplan ends there and journals nothing, and with the bridge
        away nobody heard of it: all that is left is a question without an answer, of a call that is over.
        """
        answered = {one.call_id for one in entries if one.answer is not Answer.ASKED}
        for one in entries:
            if one.call_id not in answered and not await self._is_there(one.call_id):
                yield replace(one, answer=Answer.REFUSED, why=Why.HANGUP)

    async def _is_there(self, call_id: str) -> bool:
        try:
            await self._link.connection.api("uuid_getvar", call_id, CONSENT_VARIABLE)
        except NotThere:
            return False
        return True

    async def forget(self, entry: Answered) -> None:
        """See the port."""
        await self._link.connection.api("db", f"delete/{answers.FAMILY}/{answers.journal_key(entry)}")

    async def say(self, call_id: str, recording: str) -> None:
        """See the port; the ending is written out, since FreeSWITCH looks for none."""
        await self._link.ask("say", call=call_id, recording=f"{recording}.wav")
