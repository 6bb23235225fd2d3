"""How sure a figure is: 95 % intervals that resample speakers, exact binomial bounds, and what is too little to tell.

A figure is a dict: `value` with `low` and `high`; `value` alone and `why` there is no interval; or `value` "not shown"
and `why`. Clips of one person are alike, so persons are drawn anew and not clips.
"""

import math
from statistics import NormalDist
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from analysis.emotion.evaluation.figures import Flags, Floats, auc

Codes = NDArray[np.intp]
Figure = dict[str, Any]

NOT_SHOWN: Final = "not shown"
MIN_SPEAKERS: Final = 5
"""For an interval. Five speakers can be drawn in 126 ways, four in 35: fewer than the 40 that one replicate in 40,
which is what lies beyond each end of a 95 % interval, takes. It also keeps a figure from being about one person."""
MIN_CLIPS: Final = 10
"""For a rate or an AUC, of each class in question: with fewer, one clip moves a rate by more than ten points."""
REPLICATES: Final = 1000
"""The 25th from either end is known to about 0.2 standard errors: well below what is rounded away."""

_SEED: Final = 6
_TAIL: Final = 0.025
_CHUNK: Final = 100
_MOST: Final = 20_000
_LOST_SHARE: Final = 0.1
"""Replicates without both classes; with more of them what is left no longer stands for all."""


def shown(value: float, low: float | None = None, high: float | None = None) -> Figure:
    """Return a figure with its interval, where there is one."""
    figure: Figure = {"value": round(value, 4)}
    if low is not None and high is not None:
        figure |= {"low": round(low, 4), "high": round(high, 4)}
    return figure


def not_shown(why: str) -> Figure:
    """Return the figure that cannot be given, and why."""
    return {"value": NOT_SHOWN, "why": why}


def is_shown(figure: Figure) -> bool:
    """Whether the figure has a value."""
    return bool(figure["value"] != NOT_SHOWN)


def draws(speakers: int) -> Floats:
    """How often each speaker is drawn in each replicate, `[REPLICATES, speakers]`; the same at every call."""
    random = np.random.default_rng((_SEED, speakers))
    return random.multinomial(speakers, np.full(speakers, 1 / speakers), REPLICATES).astype(np.float64)


def ends(replicates: Floats, speakers: int) -> tuple[float, float] | None:
    """Return the 95 % interval of a figure from its replicates, or None where too many of them have no value.

    Percentiles of few clusters lie too close, so they are taken further out (Hesterberg 2015, "What Teachers Should
    Know About the Bootstrap", section 4.1.3: the expanded percentile interval).
    """
    known = replicates[np.isfinite(replicates)]
    if speakers < MIN_SPEAKERS or len(known) < (1 - _LOST_SHARE) * len(replicates):
        return None
    tail = NormalDist().cdf(-math.sqrt(speakers / (speakers - 1)) * _student(speakers - 1))
    low, high = np.quantile(known, [tail, 1 - tail])
    return float(low), float(high)


def few(speakers: int) -> str:
    """Say why there is no interval."""
    if speakers < MIN_SPEAKERS:
        return f"no interval: {speakers} speakers, and {MIN_SPEAKERS} are needed"
    return "no interval: too few speakers have clips of both kinds"


def with_ends(value: float, found: tuple[float, float] | None, speakers: int) -> Figure:
    """Return a figure with its interval, or with the reason why there is none."""
    return shown(value, *found) if found else shown(value) | {"why": few(speakers)}


def rate(events: Flags, speaker: Codes, of: str) -> Figure:
    """Return the share of clips with an event, of clips `of` a kind (in words, for the reason why not).

    The interval is the wider one, at either end, of resampled speakers and of the exact binomial: where nobody raised
    an alarm all replicates agree, and yet the next clip may.
    """
    total = len(events)
    if total < MIN_CLIPS:
        return not_shown(f"{total} clips {of}, and {MIN_CLIPS} are needed")
    code, speakers = renumber(speaker)
    drawn = draws(speakers)
    found = ends(ratios(events, code, drawn), speakers)
    count = int(events.sum())
    if found:
        found = min(found[0], lower_bound(count, total)), max(found[1], upper_bound(count, total))
    return with_ends(count / total, found, speakers)


def ranking(scores: Floats, positive: Flags, speaker: Codes, of: str) -> Figure:
    """Return the AUC of scores, or why there is none; `of` names the positive clips in words."""
    positives, negatives = int(positive.sum()), int((~positive).sum())
    if min(positives, negatives) < MIN_CLIPS:
        return not_shown(f"{positives} clips {of} and {negatives} others, and {MIN_CLIPS} of each are needed")
    code, speakers = renumber(speaker)
    found = ends(rankings(scores, positive, code, draws(speakers)), speakers)
    return with_ends(auc(scores, positive), found, speakers)


def renumber(speaker: Codes) -> tuple[Codes, int]:
    """Number the speakers that are there from 0; return each clip's number and how many there are."""
    names, code = np.unique(speaker, return_inverse=True)
    return code.astype(np.intp), len(names)


def ratios(events: Flags, code: Codes, drawn: Floats) -> Floats:
    """Return the share of events in each replicate, `[replicates]`; nan where nobody with such clips was drawn."""
    speakers = drawn.shape[1]
    count = drawn @ np.bincount(code, events, speakers)
    total = drawn @ np.bincount(code, minlength=speakers)
    found: Floats = np.divide(count, total, out=np.full(len(drawn), np.nan), where=total > 0)
    return found


def rankings(scores: Floats, positive: Flags, code: Codes, drawn: Floats) -> Floats:
    """Return the AUC in each replicate, `[replicates]`; nan where one class is missing."""
    order = np.argsort(scores, kind="stable")
    ordered, positive, code = scores[order], positive[order], code[order]
    first = np.searchsorted(ordered, ordered[positive], "left")
    last = np.searchsorted(ordered, ordered[positive], "right")
    found = []
    for start in range(0, len(drawn), _CHUNK):
        weights = drawn[start : start + _CHUNK][:, code]
        below = np.zeros((len(weights), len(ordered) + 1))
        np.cumsum(np.where(positive, 0.0, weights), axis=1, out=below[:, 1:])
        wins = (weights[:, positive] * (below[:, first] + below[:, last])).sum(axis=1) / 2
        pairs = weights[:, positive].sum(axis=1) * below[:, -1]
        found.append(np.divide(wins, pairs, out=np.full(len(weights), np.nan), where=pairs > 0))
    return np.concatenate(found)


def upper_bound(count: int, total: int) -> float:
    """Upper end of the exact 95 % interval of a share (Clopper & Pearson 1934): count of total clips."""
    if count >= total:
        return 1.0
    low, high = count / total, 1.0
    while high - low > 1e-6:
        middle = (low + high) / 2
        low, high = (middle, high) if _chance_of_at_most(count, total, middle) > _TAIL else (low, middle)
    return high


def lower_bound(count: int, total: int) -> float:
    """Lower end of the exact 95 % interval of a share: count of total clips."""
    return 1.0 - upper_bound(total - count, total)


def needed(limit: float, share: float = 0.0) -> int | None:
    """How many clips it takes until the upper 95 % bound of a rate can lie at or under `limit`.

    Args:
        limit: what the bound must not exceed, 0..1.
        share: the rate that is expected; with 0 this is the exact form of the "rule of three" (3.7 / limit here).

    Returns:
        The least number; None where the rate is so near the limit, or above, that 20,000 clips would not show it.
    """
    for count in range(_MOST):
        total = _least_total(count, limit)
        if total is None:
            return None
        if share * total <= count:
            return total
    return None


def _least_total(count: int, limit: float) -> int | None:
    """The least number of clips of which `count` may have an event and the upper bound still lies under the limit."""
    if not limit > 0 or _chance_of_at_most(count, _MOST, limit) > _TAIL:
        return None
    low, high = count, _MOST  # at low the bound is 1, at high it is under the limit
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _chance_of_at_most(count, middle, limit) > _TAIL else (low, middle)
    return high


def _chance_of_at_most(count: int, total: int, share: float) -> float:
    """The binomial distribution: how likely at most `count` of `total` have an event that has this share."""
    if count >= total or share <= 0:
        return 1.0
    if share >= 1:
        return 0.0
    steps = np.arange(1, count + 1)
    ways = np.concatenate(([0.0], np.cumsum(np.log((total - steps + 1) / steps))))
    times = np.arange(count + 1)
    logs = ways + times * math.log(share) + (total - times) * math.log1p(-share)
    return float(np.exp(logs[logs > -700]).sum())  # below that a float64 is 0


def _student(degrees: int) -> float:
    """The 97.5th percentile of Student's t, by its expansion about the normal (Abramowitz & Stegun 26.7.5)."""
    z: float = NormalDist().inv_cdf(1 - _TAIL)
    terms: tuple[float, ...] = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
    )
    return z + math.fsum(term / degrees**power for power, term in enumerate(terms, start=1))
