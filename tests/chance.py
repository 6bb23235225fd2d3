"""Statistics of an attacker: does what is seen go with what is sought, or is it chance?"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

SHUFFLES: Final = 4_000
SEED: Final = 20260301


class Correlation(NamedTuple):
    """Spearman's rho, and how often chance alone gives one as large."""

    rho: float
    p_value: float


def rank_correlation(seen: Sequence[float], sought: Sequence[float] | None = None) -> Correlation:
    """Of what is seen, in the order of time, with what is sought (by default time itself): a permutation test."""
    wanted = range(len(seen)) if sought is None else sought
    one, other = _ranks(seen), _ranks(wanted)
    scale = float(np.sqrt((one**2).sum() * (other**2).sum()))
    if scale == 0:
        return Correlation(0.0, 1.0)
    rho = float(one @ other) / scale
    rng = np.random.default_rng(SEED)
    shuffled = np.array([float(rng.permutation(one) @ other) / scale for _ in range(SHUFFLES)])
    return Correlation(rho, float((np.abs(shuffled) >= abs(rho) - 1e-12).mean()))


def beats_chance(right: int, guesses: Sequence[Sequence[object]], truth: Sequence[object]) -> float:
    """How often a shuffled truth is met as often as `right` by these guesses (each a list of candidates)."""
    lots, shuffled, as_good = random.Random(SEED), list(truth), 0
    for _ in range(SHUFFLES):
        lots.shuffle(shuffled)
        as_good += sum(t in g for g, t in zip(guesses, shuffled, strict=True)) >= right
    return as_good / SHUFFLES


def _ranks(values: Sequence[float]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    found = np.asarray(values, dtype=np.float64)
    _, places, counts = np.unique(found, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    ranks = ((ends - counts) + (ends - 1)) / 2
    centred: np.ndarray[tuple[int], np.dtype[np.float64]] = ranks[places] - ranks[places].mean()
    return centred
