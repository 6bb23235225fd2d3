"""Codes that are printed on paper and typed by people: on a slip for one answer, or kept by the works council."""

from __future__ import annotations

import secrets
from typing import Final

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: five bits a sign, and none that is read for another."""
ONE_ANSWER: Final = 12
"""Signs of a code for one answer: 60 bits, so that a guess at 1,000 slips hits once in 10^15."""
COUNCIL: Final = 20
"""Signs of the works council's code: 100 bits, since who holds the file may try codes as fast as he likes."""
_READ_AS: Final = str.maketrans("OIL", "011", " -\t\r\n\u00a0\u2010\u2011\u2013")
_GROUP: Final = 4


def fresh_code(signs: int) -> str:
    """A new code, in groups of four: "7K3M-QX90-AB1T"."""
    drawn = "".join(secrets.choice(ALPHABET) for _ in range(signs))
    return "-".join(drawn[start : start + _GROUP] for start in range(0, signs, _GROUP))


def as_typed(text: str, signs: int) -> str | None:
    """The code that somebody meant, without groups; None for what cannot be one."""
    code = text.upper().translate(_READ_AS)
    return code if len(code) == signs and not set(code) - set(ALPHABET) else None
