"""An ARI of tests: one PBX with the channels that the test puts there, over real HTTP and a real websocket."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from ari_bridge.pbx.asterisk.access import AriAccess

PASSWORD = "right"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def channel(channel_id: str, name: str, **variables: str) -> dict[str, Any]:
    """A channel object."""
    return {"id": channel_id, "name": name, "language": "en", "channelvars": variables}


class AriServer:
    """`channels` and `bridges` are what it has; `requests` what was asked ("METHOD /path", query)."""

    def __init__(self) -> None:
        self.channels: dict[str, dict[str, Any]] = {}
        self.bridges: list[dict[str, Any]] = []
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.bodies: list[Any] = []
        self.refusal: int | None = None
        self.hanging: set[str] = set()
        self.snoops_enter = True
        self.version = "22.10.1~dfsg"
        self.sockets: list[web.WebSocketResponse] = []
        self.url = ""

    def access(self, password: str = PASSWORD) -> AriAccess:
        """How to be let in."""
        return AriAccess(self.url, "ouidire", password)

    async def say(self, text: str) -> None:
        """Send one message to whoever listens."""
        for socket in self.sockets:
            await socket.send_str(text)

    async def tell(self, kind: str, **values: Any) -> None:
        """Send one event."""
        await self.say(json.dumps({"type": kind, **values}))

    async def drop(self) -> None:
        """End the websockets."""
        for socket in self.sockets:
            await socket.close()
        self.sockets.clear()

    def paths(self) -> list[str]:
        """What was asked, in order."""
        return [path for path, _ in self.requests]

    @web.middleware
    async def guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Notes the request, checks the password, and refuses or hangs where the test wants it."""
        path = f"{request.method} {request.rel_url.raw_path}"
        self.requests.append((path, dict(request.query)))
        if path in self.hanging:
            await asyncio.sleep(60)
        if request.headers.get("Authorization") != self.access().authorization:
            return web.json_response({"message": "Authentication required"}, status=401)
        if self.refusal is not None and request.method != "GET":
            return web.json_response({"message": "no"}, status=self.refusal)
        if request.can_read_body:
            self.bodies.append(await request.json())
        return await handler(request)

    async def events(self, request: web.Request) -> web.StreamResponse:
        """The websocket."""
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.sockets.append(socket)
        async for _ in socket:
            pass
        return socket

    async def done(self, request: web.Request) -> web.StreamResponse:
        """Filter, subscription, variable, continue."""
        missing = "id" in request.match_info and request.match_info["id"] not in self.channels
        return _nothing() if missing else web.Response(status=204)

    async def stop_playing(self, request: web.Request) -> web.StreamResponse:
        """DELETE a playback; those named "gone" have ended."""
        return _nothing() if request.match_info["play"] == "gone" else web.Response(status=204)

    async def info(self, request: web.Request) -> web.StreamResponse:
        """GET /asterisk/info."""
        return web.json_response({"system": {"version": self.version}})

    async def all_channels(self, request: web.Request) -> web.StreamResponse:
        """GET /channels."""
        return web.json_response(list(self.channels.values()))

    async def all_bridges(self, request: web.Request) -> web.StreamResponse:
        """GET /bridges."""
        return web.json_response(self.bridges)

    async def variable(self, request: web.Request) -> web.StreamResponse:
        """GET a channel's variable."""
        known = self.channels.get(request.match_info["id"], {}).get("channelvars", {})
        name = request.query["variable"]
        return web.json_response({"value": known[name]}) if name in known else _nothing()

    async def snoop(self, request: web.Request) -> web.StreamResponse:
        """A snoop that enters the application a moment later."""
        spied, made = request.match_info["id"], request.match_info["snoop"]
        if spied not in self.channels:
            return _nothing()
        self.channels[made] = channel(made, f"Snoop/{spied}-00000000")
        kind = "StasisStart" if self.snoops_enter else "ChannelDestroyed"
        asyncio.get_running_loop().call_later(
            0.01, lambda: asyncio.ensure_future(self.tell(kind, channel=self.channels[made]))
        )
        return web.json_response(self.channels[made])

    async def hang_up(self, request: web.Request) -> web.StreamResponse:
        """DELETE a channel."""
        gone = self.channels.pop(request.match_info["id"], None)
        return _nothing() if gone is None else web.Response(status=204)


def _nothing() -> web.Response:
    return web.json_response({"message": "Provided channel was not found"}, status=404)


@asynccontextmanager
async def ari_server() -> AsyncIterator[AriServer]:
    """A running one."""
    made = AriServer()
    app = web.Application(middlewares=[made.guard])
    app.add_routes(
        [
            web.get("/ari/events", made.events),
            web.put("/ari/applications/{name}/eventFilter", made.done),
            web.post("/ari/applications/{name}/subscription", made.done),
            web.get("/ari/asterisk/info", made.info),
            web.get("/ari/channels", made.all_channels),
            web.get("/ari/bridges", made.all_bridges),
            web.get("/ari/channels/{id}/variable", made.variable),
            web.post("/ari/channels/{id}/variable", made.done),
            web.post("/ari/channels/{id}/continue", made.done),
            web.post("/ari/channels/{id}/snoop/{snoop}", made.snoop),
            web.post("/ari/channels/{id}/play/{play}", made.done),
            web.delete("/ari/playbacks/{play}", made.stop_playing),
            web.delete("/ari/channels/{id}", made.hang_up),
        ]
    )
    server = TestServer(app, host="127.0.0.1")
    await server.start_server()
    made.url = str(server.make_url("/ari"))
    try:
        yield made
    finally:
        await made.drop()
        await server.close()
