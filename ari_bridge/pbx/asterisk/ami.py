"""Asterisk's Manager Interface (AMI) by panoramisk: the only door to it, with the library's traps closed.

| trap (panoramisk 1.4) | closed by |
|---|---|
| an action without an answer is sent again after a reconnect | a Manager for each connection |
| its own reconnect cannot be cancelled, and repeats a wrong password for ever | its `connect` is never called |
| a callback that raises ends the connection | none is registered; events are off |
| CR or LF in a value is one more header, or one more action | refused here, in every header |
| an answer that never comes is waited for for ever | a time limit on each, and the connection's end ends it |
| a dead peer is not noticed | `watch` pings |
| a character cut in two by TCP is lost | bytes pass through a one-to-one code page, and are decoded when whole |
| a failed write logs the action, password included | its logger is mute |
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Any, Final

import panoramisk
from panoramisk.ami_protocol import AMIProtocol

from ari_bridge.pbx.asterisk.access import AmiAccess
from ari_bridge.pbx.errors import NotLetIn, NotThere, Unreachable
from ari_bridge.pbx.port import PbxRefused

TIMEOUT_S: Final = 5.0
"""Asterisk answers within a few milliseconds, a wrong password after one second."""
PING_EVERY_S: Final = 3.0
"""A dead AMI must be known before a lease of a few seconds could have been renewed in vain."""
MAX_LINE_BYTES: Final = 1022
"""Asterisk refuses an action with a longer line (main/manager.c, inbuf[1025])."""
MAX_HEADERS: Final = 128
SHUTTING_DOWN: Final = "shutting down"
"""So an Asterisk answers every action while it ends, a login with the right password too."""
_NEVER_S: Final = 10**9
_BYTES_AS_TEXT: Final = "cp437"
"""A code page with a printable character for each byte above 127, so that nothing strips or drops any of them."""

_mute = logging.getLogger("ouidire.panoramisk")
_mute.setLevel(logging.CRITICAL + 1)


class _Everything:
    """What panoramisk may forget when a connection ends: every action."""

    def __contains__(self, action: object) -> bool:
        return True


class AmiConnection:
    """One connection, logged in. It never comes back once `closed`: open another. Made by `open`."""

    def __init__(self, access: AmiAccess, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._loop = asyncio.get_running_loop()
        self._closed: asyncio.Future[None] = self._loop.create_future()
        self._manager: Any = panoramisk.Manager(
            loop=self._loop,
            username=_to_wire(access.user),
            secret=_to_wire(access.password),
            events="off",
            encoding=_BYTES_AS_TEXT,
            ping_delay=_NEVER_S,
            ping_interval=_NEVER_S,
            reconnect_timeout=0,
            forgetable_actions=_Everything(),
            on_disconnect=self._lost,
            log=_mute,
        )
        self._manager.connect = self._stay_away

    @classmethod
    async def open(cls, access: AmiAccess, timeout_s: float = TIMEOUT_S) -> AmiConnection:
        """Connect and log in.

        Raises:
            NotLetIn: wrong user or password, or this address is not permitted.
            Unreachable: nothing listens there, or nothing answers in time.
        """
        made = cls(access, timeout_s)
        try:
            await made._log_in(access)
        except BaseException:
            made.close()
            raise
        return made

    @property
    def is_closed(self) -> bool:
        """True from the connection's end on."""
        return self._closed.done()

    def close(self) -> None:
        """End the connection; whoever waits for an answer gets Unreachable."""
        if not self._closed.done():
            self._closed.set_result(None)
        self._manager.close()

    async def send(self, action: str, **headers: str | Sequence[str]) -> Mapping[str, str]:
        """Send one action; the answer's headers, keys in lower case.

        Raises:
            NotThere: the action's channel does not exist.
            PbxRefused: any other error, or a header that cannot be sent as it is.
            Unreachable: no answer in time, or no connection.
        """
        answer = await self._exchange({"Action": action, **headers})
        if isinstance(answer, list):
            raise PbxRefused(f"the AMI answered {action} with a list")
        return _headers_of(answer)

    async def send_list(self, action: str, **headers: str | Sequence[str]) -> list[Mapping[str, str]]:
        """Send an action that is answered by a list; the headers of each item. Raises as `send` does."""
        answer = await self._exchange({"Action": action, **headers})
        items = answer if isinstance(answer, list) else [answer]
        return [_headers_of(item) for item in items if "event" in item and "eventlist" not in item]

    async def watch(self) -> None:
        """Ping for ever; raises Unreachable when the connection is dead or ended."""
        while True:
            await asyncio.wait([self._closed], timeout=PING_EVERY_S)
            await self.send("Ping")

    async def _log_in(self, access: AmiAccess) -> None:
        place = f"{access.host}:{access.port}"
        try:
            async with asyncio.timeout(self._timeout_s):
                link = await self._loop.create_connection(AMIProtocol, access.host, access.port)
        except (OSError, TimeoutError) as error:
            raise Unreachable(f"the AMI at {place} cannot be reached: {error or 'no answer'}") from error
        # From here on panoramisk has the connection, and logs in. (It takes what its own `connect` would have made.)
        made: asyncio.Future[Any] = self._loop.create_future()
        made.set_result(link)
        self._manager.connection_made(made)
        answer = await self._answer("Login", self._manager.authenticated_future)
        if not answer.success and SHUTTING_DOWN in str(answer.message):
            raise Unreachable(f"the AMI at {place} is ending: {answer.message}")
        if not answer.success:
            raise NotLetIn(
                f"the AMI at {place} does not let in the user {access.user!r} ({answer.message}): "
                "compare password and permitted addresses with manager.conf"
            )

    async def _exchange(self, headers: Mapping[str, str | Sequence[str]]) -> Any:
        action = str(headers["Action"])
        checked = _checked(headers)
        if self._closed.done():
            raise Unreachable("the AMI is not connected")
        answer = await self._answer(action, self._manager.send_action(checked))
        first = answer[0] if isinstance(answer, list) else answer
        if first.success:
            return answer
        message = _from_wire(str(first.message))
        if message == "No such channel":
            raise NotThere(f"the AMI answered to {action}: no such channel")
        raise PbxRefused(f"the AMI answered to {action}: {message}")

    async def _answer(self, action: str, future: Any) -> Any:
        await asyncio.wait([future, self._closed], timeout=self._timeout_s, return_when=asyncio.FIRST_COMPLETED)
        if future.done() and not future.cancelled():
            return future.result()
        if self._closed.done():
            raise Unreachable(f"the AMI's connection ended before {action} was answered")
        raise Unreachable(f"the AMI did not answer {action} within {self._timeout_s:g} s")

    def _lost(self, manager: object, error: object) -> None:
        if not self._closed.done():
            self._closed.set_result(None)

    def _stay_away(self) -> None:
        """In the place of panoramisk's own reconnect."""


def _checked(headers: Mapping[str, str | Sequence[str]]) -> dict[str, str | list[str]]:
    checked: dict[str, str | list[str]] = {}
    count = 0
    for name, value in headers.items():
        values = [value] if isinstance(value, str) else list(value)
        for one in values:
            if any(character in one or character in name for character in "\r\n\0"):
                raise PbxRefused(f"an AMI header of {headers['Action']} must be one line: {name}")
            if len(f"{name}: {one}".encode(errors="surrogatepass")) > MAX_LINE_BYTES:
                raise PbxRefused(f"an AMI header of {headers['Action']} is longer than {MAX_LINE_BYTES} bytes: {name}")
        count += len(values)
        checked[name] = _to_wire(value) if isinstance(value, str) else [_to_wire(one) for one in values]
    if count > MAX_HEADERS - 1:
        raise PbxRefused(f"an AMI action has at most {MAX_HEADERS} headers, {headers['Action']} has {count}")
    return checked


def _headers_of(message: Any) -> Mapping[str, str]:
    """An answer's headers; of one that came twice, the first."""
    pairs = ((str(name).lower(), value[0] if isinstance(value, list) else value) for name, value in message.items())
    return {name: _from_wire(str(value)) for name, value in pairs}


def _to_wire(text: str) -> str:
    return text.encode("utf-8", errors="replace").decode(_BYTES_AS_TEXT)


def _from_wire(text: str) -> str:
    return text.encode(_BYTES_AS_TEXT, errors="replace").decode("utf-8", errors="replace")
