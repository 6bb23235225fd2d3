"""Deletion on time."""

import asyncio
import contextlib
import sqlite3
from datetime import UTC, datetime, timedelta

from analysis.conversation import PartyFacts
from analysis.store.scores import Scores
from ari_bridge.run import janitor
from consent.database import Database
from tests.conftest import Callers


async def test_what_is_due_goes_and_the_rest_stays(callers: Callers, database: Database) -> None:
    """Law: every row goes when it is due, and not before."""
    grants = await callers.says_yes()
    scores = Scores(database)
    await scores.keep_facts(grants.agent, PartyFacts(10, 5, 0.5, 0, 2))
    assert await janitor.clean(scores, datetime.now(UTC) + timedelta(days=29)) == 0
    assert await janitor.clean(scores, datetime.now(UTC) + timedelta(days=31)) == 1


async def test_it_catches_up_at_once_and_survives_a_locked_file(callers: Callers, database: Database) -> None:
    """Law: after a downtime it deletes at once; a locked file makes it late, never ends it."""
    grants = await callers.says_yes()
    scores = Scores(database)
    await scores.keep_facts(grants.agent, PartyFacts(10, 5, 0.5, 0, 2))
    other = sqlite3.connect(database.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    later = datetime.now(UTC) + timedelta(days=31)
    work = asyncio.create_task(janitor.run(scores, every_s=0.05, clock=lambda: later))
    await asyncio.sleep(2.2)
    assert not work.done()
    other.execute("ROLLBACK")
    other.close()
    async with asyncio.timeout(5):
        while await scores.facts_of_call("call-1"):
            await asyncio.sleep(0.05)
    work.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await work
