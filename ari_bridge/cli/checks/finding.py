"""One thing that was looked at."""

from typing import NamedTuple


class Finding(NamedTuple):
    """What was looked at, whether it is well, and a sentence: what was found, or what to do."""

    subject: str
    ok: bool
    sentence: str


def well(subject: str, sentence: str) -> Finding:
    """A finding that needs nothing."""
    return Finding(subject, True, sentence)


def amiss(subject: str, sentence: str) -> Finding:
    """A finding that says what to do."""
    return Finding(subject, False, sentence)
