"""A file that real calls have filled, read by plain SQL: nothing in it is an agent's, so nothing can be ranked."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from itertools import chain

from ari_bridge.calls.board import Stage
from ari_bridge.calls.own_history import OwnHistory
from ari_bridge.pbx.port import BridgeChanged, ChannelChanged, ChannelGone
from consent.database import Database
from consent.states import Answer
from tests.ari_bridge.calls.bench import Bench
from tests.ari_bridge.calls.test_contested_call import kept, told
from tests.fakes.pbx import channel

CALLS = {"1": ("1001", True), "2": ("1002", False), "3": ("1001", True)}
"""The calls, with their agents and whether they contested the score."""


async def call(bench: Bench, number: str, agent: str, *, contests: bool) -> None:
    """One whole call through the switchboard, with a score."""
    caller, staff = channel(f"{number}.1", "trunk"), channel(f"{number}.2", agent)
    call_id = f"{number}.1"
    asked, granted = (bench.says(one, by=caller, call_id=call_id) for one in (Answer.ASKED, Answer.GRANTED))
    await bench.tell(ChannelChanged(caller), asked, granted, ChannelChanged(staff))
    await bench.tell(BridgeChanged(f"b{number}", frozenset({call_id, staff.channel_id})))
    await bench.until(lambda: bench.stage(call_id) is Stage.GRANTED)
    bench.pbx.opened[:] = [one for one in bench.pbx.opened if one[0].call_id == call_id]
    told(bench, 10.0)
    async with asyncio.timeout(5):
        while not await kept(bench):
            await asyncio.sleep(0.01)
    if contests:
        before = bench.rooms.tally.contested
        assert bench.switchboard.contest(call_id)
        await bench.until(lambda: bench.rooms.tally.contested == before + 1)
    await bench.tell(ChannelGone(call_id), ChannelGone(staff.channel_id))
    await bench.until(lambda: not bench.switchboard.sessions(), 10)


def cells(database: Database) -> dict[str, list[tuple[object, ...]]]:
    """All rows of all tables and views."""
    with closing(sqlite3.connect(f"file:{database.path}?mode=ro", uri=True)) as connection:
        names = connection.execute("SELECT name FROM sqlite_schema WHERE type IN ('table', 'view')").fetchall()
        return {name: connection.execute(f"SELECT * FROM {name}").fetchall() for (name,) in names}


async def test_sql_finds_no_agent_beside_anything(bench: Bench, database: Database) -> None:
    """Law: after calls with scores, contests and own lists, no row of any table or view holds an agent's endpoint, the
    id of a call, a score, a fact or a contest: no ORDER BY and no GROUP BY has anything to work on, but for the list
    of staff, which has no figure. The agents' own lists had them, and are in no row.
    """
    history = OwnHistory(lambda _: True)
    bench.board.watch(history.see)
    await bench.connect()
    for number, (agent, contests) in CALLS.items():
        await call(bench, number, agent, contests=contests)
    assert [one.contested for one in history.of("1001")] == [True, True]
    assert [one.contested for one in history.of("1002")] == [False]
    found = cells(database)
    assert sum(len(rows) for name, rows in found.items() if "sealed" in name), "the calls are there, sealed"
    staff = found.pop("staff")
    assert all(not isinstance(cell, float) for row in staff for cell in row)
    agents = {str(cell) for row in chain.from_iterable(found.values()) for cell in row} & {
        "1001",
        "1002",
        "1.1",
        "2.1",
        "3.1",
    }
    assert agents == set()
    for name in ("answers", "calls", "contests", "facts", "grants", "reviews", "scores", "told"):
        assert found[name] == [], name
