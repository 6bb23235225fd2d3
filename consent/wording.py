"""What a receipt says to a person: one file of words a language, `words/<tag>.json`; a translator reads no code."""

import json
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from importlib import resources
from typing import Final, NamedTuple


class Way(StrEnum):
    """A way of taking a yes back."""

    KEYS = "keys"
    """The stop keys, during the call."""
    LINE = "line"
    """The line for rights, or the line for staff."""
    WEB = "web"
    """The page, with the reference."""
    DESK = "desk"
    """A person of the controller, at the contact."""


class Section(NamedTuple):
    """One part of a receipt: a heading and its sentences."""

    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Words:
    """One language. Words in braces are filled in; `day_format` and `time_format` are of `strftime`.

    The keys of the dicts are values of Party, Answer, Why, Purpose and Way.
    """

    title: dict[str, str]
    intro: dict[str, str]
    told: str
    notice: str
    languages: dict[str, str]
    answered: str
    answers: dict[str, dict[str, str]]
    whys: dict[str, str]
    kept: str
    data: dict[str, dict[str, str]]
    nothing_measured: dict[str, str]
    nothing_left: dict[str, str]
    until: str
    until_hangup: str
    no_sound: str
    where: str
    record_until: str
    withdraw: str
    ways: dict[str, dict[str, str]]
    rights_title: str
    rights: dict[str, str]
    rights_how: dict[str, str]
    contact: str
    numbers: str
    record: str
    receipt: str
    day_format: str
    time_format: str

    def day(self, of: date) -> str:
        """A day as people of this language write it."""
        return of.strftime(self.day_format)

    def moment(self, stamped: str) -> str:
        """A moment in its stored form (ISO 8601, UTC) as people of this language write it, to the second."""
        at = datetime.fromisoformat(stamped)
        return f"{self.day(at)} {at.strftime(self.time_format)} (UTC)"


_FOLDER: Final = resources.files("consent") / "words"
LANGUAGES: Final = ("en", "fr", "es", "de", "it")
SAID_IN: Final = {
    language: Words(**json.loads((_FOLDER / f"{language}.json").read_text(encoding="utf-8"))) for language in LANGUAGES
}
"""The words of every language, by its tag."""
