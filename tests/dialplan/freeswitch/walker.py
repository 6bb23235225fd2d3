"""Just enough of FreeSWITCH to run a rendered context: its XML dialplan, and the applications that ours names.

As in mod_dialplan_xml.c: an extension's conditions are all looked at before any of its actions runs, the first
extension that fits is the only one, a condition that does not hold gives its anti-actions and ends the extension unless
its `break` says otherwise, and `execute_extension` comes back to where it was called.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from typing import Final, NamedTuple
from xml.etree import ElementTree as Tree

MAX_STACKS: Final = 32
"""Extensions within one another that FreeSWITCH allows (SWITCH_MAX_STACKS in switch_types.h)."""
UUID: Final = "3f0a1b2c-1111-4222-8333-444455556666"
ZONES: Final = {
    "": UTC, "Asia/Tokyo": timezone(timedelta(hours=9)), "Atlantic/Cape_Verde": timezone(timedelta(hours=-1)),
}  # fmt: skip
"""FreeSWITCH's own, and those that it knows."""
_MOST_RUNS: Final = 1000


class Pressed(NamedTuple):
    """What a caller does at one question: a key or "", a second one at once, and keys before, while a prompt plays."""

    key: str = ""
    second: str = ""
    early: str = ""


@dataclass(slots=True)
class Walker:
    """One caller's channel. `presses` are what is done at one question after the other; beyond them there is silence.

    `unplayed` counts the prompts: the one with that number, from 0 on, cannot be played.
    """

    text: str
    presses: Sequence[Pressed] = ()
    unplayed: int | None = None
    variables: dict[str, str] = field(default_factory=dict)
    stops_at: int | None = None
    """After how many prompts the bridge has the call stopped, from outside."""
    played: list[str] = field(default_factory=list)
    answers: list[tuple[str, str]] = field(default_factory=list)
    """What was journalled, as (answer, why)."""
    told: list[tuple[str, str]] = field(default_factory=list)
    """What went out as events."""
    done: list[tuple[str, str]] = field(default_factory=list)
    """Every application that ran, with its data."""
    now: datetime = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
    deepest: int = 0
    runs: int = 0
    _depth: int = 0
    _asked: int = -1
    _buffer: str = ""

    def __post_init__(self) -> None:
        [context] = Tree.fromstring(self.text).iter("context")
        self._extensions = list(context.iter("extension"))
        self.variables.setdefault("uuid", UUID)

    _extensions: list[Tree.Element] = field(init=False, default_factory=list)

    def walk(self, name: str = "ouidire_consent") -> None:
        """What `execute_extension` of that name does, from the admin's dialplan."""
        self.runs += 1
        assert self.runs < _MOST_RUNS, "it never ends"
        self._depth += 1
        self.deepest = max(self.deepest, self._depth)
        assert self._depth <= MAX_STACKS, name
        for application, data in self._hunt(name):
            expanded = self.expanded(data)
            self.done.append((application, expanded))
            self._run(application, expanded)
        self._depth -= 1

    def names(self) -> Iterator[str]:
        """The name of each extension."""
        return (one.get("name", "") for one in self._extensions)

    def expanded(self, text: str) -> str:
        """`${variables}` as they are now; a function in such braces gives a number."""
        return re.sub(r"\$\{([^{}]*)\}", lambda found: self._value(found[1]), text)

    def _value(self, name: str) -> str:
        if name == "strepoch()":
            return "1790000000"
        if clock := re.fullmatch(r"strftime\(([^)]*)\)|strftime_tz\(([^ )]*) ([^)]*)\)", name):
            return self.now.astimezone(ZONES[clock[2] or ""]).strftime(clock[1] or clock[3])
        assert "(" not in name, name
        return self.variables.get(name, "")

    def _hunt(self, destination: str) -> list[tuple[str, str]]:
        for extension in self._extensions:
            holds, actions = self._parse(extension, destination)
            if holds:
                return actions
        return []

    def _parse(self, extension: Tree.Element, destination: str) -> tuple[bool, list[tuple[str, str]]]:
        holds, actions = False, []
        for condition in extension.iter("condition"):
            name, breaks = condition.get("field"), condition.get("break", "on-false")
            assert breaks in ("on-true", "on-false"), breaks
            assert name is None or "$" in name or name == "destination_number", name
            value = destination if name == "destination_number" else self.expanded(name or "")
            match = re.search(condition.get("expression", ""), value)
            found = name is None or match is not None
            kind = "action" if found else "anti-action"
            taken = [(one.get("application", ""), _filled(one.get("data", ""), match)) for one in condition.iter(kind)]
            actions += taken
            holds = found or bool(taken)
            if breaks == ("on-true" if found else "on-false"):
                break
        return holds, actions

    def _run(self, application: str, data: str) -> None:
        match application:
            case "set":
                name, _, value = data.partition("=")
                self.variables[name] = value
            case "execute_extension":
                name, *where = data.split(" ")
                assert where == ["XML", "ouidire"], data
                self.walk(name)
            case "playback":
                self._play(data)
            case "play_and_get_digits":
                self._get_key(data.split(" "))
            case "flush_dtmf":
                self._buffer = ""
            case "db":
                self._journal(data)
            case "event":
                fields = dict(one.split("=", 1) for one in data.split(","))
                self.told.append((fields["Ouidire-Answer"], fields["Ouidire-Why"]))
            case _:
                known = (
                    "answer",
                    "hangup",
                    "export",
                    "bridge_export",
                    "lua",
                    "bind_digit_action",
                    "digit_action_set_realm",
                )
                assert application in known, application

    def _play(self, file: str) -> None:
        at = len(self.played)
        self.played.append(file.rpartition("/sounds/")[2].removesuffix(".wav"))
        following = self._asked + 1
        self._buffer += self.presses[following].early if following < len(self.presses) else ""
        if self.variables.get("playback_terminators") != "none" and self._buffer:
            self._buffer = self._buffer[1:]
        missing = at == self.unplayed
        self.variables["current_application_response"] = "FILE NOT FOUND" if missing else "FILE PLAYED"
        if len(self.played) == self.stops_at:
            self.variables["ouidire_consent"] = "refused"

    def _get_key(self, words: Sequence[str]) -> None:
        low, high, tries, _, terminators, _, _, variable, allowed = words
        assert (low, high, tries, terminators) == ("1", "1", "1", "none")
        is_second = variable == "ouidire_second"
        self._asked += not is_second
        at = self.presses[self._asked] if self._asked < len(self.presses) else Pressed()
        key = (self._buffer[:1]) or (at.second if is_second else at.key)
        self._buffer = self._buffer[1:]
        assert not key or re.fullmatch(allowed, key)
        self.variables[variable] = key

    def _journal(self, data: str) -> None:
        found = re.fullmatch(r"insert/ouidire/([a-z]+)-([^/]+)/([^/]*)", data)
        assert found, data
        answer, call, value = found.groups()
        at, why, notice, language = value.split("|")
        assert (call, at) == (self.variables["uuid"], "1790000000")
        assert notice == self.variables["ouidire_notice"]
        assert language == self.variables["ouidire_language"]
        self.answers.append((answer, why))


def _filled(data: str, match: re.Match[str] | None) -> str:
    """`$1` and its like are groups of the condition's expression."""
    return re.sub(r"\$([1-9])", lambda found: match[int(found[1])], data) if match else data


def attributes(text: str, application: str) -> Iterable[str]:
    """The data of every action of that application."""
    return [
        one.get("data", "") for one in Tree.fromstring(text).iter("action") if one.get("application") == application
    ]
