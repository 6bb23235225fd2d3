"""Finds what a reference was given for, and lets nobody guess: the sum is in `consent.reference`.

What was tried in vain is kept in the file, so that a restart forgives nobody. A source (a number, an address) is kept
as a mac of itself and the day, which says nothing and joins no two days.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Final

from consent.database import Database
from consent.errors import InvalidValue, TooManyTries
from consent.keyring import Keyring, Record
from consent.keys import Keys
from consent.reference import MAX_SLIPS, MAX_UNKNOWN, Budget, Reference

REFERENCE: Final = "reference"
"""Under what the keyring holds macs of references."""
_YEARS: Final = (1, 0, -1, -2)
"""A reference names no year, and a hold may keep a record for longer than one; the first is for a clock set back."""
_LIMITS: Final = {"unknown": MAX_UNKNOWN, "slips": MAX_SLIPS}


class Guesses:
    """Looks references up for people who may be strangers. May raise DatabaseUnavailable: then nobody gets through."""

    def __init__(
        self,
        database: Database,
        keyring: Keyring,
        keys: Keys,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._keys = keys
        self._now = now

    async def find(self, text: str, source: str) -> Record | None:
        """The record of a reference as it was typed, None where nobody was given it or it is erased.

        Raises:
            TooManyTries: this source tried too often today, or strangers may have; nothing was looked up.
        """
        now = self._now()
        today = (await self._keyring.today(now.date())).isoformat()
        mac = self._keys.mac("source", f"{today}\n{source}")
        await self._database.read(lambda c: _check_source(c, mac, today))
        try:
            reference = Reference.parse(text)
        except InvalidValue:
            await self._database.write(lambda c: _count(c, mac, today, "slips"))
            return None
        # Paid before it is looked up: two at a time, or a crash in between, look at nothing for free.
        cost = await self._alive(reference, now.date())
        await self._database.write(lambda c: _pay(c, now.timestamp(), cost))
        record = await self._keyring.of_reference(self._keys.mac(REFERENCE, reference.digits))
        if record is None:
            await self._database.write(lambda c: _count(c, mac, today, "unknown"))
        else:
            await self._database.write(lambda c: _pay(c, now.timestamp(), -cost))
        return record

    async def _alive(self, reference: Reference, today: date) -> int:
        count = 0
        for years in _YEARS:
            try:
                day = date(today.year + years, reference.month, reference.day)
            except ValueError:  # 29 February of another year
                continue
            count += await self._keyring.referenced_on(day)
        return count


def _check_source(connection: sqlite3.Connection, mac: str, today: str) -> None:
    found = connection.execute(
        "SELECT unknown, slips FROM guess_sources WHERE source = ? AND day = ?", (mac, today)
    ).fetchone()
    if found and (found[0] >= MAX_UNKNOWN or found[1] >= MAX_SLIPS):
        raise TooManyTries("too many references were wrong: no more of them are taken from here today")


def _count(connection: sqlite3.Connection, mac: str, today: str, kind: str) -> None:
    connection.execute("DELETE FROM guess_sources WHERE day != ?", (today,))
    connection.execute("INSERT OR IGNORE INTO guess_sources (source, day) VALUES (?, ?)", (mac, today))
    connection.execute(
        f"UPDATE guess_sources SET {kind} = min({kind} + 1, {_LIMITS[kind]}) WHERE source = ?",  # noqa: S608
        (mac,),
    )


def _pay(connection: sqlite3.Connection, now_s: float, cost: int) -> None:
    found = connection.execute("SELECT left, at_s FROM guess_budget").fetchone()
    budget = (Budget(*found) if found else Budget()).at(now_s)
    if cost > budget.left:
        raise TooManyTries("strangers may be guessing: for some days no reference is taken")
    connection.execute("INSERT OR REPLACE INTO guess_budget VALUES (1, ?, ?)", budget.pay(cost))
