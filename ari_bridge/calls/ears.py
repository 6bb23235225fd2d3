"""The open forks of one call: made, renewed, and closed. What may be heard is decided elsewhere."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable, Coroutine
from typing import Any, Final

from structlog.typing import FilteringBoundLogger

from analysis.emotion.languages import untried
from ari_bridge.calls.fork import Fork
from ari_bridge.calls.rooms import Rooms
from ari_bridge.pbx.port import PbxRefused
from consent.errors import Withdrawn
from consent.grant import ConsentGrant
from consent.parties import Party

YOUNG_S: Final = 2.0
"""A fork that the PBX ended earlier never worked."""
SILENT_AFTER_S: Final = 3.0
"""A fork that brought no sound for so long is silent: the PBX sends 50 packets a second, speech or not."""


class Ears:
    """Forks by the channel that they hear. Closing is done at once; `spawn` runs what the PBX must be told."""

    def __init__(
        self, rooms: Rooms, log: FilteringBoundLogger, spawn: Callable[[Coroutine[Any, Any, None]], None]
    ) -> None:
        self._rooms = rooms
        self._log = log
        self._spawn = spawn
        self._forks: dict[str, Fork] = {}
        self._next_renewal_s = float("inf")
        self._agent = self._spoken = ""
        self._untried: list[str] = []

    @property
    def legs(self) -> frozenset[str]:
        """The channels that are heard now."""
        return frozenset(leg for leg, fork in self._forks.items() if fork.is_open)

    def forks(self) -> tuple[Fork, ...]:
        """The forks that are open now."""
        return tuple(self._forks.values())

    def reserve(self, call_id: str) -> None:
        """Keep a place in the engine for the call, in the language that its caller's channel has now.

        Asked for whenever a fork is to be made, that is after the dialogue of consent, during which the channel has
        the language of the notice, and again after a transfer, which may change it. Raises EngineFull.
        """
        channel = self._rooms.topology.channels.get(call_id)
        self._spoken = channel.language if channel is not None else ""
        self._rooms.engine.reserve(call_id, self._spoken)

    async def open(self, grant: ConsentGrant, channel_id: str, zero_s: float) -> None:
        """Hear one more leg. Raises PbxRefused, TimeoutError, NoFreePort, and Withdrawn for a stop in the meantime."""
        fork = await Fork.open(grant, channel_id, self._rooms.place, zero_s, self._rooms.engine.hear)
        self._forks[channel_id] = fork
        if grant.party is Party.AGENT:
            channel = self._rooms.topology.channels.get(channel_id)
            self._agent = (channel.endpoint if channel is not None else None) or ""
        try:
            fork.pbx_fork = await self._rooms.pbx.fork(grant, channel_id, fork.target)
        except BaseException:
            self.close(channel_id)
            raise
        if not fork.is_open or not grant.is_live:
            self._forks.pop(channel_id, None)
            self._end(fork)
            raise Withdrawn("stopped while the fork was made")
        self._next_renewal_s = min(self._next_renewal_s, fork.opened_s + self._rooms.lease_s / 3)
        self._log.info("fork.opened", party=grant.party, grant_id=grant.grant_id)
        if grant.party is Party.CALLER:
            self._say_untried(grant)

    def close(self, channel_id: str) -> None:
        """Hear a leg no more, from this very moment."""
        fork = self._forks.pop(channel_id, None)
        if fork is not None:
            self._end(fork)

    def close_all(self) -> None:
        """Hear nothing more."""
        for channel_id in list(self._forks):
            self.close(channel_id)

    def ended(self, fork_id: str) -> Fork | None:
        """The PBX ended a fork (its leg hung up, its lease ran out, a stop): close ours, and hand it over."""
        for channel_id, fork in list(self._forks.items()):
            if fork.pbx_fork is not None and fork.pbx_fork.fork_id == fork_id:
                self._close(fork)
                return self._forks.pop(channel_id)
        return None

    async def renew(self) -> None:
        """Renew the leases at a third of their time. Raises TimeoutError."""
        now_s = asyncio.get_running_loop().time()
        if now_s < self._next_renewal_s:
            return
        self._next_renewal_s = now_s + self._rooms.lease_s / 3 if self._forks else float("inf")
        for channel_id, fork in list(self._forks.items()):
            if fork.pbx_fork is None:
                continue
            try:
                await self._rooms.pbx.renew(fork.pbx_fork)
            except PbxRefused:  # gone on the PBX's side; if it should be there it is made anew
                self.close(channel_id)

    def silent(self) -> Fork | None:
        """A fork that brings no sound although it should."""
        now_s = asyncio.get_running_loop().time()
        late = (f for f in self._forks.values() if now_s - (f.last_heard_s or f.opened_s) > SILENT_AFTER_S)
        return next(late, None)

    def _say_untried(self, grant: ConsentGrant) -> None:
        """Once for each language that a call turns out to have, not once a fork."""
        found = untried((grant.language, self._spoken), self._rooms.engine.languages)
        if found and found != self._untried:
            self._log.info("tone.not_judged", reason="language", notice=grant.language, channel=self._spoken)
        self._untried = found

    def _end(self, fork: Fork) -> None:
        self._close(fork)
        if fork.pbx_fork is not None:
            self._spawn(self._end_on_pbx(fork))

    def _close(self, fork: Fork) -> None:
        fork.close()
        media = fork.stats()
        self._rooms.tally.closed(media, fork.grant.call_id, self._agent if fork.grant.party is Party.AGENT else "")
        counts = dataclasses.asdict(media)
        self._log.info("fork.closed", party=fork.grant.party, grant_id=fork.grant.grant_id, **counts)

    async def _end_on_pbx(self, fork: Fork) -> None:
        if fork.pbx_fork is None:
            return
        try:
            await self._rooms.pbx.end_fork(fork.pbx_fork)
        except (PbxRefused, TimeoutError) as error:
            # Its lease is not renewed any more, so the PBX ends it by itself.
            self._log.warning("fork.left_to_its_lease", error=str(error))
