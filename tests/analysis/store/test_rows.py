"""Stored rows as values."""

from datetime import UTC, datetime, timedelta

import pytest

from analysis.conversation import PartyFacts
from analysis.delivery import Delivery
from analysis.emotion.score import Abstained, Reason
from analysis.store.rows import FactsRow, ScoreRow
from consent.errors import InvalidValue
from consent.parties import Party

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize(("grant_id", "days"), [("", 1), ("g", 0), ("g", -1)])
def test_no_row_without_a_grant_and_an_end(grant_id: str, days: int) -> None:
    """A row that nobody allowed, or that would never go, is not even born."""
    with pytest.raises(InvalidValue):
        ScoreRow(1, grant_id, NOW, NOW + timedelta(days=days), Abstained(0, 1, Reason.NOISE))
    with pytest.raises(InvalidValue):
        FactsRow(grant_id, Party.AGENT, NOW, NOW + timedelta(days=days), PartyFacts(0, 0, None, 0, 0))


def test_pace_and_level_of_an_agent_are_not_born() -> None:
    """A row of an agent that bears a delivery, even an empty one, is a mistake of ours that stops here."""
    spoken = PartyFacts(60, 20, 0.4, 1, 2, delivery=Delivery(12.0, 4.0, 1.0))
    assert FactsRow("g", Party.CALLER, NOW, NOW + timedelta(days=1), spoken).facts == spoken
    for delivery in (Delivery(12.0, 4.0, 1.0), Delivery()):
        with pytest.raises(InvalidValue, match="caller alone"):
            FactsRow("g", Party.AGENT, NOW, NOW + timedelta(days=1), PartyFacts(60, 20, 0.4, 1, 2, delivery=delivery))
