"""Languages by their primary tags: a model is tried in a language, not in a country."""

from collections.abc import Iterable
from typing import Final

UNKNOWN: Final = ""
"""What is no tag of a language. No model was tried in it."""

_LETTERS: Final = (2, 3)
"""ISO 639 codes (RFC 5646, section 2.2.1); longer primary tags exist on paper only."""


def primary(tag: str) -> str:
    """The primary tag: "en" of "en_GB", "en-US" and "EN"; `UNKNOWN` for what is none."""
    found = tag.strip().replace("_", "-").partition("-")[0].lower()
    return found if len(found) in _LETTERS and found.isascii() and found.isalpha() else UNKNOWN


def untried(named: Iterable[str], tried: frozenset[str]) -> list[str]:
    """Of the languages that a call names, as whatever tags, those in which the model was not tried.

    A call is judged where there is none. Every name counts: that of the notice to which somebody said yes, and that
    which the PBX has for the caller, since either alone may be a default that nobody chose.

    Returns:
        Primary tags in their order, `UNKNOWN` first; an unknown language was never tried, whatever `tried` holds.
    """
    return sorted({primary(tag) for tag in named} - (tried - {UNKNOWN}))
