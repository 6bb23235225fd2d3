"""What the screens, the page and the commands may know of the calls in progress: values that others poll."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from analysis.conversation import ConversationFacts
from analysis.emotion.score import Verdict


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
