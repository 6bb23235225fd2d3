"""The connection to one Asterisk, kept for ever: ARI and AMI, which stand and fall together.

Without the ARI no key is heard, without the AMI no lease is renewed; so the loss of either ends both, is told as
Disconnected, and a new beginning as Connected with a fresh snapshot.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any, Final

import structlog

from ari_bridge.pbx.asterisk import ari_messages
from ari_bridge.pbx.asterisk.access import AmiAccess, AriAccess
from ari_bridge.pbx.asterisk.ami import AmiConnection
from ari_bridge.pbx.asterisk.ari_client import AriClient
from ari_bridge.pbx.asterisk.roster import Roster
from ari_bridge.pbx.errors import NotLetIn, Unreachable
from ari_bridge.pbx.port import Connected, Disconnected, PbxEvent, PbxRefused
from dialplan.versions import known_bad

log = structlog.get_logger()

FIRST_PAUSE_S: Final = 0.5
LAST_PAUSE_S: Final = 15.0
"""A PBX that restarts is back in seconds; one that stays away is asked four times a minute."""
MAX_BACKLOG: Final = 10_000
"""Events that wait for the bridge: more than the busiest PBX makes in a minute. Beyond that we begin anew."""


class Link:
    """Connects, reads, and connects again, in a task of its own: `run` it. Events wait in `events`."""

    def __init__(self, ari: AriAccess, ami: AmiAccess, application: str) -> None:
        self._ari_access = ari
        self._ami_access = ami
        self._application = application
        self._ari: AriClient | None = None
        self._ami: AmiConnection | None = None
        self._pause_s = FIRST_PAUSE_S
        self._entering: dict[str, asyncio.Future[None]] = {}
        self._leaving: dict[str, asyncio.Future[None]] = {}
        self.events: asyncio.Queue[PbxEvent | Exception] = asyncio.Queue(MAX_BACKLOG)

    @property
    def ari(self) -> AriClient:
        """The ARI. Raises Unreachable while there is no connection."""
        if self._ari is None or self._ami is None:
            raise Unreachable("the PBX is not connected")
        return self._ari

    @property
    def ami(self) -> AmiConnection:
        """The AMI. Raises Unreachable while there is no connection."""
        if self._ami is None:
            raise Unreachable("the PBX is not connected")
        return self._ami

    def entering(self, channel_id: str) -> asyncio.Future[None]:
        """Done when that channel has entered our application; fails with PbxRefused if it was hung up instead."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._entering[channel_id] = future
        future.add_done_callback(lambda _: self._entering.pop(channel_id, None))
        return future

    def leaving(self, channel_id: str) -> asyncio.Future[None]:
        """Done when that channel was hung up, or can no longer be seen."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._leaving[channel_id] = future
        future.add_done_callback(lambda _: self._leaving.pop(channel_id, None))
        return future

    async def run(self) -> None:
        """Work until cancelled. What ends it otherwise is the last item of `events`: the exception itself."""
        try:
            await self._connect_for_ever()
        except NotLetIn as error:
            self._tell(error)
        except Exception as error:  # the root of this task: the reader of the events must hear of its end
            log.exception("pbx.link_failed")
            self._tell(error)

    async def _connect_for_ever(self) -> None:
        while True:
            try:
                await self._stay_connected()
            except NotLetIn:
                raise
            except (PbxRefused, TimeoutError) as error:
                sentence = str(error)
            self._tell(Disconnected(f"{sentence}; trying again in {self._pause_s:g} s"))
            await asyncio.sleep(self._pause_s)
            self._pause_s = min(2 * self._pause_s, LAST_PAUSE_S)

    async def _stay_connected(self) -> None:
        """One connection from its beginning to its end, which is an exception."""
        ami = await AmiConnection.open(self._ami_access)
        ari = AriClient(self._ari_access, self._application)
        try:
            _refuse_known_bad(await ari.version())
            async with ari.events() as messages:
                snapshot = await ari.snapshot()
                self._ari, self._ami, self._pause_s = ari, ami, FIRST_PAUSE_S
                self._tell(Connected(snapshot))
                await _first_to_fail(self._read(messages, Roster(snapshot)), ami.watch())
        finally:
            self._ari = self._ami = None
            self._fail_waiting()
            ami.close()
            await ari.close()

    async def _read(self, messages: AsyncIterator[str], roster: Roster) -> None:
        async for text in messages:
            message = ari_messages.read(text)
            if message is None:
                log.warning("ari.odd_message", characters=len(text))
                continue
            if message["type"] == "ApplicationReplaced":
                raise NotLetIn(
                    f"another program took our name {self._application!r} at the ARI: a PBX can have one bridge only"
                )
            self._notice_entry(message)
            for event in ari_messages.events_of(message):
                if roster.is_news(event):
                    self._tell(event)

    def _notice_entry(self, message: Mapping[str, Any]) -> None:
        if message["type"] not in ("StasisStart", "ChannelDestroyed"):
            return
        channel = ari_messages.channel_of(message.get("channel"))
        if channel is None:
            return
        entering, leaving = self._entering.get(channel.channel_id), self._leaving.get(channel.channel_id)
        if message["type"] == "StasisStart":
            if entering is not None and not entering.done():
                entering.set_result(None)
            return
        if entering is not None and not entering.done():
            entering.set_exception(PbxRefused("the leg was hung up before it could be heard"))
        if leaving is not None and not leaving.done():
            leaving.set_result(None)

    def _fail_waiting(self) -> None:
        for entering in list(self._entering.values()):
            if not entering.done():
                entering.set_exception(Unreachable("the PBX's connection ended"))
        for leaving in list(self._leaving.values()):
            if not leaving.done():
                leaving.set_result(None)

    def _tell(self, event: PbxEvent | Exception) -> None:
        if self.events.full():
            # All of it is void: a new connection begins with what holds then, and the journal keeps the answers.
            while not self.events.empty():
                self.events.get_nowait()
            if not isinstance(event, Disconnected | Exception):
                raise Unreachable("the bridge did not keep up with the PBX's events")
        self.events.put_nowait(event)


def _refuse_known_bad(version: str) -> None:
    """A release whose calls our forks would hurt is not listened to. Raises NotLetIn."""
    bad = known_bad(version)
    if bad is not None:
        raise NotLetIn(f"Asterisk {version} must not be used: {bad.fault} ({bad.source}); use another release")


async def _first_to_fail(*works: Any) -> None:
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            if task.done():
                task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
