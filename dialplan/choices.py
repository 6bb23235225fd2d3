"""What an install may choose of the PBX's side: values that are valid at birth, so that nothing foreign is rendered."""

import ipaddress
import re
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from consent.errors import InvalidValue

EMERGENCY: Final = (
    # 112: Directive (EU) 2018/1972, Article 109. 116xxx: harmonised numbers of social value, Decision 2007/116/EC.
    "112", "116000", "116006", "116111", "116117", "116123",
    # France (numéros d'urgence, arcep.fr). Germany, Spain, Italy, Switzerland, Belgium, United Kingdom. North America.
    "15", "17", "18", "110", "113", "114", "115", "117", "118", "119", "144", "191", "196", "197", "061", "062", "080",
    "085", "091", "092", "100", "101", "999", "111", "911", "933", "988",
)  # fmt: skip
"""Numbers whose calls are neither asked nor heard, whatever the settings say; also behind an outside line's 0 or 9."""

_PATTERN: Final = r"[A-Za-z0-9_.+@:/~#*?-]{1,80}"
_TIMES: Final = r"(\*|([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d)"
_WEEKDAY, _MONTH = "(mon|tue|wed|thu|fri|sat|sun)", "(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)"
_DAY: Final = r"([1-9]|[12]\d|3[01])"
_ZONE: Final = r"(,[A-Za-z_]+(/[A-Za-z0-9_+-]+){0,2})?"
_HOURS: Final = rf"{_TIMES},(\*|{_WEEKDAY}(-{_WEEKDAY})?),(\*|{_DAY}(-{_DAY})?),(\*|{_MONTH}(-{_MONTH})?){_ZONE}"


class NoticeLine(NamedTuple):
    """A language in which the question is asked, and the id of its notice."""

    language: str
    notice_id: str


@dataclass(frozen=True, slots=True)
class RenderSettings:
    """What an install may choose; the first notice's language serves callers of any other language.

    Defaults: a lease is long against a renewal each third of it and short against a minute of a killed bridge's calls;
    60 forks are 30 calls, which Asterisk carries on two fifths of a core.

    `trunks` are patterns (* and ?) of the endpoints whose calls come from outside, `never_asked` of dialled numbers
    and extensions. `hours` are written as for Asterisk's IFTIME(). `number_keys` are pairs of an inner and an outer
    key, the newest first; without one nobody is asked. `audiosocket_port` is the TCP port on which the bridge takes
    legs by AudioSocket; without it the gate refuses such a leg.

    Raises:
        InvalidValue: a host that is no IPv4 address, an empty or double language, a pattern that names everybody, a
            number out of its range, times that Asterisk could not read, a key of the wrong length.
    """

    notices: tuple[NoticeLine, ...]
    bridge_host: str = "127.0.0.1"
    lease_s: int = 8
    max_forks: int = 60
    max_forks_per_call: int = 50
    trunks: tuple[str, ...] = ("trunk",)
    never_asked: tuple[str, ...] = ()
    quota_percent: int = 100
    hours: tuple[str, ...] = ()
    number_keys: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    mentions_recording: bool = False
    audiosocket_port: int | None = None

    def __post_init__(self) -> None:
        try:
            ipaddress.IPv4Address(self.bridge_host)
        except ValueError as error:
            raise InvalidValue(f"bridge_host must be an IPv4 address: {self.bridge_host!r}") from error
        self._check_notices()
        self._check_who_is_asked()
        # Asterisk cuts a value at about 4 kB, some 80 names of forks: beyond it *9 would miss the oldest.
        for name, low, high in (
            ("lease_s", 2, 300), ("max_forks", 1, 10_000), ("max_forks_per_call", 2, 50), ("quota_percent", 1, 100),
        ):  # fmt: skip
            if not low <= getattr(self, name) <= high:
                raise InvalidValue(f"{name} must lie between {low} and {high}, not {getattr(self, name)}")
        if self.audiosocket_port is not None and not 1024 <= self.audiosocket_port <= 65535:
            raise InvalidValue(f"audiosocket_port must lie between 1024 and 65535, not {self.audiosocket_port}")
        if len(self.number_keys) > 2 or not all(
            re.fullmatch("[0-9a-f]{64}", key) for pair in self.number_keys for key in pair
        ):
            raise InvalidValue("number_keys are at most two pairs of keys of 64 hexadecimal digits")

    def _check_notices(self) -> None:
        languages = [notice.language.lower() for notice in self.notices]
        if not languages or len(set(languages)) != len(languages):
            raise InvalidValue("notices must name at least one language, each once")
        for notice in self.notices:
            known = re.fullmatch(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})?", notice.language)
            if not known or not re.fullmatch(r"[0-9a-f]{16}", notice.notice_id):
                raise InvalidValue(f"not a language and a notice id: {notice!r}")

    def _check_who_is_asked(self) -> None:
        for pattern in (*self.trunks, *self.never_asked):
            if not re.fullmatch(_PATTERN, pattern):
                raise InvalidValue(f"not a pattern of letters, digits, * and ?: {pattern!r}")
        if not self.trunks or any(set(pattern) <= set("*?") for pattern in self.trunks):
            raise InvalidValue(
                "trunks must name the endpoints that lead outside: staff who call each other are not asked"
            )
        for spec in self.hours:
            if not re.fullmatch(_HOURS, spec):
                raise InvalidValue(f"not times, weekdays, days and months, as 09:00-18:00,mon-fri,*,*: {spec!r}")
