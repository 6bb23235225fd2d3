"""An event socket of tests: answers with bytes recorded from FreeSWITCH, or does what the test wants instead."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from urllib.parse import quote

from ari_bridge.pbx.freeswitch.access import EslAccess
from tests.ari_bridge.pbx.freeswitch.recorded import recorded

USER = "ouidire@ouidire.invalid"
PASSWORD = "right"
Answer = bytes | Callable[[str], bytes]
RECORDED: Mapping[str, str] = {
    "api": "api_unknown",
    "api uuid_getvar": "api_getvar_set",
    "api uuid_dump": "api_dump_no_channel",
    "api show channels": "api_show_channels_none",
    "api show bridged_calls": "api_show_channels_none",
    "api db list": "api_db_none",
    "api db insert": "api_db_insert",
    "api db delete": "api_db_delete",
    "bgapi": "bgapi_started",
    "event": "event_listener",
    "sendevent": "event_sent",
    "exit": "exit",
}
ACCESS_DENIED = b"Content-Type: text/rude-rejection\nContent-Length: 24\n\nAccess Denied, go away.\n"
"""To an address that apply-inbound-acl leaves out (mod_event_socket.c)."""


class EslServer:
    """`commands` are those that came after the login, each as its text. `answers` are found by how a command begins,
    the longest first; `silent` are beginnings that are never answered. `greeting` is sent to who connects.
    """

    def __init__(self) -> None:
        self.greeting = recorded("auth_request")
        self.answers: dict[str, Answer] = {begin: recorded(name) for begin, name in RECORDED.items()}
        self.silent: set[str] = set()
        self.commands: list[str] = []
        self.logins: list[str] = []
        self.chunk_bytes = 1 << 16
        self.port = 0
        self._writers: set[asyncio.StreamWriter] = set()

    def access(self, password: str = PASSWORD, user: str = USER) -> EslAccess:
        """How to be let in."""
        return EslAccess("127.0.0.1", self.port, user, password)

    def sent(self, begin: str) -> list[str]:
        """The commands that came and begin so."""
        return [command for command in self.commands if command.startswith(begin)]

    async def send(self, data: bytes) -> None:
        """Send these bytes to everybody who is connected, in pieces of `chunk_bytes`."""
        for writer in list(self._writers):
            await self._write(writer, data)

    def drop(self) -> None:
        """End every connection, as a PBX does that is killed."""
        for writer in self._writers:
            writer.transport.abort()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        self._writers.add(writer)
        try:
            await self._write(writer, self.greeting)
            if await self._log_in(reader, writer):
                while True:
                    command = await _command(reader)
                    self.commands.append(command)
                    await self._answer(command, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _log_in(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Whether the password was right; a wrong one ends the connection, as FreeSWITCH does."""
        command = await _command(reader)
        self.logins.append(command)
        if command in self.silent or any(command.startswith(begin) for begin in self.silent):
            await asyncio.sleep(3600)
        kind = "userauth" if command.startswith("userauth ") else "auth"
        if command in (f"auth {PASSWORD}", f"userauth {USER}:{PASSWORD}"):
            await self._write(writer, recorded(f"{kind}_accepted"))
            return True
        await self._write(writer, recorded(f"{kind}_refused"))
        return False

    async def _answer(self, command: str, writer: asyncio.StreamWriter) -> None:
        if any(command.startswith(begin) for begin in self.silent):
            return
        fitting = [begin for begin in self.answers if command.startswith(begin)]
        answer = self.answers[max(fitting, key=len)] if fitting else recorded("command_unknown")
        await self._write(writer, answer if isinstance(answer, bytes) else answer(command))

    async def _write(self, writer: asyncio.StreamWriter, data: bytes) -> None:
        for start in range(0, len(data), self.chunk_bytes):
            writer.write(data[start : start + self.chunk_bytes])
            with suppress(ConnectionError):
                await writer.drain()
            if self.chunk_bytes < len(data):
                await asyncio.sleep(0)


@asynccontextmanager
async def esl_server() -> AsyncIterator[EslServer]:
    """One that listens on loopback."""
    made = EslServer()
    listening = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = listening.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        made.drop()
        listening.close()
        await listening.wait_closed()


def printed(text: str | bytes) -> bytes:
    """An answer to `api` as FreeSWITCH writes it."""
    body = text.encode() if isinstance(text, str) else text
    return b"Content-Type: api/response\nContent-Length: %d\n\n" % len(body) + body


def replied(text: str) -> bytes:
    """An answer to any other command."""
    return f"Content-Type: command/reply\nReply-Text: {text}\n\n".encode()


def event(name: str, headers: Mapping[str, str] | None = None, body: bytes = b"") -> bytes:
    """An event as FreeSWITCH writes it, its values escaped."""
    lines = [f"Event-Name: {name}", *(f"{key}: {quote(value, safe='/')}" for key, value in (headers or {}).items())]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    inner = "\n".join(lines).encode() + b"\n\n" + body
    return b"Content-Length: %d\nContent-Type: text/event-plain\n\n" % len(inner) + inner


async def _command(reader: asyncio.StreamReader) -> str:
    """One command, and the body that it announces."""
    text = (await reader.readuntil(b"\n\n")).decode()
    for line in text.lower().split("\n"):
        if line.startswith("content-length:"):
            return text + (await reader.readexactly(int(line.partition(":")[2]))).decode()
    return text.rstrip("\n")
