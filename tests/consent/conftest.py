"""What the tests of rights and of retention share."""

from __future__ import annotations

import pytest

from consent.ledger import Ledger
from consent.notice import Notice
from tests.consent.closed_calls import Clock, ClosedCalls


@pytest.fixture
def clock() -> Clock:
    """Noon of a day in November 2050."""
    return Clock()


@pytest.fixture
async def calls(ledger: Ledger, notice: Notice, clock: Clock) -> ClosedCalls:
    """Calls, closed or in progress. No agent's acknowledgement is on record, which would go on days of its own."""
    await ledger.erase(await ledger.keyring.all(), "test.begun", {})
    return ClosedCalls(ledger, notice, clock)
