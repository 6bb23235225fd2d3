"""Where the networks run: in the bridge's own process, or in one beside it that may crash."""

from __future__ import annotations

from typing import Protocol

from consent.errors import OuidireError


class EngineGone(OuidireError):
    """The networks cannot be asked now: their process has ended, hangs or is still starting."""


class NetworkHost(Protocol):
    """Its methods are called from the engine's worker thread alone; what it tells of itself may be read anywhere."""

    @property
    def trouble(self) -> str:
        """Why nothing can be asked now, as a sentence without its full stop; empty while all is well."""
        ...

    @property
    def restarts(self) -> int:
        """How often it was started again after it was lost."""
        ...

    @property
    def pid(self) -> int | None:
        """The number of the process in which the networks run; None where it is this one, or there is none now."""
        ...

    @property
    def last_loss(self) -> str:
        """How it was lost the last time; empty while it never was."""
        ...

    def start(self) -> None:
        """Return when both networks are warm. Blocking. Raises EngineGone with the reason why they are not."""
        ...

    def look(self) -> None:
        """Called at each tick: notice a loss, and do the next thing about it. Never blocks, never raises."""
        ...

    def stop(self) -> None:
        """End it."""
        ...


class InBridge:
    """The networks live in this process: there is nothing to be lost. See `NetworkHost`."""

    trouble = ""
    restarts = 0
    pid = None
    last_loss = ""

    def start(self) -> None:
        """Nothing to start."""

    def look(self) -> None:
        """Nothing to see."""

    def stop(self) -> None:
        """Nothing to end."""
