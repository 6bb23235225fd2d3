"""Asterisk's REST interface (ARI) over aiohttp: requests with a time limit, and the websocket of events."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, Final
from urllib.parse import quote

import aiohttp

from ari_bridge.pbx.asterisk import ari_messages
from ari_bridge.pbx.asterisk.access import AriAccess
from ari_bridge.pbx.errors import NotLetIn, NotThere, Unreachable
from ari_bridge.pbx.port import PbxRefused, Snapshot

TIMEOUT_S: Final = 5.0
"""Asterisk answers within a few milliseconds; after this it hangs."""
HEARTBEAT_S: Final = 10.0
"""How often the websocket is pinged: a PBX that was stopped or unplugged sends no farewell."""
MAX_ANSWER_CHARACTERS: Final = 300
"""How much of a refusal is repeated in our own sentence."""


class AriClient:
    """One application of one ARI. Made inside a running loop; `close` it."""

    def __init__(self, access: AriAccess, application: str, timeout_s: float = TIMEOUT_S) -> None:
        self._access = access
        self._application = application
        self._timeout_s = timeout_s
        self._http = aiohttp.ClientSession(
            # Never a password in a URL. No redirects, no proxies from the environment: nothing leaves the site.
            headers={"Authorization": access.authorization},
            timeout=aiohttp.ClientTimeout(total=timeout_s),
            trust_env=False,
        )

    async def close(self) -> None:
        """End every connection."""
        await self._http.close()

    async def request(self, method: str, *path: str, body: object = None, **query: str) -> Any:
        """Send one request; the answer as JSON, None where there is none. Each of `path` is one segment, any text.

        Raises:
            NotThere: 404.
            NotLetIn: 401 or 403.
            PbxRefused: another answer that is not 2xx.
            Unreachable: no answer in time, or no connection.
        """
        url = "/".join((self._access.url.rstrip("/"), *(quote(segment, safe="") for segment in path)))
        try:
            async with self._http.request(method, url, params=query, json=body, allow_redirects=False) as answer:
                text = await answer.text(errors="replace")
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise self._unreachable(error) from error
        self._check(answer.status, f"{method} {'/'.join(path)}", text)
        try:
            return json.loads(text) if text else None
        except ValueError as error:
            raise PbxRefused(f"the ARI's answer to {method} {'/'.join(path)} is no JSON") from error

    @asynccontextmanager
    async def events(self) -> AsyncIterator[AsyncIterator[str]]:
        """Open the websocket, filter, subscribe to all channels and bridges; then yield the messages as they come.

        From the moment this is entered nothing is missed: what happens waits in the socket until it is read. The
        messages end by raising Unreachable. Raises NotLetIn, PbxRefused and Unreachable as `request` does.
        """
        try:
            socket = await self._http.ws_connect(
                f"{self._access.url.rstrip('/')}/events",
                params={"app": self._application},
                heartbeat=HEARTBEAT_S,
                max_msg_size=1 << 20,
                timeout=aiohttp.ClientWSTimeout(ws_close=1.0),
            )
        except aiohttp.WSServerHandshakeError as error:
            self._check(error.status, "the events' websocket", error.message)
            raise self._unreachable(error) from error
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise self._unreachable(error) from error
        async with socket:
            types = [{"type": name} for name in ari_messages.EVENT_TYPES]
            await self.request("PUT", "applications", self._application, "eventFilter", body={"allowed": types})
            await self.request(
                "POST", "applications", self._application, "subscription", eventSource="channel:,bridge:"
            )
            yield self._messages(socket)

    async def version(self) -> str:
        """What Asterisk says of its release, "" when it says nothing."""
        info = await self.request("GET", "asterisk", "info", only="system")
        system = info.get("system") if isinstance(info, Mapping) else None
        version = system.get("version") if isinstance(system, Mapping) else None
        return version if isinstance(version, str) else ""

    async def snapshot(self) -> Snapshot:
        """All channels, bridges and holds now, and who waits on our lines."""
        channels = await self.request("GET", "channels")
        snapshot = ari_messages.snapshot_of(channels, await self.request("GET", "bridges"))
        pairs = ari_messages.pairs_of(snapshot)
        told = [member for pair in pairs for member in pair if await self._is_told_to_hold(member)]
        held = ari_messages.holders_of(pairs, frozenset(told))
        return replace(snapshot, held=held, lines=ari_messages.lines_of(channels, self._application))

    async def variable_of(self, channel_id: str, name: str) -> str:
        """A channel's variable, "" when it is empty. Raises NotThere when it is unset, or there is no such channel."""
        answer = await self.request("GET", "channels", channel_id, "variable", variable=name)
        value = answer.get("value") if isinstance(answer, Mapping) else None
        return value if isinstance(value, str) else ""

    async def _is_told_to_hold(self, channel_id: str) -> bool:
        try:
            return await self.variable_of(channel_id, "CHANNEL(onhold)") == "1"
        except NotThere:  # hung up since
            return False

    async def _messages(self, socket: aiohttp.ClientWebSocketResponse) -> AsyncIterator[str]:
        async for message in socket:
            if message.type is aiohttp.WSMsgType.TEXT:
                yield message.data
            elif message.type is aiohttp.WSMsgType.ERROR:
                break
        raise Unreachable(f"the ARI's events ended ({socket.close_code or 'no answer'})")

    def _unreachable(self, error: BaseException) -> Unreachable:
        if isinstance(error, aiohttp.ClientConnectorError):  # its own words name a certificate that HTTP has not
            error = error.os_error
        reason = "no answer" if isinstance(error, TimeoutError) else (str(error) or type(error).__name__)
        return Unreachable(f"the ARI at {self._access.url} cannot be reached: {reason}")

    def _check(self, status: int, what: str, text: str) -> None:
        if 200 <= status < 300 or status == 101:
            return
        user = self._access.user
        if status == 401:
            raise NotLetIn(f"the ARI does not know the user {user!r} with this password: compare it with ari.conf")
        if status == 403:
            raise NotLetIn(f"the ARI lets the user {user!r} only read: set read_only = no in ari.conf")
        sentence = f"the ARI answered {status} to {what}: {text[:MAX_ANSWER_CHARACTERS]}"
        raise NotThere(sentence) if status == 404 or _is_unset(text) else PbxRefused(sentence)


def _is_unset(text: str) -> bool:
    """How Asterisk says, with a status of 500, that a function such as SHARED() has no value on that channel."""
    return "Unable to read provided function" in text
