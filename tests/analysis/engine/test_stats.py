"""What the engine counts."""

from analysis.engine import stats
from analysis.engine.histogram import Tally


def test_the_limits_that_matter_are_bounds() -> None:
    """Law: how many verdicts are older than 2 s, and how many rounds outlast a tick of 100 ms, is told exactly."""
    assert 2.0 in stats.VERDICT_AGE_S
    assert 100.0 in stats.TICK_MS
    for bounds in (stats.TICK_MS, stats.BATCH_ROWS, stats.QUEUE_AGE_MS, stats.VERDICT_AGE_S):
        assert Tally(bounds).snapshot().count == 0
