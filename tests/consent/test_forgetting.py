"""Laws of retention: what is due goes, on time and after a downtime, with a certificate that names nobody."""

from __future__ import annotations

from hashlib import sha256

import pytest

from consent import forgetting
from consent.forgetting import Due, Forgetting, Forgotten
from consent.sealed_rows import ROWS_OF_A_CALL
from consent.verification import verify
from tests.consent.closed_calls import Clock, ClosedCalls

AGENTS = 2
"""Rows of the fixture's agents, whose records are erased."""


@pytest.fixture
def retention(calls: ClosedCalls, clock: Clock) -> Forgetting:
    """Over the same ledger and clock as the calls."""
    return Forgetting(calls.ledger, clock)


async def verified(calls: ClosedCalls) -> int:
    """How many rows of persons the chain holds; it verifies."""
    records = await calls.ledger.keyring.all()
    return (await calls.ledger.database.read(lambda c: verify(c, records))).persons


async def test_numbers_go_before_answers(calls: ClosedCalls, retention: Forgetting, clock: Clock) -> None:
    """On its day what was derived goes; on its own, later day the record; the chain keeps its rows and verifies."""
    await calls.made()
    clock.later(29)
    assert (await retention.run()).is_nothing
    clock.later(1)
    assert await retention.run() == Forgotten(derived=1)
    assert (await calls.record()).derived is None
    clock.later(335)
    gone = await retention.run()
    assert (gone.records, gone.answers) == (1, ROWS_OF_A_CALL)
    assert await calls.ledger.keyring.of(calls.ledger.keys.mac("call", "call-1")) is None
    assert await verified(calls) == ROWS_OF_A_CALL + AGENTS


async def test_a_run_certifies_what_it_deleted(calls: ClosedCalls, retention: Forgetting, clock: Clock) -> None:
    """Counts and commitments to the records, the day; a run that deletes nothing leaves nothing."""
    records = [await calls.made(f"call-{number}") for number in range(3)]
    await retention.run()
    assert await calls.ledger.last_note("retention.run") is None
    clock.later(30)
    await retention.run()
    assert await calls.ledger.last_note("retention.run") == {
        "what": "retention.run", "at": "2050-12-22", "derived": 3, "records": 0, "answers": 0,
        "commitments": sorted(sha256(one.record_id.encode()).hexdigest() for one in records),
    }  # fmt: skip


async def test_a_downtime_is_caught_up(
    calls: ClosedCalls, retention: Forgetting, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After two years off, all that became due goes in one run, in batches that do not hold the file up."""
    monkeypatch.setattr(forgetting, "BATCH", 2)
    for number in range(5):
        await calls.made(f"call-{number}")
        clock.later(1)
    clock.later(730)
    gone = await retention.run()
    assert (gone.derived, gone.answers) == (5, 5 * ROWS_OF_A_CALL)
    assert await calls.sealed() == 0
    assert len(await calls.ledger.notes("retention.run")) == 3
    assert await verified(calls) == 5 * ROWS_OF_A_CALL + AGENTS


async def test_a_clock_set_back_delays_nothing(calls: ClosedCalls, retention: Forgetting, clock: Clock) -> None:
    """What was due once stays due."""
    await calls.made()
    clock.later(30)
    await calls.ledger.keyring.today(clock().date())
    clock.later(-300)
    assert (await retention.run()).derived == 1


async def test_a_call_in_progress_is_left_alone(calls: ClosedCalls, retention: Forgetting, clock: Clock) -> None:
    """A call that is not over has no sealed rows to delete; it goes when it is closed."""
    await calls.open()
    clock.later(40)
    assert (await retention.run()).is_nothing


async def test_the_plan_says_what_goes_when(calls: ClosedCalls, retention: Forgetting, clock: Clock) -> None:
    """Two days of calls: two days on which numbers go, and two on which records do."""
    for call_id in ("call-1", "call-2"):
        await calls.made(call_id)
    clock.later(1)
    await calls.made("call-3")
    plan = {due.day: due for due in await retention.plan()}
    assert plan["2050-12-22"] == Due("2050-12-22", 2, 0)
    assert plan["2050-12-23"] == Due("2050-12-23", 1, 0)
    assert plan["2051-11-22"].records == 2
    assert plan["2051-11-23"].records == 1
