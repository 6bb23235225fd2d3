"""Asterisk releases that must not be used with forks, as data, each with its source."""

import re
from typing import Final, NamedTuple

OLDEST_TRIED: Final = (16, 28, 0)
"""The oldest release on which every law of the dialplan was tried (Debian 11's)."""


class KnownBad(NamedTuple):
    """Releases from `first` to `last`, both included, what they do, and where that is written."""

    first: tuple[int, int, int]
    last: tuple[int, int, int]
    fault: str
    source: str


KNOWN_BAD: Final = (
    KnownBad(
        (22, 11, 0),
        (22, 11, 0),
        "a channel that was listened to cannot be bridged afterwards, so that calls fall silent or stall",
        "github.com/asterisk/asterisk/issues/2134",
    ),
)


def release(version: str) -> tuple[int, int, int] | None:
    """The release in what Asterisk says of itself ("22.10.1+dfsg-1", "certified/18.9-cert5"); None where it is none."""
    found = re.search(r"(?<![\d.])(\d{1,2})\.(\d{1,3})(?:\.(\d{1,3}))?(?!\d)", version)
    return None if found is None else (int(found.group(1)), int(found.group(2)), int(found.group(3) or 0))


def known_bad(version: str) -> KnownBad | None:
    """The entry that a release falls under, if any."""
    number = release(version)
    return next((bad for bad in KNOWN_BAD if number is not None and bad.first <= number <= bad.last), None)
