"""After a yes: a reference is made, put together as a recording, and said to the caller; then nobody here has it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Final

import structlog

from ari_bridge.lines.desks import ReferenceBook
from ari_bridge.lines.spoken import NotSpoken, Spoken
from ari_bridge.pbx.port import ChannelGone, Pbx, PbxEvent, PbxRefused, ReferenceSaid
from consent.errors import OuidireError

log = structlog.get_logger()

KEPT_S: Final = 60.0
"""How long a recording waits to be said: the PBX gives it up after 1.5 s, and says it four times at most."""


class Announcer:
    """Has the references of calls said. Where it cannot, the PBX tells the caller that there is none."""

    def __init__(self, pbx: Pbx, book: ReferenceBook, spoken: Spoken) -> None:
        self._pbx = pbx
        self._book = book
        self._spoken = spoken
        self._waiting: dict[str, Path] = {}
        self._timers: dict[str, asyncio.TimerHandle] = {}

    async def announce(self, call_id: str, language: str) -> None:
        """Have the caller of a call that was just granted hear a reference. What goes wrong is logged."""
        if call_id in self._waiting:
            return
        try:
            reference = await self._book.mint(call_id)
            stem = await asyncio.to_thread(self._spoken.put_together, language, reference)
            self._waiting[call_id] = stem
            self._timers[call_id] = asyncio.get_running_loop().call_later(KEPT_S, self._forget, call_id)
            await self._pbx.say(call_id, str(stem))
        except (OuidireError, PbxRefused, TimeoutError) as error:
            log.error("reference.not_said", call_id=call_id, error=str(error))
            self._forget(call_id)

    def take(self, event: PbxEvent) -> bool:
        """Take one of the PBX's events, without waiting; True where it is nobody else's."""
        match event:
            case ReferenceSaid(call_id):
                log.info("reference.said", call_id=call_id)
                self._forget(call_id)
                return True
            case ChannelGone(channel_id):
                self._forget(channel_id)
        return False

    def close(self) -> None:
        """Delete what still waits."""
        for call_id in list(self._waiting):
            self._forget(call_id)

    def _forget(self, call_id: str) -> None:
        timer, stem = self._timers.pop(call_id, None), self._waiting.pop(call_id, None)
        if timer is not None:
            timer.cancel()
        if stem is None:
            return
        try:
            self._spoken.forget(stem)
        except NotSpoken as error:
            log.error("reference.not_deleted", error=str(error))
