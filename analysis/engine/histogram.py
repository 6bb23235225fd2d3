"""How often a figure fell between which bounds: small, mergeable, and what Prometheus wants to know."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass

from consent.errors import InvalidValue


@dataclass(frozen=True, slots=True)
class Histogram:
    """A snapshot. `counts` has one place for each bound (what was at most that, and more than the one before) and a
    last one for all above.

    Raises:
        InvalidValue: bounds that do not rise, or counts that do not fit them.
    """

    bounds: tuple[float, ...]
    counts: tuple[int, ...]
    total: float

    def __post_init__(self) -> None:
        if list(self.bounds) != sorted(set(self.bounds)) or len(self.counts) != len(self.bounds) + 1:
            raise InvalidValue("bounds rise, and there is one count more than bounds")

    @property
    def count(self) -> int:
        """How many figures were counted."""
        return sum(self.counts)

    def quantile(self, share: float) -> float | None:
        """The figure that this share (0..1) of all does not exceed, on a straight line between two bounds.

        None for nothing counted, infinity above the last bound.
        """
        rest, lower = share * self.count, 0.0
        if not self.count:
            return None
        for bound, count in zip(self.bounds, self.counts, strict=False):
            if count and rest <= count:
                return lower + (bound - lower) * rest / count
            rest, lower = rest - count, bound
        return float("inf")


class Tally:
    """Counts into a histogram. One thread writes; a snapshot taken meanwhile in another is at most one figure off."""

    __slots__ = ("_bounds", "_counts", "_total")

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self._bounds = bounds
        self._counts = [0] * (len(bounds) + 1)
        self._total = 0.0

    def add(self, figure: float) -> None:
        """Count one figure."""
        self._counts[bisect_left(self._bounds, figure)] += 1
        self._total += figure

    def snapshot(self) -> Histogram:
        """What was counted so far."""
        return Histogram(self._bounds, tuple(self._counts), self._total)
