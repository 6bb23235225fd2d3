"""One clock for all phones of a process: every 20 ms each stream sends its packet and takes in what has come.

A thread of its own with monotonic deadlines, at real-time priority where the system allows it: a laboratory that
stutters would be taken for a product that stutters.
"""

import contextlib
import logging
import os
import threading
import time
from typing import Protocol

TICK_NS = 20_000_000
_log = logging.getLogger(__name__)


class Paced(Protocol):
    """What the pacer drives."""

    def tick(self) -> None:
        """Called from the pacer's thread every 20 ms; must not block."""


class Pacer:
    """`with Pacer() as pacer:` and give it to every phone."""

    def __init__(self) -> None:
        self._streams: tuple[Paced, ...] = ()
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="pacer", daemon=True)
        self.faults = 0
        self.late_max_ns = 0

    def __enter__(self) -> "Pacer":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join()

    def add(self, stream: Paced) -> None:
        """From now on `stream` is ticked."""
        with self._lock:
            self._streams = (*self._streams, stream)

    def remove(self, stream: Paced) -> None:
        """`stream` may still be in one last tick when this returns."""
        with self._lock:
            self._streams = tuple(one for one in self._streams if one is not stream)

    def _run(self) -> None:
        with contextlib.suppress(PermissionError):
            os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
        deadline_ns = time.monotonic_ns()
        while not self._stopping.is_set():
            deadline_ns += TICK_NS
            wait_ns = deadline_ns - time.monotonic_ns()
            if wait_ns > 0:
                time.sleep(wait_ns / 1e9)
            else:
                self.late_max_ns = max(self.late_max_ns, -wait_ns)
            for stream in self._streams:
                self._tick(stream)

    def _tick(self, stream: Paced) -> None:
        try:
            stream.tick()
        except Exception:  # noqa: BLE001 - the thread's root: one broken stream must not silence the other phones
            self.faults += 1
            _log.exception("stream failed")
