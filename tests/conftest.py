"""What many tests share: a real ledger on a temporary file. There is no other way to a grant."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from analysis.store.schema import MIGRATIONS as STORE
from consent.database import Database
from consent.entry import Entry
from consent.gate import Gate, Grants
from consent.keyring import MIGRATIONS as KEYRING_TABLES
from consent.keyring import Keyring
from consent.keys import KEYRING, make_keys, read_keys
from consent.ledger import Ledger
from consent.notice import Notice
from consent.parties import Party
from consent.purposes import Purpose
from consent.retention import Retention
from consent.states import Answer, Why
from consent.tables import MIGRATIONS as CONSENT

AGENTS = ("1001", "1002")
"""Endpoints of staff who have acknowledged the notice to staff."""


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """The real file with the whole schema."""
    opened = await Database.open(tmp_path / "ouidire.sqlite", [CONSENT, STORE])
    yield opened
    await opened.close()


@pytest.fixture
def notice() -> Notice:
    """An announced notice."""
    return Notice(
        1, "en", "We measure tone. Press 1 or 2.", "ab" * 32, frozenset({Purpose.FACTS, Purpose.TONE}), Retention(30)
    )


@pytest.fixture
def staff_notice() -> Notice:
    """What staff is told."""
    facts = frozenset({Purpose.FACTS})
    return Notice(1, "en", "We count how much you talk.", "cd" * 32, facts, Retention(30), party=Party.AGENT)


@pytest.fixture
async def keyring(tmp_path: Path) -> AsyncIterator[Keyring]:
    """The real keyring, in a folder of its own."""
    make_keys(tmp_path / "keys")
    opened = await Database.open(tmp_path / "keys" / KEYRING, [KEYRING_TABLES])
    yield Keyring(opened)
    await opened.close()


@pytest.fixture
async def ledger(database: Database, keyring: Keyring, notice: Notice, staff_notice: Notice, tmp_path: Path) -> Ledger:
    """The real ledger, with its notices announced; the agents 1001 and 1002 have acknowledged theirs."""
    made = Ledger(database, keyring, read_keys(tmp_path / "keys"))
    await made.announce([notice, staff_notice])
    for endpoint in AGENTS:
        await database.write(
            lambda c, endpoint=endpoint: c.execute(  # type: ignore[misc]
                "INSERT INTO staff (endpoint, pin, added_on) VALUES (?, 'x', '2026-01-01')", (endpoint,)
            )
        )
        await made.acknowledge(endpoint, staff_notice.notice_id, datetime.now(UTC))
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
        return await self.gate.open(call_id, AGENTS[0])

    async def stops(self, call_id: str = "call-1", answer: Answer = Answer.WITHDRAWN) -> None:
        """A stop, in memory first and then in the file."""
        self.gate.end(call_id, answer)
        await self.ledger.record(self.entry(call_id, answer, Why.STOP_KEYS))


@pytest.fixture
def callers(ledger: Ledger, notice: Notice) -> Callers:
    """Those who answer."""
    return Callers(ledger, notice)
