"""Calls that are over and sealed, with something measured in them, as the tests of rights and retention need them."""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from consent.entry import Entry
from consent.keyring import Record
from consent.ledger import Ledger
from consent.notice import Notice
from consent.parties import Party
from consent.states import Answer, Why

MEASURED: Final[dict[str, Any]] = {
    "scores": [
        {
            "made_at": "2050-11-22T10:00:00.000Z", "start_s": 1.5, "end_s": 4.0, "kind": "tone", "activation": 0.71828,
            "activation_sigma": 0.1, "anger": 0.31415, "anger_sigma": 0.2, "reason": None, "model_id": "test-model",
        },
        {
            "made_at": "2050-11-22T10:00:05.000Z", "start_s": 5.0, "end_s": 6.0, "kind": "abstained",
            "activation": None, "activation_sigma": None, "anger": None, "anger_sigma": None,
            "reason": "too_noisy", "model_id": None,
        },
    ],
    "facts": {"heard_s": 60.0, "talk_s": 20.0, "talk_share": 0.5, "overlap_s": 1.0, "longest_pause_s": 3.0},
}  # fmt: skip


class Clock:
    """A clock set by the test, years after the real one, which must change nothing; `later` moves it by days."""

    def __init__(self) -> None:
        self.now = datetime(2050, 11, 22, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def later(self, days: int) -> None:
        """Let so many days go by (or come back)."""
        self.now += timedelta(days=days)


class ClosedCalls:
    """Has calls answered, measured and closed, on a ledger whose clock is the test's."""

    def __init__(self, ledger: Ledger, notice: Notice, clock: Clock) -> None:
        self.ledger = Ledger(ledger.database, ledger.keyring, ledger.keys, clock)
        self.notice = notice
        self.clock = clock

    async def answer(self, call_id: str, answer: Answer, number: str = "") -> None:
        """One answer of now."""
        tag = self.ledger.keys.numbers[0].tag("7", number) if number else ""
        told = (self.notice.notice_id, self.notice.language)
        why = Why.CALL_ENDED if answer is Answer.EXPIRED else Why.KEY
        await self.ledger.record(Entry(self.clock(), answer, why, call_id, Party.CALLER, *told, "event", tag))

    async def open(self, call_id: str = "call-1", number: str = "") -> Record:
        """A call in progress with a yes."""
        for answer in (Answer.ASKED, Answer.GRANTED):
            await self.answer(call_id, answer, number)
        return await self.record(call_id)

    async def close(self, call_id: str = "call-1") -> Record:
        """Hang up: what was measured is sealed."""
        await self.answer(call_id, Answer.EXPIRED)
        await self.ledger.close(call_id, _measured)
        return await self.record(call_id)

    async def made(self, call_id: str = "call-1", number: str = "") -> Record:
        """A call that is over."""
        await self.open(call_id, number)
        return await self.close(call_id)

    async def record(self, call_id: str = "call-1") -> Record:
        """What the keyring holds of a call."""
        found = await self.ledger.keyring.of(self.ledger.keys.mac("call", call_id))
        assert found is not None
        return found

    async def sealed(self) -> int:
        """How many seals the file holds."""
        return await self.ledger.database.read(lambda c: int(c.execute("SELECT count(*) FROM sealed").fetchone()[0]))


def _measured(connection: sqlite3.Connection) -> bytes:
    return json.dumps(MEASURED).encode()
