"""The only thing that a tone model takes."""

import numpy as np
import pytest

from analysis.speech.segment import AgentVoice, CallerSpeech, SpeechSegment
from consent.errors import InvalidValue
from consent.ledger import Ledger
from consent.notice import Notice
from consent.purposes import Purpose
from consent.retention import Retention
from tests.conftest import Callers


def segment() -> SpeechSegment:
    """One second."""
    return SpeechSegment(8_000, np.zeros(16_000, np.float32), 0.9, 0.0, 1.0)


def test_a_segment_knows_its_seconds() -> None:
    """Times are seconds from the call's own zero."""
    assert (segment().start_s, segment().end_s) == (0.5, 1.5)


@pytest.mark.parametrize(
    ("samples", "share"),
    [(np.zeros(0, np.float32), 0.5), (np.zeros((2, 2), np.float32), 0.5), (np.zeros(9, np.float32), 1.1)],
)
def test_an_impossible_segment_is_not_born(samples: np.ndarray, share: float) -> None:
    """No samples, two channels, or a share over 1."""
    with pytest.raises(InvalidValue):
        SpeechSegment(0, samples, share, 0.0, 1.0)


async def test_the_agents_voice_is_refused(callers: Callers) -> None:
    """EU AI Act, Article 5(1)(f): a segment under staff's grant cannot become what a tone model takes."""
    grants = await callers.says_yes()
    CallerSpeech(grants.caller.admit(segment()))
    with pytest.raises(AgentVoice):
        CallerSpeech(grants.agent.admit(segment()))


async def test_a_yes_to_facts_alone_covers_no_tone(ledger: Ledger) -> None:
    """A purpose that the notice did not name is refused."""
    notice = Notice(1, "en", "We measure talk time.", "cd" * 32, frozenset({Purpose.FACTS}), Retention(30))
    await ledger.announce([notice])
    grants = await Callers(ledger, notice).says_yes()
    with pytest.raises(InvalidValue):
        CallerSpeech(grants.caller.admit(segment()))
