"""The ledger: the only issuer of grants, append-only, chained."""

import asyncio
import dataclasses
import sqlite3

import pytest

from consent.database import Database
from consent.entry import ENDINGS
from consent.errors import InvalidValue, LedgerBroken, NotGranted
from consent.ledger import Ledger
from consent.parties import Party
from consent.purposes import Purpose
from consent.states import Answer
from tests.conftest import Callers


async def test_no_yes_no_grant(callers: Callers) -> None:
    """Law: no grant, no voice: without a recorded yes nothing is struck, for either party."""
    await callers.ledger.record(callers.entry("c", Answer.ASKED))
    for party in Party:
        with pytest.raises(NotGranted, match="no yes"):
            await callers.ledger.strike("c", party)


@pytest.mark.parametrize("ending", sorted(ENDINGS))
async def test_no_grant_after_an_ending(callers: Callers, ending: Answer) -> None:
    """Law: nothing is struck after refused, withdrawn, objected or expired, not even with a later yes."""
    await callers.ledger.record(callers.entry("c", Answer.GRANTED))
    await callers.ledger.record(callers.entry("c", ending))
    with pytest.raises(NotGranted):
        await callers.ledger.strike("c", Party.CALLER)
    await callers.ledger.record(callers.entry("c", Answer.GRANTED))
    with pytest.raises(NotGranted):
        await callers.ledger.strike("c", Party.AGENT)


async def test_a_yes_to_an_unknown_notice_is_no_yes(callers: Callers) -> None:
    """Law: informed: a yes counts only for a notice that we announced."""
    entry = dataclasses.replace(callers.entry("c", Answer.GRANTED), notice_id="forged")
    await callers.ledger.record(entry)
    with pytest.raises(NotGranted, match="never announced"):
        await callers.ledger.strike("c", Party.CALLER)


async def test_grants_cover_what_the_law_lets_them(callers: Callers) -> None:
    """Law: the agent's grant covers facts alone, whatever the notice names."""
    grants = await callers.says_yes()
    assert grants.caller.purposes == {Purpose.FACTS, Purpose.TONE}
    assert grants.agent.purposes == {Purpose.FACTS}


async def test_a_withdrawal_overtakes_a_grant_in_the_making(callers: Callers) -> None:
    """Law: a stop that comes while the grant is being struck wins."""
    await callers.ledger.record(callers.entry("c", Answer.GRANTED))
    striking = asyncio.ensure_future(callers.ledger.strike("c", Party.CALLER))
    await asyncio.sleep(0)
    recording = asyncio.ensure_future(callers.ledger.record(callers.entry("c", Answer.WITHDRAWN)))
    with pytest.raises(NotGranted):
        await striking
    assert await recording


async def test_the_same_grant_after_a_restart(callers: Callers, database: Database) -> None:
    """Law: one grant for each call and party, however often the bridge starts."""
    before = await callers.says_yes()
    after = await Ledger(database).strike("call-1", Party.CALLER)
    assert after.grant_id == before.caller.grant_id


async def test_an_answer_is_recorded_once(callers: Callers) -> None:
    """Law: journal and event tell the same answer; the chain holds it once."""
    assert await callers.ledger.record(callers.entry("c", Answer.GRANTED))
    assert not await callers.ledger.record(callers.entry("c", Answer.GRANTED))
    assert await callers.ledger.verify() == 1


@pytest.mark.parametrize("table", ["ledger", "notices"])
@pytest.mark.parametrize("change", ["UPDATE {} SET language = 'xx'", "DELETE FROM {}"])
async def test_append_only(callers: Callers, database: Database, table: str, change: str) -> None:
    """Law: the file itself refuses to change what was recorded."""
    await callers.says_yes()
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        await database.write(lambda c: c.execute(change.format(table)))


@pytest.mark.parametrize(
    "forgery",
    [
        "INSERT INTO grants SELECT 'x', 1, 'other', 'caller', 'tone', notice_id, 'en', at, 9, '', NULL, NULL"
        " FROM ledger",
        "UPDATE grants SET purposes = 'facts tone' WHERE party = 'agent'",
        "UPDATE grants SET scores_days = 3650",
    ],
)
async def test_the_schema_refuses_forged_grants(callers: Callers, database: Database, forgery: str) -> None:
    """Law: the third lock: no grant without a yes of that call, none widened, whatever code runs."""
    await callers.says_yes()
    with pytest.raises(sqlite3.IntegrityError):
        await database.write(lambda c: c.execute(forgery))


@pytest.mark.parametrize(
    ("tampering", "named"),
    [
        ("UPDATE ledger SET answer = 'refused', hash = hash || '' WHERE seq = 2", "record 2"),
        ("DELETE FROM ledger WHERE seq = 2", "record 2"),
        ("UPDATE ledger SET previous = hash WHERE seq = 3", "record 3"),
        ("DELETE FROM ledger WHERE seq = 1", "record 1"),
    ],
)
async def test_tampering_is_named(callers: Callers, database: Database, tampering: str, named: str) -> None:
    """Law: whoever goes around the triggers breaks the chain, and verify names the row."""
    await callers.says_yes()
    await callers.stops()
    assert await callers.ledger.verify() == 3

    def tamper(connection: sqlite3.Connection) -> None:
        for trigger in ("ledger_no_update", "ledger_no_delete"):
            connection.execute(f"DROP TRIGGER {trigger}")
        connection.execute("PRAGMA defer_foreign_keys=ON")
        connection.execute("DELETE FROM grants")
        connection.execute(tampering)

    await database.write(tamper)
    with pytest.raises(LedgerBroken, match=named):
        await callers.ledger.verify()


async def test_an_entry_is_valid_at_birth(callers: Callers) -> None:
    """Law: the agent objects, everything else is the caller's word; a call has an id."""
    good = callers.entry("c", Answer.ASKED)
    for change in ({"call_id": ""}, {"call_id": "x" * 151}, {"source": "rumour"}, {"party": Party.AGENT}):
        with pytest.raises(InvalidValue):
            dataclasses.replace(good, **change)  # type: ignore[arg-type]


async def test_where_a_call_was_heard_is_kept(callers: Callers) -> None:
    """Law: after a restart only the conversation that was heard before may be heard again, so it is written down."""
    await callers.says_yes()
    await callers.ledger.heard_in("call-1", "f" * 32)
    standing = await callers.ledger.standing("call-1")
    assert standing.heard_in == "f" * 32
    assert standing.is_granted
    assert await callers.ledger.open_calls() == {"call-1"}
    await callers.stops()
    assert not (await callers.ledger.standing("call-1")).is_granted
    assert await callers.ledger.open_calls() == frozenset()
    assert set(await callers.ledger.grant_ids("call-1")) == set(Party)


async def test_a_yes_that_was_not_heard_yet_is_open(callers: Callers) -> None:
    """Law: a caller who said yes and waits for an agent is known after a restart, though no grant was struck."""
    for answer in (Answer.ASKED, Answer.GRANTED):
        await callers.ledger.record(callers.entry("waiting", answer))
    await callers.ledger.record(callers.entry("undecided", Answer.ASKED))
    assert await callers.ledger.open_calls() == {"waiting"}
    await callers.ledger.record(callers.entry("waiting", Answer.REFUSED))
    assert await callers.ledger.open_calls() == frozenset()
