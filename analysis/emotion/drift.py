"""Whether what the model says of a site's callers has changed over the weeks. It finds and tells, and changes nothing.

A week is a histogram over calls, each of which counts once, so that one long call is no crowd. Two of them are compared
by the population stability index, PSI = sum (p - q) ln(p / q), with the convention of credit scoring: under .1 nothing,
from .25 a shift (Siddiqi, Credit Risk Scorecards, 2006). The convention knows no number of cases, and with few of them
chance alone passes .25: PSI / (1/n + 1/m) is distributed as chi-square with one degree of freedom less than there are
bins (Yurdakul and Naranjo, Journal of Risk Model Validation 14(4), 2020). So nothing is said before there are so many
calls that chance stays under .25 in 99 weeks of 100.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import reduce
from operator import add
from typing import Any, Final

from analysis.emotion.score import Reason
from consent.errors import InvalidValue
from consent.retention import as_utc

BINS: Final = 10
SCORED: Final = "scored"
CONTESTED: Final = "contested"
"""A call in which a person who was there said that a score was wrong. It outranks whatever else was said in it."""
KINDS: Final = (SCORED, CONTESTED, *map(str, Reason))
"""What a call's verdict can be."""
JUDGED: Final = (SCORED, CONTESTED, str(Reason.WARMING_UP))
"""What is said of a window that was judged: told with those before it, contested, or kept until there is a second.
Short calls have more of the last, and are no drift."""
OF_SOUND: Final = (Reason.LINE, Reason.NOISE, Reason.UNFAMILIAR)
"""Reasons that lie in what was heard. The others lie in the call's course, its language or our machine, and are not
compared."""
OF_CARD: Final = (Reason.UNFAMILIAR,)
"""Reasons that the card's recordings can have: they are whole, and nothing but a voice is in them."""

SLIGHT: Final = 0.1
LARGE: Final = 0.25
START_WEEKS: Final = 4
"""So many first weeks of a model are what later ones are compared with."""
LONGEST_WEEKS: Final = 4
"""Where one week has too few calls, so many at most are taken together."""
_CHI_SQUARE_99: Final = {2: 6.635, BINS: 21.666}
"""The 99th of 100 parts of chi-square, by bins."""


NAMES: Final = {
    "activation": "activation",
    "anger": "anger",
    "abstained": "share not judged",
    "unfamiliar": "share unfamiliar",
}
"""What is compared, and what it is called."""
SINCE_START: Final = ("activation", "anger", "abstained")
FROM_CARD: Final = ("activation", "anger", "unfamiliar")
"""Which of them with the first weeks, and which with the card."""


class Outcome(StrEnum):
    """What a comparison says."""

    STEADY = "steady"
    SHIFTED = "shifted"
    TOO_FEW = "too_few"
    """Too few calls to tell a shift from chance. It is no all-clear."""


_SINCE_START: Final = {
    Outcome.STEADY: "steady",
    Outcome.SHIFTED: "shifted",
    Outcome.TOO_FEW: "too few calls",
}
_FROM_CARD: Final = {Outcome.STEADY: "alike", Outcome.SHIFTED: "far off", Outcome.TOO_FEW: "too few calls"}


@dataclass(frozen=True, slots=True)
class Week:
    """The calls of a site in one ISO week (UTC) as one sum: how many had the verdict that was drawn from each in which
    of ten equal bins (of the calls that had a score), and of which kind it was (of all calls, by `KINDS`).

    Raises:
        InvalidValue: the sums do not add up.
    """

    name: str
    model_id: str
    activation: tuple[int, ...]
    anger: tuple[int, ...]
    kinds: Mapping[str, int]

    def __post_init__(self) -> None:
        if not len(self.activation) == len(self.anger) == BINS:
            raise InvalidValue(f"a week has {BINS} bins of each output")
        if min(*self.activation, *self.anger, *self.kinds.values(), 0) < 0:
            raise InvalidValue("a count is not negative")
        if not self.kinds.get(SCORED, 0) <= sum(self.activation) == sum(self.anger) <= self.calls:
            raise InvalidValue(f"the sums of {self.name} do not add up")

    @property
    def calls(self) -> int:
        """How many calls it is of."""
        return sum(self.kinds.values())

    @property
    def unfamiliar(self) -> float:
        """The share of unfamiliar windows among those and the ones that were judged."""
        judged, unfamiliar = _against(self, OF_CARD)
        return unfamiliar / max(1, judged + unfamiliar)

    def __add__(self, other: Week) -> Week:
        """Both together, under the name of the later one."""
        activation, anger = (
            tuple(map(sum, zip(*pair, strict=True)))
            for pair in ((self.activation, other.activation), (self.anger, other.anger))
        )
        kinds = {kind: self.kinds.get(kind, 0) + other.kinds.get(kind, 0) for kind in {*self.kinds, *other.kinds}}
        return Week(max(self.name, other.name), self.model_id, activation, anger, kinds)


@dataclass(frozen=True, slots=True)
class Reference:
    """How what is told is distributed over calls made up of the card's held-out speakers, by telephone: shares.

    `activation` and `anger` are of the calls that had a score, in ten equal bins; `abstained` is the unfamiliar part of
    the windows that were judged or unfamiliar. Made by `analysis.emotion.training.reference`.

    Raises:
        InvalidValue: they are no shares.
    """

    activation: tuple[float, ...]
    anger: tuple[float, ...]
    abstained: float

    def __post_init__(self) -> None:
        for shares in (self.activation, self.anger, (self.abstained, 1 - self.abstained)):
            if not (len(shares) in _CHI_SQUARE_99 and min(shares) >= 0 and math.isclose(sum(shares), 1, abs_tol=0.01)):
                raise InvalidValue("the card's reference holds no shares")
        if not len(self.activation) == len(self.anger) == BINS:
            raise InvalidValue(f"the card's reference has {BINS} bins of each output")


def reference_of(card: Mapping[str, Any]) -> Reference | None:
    """The reference of a model's card (`models.json`); None where it has none that can be read."""
    try:
        told = card["reference"]
        activation, anger = (tuple(map(float, told[name])) for name in ("activation", "anger"))
        return Reference(activation, anger, float(told["abstained"]))
    except (InvalidValue, KeyError, TypeError, ValueError):
        return None


@dataclass(frozen=True, slots=True)
class Shift:
    """One output compared: its PSI, and what chance alone stays under in 99 weeks of 100 with as many calls."""

    output: str
    psi: float
    by_chance: float

    @property
    def outcome(self) -> Outcome:
        """By the convention, where there are calls enough for it."""
        if self.by_chance > LARGE:
            return Outcome.TOO_FEW
        return Outcome.SHIFTED if self.psi >= LARGE else Outcome.STEADY

    @property
    def is_slight(self) -> bool:
        """More than chance, and by the convention not yet a shift."""
        return self.outcome is Outcome.STEADY and self.psi >= max(SLIGHT, self.by_chance)


@dataclass(frozen=True, slots=True)
class Drift:
    """How a week stands: `alone` is the week itself, `week` the sum of the `weeks` that were taken together, `start`
    that of the first ones.

    `since_start` is empty for the first weeks themselves, `from_card` where the card has no reference.
    """

    alone: Week
    week: Week
    weeks: int
    start: Week | None
    since_start: tuple[Shift, ...]
    from_card: tuple[Shift, ...]

    @property
    def outcome(self) -> Outcome:
        """Against the site's own start: from the card's recordings calls differ from the first day."""
        return _worst(self.since_start)

    @property
    def card_outcome(self) -> Outcome:
        """Against the card."""
        return _worst(self.from_card)

    @property
    def sentences(self) -> tuple[str, ...]:
        """The same for a person."""
        together = f" with the weeks before it, {self.weeks} in all" if self.weeks > 1 else ""
        told = [f"{self.week.name}{together}: {self.week.calls} calls."]
        if self.start is None:
            told.append(f"It is one of the first {START_WEEKS} weeks, with which later ones are compared.")
        else:
            first = f"the first weeks that are kept (until {self.start.name}, {self.start.calls} calls)"
            told.append(f"Against {first}: {_told(self.since_start, _SINCE_START)}.")
        if self.from_card:
            told.append(
                f"Against the model's card: {_told(self.from_card, _FROM_CARD)}. Its calls are made up of actors' "
                "sentences by telephone: up to six in one tone, every seventh call angry, without noise or loss. So "
                "a difference that stays the same is expected; how large a right one is nobody knows."
            )
        else:
            told.append("The card has no reference to compare with.")
        if self.outcome is Outcome.SHIFTED:
            told.append(
                "What the model says here is no longer what it said at first. Callers, line, language or machine may "
                "have changed. Nothing was adapted, and nothing will be: try the model on labelled calls of this site."
            )
        return tuple(told)


def week_of(moment: datetime) -> str:
    """The ISO week of a moment (timezone-aware), in UTC: "2026-W10"."""
    year, week, _ = as_utc(moment).isocalendar()
    return f"{year:04}-W{week:02}"


def bin_of(value: float) -> int:
    """Which of the ten equal bins of 0..1 a value falls into."""
    return min(BINS - 1, int(value * BINS))


def psi_of(shifts: Sequence[Shift], output: str) -> float:
    """The index of one output; not a number where nothing can be said of it."""
    return next((one.psi for one in shifts if one.output == output and one.outcome is not Outcome.TOO_FEW), math.nan)


def drifts(weeks: Sequence[Week], reference: Reference | None) -> list[Drift]:
    """How each of these weeks stands, in their order: of one model, each of them over, the oldest first."""
    first, later = weeks[:START_WEEKS], weeks[START_WEEKS:]
    start = _sum(first) if later else None
    return [
        *(_drift(first[: place + 1], None, reference) for place in range(len(first))),
        *(_drift(later[: place + 1], start, reference) for place in range(len(later))),
    ]


def _drift(until: Sequence[Week], start: Week | None, reference: Reference | None) -> Drift:
    """Of the last of these weeks, with as many before it as it takes to have calls enough."""
    found: Drift | None = None
    for count in range(1, min(LONGEST_WEEKS, len(until)) + 1):
        week = _sum(until[-count:])
        found = Drift(until[-1], week, count, start, _since(week, start), _from(week, reference))
        if Outcome.TOO_FEW not in {one.outcome for one in (*found.since_start, *found.from_card)}:
            break
    assert found is not None  # noqa: S101 - there is at least one week
    return found


def _sum(weeks: Sequence[Week]) -> Week:
    return reduce(add, weeks)


def _since(week: Week, start: Week | None) -> tuple[Shift, ...]:
    if start is None:
        return ()
    return tuple(
        _shift(output, counts, _smoothed(then), sum(then))
        for (output, counts), (_, then) in zip(_counts_since(week), _counts_since(start), strict=True)
    )


def _from(week: Week, reference: Reference | None) -> tuple[Shift, ...]:
    if reference is None:
        return ()
    told = (reference.activation, reference.anger, (1 - reference.abstained, reference.abstained))
    # A thousandth in an empty bin: no share of the card's is known better.
    shares = ([(one + 0.001) / (sum(q) + 0.001 * len(q)) for one in q] for q in told)
    counted = zip(FROM_CARD, _counts(week, OF_CARD), shares, strict=True)
    return tuple(_shift(output, counts, q, math.inf) for output, counts, q in counted)


def _counts_since(week: Week) -> Iterator[tuple[str, tuple[int, ...]]]:
    return zip(SINCE_START, _counts(week, OF_SOUND), strict=True)


def _counts(week: Week, reasons: Sequence[str]) -> tuple[tuple[int, ...], ...]:
    """Of both outputs by bins, and of windows judged against those not judged for these reasons."""
    return week.activation, week.anger, _against(week, reasons)


def _against(week: Week, reasons: Sequence[str]) -> tuple[int, int]:
    judged, silent = (sum(week.kinds.get(kind, 0) for kind in kinds) for kinds in (JUDGED, reasons))
    return judged, silent


def _shift(output: str, counts: Sequence[int], q: Sequence[float], cases: float) -> Shift:
    n = sum(counts)
    if not n or not cases:
        return Shift(output, 0.0, math.inf)
    p = _smoothed(counts)
    psi = sum((one - other) * math.log(one / other) for one, other in zip(p, q, strict=True))
    return Shift(output, psi, _CHI_SQUARE_99[len(counts)] * (1 / n + 1 / cases))


def _smoothed(counts: Sequence[int]) -> list[float]:
    """Shares, with half a call more in each bin: the logarithm of an empty one would be infinite (Jeffreys' prior)."""
    return [(count + 0.5) / (sum(counts) + 0.5 * len(counts)) for count in counts]


def _worst(shifts: Sequence[Shift]) -> Outcome:
    found = {one.outcome for one in shifts}
    if Outcome.SHIFTED in found:
        return Outcome.SHIFTED
    return Outcome.STEADY if found == {Outcome.STEADY} else Outcome.TOO_FEW


def _told(shifts: Sequence[Shift], words: Mapping[Outcome, str]) -> str:
    return ", ".join(f"{NAMES[one.output]} {_in_words(one, words)}" for one in shifts)


def _in_words(shift: Shift, words: Mapping[Outcome, str]) -> str:
    if math.isinf(shift.by_chance):
        return "not compared (no call to compare)"
    figure = f"{shift.psi:.2f} (chance {shift.by_chance:.2f})"
    return f"{figure} {'a little off' if shift.is_slight else words[shift.outcome]}"
