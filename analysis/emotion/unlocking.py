"""What unlocks a further language: a stored report about the very model that is served, which meets every limit.

Nobody's word that it does is believed: the figures are looked at again whenever a report is read.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from analysis.emotion.evaluation.intervals import NOT_SHOWN, upper_bound
from analysis.emotion.evaluation.limits import CALL_LINES, LanguageLimits, shortfalls
from analysis.emotion.evaluation.stored import StoredReport, parse
from analysis.emotion.languages import UNKNOWN, primary
from consent.errors import InvalidValue, OuidireError

MAX_BYTES: Final = 4 * 1024 * 1024
"""A report of a few languages and groups has some 100 kB."""

_COUNTS: Final = ("clips", "told", "told_angry", "speakers")
_MOST: Final = 1_000_000
"""Clips. More is a mistake, or meant to keep us busy."""
_WITH_ENDS: Final = ("anger_auc", "activation_auc", "coverage", "false_alarms")
"""Figures that have an interval, or a reason why not."""
_FIGURES: Final = (*_WITH_ENDS, "anger_ece", "activation_ece")
_ROUNDED: Final = 2e-4
"""Figures are written with four digits."""


class NotUnlocked(OuidireError):
    """A report unlocks nothing; `reasons` are sentences."""

    def __init__(self, *reasons: str) -> None:
        super().__init__("; ".join(reasons))
        self.reasons = reasons


@dataclass(frozen=True, slots=True)
class Served:
    """The model that is served. `files` are the sha256 of those of its files that decide a value, by name.

    Raises:
        InvalidValue: it has no such file, so that any report would fit.
    """

    files: Mapping[str, str]
    limits: LanguageLimits

    def __post_init__(self) -> None:
        if not self.files:
            raise InvalidValue("a served model has files")


@dataclass(frozen=True, slots=True)
class Unlocked:
    """A language in which this site has tried the model, and on what figures it rests: those of one line.

    `anger_auc_low` and `false_alarms_high` are ends of 95 % intervals.
    """

    language: str
    made_on: date
    manifest_sha256: str
    line: str
    speakers: int
    calm_clips: int
    angry_clips: int
    anger_auc_low: float
    false_alarms_high: float
    coverage: float

    @property
    def sentence(self) -> str:
        """All of it for a person."""
        return (
            f"tried here, report of {self.made_on}: {self.speakers} speakers, {self.calm_clips} clips that are not "
            f"angry and {self.angry_clips} that are; anger AUC at least {self.anger_auc_low:.2f}, false alarms at most "
            f"{self.false_alarms_high:.1%}, {self.coverage:.0%} could be judged"
        )

    def as_note(self) -> dict[str, object]:
        """For a public record: no person's and no recording's name is among it."""
        return {
            "report_of": self.made_on.isoformat(), "manifest_sha256": self.manifest_sha256, "line": self.line,
            "speakers": self.speakers, "calm_clips": self.calm_clips, "angry_clips": self.angry_clips,
            "anger_auc_low": self.anger_auc_low, "false_alarms_high": self.false_alarms_high, "coverage": self.coverage,
        }  # fmt: skip


def unlocked(content: bytes, language: str, served: Served) -> Unlocked:
    """What a report (`StoredReport.to_json`) shows of a language, a primary tag.

    Raises:
        NotUnlocked: it is none, is about another model or language, or lacks what the limits ask for: each is said.
    """
    if language == UNKNOWN or primary(language) != language:
        raise NotUnlocked(f"{language!r} is no language's primary tag, such as fr")
    stored = _parsed(content)
    if not served.files.items() <= stored.model_files.items():
        raise NotUnlocked(f"it is about another model ({stored.model_id}), or another version of it: evaluate again")
    cell, line = _cell(stored.report, language)
    faults = list(_faults(cell))
    if faults:
        raise NotUnlocked(*(f"{fault}: it is damaged, evaluate again" for fault in faults))
    lacking = shortfalls(stored.report, language, served.limits)
    lacking += [f"{name} is not shown" for name in _FIGURES if cell[name]["value"] == NOT_SHOWN and not lacking]
    if lacking:
        raise NotUnlocked(*lacking)
    return Unlocked(
        language, date.fromisoformat(stored.made_on), stored.manifest_sha256, line, cell["speakers"],
        cell["told"] - cell["told_angry"], cell["told_angry"], cell["anger_auc"]["low"],
        cell["false_alarms"]["high"], cell["coverage"]["value"],
    )  # fmt: skip


def wanted(limits: LanguageLimits) -> str:
    """What must be labelled to unlock a language, for a person: at least so many, since some cannot be judged."""
    return (
        f"at least {limits.calm_clips + limits.angry_clips} recordings that can be judged, {limits.calm_clips} not "
        f"angry and {limits.angry_clips} angry, of {limits.speakers} speakers"
    )


def limits_of(card: Mapping[str, Any]) -> LanguageLimits:
    """The limits that a model's card states, and the general ones for what it does not state.

    Raises:
        InvalidValue: they are no limits.
    """
    stated = card.get("language_limits", {})
    try:
        limits = LanguageLimits(**stated)
    except TypeError as error:
        raise InvalidValue(f"the card's language_limits are none: {error}") from error
    if not all(_is_number(value) for value in stated.values()):
        raise InvalidValue("the card's language_limits are numbers")
    return limits


def _parsed(content: bytes) -> StoredReport:
    if len(content) > MAX_BYTES:
        raise NotUnlocked(f"it has more than {MAX_BYTES} bytes")
    try:
        stored = parse(content)
        date.fromisoformat(stored.made_on)
    except (InvalidValue, ValueError, RecursionError) as error:
        raise NotUnlocked(f"it is no report of `ouidire model evaluate`: {error}") from error
    return stored


def _cell(report: Mapping[str, Any], language: str) -> tuple[dict[str, Any], str]:
    """The figures of a language, over the line at which `shortfalls` will look, and that line."""
    found: Any = report
    for name in ("groups", "language", language):
        found = found.get(name) if isinstance(found, dict) else None
    line = next((line for line in CALL_LINES if isinstance(found, dict) and line in found), None)
    if line is None:
        raise NotUnlocked(f"no clip in {language} was judged over a call's line ({' or '.join(CALL_LINES)})")
    return (dict(found[line]) if isinstance(found[line], dict) else {}), line


def _faults(cell: Mapping[str, Any]) -> Iterator[str]:
    """What no report of ours would say. A file that was written by hand may say anything."""
    counts = [cell.get(name) for name in _COUNTS]
    if not all(isinstance(count, int) and not isinstance(count, bool) and 0 <= count <= _MOST for count in counts):
        yield f"{', '.join(_COUNTS)} are not all numbers of clips and speakers"
        return
    clips, told, told_angry, speakers = (int(cell[name]) for name in _COUNTS)
    if not (told_angry <= told <= clips and speakers <= clips):
        yield "more clips were judged than there are"
    odd = [name for name in _FIGURES if not _is_figure(cell.get(name), needs_ends=name in _WITH_ENDS)]
    if odd:
        yield f"{', '.join(odd)}: no figures"
        return
    alarms, calm = cell["false_alarms"], told - told_angry
    if "high" in alarms and calm > 0:
        exact = upper_bound(round(alarms["value"] * calm), calm)
        if alarms["high"] < exact - _ROUNDED:
            yield f"false alarms of {alarms['value']:.1%} of {calm} clips may be {exact:.1%}, not {alarms['high']:.1%}"
    if cell["coverage"]["value"] != NOT_SHOWN and abs(cell["coverage"]["value"] * clips - told) > _ROUNDED * clips + 1:
        yield "its coverage is not the share of clips that were judged"


def _is_figure(value: object, *, needs_ends: bool) -> bool:
    """A share or an area as `intervals.shown`, `with_ends` or `not_shown` write it."""
    if not isinstance(value, dict):
        return False
    if value.get("value") == NOT_SHOWN:
        return isinstance(value.get("why"), str) and not value.keys() & {"low", "high"}
    ends = [value[name] for name in ("low", "high") if name in value]
    if not all(_is_number(one) and 0.0 <= one <= 1.0 for one in (value.get("value"), *ends)):
        return False
    if not ends:
        return not needs_ends or isinstance(value.get("why"), str)
    return len(ends) == 2 and ends[0] <= ends[1]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
