"""How long what is derived from a voice may stay, and when a row must go."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from consent.errors import InvalidValue

MAX_SCORES_DAYS: Final = 365
"""CNIL on listening and recording at work: analysis documents are kept one year at most. No setting exceeds it."""
MAX_RECORDS_DAYS: Final = 365
"""As long, and no longer, is it proven who answered what: after it the record keeps its place in the chain alone."""
MAX_CLIPS_DAYS: Final = 180
"""CNIL on listening and recording at work: recordings are kept six months at most. There are no clips yet."""


@dataclass(frozen=True, slots=True)
class Retention:
    """The periods announced in a notice, in whole days: of scores and facts, and of the records of answers.

    Raises:
        InvalidValue: a period is under one day or over its cap, or the records go before the scores they cover.
    """

    scores_days: int
    records_days: int = MAX_RECORDS_DAYS

    def __post_init__(self) -> None:
        if not 1 <= self.scores_days <= MAX_SCORES_DAYS:
            raise InvalidValue(f"scores_days is 1 to {MAX_SCORES_DAYS} (CNIL: one year), not {self.scores_days}")
        if not self.scores_days <= self.records_days <= MAX_RECORDS_DAYS:
            raise InvalidValue(
                f"records_days is scores_days to {MAX_RECORDS_DAYS}: a score is kept no longer than the yes it came of"
            )

    def expiry(self, made_at: datetime) -> datetime:
        """The moment (UTC) at which a row made at `made_at` (timezone-aware) must be gone."""
        return as_utc(made_at) + timedelta(days=self.scores_days)

    def scores_go_on(self, day: date) -> date:
        """The day at whose beginning (UTC) what was derived on `day` is deleted: never later than `expiry`."""
        return day + timedelta(days=self.scores_days)

    def records_go_on(self, day: date) -> date:
        """The day at whose beginning (UTC) the answers of `day` are forgotten."""
        return day + timedelta(days=self.records_days)


def as_utc(moment: datetime) -> datetime:
    """The same moment in UTC. Raises InvalidValue for a naive datetime: stored time is never a guess."""
    if moment.tzinfo is None:
        raise InvalidValue("a moment needs a timezone")
    return moment.astimezone(UTC)


def stamp(moment: datetime) -> str:
    """The one written form of a moment: ISO 8601, UTC, milliseconds, sortable as text."""
    return as_utc(moment).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"
