"""What the screens, the page and the commands may know of the calls in progress: values that others poll."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from analysis.conversation import ConversationFacts
from analysis.emotion.score import Estimate, Verdict

ENDED_STAYS: Final = timedelta(seconds=60)
"""How long a call that ended is still shown as ended."""


class Stage(StrEnum):
    """Where a call stands, for a person who reads it."""

    ASKED = "asked"
    GRANTED = "granted"
    """Yes, and it is analysed now."""
    PAUSED = "paused"
    """Yes, but nothing is heard now: hold, transfer, or the parties do not talk with each other."""
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    OBJECTED = "objected"
    FAILED = "failed"
    """Yes, but something of ours failed: nothing is analysed, and the screen says so."""
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class CallView:
    """One call at one moment. `tone` is the newest verdict of the caller, None before the first or where none may be.

    `agents` are the endpoints of the staff legs that talk with the caller now. `changed_at` is the moment (UTC) of
    the last change of `stage`; `problem` a sentence where stage is FAILED.
    """

    call_id: str
    stage: Stage
    changed_at: datetime
    language: str
    agents: tuple[str, ...]
    tone: Verdict | None
    facts: ConversationFacts | None
    problem: str = ""
    contested: bool = False
    """The agent contested the newest score, which was dropped, and there is no newer one."""
    trace: tuple[Estimate | None, ...] = ()
    """The newest readings of the caller's activation that these agents were told, the oldest first; None where there
    was none, or it was contested. Empty where another agent was told them.
    """


class Board:
    """The newest view of each call. Those who show it are told of each change and must not block.

    What goes wrong with one of them is counted and told to `failed`, and reaches neither the others nor the call.
    """

    def __init__(self, failed: Callable[[CallView, Exception], None] = lambda view, error: None) -> None:
        self._failed = failed
        self._views: dict[str, CallView] = {}
        self._watchers: list[Callable[[CallView], None]] = []
        self.failures = 0
        """How often somebody could not show a view."""

    def watch(self, watcher: Callable[[CallView], None]) -> None:
        """Have `watcher` called with each new view."""
        self._watchers.append(watcher)

    def put(self, view: CallView) -> None:
        """Show a call as it stands now; a view that says nothing new is passed over."""
        if self._views.get(view.call_id) == view:
            return
        self._views[view.call_id] = view
        for watcher in self._watchers:
            try:
                watcher(view)
            except Exception as error:  # noqa: BLE001 - the root of what shows calls: no call ends for a screen's sake
                self.failures += 1
                self._failed(view, error)

    def view(self, call_id: str) -> CallView | None:
        """The newest view of a call, until a minute after its end."""
        return self._views.get(call_id)

    def views(self) -> tuple[CallView, ...]:
        """All calls that are shown."""
        return tuple(self._views.values())

    def drop_ended(self, now: datetime | None = None) -> None:
        """Forget the calls that ended a minute ago."""
        before = (now or datetime.now(UTC)) - ENDED_STAYS
        for view in self.views():
            if view.stage is Stage.ENDED and view.changed_at < before:
                del self._views[view.call_id]
