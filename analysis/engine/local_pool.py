"""The one thread in which models run, off the event loop, so that a slow batch never delays a packet."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


class LocalPool:
    """One worker thread of this process. ONNX Runtime lets go of the interpreter while it computes."""

    def __init__(self) -> None:
        self._executor = ThreadPoolExecutor(1, "ouidire-engine")

    async def run(self, work: Callable[[], T]) -> T:
        """What `work` returns or raises, from the worker's thread; calls are taken in order, one at a time."""
        return await asyncio.get_running_loop().run_in_executor(self._executor, work)

    async def close(self) -> None:
        """Let the work in hand end, then end the thread."""
        self._executor.shutdown(wait=False, cancel_futures=True)
        await asyncio.to_thread(self._executor.shutdown, wait=True)
