"""What many tests share: a real ledger on a temporary file. There is no other way to a grant."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from analysis.store.schema import MIGRATIONS as STORE
from consent.database import Database
from consent.gate import Gate, Grants
from consent.ledger import MIGRATIONS as CONSENT
from consent.ledger import Entry, Ledger
from consent.notice import Notice
from consent.parties import Party
from consent.purposes import Purpose
from consent.retention import Retention
from consent.states import Answer, Why


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """The real file with the whole schema."""
    opened = await Database.open(tmp_path / "ouidire.sqlite", [CONSENT, STORE])
    yield opened
    await opened.close()


@pytest.fixture
def notice() -> Notice:
    """An announced notice."""
    return Notice(1, "en", "We measure tone. Press 1 or 2.", "ab" * 32, frozenset(Purpose), Retention(30))


@pytest.fixture
async def ledger(database: Database, notice: Notice) -> Ledger:
    """The real ledger, with one notice announced."""
    made = Ledger(database)
    await made.announce([notice])
    return made


class Callers:
    """Says yes, no or stop for calls, as a caller would, through the real ledger."""

    def __init__(self, ledger: Ledger, notice: Notice) -> None:
        self.ledger = ledger
        self.notice = notice
        self.gate = Gate(ledger)

    def entry(self, call_id: str, answer: Answer, why: Why = Why.KEY) -> Entry:
        """An entry of now."""
        party = Party.AGENT if answer is Answer.OBJECTED else Party.CALLER
        now, told = datetime.now(UTC), (self.notice.notice_id, self.notice.language)
        return Entry(now, answer, why, call_id, party, *told, "event")

    async def says_yes(self, call_id: str = "call-1") -> Grants:
        """Both grants of a call that was asked and granted."""
        await self.ledger.record(self.entry(call_id, Answer.ASKED))
        await self.ledger.record(self.entry(call_id, Answer.GRANTED))
        return await self.gate.open(call_id)

    async def stops(self, call_id: str = "call-1", answer: Answer = Answer.WITHDRAWN) -> None:
        """A stop, in memory first and then in the file."""
        self.gate.end(call_id, answer)
        await self.ledger.record(self.entry(call_id, answer, Why.STOP_KEYS))


@pytest.fixture
def callers(ledger: Ledger, notice: Notice) -> Callers:
    """Those who answer."""
    return Callers(ledger, notice)
