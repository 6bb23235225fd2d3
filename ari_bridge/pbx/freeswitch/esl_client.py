"""One connection to FreeSWITCH's event socket: commands are answered in order, events are read as they come.

It has no TLS and no ids of answers, and a client that stops reading fills the PBX's own queues. So what reads here
waits for nothing else; where the bridge does not keep up the connection ends, and a new one begins with what holds.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Final

from ari_bridge.pbx.errors import NotLetIn, NotThere, Unreachable
from ari_bridge.pbx.freeswitch import esl_wire
from ari_bridge.pbx.freeswitch.access import EslAccess
from ari_bridge.pbx.freeswitch.esl_wire import Event, MalformedMessage, Message, MessageReader
from ari_bridge.pbx.port import PbxRefused

TIMEOUT_S: Final = 5.0
"""FreeSWITCH answers within a few milliseconds."""
SIGN_OF_LIFE: Final = "HEARTBEAT"
HEARTBEAT_S: Final = 20.0
"""FreeSWITCH sends this event so often."""
SILENCE_S: Final = 2.5 * HEARTBEAT_S
"""An event socket from which nothing came for so long is deaf, whatever TCP says."""
MAX_BACKLOG: Final = 10_000
"""Events that wait for the bridge: more than the busiest PBX makes in a minute."""
_READ_BYTES: Final = 64 * 1024
_GONE: Final = ("no such channel", "cannot locate session", "invalid uuid", "invalid session", "no such session")
_LIMITED: Final = "permission denied"
_NOTHING: Final = "-err no reply"
"""How the event socket writes that a command printed nothing: an empty variable, a realm without keys."""


class EslConnection:
    """One connection, logged in. It never comes back once it ended: open another. Made by `open`."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, timeout_s: float) -> None:
        self._reader = reader
        self._writer = writer
        self._timeout_s = timeout_s
        self._messages = MessageReader()
        loop = asyncio.get_running_loop()
        self._asked: asyncio.Future[None] = loop.create_future()
        self._ended: asyncio.Future[str] = loop.create_future()
        self._waiting: deque[asyncio.Future[Message]] = deque()
        self._events: asyncio.Queue[Event] = asyncio.Queue(MAX_BACKLOG)
        self._task = loop.create_task(self._read(), name="esl reader")

    @classmethod
    async def open(cls, access: EslAccess, timeout_s: float = TIMEOUT_S) -> EslConnection:
        """Connect and log in.

        Raises:
            NotLetIn: wrong password or user, or this address is refused.
            Unreachable: nothing listens there, or nothing answers in time.
        """
        place = f"{access.host}:{access.port}"
        try:
            async with asyncio.timeout(timeout_s):
                reader, writer = await asyncio.open_connection(access.host, access.port)
        except (OSError, TimeoutError) as error:
            raise Unreachable(f"the event socket at {place} cannot be reached: {str(error) or 'no answer'}") from error
        made = cls(reader, writer, timeout_s)
        try:
            await made._log_in(access, place)
        except BaseException:
            await made.close()
            raise
        return made

    @property
    def is_closed(self) -> bool:
        """True from the connection's end on."""
        return self._ended.done()

    async def close(self) -> None:
        """End the connection; whoever waits for an answer gets Unreachable."""
        self._end("it was closed")
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def subscribe(self, events: Sequence[str], subclasses: Sequence[str]) -> None:
        """Ask for these events. Raises as `api` does; where the user may not see one of them, it gets none."""
        await self._command(esl_wire.subscription(events, subclasses), "event")

    async def api(self, *words: str) -> str:
        """Run one command of FreeSWITCH's and wait for it; what it printed, without the line's end.

        Raises:
            NotThere: there is no such channel.
            PbxRefused: any other `-ERR`, a word that cannot be sent, or no right to run it.
            Unreachable: no answer in time, or no connection.
        """
        try:
            sent = esl_wire.command("api", *words)
        except ValueError as error:
            raise PbxRefused(str(error)) from error
        answer = await self._exchange(sent, words[0])
        return _checked(answer.body.rstrip("\n") or answer.reply, words[0])

    async def send_event(self, name: str, headers: Mapping[str, str], body: str = "") -> None:
        """Have FreeSWITCH fire an event. Raises as `api` does."""
        try:
            sent = esl_wire.send_event(name, headers, body)
        except ValueError as error:
            raise PbxRefused(str(error)) from error
        await self._command(sent, f"sendevent {name}")

    async def events(self) -> AsyncIterator[Event]:
        """Every event, in order.

        Raises:
            Unreachable: the connection ended, was deaf, or the bridge did not keep up.
        """
        while True:
            taken = asyncio.ensure_future(self._events.get())
            try:
                await self._until(taken, None)
                if not taken.done():
                    raise Unreachable(f"the event socket: {self._ended.result()}")
                yield taken.result()
            finally:
                taken.cancel()

    async def _log_in(self, access: EslAccess, place: str) -> None:
        await self._until(self._asked, self._timeout_s)
        if self._ended.done() and not self._asked.done():
            raise _not_let_in(place, self._ended.result())
        if not self._asked.done():
            raise Unreachable(f"what listens at {place} does not ask for a password: is it an event socket?")
        words = ("userauth", f"{access.user}:{access.password}") if access.user else ("auth", access.password)
        answer = await self._exchange(esl_wire.command(*words), words[0])
        if not answer.reply.startswith("+OK"):
            raise NotLetIn(
                f"the event socket at {place} does not let in {access.user or 'us'} ({answer.reply or 'no reason'}): "
                "compare user and password with directory/ouidire.xml and event_socket.conf.xml"
            )

    async def _command(self, sent: bytes, name: str) -> None:
        _checked((await self._exchange(sent, name)).reply, name)

    async def _exchange(self, sent: bytes, name: str) -> Message:
        if self._ended.done():
            raise Unreachable(f"the event socket is not connected: {self._ended.result()}")
        answer: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self._waiting.append(answer)  # stays there until it is answered, also where nobody waits any more: order is all
        self._writer.write(sent)
        await self._until(answer, self._timeout_s)
        if answer.done():
            return answer.result()
        if self._ended.done():
            raise Unreachable(f"the event socket ended before it answered {name}: {self._ended.result()}")
        raise Unreachable(f"the event socket did not answer {name} within {self._timeout_s:g} s")

    async def _until(self, future: asyncio.Future[Any], timeout_s: float | None) -> None:
        both: tuple[asyncio.Future[Any], ...] = (future, self._ended)
        await asyncio.wait(both, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)

    async def _read(self) -> None:
        try:
            while True:
                async with asyncio.timeout(SILENCE_S):
                    data = await self._reader.read(_READ_BYTES)
                if not data:
                    return self._end("the PBX closed it")
                for message in self._messages.read(data):
                    self._take(message)
        except TimeoutError:
            self._end(f"nothing came from it for {SILENCE_S:g} s, not even a heartbeat")
        except (OSError, MalformedMessage) as error:
            self._end(str(error) or type(error).__name__)

    def _take(self, message: Message) -> None:
        match message.kind:
            case "auth/request":
                if not self._asked.done():
                    self._asked.set_result(None)
            case "command/reply" | "api/response":
                if not self._waiting:
                    raise MalformedMessage("an answer to nothing")
                self._waiting.popleft().set_result(message)
            case "text/event-plain":
                event = esl_wire.event_of(message)
                if self._events.full():
                    raise MalformedMessage("the bridge did not keep up with the PBX's events")
                if event is not None and event.name != SIGN_OF_LIFE:  # that it came is all that it says
                    self._events.put_nowait(event)
            case "text/disconnect-notice" | "text/rude-rejection":
                self._end(message.body.strip().partition("\n")[0] or message.kind)
            case _:
                pass  # log/data, and whatever a newer release adds

    def _end(self, reason: str) -> None:
        if not self._ended.done():
            self._ended.set_result(reason)
            self._writer.close()


def _checked(answer: str, name: str) -> str:
    lower = answer.lower()
    if lower == _NOTHING:
        return ""
    if not lower.startswith("-err") and not lower.startswith("-usage"):
        return answer
    if any(gone in lower for gone in _GONE):
        raise NotThere(f"FreeSWITCH answered to {name}: {answer}")
    if _LIMITED in lower:
        raise PbxRefused(f"the user of the event socket may not use {name}: {answer}")
    raise PbxRefused(f"FreeSWITCH answered to {name}: {answer[:200]}")


def _not_let_in(place: str, reason: str) -> Exception:
    if "Access Denied" in reason or "rude-rejection" in reason:
        return NotLetIn(
            f"the event socket at {place} refuses this address: see apply-inbound-acl in event_socket.conf.xml"
        )
    return Unreachable(f"the event socket at {place} ended at once: {reason}")
