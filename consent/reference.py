"""The reference of a call: what the caller hears after a yes, and needs to hear or erase what is kept of it.

Fourteen digits: the day and month of the call (UTC, as the record has it), nine random digits, one check digit by Damm
(*Totally anti-symmetric quasigroups*, 2004), which catches every wrong digit and every swap of two neighbours.

What a stranger can do, as a sum. A guess names a day; if `n` references of that day are alive, it hits one with
`n / 10^9`. So a guess costs `n` of a budget counted in thousand-millionths. The budget holds at most 90,000 and gains
900,000 in 366 days, so that all guesses of any year together cost at most 990,000:

    P(some call is hit in a year) <= 990,000 / (10^9 - guesses) < 0.000992 < 1 / 1,000

by the union bound, whatever `n` is. `guesses` are those made for one day before (they cannot be a hit twice): at most
990,000 of them are paid for. A guess that the budget cannot pay is not looked at, be it right or wrong.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import date
from typing import Final, NamedTuple

from consent.errors import InvalidValue

RANDOM_DIGITS: Final = 9
LENGTH: Final = 4 + RANDOM_DIGITS + 1
CHANCES: Final = 10**RANDOM_DIGITS
"""How many references one day could have."""
BUDGET_HOLDS: Final = 90_000
BUDGET_GAINS: Final = 900_000
"""In YEAR_S seconds, evenly."""
YEAR_S: Final = 366 * 86_400
MAX_UNKNOWN: Final = 3
"""Well-formed references that nobody was given, from one source in one day."""
MAX_SLIPS: Final = 20
"""Ill-formed ones: slips of a finger that the check digit caught. They cannot hit, and cost nothing."""

_BETWEEN: Final = " \t\r\n-.\u00a0\u202f\u2009"
_DAMM: Final = (
    (0, 3, 1, 7, 5, 9, 8, 6, 4, 2),
    (7, 0, 9, 2, 1, 5, 4, 8, 6, 3),
    (4, 2, 0, 6, 8, 7, 1, 3, 5, 9),
    (1, 7, 5, 0, 9, 8, 3, 4, 2, 6),
    (6, 1, 2, 3, 0, 4, 5, 9, 7, 8),
    (3, 6, 7, 4, 2, 0, 9, 5, 8, 1),
    (5, 8, 6, 9, 7, 2, 0, 1, 3, 4),
    (8, 9, 4, 5, 3, 6, 2, 0, 1, 7),
    (9, 4, 3, 8, 6, 1, 7, 2, 0, 5),
    (2, 5, 8, 1, 4, 3, 6, 7, 9, 0),
)


@dataclass(frozen=True, slots=True)
class Reference:
    """One well-formed reference. Its digits are in no `repr`, since they belong in no log.

    Raises:
        InvalidValue: not 14 digits, no day of a year, or a check digit that does not fit.
    """

    digits: str = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.digits) != LENGTH or not self.digits.isascii() or not self.digits.isdigit():
            raise InvalidValue(f"a reference has {LENGTH} digits")
        try:
            date(2000, self.month, self.day)  # a leap year: 29 February is a day too
        except ValueError:
            raise InvalidValue("a reference begins with a day and a month") from None
        if _check(self.digits) != 0:
            raise InvalidValue("a digit of the reference is wrong")

    @classmethod
    def fresh(cls, day: date) -> Reference:
        """A new one for a call of that day."""
        body = f"{day:%d%m}{secrets.randbelow(CHANCES):0{RANDOM_DIGITS}}"
        return cls(f"{body}{_check(body)}")

    @classmethod
    def parse(cls, text: str) -> Reference:
        """The reference that somebody wrote, with or without spaces, dashes and dots. Raises InvalidValue."""
        return cls(text.translate(dict.fromkeys(map(ord, _BETWEEN))))

    @property
    def day(self) -> int:
        """The day of the month of the call."""
        return int(self.digits[:2])

    @property
    def month(self) -> int:
        """The month of the call."""
        return int(self.digits[2:4])

    @property
    def groups(self) -> tuple[str, ...]:
        """The digits as they are said: day and month, three, three, three, one."""
        d = self.digits
        return d[:4], d[4:7], d[7:10], d[10:13], d[13:]

    @property
    def for_eyes(self) -> str:
        """The digits as they are shown: `2211 123 456 789 0`."""
        return " ".join(self.groups)


class Budget(NamedTuple):
    """What guesses may still cost (in units of one chance in 10^9), as it stood at `at_s` (seconds since 1970, UTC)."""

    left: float = float(BUDGET_HOLDS)
    at_s: float = 0.0

    def at(self, now_s: float) -> Budget:
        """The budget at a moment. A clock that was set back gains nothing, and delays nothing for good."""
        gained = max(0.0, now_s - self.at_s) * BUDGET_GAINS / YEAR_S
        return Budget(min(float(BUDGET_HOLDS), self.left + gained), max(now_s, self.at_s))

    def pay(self, cost: int) -> Budget:
        """What is left after a guess that costs so much."""
        return self._replace(left=self.left - cost)


def _check(digits: str) -> int:
    interim = 0
    for digit in digits:
        interim = _DAMM[interim][int(digit)]
    return interim
