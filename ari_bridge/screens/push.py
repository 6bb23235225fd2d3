"""Cards brought to the desk phones: straight by HTTP where the settings name a way, else through the PBX.

"Sent" means that the phone or the PBX took it, never "displayed".
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import structlog

from ari_bridge.pbx.port import Phones
from ari_bridge.screens.card import ScoreCard
from ari_bridge.screens.families import FAMILIES
from ari_bridge.screens.http_phones import PhoneRefused
from ari_bridge.screens.http_push import HttpPush
from ari_bridge.screens.schedule import Phone, Push, Schedule
from consent.errors import InvalidValue

TIMEOUT_S = 3.0
"""A PBX or a phone that has not answered by then will not show the agent anything of use."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class PushStats:
    """Counts since the start.

    `superseded`: replaced by a newer card while waiting; `refused`: too many phones; `pull_only`: for a phone that
    neither its family nor the settings name a way to, which fetches its card.
    """

    sent: int
    failed: int
    superseded: int
    refused: int
    pull_only: int = 0


class Direct(Protocol):
    """The phones that are reached by HTTP."""

    def reaches(self, endpoint: str) -> bool:
        """Whether the settings name a way to that endpoint's phone."""
        ...

    async def push(self, endpoint: str, push: HttpPush) -> None:
        """Send a request to that phone. Raises whatever keeps it from being taken."""
        ...


class Pusher:
    """Sends cards as the `Schedule` allows, one at a time to each phone. A phone's trouble never reaches the caller.

    `direct` goes before the PBX, for the phones that it reaches and whose family has a way by HTTP. `sent` is told the
    family of each phone that a card was sent to.
    """

    def __init__(
        self,
        phones: Phones,
        clock: Callable[[], float] = time.monotonic,
        cue_dropped: Callable[[], None] = lambda: None,
        direct: Direct | None = None,
        sent: Callable[[str], None] = lambda family: None,
    ) -> None:
        self._phones = phones
        self._direct = direct
        self._count_sent = sent
        self._clock = clock
        self._schedule = Schedule(cue_dropped)
        self._deliveries: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._stopped = False
        self._sent = 0
        self._failed = 0
        self._pull_only = 0

    def show(self, phone: Phone, url: str, card: ScoreCard) -> None:
        """Have a phone show a card whose own address is `url`, as soon as the rules allow. Returns at once."""
        if self._stopped:
            return
        if self._is_fetched_only(phone):
            self._pull_only += 1
            return
        self._schedule.offer(Push(phone, url, card, offered_at_s=self._clock()))
        self.pump()

    def pump(self) -> None:
        """Send what is due now and set the timer for what comes next. The timer calls it, and who moves the clock."""
        if self._stopped:
            return
        for push in self._schedule.due(self._clock()):
            delivery = asyncio.create_task(self._deliver(push), name="screens.push")
            self._deliveries.add(delivery)
            delivery.add_done_callback(self._deliveries.discard)
        self._set_timer()

    async def settle(self) -> None:
        """Wait until every push in flight has ended."""
        while self._deliveries:
            await asyncio.wait(self._deliveries)

    async def stop(self) -> None:
        """Send nothing more; pushes in flight are given their time, which is short."""
        self._stopped = True
        if self._timer is not None:
            self._timer.cancel()
        await self.settle()

    def stats(self) -> PushStats:
        """What was sent so far."""
        return PushStats(self._sent, self._failed, self._schedule.superseded, self._schedule.refused, self._pull_only)

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        moment_s = self._schedule.next_at_s()
        if moment_s is not None:
            self._timer = asyncio.get_running_loop().call_later(max(moment_s - self._clock(), 0.0), self.pump)

    async def _deliver(self, push: Push) -> None:
        try:
            async with asyncio.timeout(TIMEOUT_S):
                await self._send(push)
        except Exception as error:  # noqa: BLE001 - the root of this task: a phone's trouble is counted and ends here
            self._failed += 1
            # Another error's text may hold the address, and the address holds the token.
            why = {"reason": str(error)} if isinstance(error, PhoneRefused) else {}
            _log.warning("push.failed", endpoint=push.phone.endpoint, error=type(error).__name__, **why)
            self._schedule.failed(push)
        else:
            self._sent += 1
            self._count_sent(push.phone.family)
            self._schedule.sent(push, self._clock())
        self.pump()

    def _is_fetched_only(self, phone: Phone) -> bool:
        family = FAMILIES.get(phone.family)
        return family is not None and family.notify is None and self._way_to(phone) is None

    def _way_to(self, phone: Phone) -> Direct | None:
        is_reached = self._direct is not None and self._direct.reaches(phone.endpoint)
        return self._direct if is_reached and FAMILIES[phone.family].http is not None else None

    async def _send(self, push: Push) -> None:
        family = FAMILIES[push.phone.family]
        if family.http is not None and (direct := self._way_to(push.phone)) is not None:
            await direct.push(push.phone.endpoint, family.http(push.card, push.url))
            return
        if family.notify is None:
            raise InvalidValue(f"nothing is pushed to the family {family.name}")
        document = family.notify(push.card, push.url)
        await self._phones.notify(push.phone.endpoint, document.event, document.content_type, document.content)
