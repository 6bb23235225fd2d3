"""What is stored, as values: each row bears its grant and the moment at which it must be gone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from analysis.conversation import PartyFacts
from analysis.emotion.score import Verdict
from consent.errors import InvalidValue
from consent.parties import Party


@dataclass(frozen=True, slots=True)
class ScoreRow:
    """One verdict about one stretch of the caller's speech. Moments are UTC.

    Raises:
        InvalidValue: no grant, or an end that is not after the beginning.
    """

    score_id: int
    grant_id: str
    made_at: datetime
    expires_at: datetime
    verdict: Verdict

    def __post_init__(self) -> None:
        _check_life(self.grant_id, self.made_at, self.expires_at)


@dataclass(frozen=True, slots=True)
class FactsRow:
    """The facts of one party in one call. Moments are UTC.

    Raises:
        InvalidValue: no grant, an end that is not after the beginning, or pace and level of an agent.
    """

    grant_id: str
    party: Party
    made_at: datetime
    expires_at: datetime
    facts: PartyFacts

    def __post_init__(self) -> None:
        _check_life(self.grant_id, self.made_at, self.expires_at)
        if self.party is not Party.CALLER and self.facts.delivery is not None:
            raise InvalidValue("pace and level are measured of the caller alone")


def _check_life(grant_id: str, made_at: datetime, expires_at: datetime) -> None:
    if not grant_id:
        raise InvalidValue("a row needs a grant")
    if not expires_at > made_at:
        raise InvalidValue("a row must expire after it was made")
