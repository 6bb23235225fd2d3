"""Deletes what is due, on time, and after a downtime catches up; signs the head of the chain now and then."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import structlog

from analysis.store.scores import Scores
from consent.checkpoints import EVERY, sign_if_grown
from consent.errors import DatabaseUnavailable, OuidireError
from consent.forgetting import Forgetting
from consent.ledger import Ledger

EVERY_S: Final = 60.0
"""How late a row may go at most, besides the time that the deletion takes."""

CLOCK_MAY_DIFFER: Final = timedelta(days=1)
"""Further back than the latest day it never goes by itself: either it is wrong now, or it was too far ahead once."""

_log = structlog.get_logger(__name__)


class Janitor:
    """Keeps file and keyring clean: the rows of calls in progress, and what is sealed.

    `chores` is what else is done with each round, once the deleting is done.
    """

    def __init__(
        self,
        scores: Scores,
        ledger: Ledger,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        chores: Sequence[Callable[[], Awaitable[None]]] = (),
    ) -> None:
        self._scores = scores
        self._chores = chores
        self._ledger = ledger
        self._forgetting = Forgetting(ledger, now)
        self._now = now
        self._signed_at: datetime | None = None

    async def clean(self) -> None:
        """Delete all that is due now. Raises DatabaseUnavailable: what is left goes with the next run."""
        await self._look_at_clock()
        rows = await self._scores.expire(self._now())
        gone = await self._forgetting.run()
        if rows or not gone.is_nothing:
            _log.info("retention.expired", rows=rows, derived=gone.derived, records=gone.records, answers=gone.answers)
        # Of its own: an hour of a clock that was set back must not last a year.
        if self._signed_at is None or abs(self._now() - self._signed_at) >= EVERY:
            await self.sign()
        for chore in self._chores:
            await chore()

    async def _look_at_clock(self) -> None:
        """Say that the clock is behind: by the latest day that was seen all goes early, and no agent's word holds."""
        clock = self._now().date()
        latest = await self._ledger.keyring.today(clock)
        if latest - clock > CLOCK_MAY_DIFFER:
            _log.error("clock.behind", clock=str(clock), latest_day=str(latest))

    async def sign(self) -> None:
        """Sign the head of the chain, if it has grown and need not wait. Raises DatabaseUnavailable."""
        made = await sign_if_grown(self._ledger)
        if made is not None:
            self._signed_at = self._now()
            _log.info("ledger.signed", records=made.seq)

    async def run(self, every_s: float = EVERY_S) -> None:
        """Clean at once, then every `every_s` seconds, until cancelled; what cannot be done is said and tried again."""
        try:
            while True:
                try:
                    await self.clean()
                except OuidireError as error:  # a file that cannot be written, or a seal that was tampered with
                    _log.error("retention.late", error=str(error))
                await asyncio.sleep(every_s)
        finally:
            await self._sign_last()

    async def _sign_last(self) -> None:
        try:
            await asyncio.shield(self.sign())
        except DatabaseUnavailable as error:
            _log.error("ledger.not_signed", error=str(error))
