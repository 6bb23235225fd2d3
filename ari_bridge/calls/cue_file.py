"""The definitions of the cues, read from the one file that people read too: cues.toml beside this module. Pure."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from string import Formatter
from typing import Any, Final

from consent.errors import InvalidValue

FILE: Final = "cues.toml"
LANGUAGES: Final = ("en", "fr", "es", "de", "it")
MAX_TEXT_CHARACTERS: Final = 80
"""Two lines of a small phone: longer is not read in a call."""
LEAST_QUIET_S: Final = 30.0
MOST_STALE_S: Final = 5.0
"""No file may have cues come more often, or older."""
_PLACES: Final = {"amount", "of", "error"}


class Kind(StrEnum):
    """What can be observed. The first one goes first where two come together."""

    LONG_SILENCE = "long_silence"
    BOTH_AT_ONCE = "both_at_once"
    TENSER = "tenser"


class Choice(StrEnum):
    """What an agent chose for the cues on one phone."""

    SHOWN = "shown"
    THIS_CALL = "this_call"
    FOR_GOOD = "for_good"


@dataclass(frozen=True, slots=True)
class About:
    """One cue in words for people: what is observed, its definition, where its limits come from, and its error.

    Raises:
        InvalidValue: a text is missing, too long, or has another place for a number than amount, of and error.
    """

    observed: str
    definition: str
    source: str
    error: str
    text: Mapping[str, str]
    """What the phone shows, by language."""

    def __post_init__(self) -> None:
        if not all((self.observed, self.definition, self.source, self.error)):
            raise InvalidValue("a cue says what it observes, how, from what source and with what error")
        _check_languages(self.text)
        for text in self.text.values():
            places = {name for _, name, _, _ in Formatter().parse(text) if name is not None}
            if not {"amount", "error"} <= places <= _PLACES or len(text) > MAX_TEXT_CHARACTERS:
                raise InvalidValue("a cue's text is short, and tells the amount and its error")

    def said(self, language: str, **numbers: str) -> str:
        """The text in a language such as `fr` or `fr_CA`; in English where there is none."""
        known = _known(language)
        if known != "en":
            numbers = {name: number.replace(".", ",") for name, number in numbers.items()}
        return self.text[known].format(**numbers)


@dataclass(frozen=True, slots=True)
class BothAtOnce:
    """Talk at once for `at_least_s` of the last `window_s` seconds, each of them give or take `error_s`."""

    window_s: float
    at_least_s: float
    error_s: float

    def __post_init__(self) -> None:
        if not 0 < self.error_s < self.at_least_s <= self.window_s:
            raise InvalidValue("what is observed is more than its error, and fits into its window")


@dataclass(frozen=True, slots=True)
class LongSilence:
    """Nobody talks for `at_least_s` seconds, give or take `error_s`."""

    at_least_s: float
    error_s: float

    def __post_init__(self) -> None:
        if not 0 < self.error_s < self.at_least_s:
            raise InvalidValue("what is observed is more than its error")


@dataclass(frozen=True, slots=True)
class Tenser:
    """A rise of the caller's activation over that of the start, as cues.toml defines it."""

    start_s: float
    apart_s: float
    at_least: float
    tense_from: float
    sigmas: float
    shared: float

    def __post_init__(self) -> None:
        if not (self.start_s > 0 and self.apart_s > 0 and 0 < self.at_least <= self.tense_from < 1):
            raise InvalidValue("a rise has a start, a distance from it, and limits on the scale of 0 to 1")
        if not (self.sigmas >= 1 and 0 <= self.shared < 1):
            raise InvalidValue("a rise is more than its error, of which a part below 1 is shared")

    def error(self, first_sigma: float, second_sigma: float) -> float:
        """How far off the difference of two told tones of one caller may be."""
        return self.sigmas * math.sqrt((1 - self.shared) * (first_sigma**2 + second_sigma**2))


@dataclass(frozen=True, slots=True)
class CueRules:
    """All of the file.

    Raises:
        InvalidValue: cues would come more often than every 30 s, or more than 5 s late.
    """

    one_each_s: float
    stale_after_s: float
    both_at_once: BothAtOnce
    long_silence: LongSilence
    tenser: Tenser
    about: Mapping[Kind, About]
    choices: Mapping[Choice, Mapping[str, str]]
    """What the screen answers to an agent who hides the cues, by language."""

    def __post_init__(self) -> None:
        for text in self.choices.values():
            _check_languages(text)
        if not self.one_each_s >= LEAST_QUIET_S or not 0 < self.stale_after_s <= MOST_STALE_S:
            raise InvalidValue(f"one cue each {LEAST_QUIET_S:.0f} s at most, none older than {MOST_STALE_S:.0f} s")

    def chosen(self, choice: Choice, language: str) -> str:
        """What the screen says of a choice."""
        return self.choices[choice][_known(language)]


def parse(written: str) -> CueRules:
    """The rules as a file holds them.

    Raises:
        InvalidValue: it is no such file, or one of its values cannot be.
    """
    try:
        found = tomllib.loads(written)
        sections = {kind: found.pop(kind) for kind in Kind}
        choices = {choice: dict(found["choices"][choice]) for choice in Choice}
        del found["choices"]
        about = {kind: _about(section) for kind, section in sections.items()}
        return CueRules(
            both_at_once=BothAtOnce(**_numbers(sections[Kind.BOTH_AT_ONCE])),
            long_silence=LongSilence(**_numbers(sections[Kind.LONG_SILENCE])),
            tenser=Tenser(**_numbers(sections[Kind.TENSER])),
            about=about,
            choices=choices,
            **_numbers(found),
        )
    except (KeyError, TypeError, AttributeError, tomllib.TOMLDecodeError) as error:
        raise InvalidValue(f"not a file of cues: {error}") from error


@cache
def shipped() -> CueRules:
    """The file of this version."""
    return parse((files(__package__) / FILE).read_text(encoding="utf-8"))


def _known(language: str) -> str:
    primary = language.lower().replace("_", "-").partition("-")[0]
    return primary if primary in LANGUAGES else LANGUAGES[0]


def _check_languages(text: Mapping[str, str]) -> None:
    if text.keys() != set(LANGUAGES):
        raise InvalidValue(f"a cue has a text in each of {', '.join(LANGUAGES)}")


def _about(section: dict[str, Any]) -> About:
    texts = section.pop("text")
    words = {name: str(section.pop(name)) for name in ("observed", "definition", "source", "error")}
    return About(text={str(language): str(text) for language, text in texts.items()}, **words)


def _numbers(section: dict[str, Any]) -> dict[str, float]:
    for name, number in section.items():
        if isinstance(number, bool) or not isinstance(number, float | int) or not math.isfinite(number):
            raise InvalidValue(f"{name} is no number")
    return {name: float(number) for name, number in section.items()}
