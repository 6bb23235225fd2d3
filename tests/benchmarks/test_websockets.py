"""The benchmark of WebSockets: that all ways hear the same. How fast they are is no test's business."""

import pytest

from benchmarks import receiving
from benchmarks.receiving import measure
from benchmarks.websockets import SENDER, WAYS, figures, limits
from tests.benchmarks.sending import heard_of_five


@pytest.mark.parametrize("name", WAYS)
async def test_each_way_takes_every_message(name: str) -> None:
    """Law: what is compared does the same work: every message that was sent is counted, by whichever way."""
    assert await heard_of_five(WAYS[name](), SENDER) == 50


async def test_the_figures_are_of_all_ways(monkeypatch: pytest.MonkeyPatch) -> None:
    """Law: a run gives each way's cost, each ratio, and how long sound waited for us."""
    monkeypatch.setattr(receiving, "SETTLE_S", 0.1)
    measured = await measure(WAYS, SENDER, 2, 1, 0.4)
    numbers = figures(measured)
    assert all(value > 0 for value in numbers.values())
    assert numbers["latency_max_ms"] < 1_000
    assert len(measured.table(2).rows) == len(WAYS)
    assert len(limits(numbers)) == 3
