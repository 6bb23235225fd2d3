"""The desks behind the lines, in memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from consent.errors import DatabaseUnavailable, TooManyTries

KNOWN = "22111234567891"
"""A reference that the desk knows."""
PIN = "123456"


@dataclass(frozen=True, slots=True)
class FakeKept:
    """What is kept of a call."""

    measurements: int | None
    until: date


class FakeRights:
    """Knows one reference; `fails` and `is_locked` make it refuse."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, ...]] = []
        self.kept: FakeKept = FakeKept(12, date(2026, 12, 2))
        self.calls = 2
        self.is_erased = False
        self.is_locked = False
        self.fails = False

    def _note(self, *words: str) -> None:
        if self.fails:
            raise DatabaseUnavailable("locked")
        self.asked.append(words)

    async def stop_number(self, number: str) -> int:
        """As many as the test says."""
        self._note("stop", number)
        return self.calls

    async def look_up(self, reference: str, source: str) -> FakeKept | None:
        """The one reference."""
        if self.is_locked:
            raise TooManyTries("later")
        self._note("look up", reference, source)
        return self.kept if reference == KNOWN else None

    async def erase(self, reference: str) -> bool:
        """There is something until the test says otherwise."""
        self._note("erase", reference)
        return not self.is_erased

    async def mint(self, call_id: str) -> str:
        """The one reference."""
        self._note("mint", call_id)
        return KNOWN


class FakeStaff:
    """One agent, 1001, with one PIN."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, ...]] = []
        self.acknowledged: date | None = None
        self.days: dict[str, date] = {}
        self.is_locked = False

    async def check_pin(self, endpoint: str, pin: str) -> bool:
        """The one PIN."""
        if self.is_locked:
            raise TooManyTries("later")
        self.asked.append(("pin", endpoint, pin))
        return (endpoint, pin) == ("1001", PIN)

    async def has_acknowledged(self, endpoint: str) -> bool:
        """As it stands."""
        return self.acknowledged is not None

    async def acknowledge(self, endpoint: str, language: str) -> None:
        """Today, for the test, is a day of 2026."""
        self.asked.append(("acknowledge", endpoint, language))
        self.acknowledged = date(2026, 11, 22)

    async def withdraw(self, endpoint: str) -> bool:
        """There was one, or not."""
        self.asked.append(("withdraw", endpoint))
        there_was, self.acknowledged = self.acknowledged is not None, None
        return there_was

    async def receipt(self, endpoint: str) -> date | None:
        """As it stands."""
        return self.acknowledged

    async def site_facts(self) -> Mapping[str, date]:
        """What the test says."""
        return self.days
