"""How long what is derived from a voice may stay, and when a row must go."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from consent.errors import InvalidValue

MAX_SCORES_DAYS: Final = 365
"""CNIL on listening and recording at work: analysis documents are kept one year at most. No setting exceeds it."""


@dataclass(frozen=True, slots=True)
class Retention:
    """The periods announced in a notice, in whole days.

    Raises:
        InvalidValue: a period is under one day or over its cap.
    """

    scores_days: int

    def __post_init__(self) -> None:
        if not 1 <= self.scores_days <= MAX_SCORES_DAYS:
            raise InvalidValue(f"scores_days is 1 to {MAX_SCORES_DAYS} (CNIL: one year), not {self.scores_days}")

    def expiry(self, made_at: datetime) -> datetime:
        """The moment (UTC) at which a row made at `made_at` (timezone-aware) must be gone."""
        return as_utc(made_at) + timedelta(days=self.scores_days)


def as_utc(moment: datetime) -> datetime:
    """The same moment in UTC. Raises InvalidValue for a naive datetime: stored time is never a guess."""
    if moment.tzinfo is None:
        raise InvalidValue("a moment needs a timezone")
    return moment.astimezone(UTC)


def stamp(moment: datetime) -> str:
    """The one written form of a moment: ISO 8601, UTC, milliseconds, sortable as text."""
    return as_utc(moment).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"
