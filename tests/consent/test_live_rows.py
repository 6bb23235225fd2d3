"""What stands in clear, of calls in progress."""

from datetime import UTC, datetime

from consent import live_rows
from consent.database import Database
from consent.states import Answer
from tests.conftest import AGENTS, Callers


async def test_what_is_sealed_of_staff_names_no_call() -> None:
    """Law: an agent's acknowledgement is bound to a notice, never to a call."""
    fields = live_rows.staff_fields("1001", Answer.GRANTED, "ab", "2026-01-01T00:00:00.000Z")
    assert "call_id" not in fields
    assert fields["party"] == "agent"


async def test_a_withdrawal_past_the_bridge_is_found(callers: Callers, database: Database) -> None:
    """Law: a stop on the page, on a line or at the command line reaches the call that is going on."""
    await callers.says_yes("1.1")
    assert await database.read(live_rows.stopped_elsewhere) == {}
    entry = callers.entry("1.1", Answer.WITHDRAWN)
    await callers.ledger.record(type(entry)(**{n: getattr(entry, n) for n in entry.__slots__} | {"source": "web"}))
    assert await database.read(live_rows.stopped_elsewhere) == {"1.1": Answer.WITHDRAWN}


async def test_an_agent_who_takes_it_back_ends_the_call_s_analysis(callers: Callers, database: Database) -> None:
    """Law: an agent whose acknowledgement is taken back is heard no more, not even in the call that is going on."""
    await callers.says_yes("1.1")
    assert await callers.ledger.withdraw_acknowledgement(AGENTS[0], datetime.now(UTC))
    assert await database.read(live_rows.stopped_elsewhere) == {"1.1": Answer.OBJECTED}
