"""The bench for tests of calls."""

from collections.abc import AsyncIterator

import pytest

from consent.database import Database
from tests.ari_bridge.calls.bench import Bench, running
from tests.conftest import Callers


@pytest.fixture
async def bench(callers: Callers, database: Database) -> AsyncIterator[Bench]:
    """A bench at work."""
    async with running(Bench(callers, database)) as at_work:
        yield at_work
