"""When callers are asked: the settings' hours as one regular expression over FreeSWITCH's clock.

Its dialplan can compare times by itself, but neither one of several nor in a time zone of the condition's own. The
meaning is that of Asterisk's IFTIME: both ends belong to a range, and a range may go past the last one of its kind.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from dialplan.freeswitch.dialogue import Condition

_WEEKDAYS: Final = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
"""As %w counts them, from 0 on."""
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_FORMAT: Final = "%w-%m-%d-%H:%M"
_MINUTES: Final = 24 * 60


def condition(hours: Sequence[str]) -> Condition:
    """What holds at the times of any of `hours`, each written like 09:00-18:00,mon-fri,*,* and perhaps a time zone.

    A zone that FreeSWITCH does not know (timezones.conf.xml) has no time, and nobody is asked by it.
    """
    zones = sorted({_zone(spec) for spec in hours})
    clocks = "|".join(f"${{strftime_tz({zone} {_FORMAT})}}" if zone else f"${{strftime({_FORMAT})}}" for zone in zones)
    at = {zone: rf"([^|]*\|){{{place}}}" for place, zone in enumerate(zones)}
    times = "|".join(at[_zone(spec)] + _moments(spec) for spec in hours)
    return Condition(clocks, rf"^({times})(\||$)")


def _zone(spec: str) -> str:
    return "".join(spec.split(",")[4:])


def _moments(spec: str) -> str:
    """Every moment of a specification as _FORMAT writes it, as a regular expression."""
    times, weekdays, days, months = spec.split(",")[:4]
    return "-".join(
        (
            _any(str(one) for one in _range(weekdays, _WEEKDAYS)),
            _any(f"{one + 1:02}" for one in _range(months, _MONTHS)),
            _any(f"{one + 1:02}" for one in _range(days, [str(day) for day in range(1, 32)])),
            _times(times),
        )
    )


def _range(written: str, names: Sequence[str]) -> Iterator[int]:
    """The places of `written` in `names`: of all for *, of one, or from one to another, past the end if need be."""
    first, _, last = (f"{names[0]}-{names[-1]}" if written == "*" else written).partition("-")
    start = names.index(first)
    count = (names.index(last or first) - start) % len(names) + 1
    return ((start + step) % len(names) for step in range(count))


def _times(written: str) -> str:
    if written == "*":
        return "..:.."
    start, end = (60 * int(one[:2]) + int(one[3:]) for one in written.split("-"))
    minutes: dict[int, list[int]] = {}
    for step in range((end - start) % _MINUTES + 1):
        hour, minute = divmod((start + step) % _MINUTES, 60)
        minutes.setdefault(hour, []).append(minute)
    return _any(f"{hour:02}:{_within(some)}" for hour, some in minutes.items())


def _within(minutes: Sequence[int]) -> str:
    """These minutes of an hour."""
    return ".." if len(minutes) == 60 else _any(f"{minute:02}" for minute in minutes)


def _any(each: Iterator[str]) -> str:
    return f"({'|'.join(each)})"
