"""Just enough of ARI to fork as the bridge does, without the bridge."""

import asyncio
import base64
import contextlib
import json
import time
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import aiohttp

from dialplan.render import ARI_USER

APP = "ouidire"
STOPPED = frozenset({"refused", "withdrawn", "objected"})
"""What `ouidire-stop` makes of a call."""


class Ear(asyncio.DatagramProtocol):
    """A UDP port that notes when packets come."""

    def __init__(self) -> None:
        self.arrivals_ns: list[int] = []
        self.port = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.port = transport.get_extra_info("sockname")[1]

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        self.arrivals_ns.append(time.time_ns())


@dataclass(frozen=True, slots=True)
class Forked:
    """One fork: the id of its snoop, and the port that hears it."""

    snoop: str
    ear: Ear


@dataclass(slots=True)
class Ari:
    """One ARI user's view of the PBX."""

    http: aiohttp.ClientSession
    url: str
    password: str
    events: list[dict[str, object]] = field(default_factory=list)

    @contextlib.asynccontextmanager
    async def connected(self) -> AsyncIterator[None]:
        """While the application is registered and its events are read."""
        async with self.http.ws_connect(f"{self.url}/events?app={APP}", headers=self._headers) as socket:
            wanted = {"allowed": [{"type": kind} for kind in ("ChannelUserevent", "StasisStart")]}
            await self.ask("PUT", f"/applications/{APP}/eventFilter", wanted)
            await self.ask("POST", f"/applications/{APP}/subscription?eventSource=channel:")
            reader = asyncio.create_task(self._read(socket))
            try:
                yield
            finally:
                reader.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await reader

    async def ask(self, method: str, path: str, body: object = None) -> object:
        """The answer as JSON, or the status where it is an error or has no body."""
        async with self.http.request(method, self.url + path, headers=self._headers, json=body) as response:
            answer = await response.read()
            return json.loads(answer) if response.ok and answer else response.status

    async def fork(self, leg: str, port: int | None = None) -> Forked:
        """Send a snoop of the leg to the gate, as the bridge does."""
        _, ear = await asyncio.get_running_loop().create_datagram_endpoint(Ear, ("127.0.0.1", 0))
        snoop = await self.snoop_into(leg, "ouidire-gate", str(port or ear.port))
        return Forked(snoop, ear)

    async def snoop_into(self, leg: str, context: str, extension: str) -> str:
        """Make a snoop of the leg and let it run the dialplan; its channel id."""
        snoop = uuid.uuid4().hex
        await self.ask("POST", f"/channels/{leg}/snoop/{snoop}?spy=in&whisper=none&app={APP}")
        await self.event("StasisStart", lambda event: snoop in json.dumps(event))
        sent = await self.ask("POST", f"/channels/{snoop}/continue?context={context}&extension={extension}&priority=1")
        assert sent == 204, (context, sent)
        return snoop

    async def stop(self, leg: str, extension: str) -> None:
        """Send a messenger from the caller's leg to `ouidire-stop` until the dialplan tells that it stopped that call.

        One in some thousands dies before it runs; the bridge then writes the caller's variable itself. No other event
        will do: that the call was asked may be told only after the first messenger has left.
        """
        for _ in range(3):
            await self.snoop_into(leg, "ouidire-stop", extension)
            for _ in range(100):
                if any(one["Call"] == leg and one["Answer"] in STOPPED for one in self.user_events("OuidireAnswer")):
                    return
                await asyncio.sleep(0.005)
        raise AssertionError(f"no messenger to {extension} of {leg} was heard")

    async def legs(self, call: str) -> list[str]:
        """The SIP channels that belong to a call, by the variable that they inherited; the caller's first."""
        channels = await self.ask("GET", "/channels")
        assert isinstance(channels, list)
        found = [
            one["id"]
            for one in channels
            if one["name"].startswith("PJSIP/") and one["channelvars"].get("OUIDIRE_CALL") == call
        ]
        return sorted(found, key=lambda leg: leg != call)

    async def every_leg(self) -> list[str]:
        """All SIP channels."""
        channels = await self.ask("GET", "/channels")
        assert isinstance(channels, list)
        return [one["id"] for one in channels if one["name"].startswith("PJSIP/")]

    async def consent(self, call: str) -> object:
        """OUIDIRE_CONSENT of the caller's channel."""
        answer = await self.ask("GET", f"/channels/{call}/variable?variable=OUIDIRE_CONSENT")
        return answer["value"] if isinstance(answer, dict) else answer

    async def tag(self, call: str) -> str:
        """OUIDIRE_TAG of the caller's channel."""
        answer = await self.ask("GET", f"/channels/{call}/variable?variable=OUIDIRE_TAG")
        return str(answer["value"]) if isinstance(answer, dict) else ""

    async def event(self, kind: str, matches: object, timeout_s: float = 5.0) -> dict[str, object]:
        """The first event of a kind that matches, past ones included. Raises TimeoutError."""
        assert callable(matches)
        async with asyncio.timeout(timeout_s):
            while True:
                for event in self.events:
                    if event["type"] == kind and matches(event):
                        return event
                await asyncio.sleep(0.005)

    def user_events(self, name: str) -> list[dict[str, str]]:
        """The headers of all events that the dialplan sent under a name."""
        return [
            dict(event["userevent"])  # type: ignore[call-overload]
            for event in self.events
            if event["type"] == "ChannelUserevent" and event["eventname"] == name
        ]

    def asked(self) -> dict[str, str]:
        """{number of the caller: call} of all that were asked; the last call of each number."""
        found: dict[str, str] = {}
        for event in self.events:
            if event["type"] == "ChannelUserevent" and event["eventname"] == "OuidireAnswer":
                told, channel = event["userevent"], event["channel"]
                assert isinstance(told, dict)
                assert isinstance(channel, dict)
                if told["Answer"] == "asked":
                    found[channel["caller"]["number"]] = told["Call"]
        return found

    async def _read(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        async for message in socket:
            self.events.append(json.loads(message.data))

    @property
    def _headers(self) -> dict[str, str]:
        told = base64.b64encode(f"{ARI_USER}:{self.password}".encode()).decode()
        return {"Authorization": f"Basic {told}"}
