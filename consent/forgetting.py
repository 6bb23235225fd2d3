"""Forgets on time: what was derived on one day, the record itself on a later one; after a downtime it catches up.

Each run that deletes anything leaves a certificate in the chain: counts, and commitments to the records. A clock that
was set back delays nothing, since the keyring remembers the latest day that it saw.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any, Final, NamedTuple

from consent import sealed_rows
from consent.keyring import GONE, Record
from consent.ledger import Ledger
from consent.states import Answer

BATCH: Final = 1_000
"""Records that one transaction and one certificate take: a long downtime must not hold the file up."""


class Due(NamedTuple):
    """What goes on a day: of how many calls what was derived, and how many records as a whole."""

    day: str
    derived: int
    records: int


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What went in a run."""

    derived: int = 0
    records: int = 0
    answers: int = 0

    @property
    def is_nothing(self) -> bool:
        """Nothing was due."""
        return not (self.derived or self.records)


class Forgetting:
    """The retention of sealed records. Every method may raise DatabaseUnavailable: the next run takes it up again."""

    def __init__(self, ledger: Ledger, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._ledger = ledger
        self._now = now

    async def run(self) -> Forgotten:
        """Delete all that is due, in batches; what went."""
        today = await self._ledger.keyring.today(self._now().date())
        await self._end_holds(today)
        derived, whole = await self._ledger.keyring.due(today)
        going = {one.record_id for one in whole}
        derived = [one for one in derived if one.record_id not in going]
        total = Forgotten()
        for start in range(0, max(len(derived), len(whole)), BATCH):
            batch = slice(start, start + BATCH)
            one = await self._forget(derived[batch], whole[batch], today)
            total = Forgotten(total.derived + one.derived, total.records + one.records, total.answers + one.answers)
        return total

    async def plan(self) -> list[Due]:
        """What goes when, from today on, as far as it is recorded now. What is held goes when its hold ends."""
        today = (await self._ledger.keyring.today(self._now().date())).isoformat()
        derived: Counter[str] = Counter()
        records: Counter[str] = Counter()
        for record in (one for one in await self._ledger.keyring.all() if one.kind != GONE):
            if record.derived is not None and record.kind == "call":
                derived[max(record.derived_goes_on, record.held_until, today)] += 1
            records[max(record.goes_on, record.held_until, today)] += 1
        return [Due(day, derived[day], records[day]) for day in sorted({*derived, *records})]

    async def _forget(self, derived: list[Record], whole: list[Record], today: date) -> Forgotten:
        await self._ledger.erase_derived(derived)
        count = len(derived) + sum(1 for one in whole if one.derived is not None)
        certificate = {
            "at": today.isoformat(),
            "derived": count,
            "records": len(whole),
            "commitments": _commitments([*derived, *whole]),
        }
        answers = await self._ledger.erase(whole, "retention.run", certificate)
        return Forgotten(count, len(whole), answers)

    async def _end_holds(self, today: date) -> None:
        """Where a hold ends, what it kept against the person's will goes: what was withdrawn while it was held."""
        for record in await self._ledger.keyring.holds_over(today):
            answers = await self._answers(record)
            if any(answer["answer"] == Answer.WITHDRAWN for answer in answers):
                await self._ledger.erase_derived([record])
            await self._ledger.keyring.hold(record.record_id, None)

    async def _answers(self, record: Record) -> list[dict[str, Any]]:
        return await self._ledger.database.read(lambda c: sealed_rows.answers_of(c, record))


def _commitments(records: Iterable[Record]) -> list[str]:
    # A record's id is 122 random bits, known to the keyring alone: its hash needs no salt. Sorted: no order is told.
    return sorted(sha256(one.record_id.encode()).hexdigest() for one in records)
