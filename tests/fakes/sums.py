"""Weeks of a site that does not exist: calls whose scores lie where a test wants them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from analysis.emotion.drift import SCORED
from analysis.emotion.score import Reason
from analysis.store.weeks import Vote, Weeks
from consent.database import Database

MONDAY: Final = datetime(2026, 3, 2, 12, tzinfo=UTC)
CALM: Final = (0, 0, 0, 0, 1, 1, 1, 2, 2, 3)
TENSE: Final = tuple(9 - one for one in CALM)
AGENTS: Final = ("1001", "1002", "1003", "1004", "1005")


class Clock:
    """A clock that the test sets."""

    def __init__(self, now: datetime = MONDAY) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def later(self, weeks: int = 1) -> None:
        """Let so many weeks go by."""
        self.now += timedelta(days=7 * weeks)


def votes(bins: tuple[int, ...], calls: int = 200) -> list[Vote]:
    """So many calls whose scores fall into these bins in turn; one in ten is not judged."""
    return [
        Vote(Reason.UNFAMILIAR, None, frozenset({AGENTS[number % 5]}))
        if number % 10 == 9
        else Vote(SCORED, (bins[number // 10 % 10], bins[number // 10 % 10]), frozenset({AGENTS[number % 5]}))
        for number in range(calls)
    ]


async def live(weeks: Weeks, clock: Clock, *scores: tuple[int, ...]) -> None:
    """Let weeks go by in which the scores were such."""
    for bins in scores:
        for vote in votes(bins):
            weeks.count(vote)
        await weeks.fold()
        clock.later()


async def fill(database: Database, model_id: str, *scores: tuple[int, ...]) -> None:
    """The same in a file, as weeks that are over now."""
    clock = Clock(datetime.now(UTC) - timedelta(days=7 * len(scores)))
    await live(Weeks(database, model_id, 30, clock), clock, *scores)
