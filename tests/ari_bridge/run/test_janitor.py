"""Deletion on time."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from structlog.testing import capture_logs

from analysis.conversation import PartyFacts
from analysis.store.scores import Scores
from ari_bridge.run.janitor import Janitor
from consent.database import Database
from consent.ledger import Ledger
from tests.conftest import Callers


class Clock:
    """The real time, and some more."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@asynccontextmanager
async def at_work(janitor: Janitor) -> AsyncIterator[asyncio.Task[None]]:
    """A janitor who works quickly, until it is sent home."""
    work = asyncio.create_task(janitor.run(every_s=0.05))
    try:
        yield work
    finally:
        work.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await work


async def heard(callers: Callers, scores: Scores) -> None:
    """A call in progress with something measured in it."""
    grants = await callers.says_yes()
    await scores.keep_facts(grants.caller, PartyFacts(10, 5, 0.5, 0, 2))


async def checkpoints(ledger: Ledger) -> int:
    """How many are kept."""
    return await ledger.database.read(lambda c: int(c.execute("SELECT count(*) FROM checkpoints").fetchone()[0]))


async def test_what_is_due_goes_and_the_rest_stays(callers: Callers, ledger: Ledger, database: Database) -> None:
    """Law: every row of a call in progress goes when it is due, and not before."""
    scores, clock = Scores(database), Clock()
    await heard(callers, scores)
    clock.ahead = timedelta(days=29)
    await Janitor(scores, ledger, clock).clean()
    assert await scores.facts_of_call("call-1")
    clock.ahead = timedelta(days=31)
    await Janitor(scores, ledger, clock).clean()
    assert not await scores.facts_of_call("call-1")


async def test_a_clock_that_is_behind_is_said(ledger: Ledger, database: Database) -> None:
    """Law: where the keyring saw a later day all goes early; that is an error in the log, not a silence."""
    clock = Clock()
    janitor = Janitor(Scores(database), ledger, clock)
    with capture_logs() as logged:
        await janitor.clean()
        clock.ahead = timedelta(days=400)
        await janitor.clean()
    assert "clock.behind" not in {line["event"] for line in logged}
    clock.ahead = timedelta()
    with capture_logs() as logged:
        await janitor.clean()
    assert "clock.behind" in {line["event"] for line in logged}


async def test_what_is_sealed_goes_too(callers: Callers, ledger: Ledger, database: Database) -> None:
    """Law: the secret of what was derived is gone on its day, with a certificate."""
    scores, clock = Scores(database), Clock()
    await heard(callers, scores)
    await ledger.close("call-1", scores.gather("call-1"))
    clock.ahead = timedelta(days=31)
    await Janitor(scores, ledger, clock).clean()
    record = await ledger.keyring.of(ledger.keys.mac("call", "call-1"))
    assert record is not None
    assert record.derived is None
    assert await ledger.last_note("retention.run") is not None


async def test_it_catches_up_at_once_and_survives_a_locked_file(
    callers: Callers, ledger: Ledger, database: Database
) -> None:
    """Law: after a downtime it deletes at once; a locked file makes it late, never ends it."""
    scores, clock = Scores(database), Clock()
    await heard(callers, scores)
    clock.ahead = timedelta(days=31)
    other = sqlite3.connect(database.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    async with at_work(Janitor(scores, ledger, clock)) as work:
        await asyncio.sleep(2.2)
        assert not work.done()
        other.execute("ROLLBACK")
        other.close()
        async with asyncio.timeout(5):
            while await scores.facts_of_call("call-1"):
                await asyncio.sleep(0.05)


async def test_the_head_is_signed_every_hour_and_at_the_end(callers: Callers, ledger: Ledger) -> None:
    """Law: a tail that nobody signed is at most an hour old; a stop of the service leaves none."""
    clock = Clock()
    janitor = Janitor(Scores(ledger.database), ledger, clock)
    await janitor.clean()
    await ledger.note("test", {})
    await janitor.clean()
    assert await checkpoints(ledger) == 1
    clock.ahead = timedelta(minutes=61)
    await janitor.clean()
    assert await checkpoints(ledger) == 2
    async with at_work(janitor):
        await asyncio.sleep(0.1)
        await ledger.note("test", {})
    assert await checkpoints(ledger) == 3


async def test_other_chores_are_done_with_each_round(ledger: Ledger, database: Database) -> None:
    """Law: what else is to be done comes after the deleting, in every round."""
    rounds: list[str] = []

    async def chore() -> None:
        rounds.append("done")

    janitor = Janitor(Scores(database), ledger, Clock(), (chore,))
    await janitor.clean()
    await janitor.clean()
    assert rounds == ["done", "done"]
