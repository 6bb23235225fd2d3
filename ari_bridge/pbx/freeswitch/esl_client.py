"""One connection to FreeSWITCH's event socket: commands are answered in order, events are read as they come.

It has no TLS and no answer ids, and a client that stops reading fills the PBX's own queues: what reads here never waits
for anything else, and where the bridge does not keep up the connection ends and a new one begins with what holds then.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Sequence
from typing import Final

from ari_bridge.pbx.errors import NotLetIn, NotThere, Unreachable
from ari_bridge.pbx.freeswitch import esl_wire
from ari_bridge.pbx.freeswitch.access import EslAccess
from ari_bridge.pbx.freeswitch.esl_wire import Event, MalformedMessage, Message, MessageReader
from ari_bridge.pbx.port import PbxRefused

TIMEOUT_S: Final = 5.0
HEARTBEAT_S: Final = 20.0
"""FreeSWITCH sends an event HEARTBEAT so often."""
SILENCE_S: Final = 2.5 * HEARTBEAT_S
"""A socket from which nothing came for so long is deaf, whatever TCP says."""
MAX_BACKLOG: Final = 10_000
_READ_BYTES: Final = 64 * 1024
_GONE: Final = ("-ERR No such channel", "-ERR no such channel", "-USAGE", "-ERR invalid uuid", "-ERR Cannot locate session")


class EslConnection:
    """Logged in by `open`; never comes back once closed."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, timeout_s: float) -> None:
        self._reader = reader
        self._writer = writer
        self._timeout_s = timeout_s
        self._messages = MessageReader()
        self._waiting: deque[asyncio.Future[Message]] = deque()
        self._events: asyncio.Queue[Event] = asyncio.Queue(MAX_BACKLOG)
        self._ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._task = asyncio.create_task(self._read(), name="esl reader")

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
            raise Unreachable(f"the event socket at {place} cannot be reached: {error or 'no answer'}") from error
        made = cls(reader, writer, timeout_s)
        try:
            await made._log_in(access, place)
        except BaseException:
            await made.close()
            raise
        return made
