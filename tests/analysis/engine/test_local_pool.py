"""The worker thread."""

import asyncio
import threading
import time

import pytest

from analysis.engine.local_pool import LocalPool


async def test_work_runs_off_the_loop_and_one_at_a_time() -> None:
    """Models are touched by one thread, which is not the loop's; the loop goes on meanwhile."""
    pool, threads, running = LocalPool(), set(), []

    def work() -> None:
        threads.add(threading.get_ident())
        running.append(1)
        time.sleep(0.02)
        assert running == [1]
        running.clear()

    await asyncio.gather(*(pool.run(work) for _ in range(5)))
    await pool.close()
    assert len(threads) == 1
    assert threading.get_ident() not in threads


async def test_what_work_raises_is_raised_here() -> None:
    """A failure is the tick's to handle, never lost in a thread."""
    pool = LocalPool()
    with pytest.raises(ZeroDivisionError):
        await pool.run(lambda: 1 / 0)
    await pool.close()
