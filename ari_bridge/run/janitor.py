"""Deletes what is due, on time, and after a downtime catches up."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

import structlog

from analysis.store.scores import Scores
from consent.errors import DatabaseUnavailable

EVERY_S: Final = 60.0
"""How late a row may go at most, besides the time that the deletion takes."""

_log = structlog.get_logger(__name__)


async def clean(scores: Scores, now: datetime) -> int:
    """Delete every row that is due at `now` (UTC); how many there were. Raises DatabaseUnavailable."""
    deleted = await scores.expire(now)
    if deleted:
        _log.info("retention.expired", rows=deleted)
    return deleted


async def run(
    scores: Scores, every_s: float = EVERY_S, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> None:
    """Clean at once, then every `every_s` seconds, for ever; a file that cannot be written is said and tried again."""
    while True:
        try:
            await clean(scores, clock())
        except DatabaseUnavailable as error:
            _log.error("retention.late", error=str(error))
        await asyncio.sleep(every_s)
