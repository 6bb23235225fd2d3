"""Numbers and days as the names of digit prompts. Pure."""

from __future__ import annotations

from datetime import date

from consent.errors import InvalidValue


def digits(text: str) -> tuple[str, ...]:
    """The prompts that say these digits one by one. Raises InvalidValue for anything else."""
    if not text.isascii() or not text.isdigit():
        raise InvalidValue("only digits can be said one by one")
    return tuple(text)


def day(when: date) -> tuple[str, ...]:
    """A day as eight digits: day, month, year, as on our papers."""
    return digits(f"{when:%d%m}{when.year:04d}")
