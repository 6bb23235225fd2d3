"""Asterisk as the bridge's `Pbx`: each method of the port in terms of ARI and AMI (22 and 16.28, measured)."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from typing import Final
from uuid import uuid4

import structlog

from ari_bridge.pbx import answers
from ari_bridge.pbx.asterisk import ari_messages
from ari_bridge.pbx.asterisk.access import AmiAccess, AriAccess
from ari_bridge.pbx.asterisk.link import Link
from ari_bridge.pbx.errors import NotThere, Unreachable
from ari_bridge.pbx.port import Answered, PbxEvent, PbxFork, PbxRefused
from consent.grant import ConsentGrant
from consent.states import Answer

log = structlog.get_logger()

CONSENT_VARIABLE: Final = "OUIDIRE_CONSENT"
CALL_VARIABLE: Final = "OUIDIRE_CALL"
TAG_VARIABLE: Final = "OUIDIRE_TAG"
STOP_CONTEXT: Final = "ouidire-stop"
STOP_MARK: Final = "SHARED(OUIDIRE_STOP)"
"""What the dialplan writes on the caller's channel when anybody stops the call, from whatever leg."""
STOP_TIMEOUT_S: Final = 1.0
"""The dialplan needs a few milliseconds for a stop."""
SAY_VARIABLE: Final = "OUIDIRE_SAY"
"""Where the dialplan looks for the recording of a reference, on the caller's channel."""
TOLD_VARIABLE: Final = "OUIDIRE_TOLD"
"""Where the dialplan looks for the name of a prompt, on the channel of an agent who pressed or dialled a code."""
PROMPTS: Final = "sound:ouidire/"
"""Our prompts as the PBX names them; it takes those of the channel's language."""
ENTER_TIMEOUT_S: Final = 3.0
"""A snoop enters our application within a few milliseconds."""


class AsteriskPbx:
    """One Asterisk. Owns no call: it snoops on legs, and hands each snoop to the dialplan's own gate.

    `lease_s` is what a renewal sets: the dialplan's own lease. `application` is our name at the ARI, and begins the id
    of every fork, so that a sweep never touches another program's snoops.
    """

    def __init__(
        self, ari: AriAccess, ami: AmiAccess, lease_s: int, application: str = "ouidire", gate: str = "ouidire-gate"
    ) -> None:
        self._link = Link(ari, ami, application)
        self._lease_s = lease_s
        self._application = application
        self._gate = gate

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
        """What the gate will read: the mark of a stop, else the caller's own variable. See the port."""
        try:
            consent = await self._link.ari.variable_of(call_id, CONSENT_VARIABLE)
        except NotThere:
            return ""
        with contextlib.suppress(NotThere):
            return await self._link.ari.variable_of(call_id, STOP_MARK) or consent
        return consent

    async def fork(self, grant: ConsentGrant, channel_id: str, target: str) -> PbxFork:
        """Snoop on what that leg says (never on what it hears), and send the snoop through the gate.

        Raises:
            Withdrawn: the grant has ended.
            PbxRefused: there is no such leg (any more).
            TimeoutError: no answer.
        """
        leg = grant.admit(channel_id).open()
        if leg != grant.call_id:
            # An agent who came by a transfer or into a conference has a leg of another call, or of none: the gate asks
            # the leg for its call.
            await self._link.ami.send("Setvar", Channel=leg, Variable=f"__{CALL_VARIABLE}", Value=grant.call_id)
        fork_id = await self._snoop(leg)
        try:
            grant.admit(fork_id)
            # The target is the extension: one variable set through ARI, and Asterisk blocks LOCK() on that channel.
            await self._send_into(fork_id, self._gate, target)
        except BaseException:
            await self._drop(fork_id)
            raise
        return PbxFork(fork_id, channel_id, target)

    async def renew(self, fork: PbxFork) -> None:
        """By AMI, since the ARI refuses variables of a channel that is in the dialplan."""
        await self._link.ami.send(
            "Setvar", Channel=fork.fork_id, Variable="TIMEOUT(absolute)", Value=str(self._lease_s)
        )

    async def end_fork(self, fork: PbxFork) -> None:
        """Hang up the snoop; its RTP ends with it."""
        await self._hang_up(fork.fork_id)

    async def sweep(self, keep: frozenset[str]) -> int:
        """Hang up the snoops of ours that nobody knows: what a bridge left behind that was killed."""
        swept = 0
        for value in await self._link.ari.request("GET", "channels") or ():
            channel = ari_messages.channel_of(value)
            if channel is None or channel.channel_id in keep:
                continue
            if channel.name.startswith("Snoop/") and channel.channel_id.startswith(f"{self._application}-"):
                await self._hang_up(channel.channel_id)
                swept += 1
        return swept

    async def stop_call(self, call_id: str, answer: Answer) -> None:
        """Have the dialplan do it, for a snoop of the caller that we send there: it marks the call as stopped, ends its
        forks, journals and tells. Then the caller's variable, which ends every doubt, is written too.

        Raises:
            PbxRefused: no such call; or not a stop.
        """
        if answer not in (Answer.WITHDRAWN, Answer.OBJECTED):
            raise PbxRefused(f"{answer} is not a way to stop a call")
        try:
            messenger = await self._snoop(call_id)
            gone = self._link.leaving(messenger)
            try:
                await self._send_into(messenger, STOP_CONTEXT, str(answer))
            except BaseException:
                await self._drop(messenger)
                raise
            # It must have read the variable before we write it: only a granted call is stopped there.
            await asyncio.wait([gone], timeout=STOP_TIMEOUT_S)
            gone.cancel()
        finally:
            await self._link.ami.send("Setvar", Channel=call_id, Variable=CONSENT_VARIABLE, Value=str(answer))

    async def journal(self) -> Sequence[Answered]:
        """What AstDB keeps of ours; odd entries are logged, and left there for the admin to see."""
        entries = []
        for item in await self._link.ami.send_list("DBGetTree", Family=answers.FAMILY):
            key, value = item.get("key", ""), item.get("val", "")
            entry = answers.from_journal(key, value)
            if entry is None:
                log.warning("journal.odd_entry", key=key[:200])
            elif entry.answer is Answer.GRANTED:
                entries.append(answers.tagged(entry, await self._tag_of(entry.call_id)))
            else:
                entries.append(entry)
        return answers.in_order(entries)

    async def _tag_of(self, call_id: str) -> str:
        """What stands for the number, "" of a call that is over; the PBX keeps it nowhere else, not in its log."""
        with contextlib.suppress(NotThere):
            return await self._link.ari.variable_of(call_id, TAG_VARIABLE)
        return ""

    async def forget(self, entry: Answered) -> None:
        """By the dialplan's DB_DELETE, for which the right to set variables is enough."""
        key = answers.journal_key(entry)
        await self._link.ami.send("Setvar", Variable=f"DB_DELETE({answers.FAMILY}/{key})", Value="1")

    async def say(self, call_id: str, recording: str) -> None:
        """By AMI, since the ARI refuses variables of a channel that is in the dialplan. See the port."""
        await self._link.ami.send("Setvar", Channel=call_id, Variable=SAY_VARIABLE, Value=recording)

    async def answer_code(self, channel_id: str, prompt: str) -> None:
        """By AMI, as `say` does. See the port."""
        await self._link.ami.send("Setvar", Channel=channel_id, Variable=TOLD_VARIABLE, Value=prompt)

    async def play(self, channel_id: str, prompts: Sequence[str]) -> str:
        """All of them as one playback. See the port."""
        play_id = f"{self._application}-{uuid4().hex}"
        media = ",".join(f"{PROMPTS}{prompt}" for prompt in prompts)
        await self._link.ari.request("POST", "channels", channel_id, "play", play_id, media=media)
        return play_id

    async def stop_playing(self, play_id: str) -> None:
        """See the port."""
        with contextlib.suppress(NotThere):
            await self._link.ari.request("DELETE", "playbacks", play_id)

    async def hang_up_line(self, channel_id: str) -> None:
        """See the port."""
        await self._hang_up(channel_id)

    async def send_line(self, channel_id: str, context: str, extension: str) -> None:
        """See the port."""
        await self._send_into(channel_id, context, extension)

    async def _snoop(self, channel_id: str) -> str:
        """Have a snoop of one leg wait in our application; its id."""
        # Of one length, since Asterisk refuses an id that another one begins with.
        snoop_id = f"{self._application}-{uuid4().hex}"
        entered = self._link.entering(snoop_id)
        try:
            await self._link.ari.request(
                "POST", "channels", channel_id, "snoop", snoop_id, spy="in", whisper="none", app=self._application
            )
            async with asyncio.timeout(ENTER_TIMEOUT_S):
                await entered
        except TimeoutError as error:
            await self._drop(snoop_id)
            raise Unreachable(str(error) or "the snoop did not enter our application in time") from error
        except BaseException:
            await self._drop(snoop_id)
            raise
        finally:
            if not entered.cancel() and not entered.cancelled():
                entered.exception()  # looked at, so that the loop does not complain of one that came too late
        return snoop_id

    async def _send_into(self, channel_id: str, context: str, extension: str) -> None:
        await self._link.ari.request(
            "POST", "channels", channel_id, "continue", context=context, extension=extension, priority="1"
        )

    async def _hang_up(self, channel_id: str) -> None:
        with contextlib.suppress(NotThere):
            await self._link.ari.request("DELETE", "channels", channel_id)

    async def _drop(self, channel_id: str) -> None:
        """Hang up what was begun and not finished, without hiding the reason; a sweep or its lease would end it too."""
        try:
            await self._hang_up(channel_id)
        except (PbxRefused, TimeoutError) as error:
            log.warning("fork.not_dropped", fork_id=channel_id, error=str(error))
