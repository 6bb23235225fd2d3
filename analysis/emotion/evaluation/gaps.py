"""Who is wronged more: the gap in false anger alarms between groups of people, where there is enough to tell it."""

from itertools import combinations
from math import hypot
from typing import Final

from analysis.emotion.evaluation.figures import Flags, Floats
from analysis.emotion.evaluation.intervals import (
    MIN_SPEAKERS,
    Codes,
    Figure,
    draws,
    ends,
    lower_bound,
    not_shown,
    ratios,
    renumber,
    shown,
    upper_bound,
)
from analysis.emotion.evaluation.table import UNKNOWN, Table

MIN_CALM_CLIPS: Final = 60
"""Of each group, not angry and judged: with fewer, not one alarm still leaves up to 6 % (exact, 95 %) possible."""
WIDEST: Final = {"sex": 0.05, "race": 0.075}
"""Half of the interval, at most: wider, and a gap of twice what is promised (3 points between women and men, 5 between
races) would look like none."""


def gaps(line: Table, kind: str) -> dict[str, Figure]:
    """Return the gap in false alarms between each two groups of a kind ("sex", "race"): "f - m" and so on.

    `line` are judgements over one line. Its clips that are not angry and were judged count. Groups of which nobody
    knows are left out.
    """
    calm = line.where(line.is_judged & line.is_told & ~line.is_angry)
    of = getattr(calm, kind)
    names = sorted(set(getattr(line.where(line.is_judged), kind).tolist()) - {UNKNOWN})
    return {f"{one} - {two}": _gap(calm.where(of == one), calm.where(of == two), one, two, WIDEST[kind])
            for one, two in combinations(names, 2)}  # fmt: skip


def _gap(one: Table, two: Table, name: str, other: str, widest: float) -> Figure:
    """Return how many more false alarms the one group has than the other, as a difference of shares."""
    for group, called in ((one, name), (two, other)):
        known = len(set(group.speaker.tolist()))
        if known < MIN_SPEAKERS or len(group) < MIN_CALM_CLIPS:
            return not_shown(f"{called}: {known} speakers and {len(group)} clips that are not angry and were judged; "
                             f"{MIN_SPEAKERS} and {MIN_CALM_CLIPS} are needed")  # fmt: skip
    first, second = _replicates(one.is_alarm, one.speaker, 0), _replicates(two.is_alarm, two.speaker, 1)
    fewest = min(len(set(one.speaker.tolist())), len(set(two.speaker.tolist())))
    value = float(one.is_alarm.mean() - two.is_alarm.mean())
    found = _wider(ends(first - second, fewest), value, one, two)
    if (found[1] - found[0]) / 2 > widest:
        return not_shown(f"the interval of {100 * found[0]:.1f} to {100 * found[1]:.1f} points is too wide: more than "
                         f"{100 * widest:g} points to either side")  # fmt: skip
    return shown(value, *found)


def _wider(drawn: tuple[float, float] | None, value: float, one: Table, two: Table) -> tuple[float, float]:
    """Return the wider interval, at either end, of drawn speakers and of the exact binomial of both groups.

    The latter are squared and added (Newcombe 1998, "Interval estimation for the difference between independent
    proportions", method 10): where nobody raised an alarm drawing speakers knows no doubt.
    """
    (low, rate, high), (other_low, other_rate, other_high) = _exact(one), _exact(two)
    exact = value - hypot(rate - low, other_high - other_rate), value + hypot(high - rate, other_rate - other_low)
    drawn = drawn or exact
    return min(drawn[0], exact[0]), max(drawn[1], exact[1])


def _exact(group: Table) -> tuple[float, float, float]:
    """Return the share of alarms between its exact bounds."""
    count, total = int(group.is_alarm.sum()), len(group)
    return lower_bound(count, total), count / total, upper_bound(count, total)


def _replicates(alarms: Flags, speaker: Codes, turn: int) -> Floats:
    code, known = renumber(speaker)
    # The second group in another order, lest two groups of one size be drawn alike.
    return ratios(alarms, code, draws(known)[:: -1 if turn else 1])
