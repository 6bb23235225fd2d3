"""An AMI of tests: answers with bytes recorded from Asterisk, or does what the test wants instead."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from ari_bridge.pbx.asterisk.access import AmiAccess
from tests import wire

PASSWORD = "right"
RECORDED = {
    "Ping": "ping",
    "Setvar": "variable_set",
    "DBGetTree": "journal",
    "PJSIPNotify": "notify_sent",
}


class AmiServer:
    """`actions` are those that came, each as its header lines. `silent` and `dropping` name actions never answered."""

    def __init__(self, version: str) -> None:
        self.version = version
        self.actions: list[list[str]] = []
        self.answers = {action: wire.ami(f"{name}_{version}") for action, name in RECORDED.items()}
        self.silent: set[str] = set()
        self.dropping: set[str] = set()
        self.is_ending = False
        self.chunk_bytes = 1 << 16
        self.logins = 0
        self.port = 0
        self._writers: set[asyncio.StreamWriter] = set()

    def access(self, password: str = PASSWORD) -> AmiAccess:
        """How to be let in."""
        return AmiAccess("127.0.0.1", self.port, "ouidire", password)

    def named(self, action: str) -> list[list[str]]:
        """The actions of one name that came."""
        return [lines for lines in self.actions if f"Action: {action}" in lines]

    def drop(self) -> None:
        """End every connection, as a PBX does that is killed."""
        for writer in self._writers:
            writer.transport.abort()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        self._writers.add(writer)
        writer.write(wire.ami(f"banner_{self.version}"))
        try:
            while True:
                lines = (await reader.readuntil(b"\r\n\r\n")).decode().strip("\r\n").split("\r\n")
                self.actions.append(lines)
                await self._answer(lines, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _answer(self, lines: list[str], writer: asyncio.StreamWriter) -> None:
        headers = dict(line.split(": ", 1) for line in lines)
        action = headers["Action"]
        if action in self.dropping:
            writer.transport.abort()
            raise ConnectionResetError
        if action in self.silent:
            return
        if action == "Login":
            self.logins += 1
            right = headers["Secret"] == PASSWORD
            answer = wire.ami(f"login_{'accepted' if right else 'refused'}_{self.version}")
            if self.is_ending:
                refusal = wire.ami(f"login_refused_{self.version}")
                answer = refusal.replace(b"Authentication failed", b"Asterisk is shutting down")
        else:
            answer = self.answers.get(action, wire.ami(f"unknown_command_{self.version}"))
        answer = answer.replace(b"ActionID: recorded", f"ActionID: {headers['ActionID']}".encode())
        for start in range(0, len(answer), self.chunk_bytes):
            writer.write(answer[start : start + self.chunk_bytes])
            await writer.drain()
            await asyncio.sleep(0)
        if action == "Login" and headers["Secret"] != PASSWORD:
            writer.close()


@asynccontextmanager
async def ami_server(version: str = wire.VERSIONS[0]) -> AsyncIterator[AmiServer]:
    """A running one."""
    made = AmiServer(version)
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        made.drop()
        server.close()
        await server.wait_closed()
