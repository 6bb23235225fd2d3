"""Grants for benchmarks, as in life: a ledger in a temporary folder, callers who say yes, an agent who was told."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from ari_bridge.run.records import open_ledger
from consent.entry import Entry
from consent.gate import Gate
from consent.grant import ConsentGrant
from consent.notice import Notice
from consent.parties import Party
from consent.purposes import Purpose
from consent.retention import Retention
from consent.states import Answer, Why

_AGENT: Final = "1001"
_FACTS: Final = frozenset({Purpose.FACTS})
_NOTICE: Final = Notice(1, "en", "We measure. Press 1 or 2.", "ab" * 32, _FACTS | {Purpose.TONE}, Retention(30))
_STAFF_NOTICE: Final = Notice(1, "en", "We count.", "cd" * 32, _FACTS, Retention(30), party=Party.AGENT)


@asynccontextmanager
async def granted(folder: Path, calls: int) -> AsyncIterator[list[ConsentGrant]]:
    """The grants of so many calls, caller and agent in turn, while the ledger is open."""
    async with open_ledger(folder / "ouidire.sqlite", folder / "keys") as ledger:
        await ledger.announce([_NOTICE, _STAFF_NOTICE])
        await ledger.database.write(
            lambda c: c.execute("INSERT INTO staff (endpoint, pin, added_on) VALUES (?, 'x', '2026-01-01')", (_AGENT,))
        )
        await ledger.acknowledge(_AGENT, _STAFF_NOTICE.notice_id, datetime.now(UTC))
        gate, grants = Gate(ledger), []
        for number in range(calls):
            call_id = f"call-{number}"
            for answer in (Answer.ASKED, Answer.GRANTED):
                told = (_NOTICE.notice_id, _NOTICE.language)
                await ledger.record(Entry(datetime.now(UTC), answer, Why.KEY, call_id, Party.CALLER, *told, "event"))
            made = await gate.open(call_id, _AGENT)
            assert made.agent is not None
            grants += [made.caller, made.agent]
        yield grants
