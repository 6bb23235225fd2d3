"""How the caller speaks, against the same call's start."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.audio import ENGINE_RATE_HZ
from analysis.delivery import MIN_TALK_S, NEWEST_SEGMENTS, START_TALK_S, Delivery, DeliveryTracker
from analysis.speech.segment import AgentVoice, CallerSpeech, SpeechSegment
from consent.errors import InvalidValue, Withdrawn
from consent.gate import Grants
from tests.analysis.test_syllables import train
from tests.conftest import Callers


def speech(grants: Grants, per_s: float = 4.0, level: float = 0.1, speech_share: float = 1.0) -> CallerSpeech:
    """Four seconds of a made-up voice, as the engine would hand it over."""
    return CallerSpeech(grants.caller.admit(SpeechSegment(0, train(per_s, level=level), speech_share, 0.0, 1.0)))


async def test_the_rate_is_syllables_in_a_second_of_talk(callers: Callers) -> None:
    """Twelve seconds at four syllables a second; half of a second stretch is silence and counts as none."""
    grants = await callers.says_yes()
    tracker = DeliveryTracker()
    for _ in range(3):
        tracker.take(speech(grants))
    assert tracker.delivery().articulation_s == pytest.approx(12.0)
    assert tracker.delivery().articulation_rate == pytest.approx(4.0, abs=0.3)
    tracker = DeliveryTracker()
    for _ in range(6):
        tracker.take(speech(grants, speech_share=0.5))
    assert tracker.delivery().articulation_rate == pytest.approx(8.0, abs=0.6)


async def test_too_little_talk_has_no_rate(callers: Callers) -> None:
    """Below ten seconds of fit talk nothing is said; how much there is, is."""
    grants = await callers.says_yes()
    tracker = DeliveryTracker()
    for _ in range(2):
        tracker.take(speech(grants))
    assert tracker.delivery() == Delivery(articulation_s=8.0)
    assert MIN_TALK_S == 10


@pytest.mark.parametrize("change_db", [-9.0, 0.0, 6.0])
async def test_the_level_is_that_of_now_over_the_calls_start(callers: Callers, change_db: float) -> None:
    """Sixteen seconds at one level, then five segments at another: the difference, in dB, and not before."""
    grants = await callers.says_yes()
    tracker = DeliveryTracker()
    for _ in range(int(START_TALK_S // 4) + 1):
        tracker.take(speech(grants))
    for _ in range(NEWEST_SEGMENTS):
        assert tracker.delivery().level_change_db is None
        tracker.take(speech(grants, level=0.1 * 10 ** (change_db / 20)))
    assert tracker.delivery().level_change_db == pytest.approx(change_db, abs=0.2)


async def test_one_shout_moves_no_level(callers: Callers) -> None:
    """The median of five: a single loud segment is not a louder caller, and old ones leave."""
    grants = await callers.says_yes()
    tracker = DeliveryTracker()
    for level in (*[0.02] * 4, *[0.02] * 4, 0.5):
        tracker.take(speech(grants, level=level))
    assert tracker.delivery().level_change_db == pytest.approx(0.0, abs=0.2)
    for _ in range(NEWEST_SEGMENTS):
        tracker.take(speech(grants, level=0.2))
    assert tracker.delivery().level_change_db == pytest.approx(20.0, abs=0.2)


async def test_a_segment_without_syllables_has_no_level(callers: Callers) -> None:
    """A sigh of four seconds counts as talk without syllables, and moves no level."""
    grants = await callers.says_yes()
    tracker = DeliveryTracker()
    hush = SpeechSegment(0, np.zeros(4 * ENGINE_RATE_HZ, np.float32), 1.0, 0.0, 1.0)
    for _ in range(20):
        tracker.take(CallerSpeech(grants.caller.admit(hush)))
    assert tracker.delivery() == Delivery(80.0, 0.0, None)


async def test_there_is_no_way_to_measure_an_agent(callers: Callers) -> None:
    """What the tracker takes cannot be made of an agent's voice."""
    grants = await callers.says_yes()
    assert grants.agent is not None
    segment = SpeechSegment(0, train(4.0), 1.0, 0.0, 1.0)
    with pytest.raises(AgentVoice):
        CallerSpeech(grants.agent.admit(segment))


async def test_after_a_stop_nothing_is_measured(callers: Callers) -> None:
    """A segment in flight when the caller stops is not opened any more."""
    grants = await callers.says_yes()
    late, tracker = speech(grants), DeliveryTracker()
    await callers.stops()
    with pytest.raises(Withdrawn):
        tracker.take(late)
    assert tracker.delivery() == Delivery()


@given(st.floats(), st.none() | st.floats(), st.none() | st.floats())
@settings(max_examples=300)
def test_a_delivery_lies_within_what_a_mouth_can_do(s: float, rate: float | None, change_db: float | None) -> None:
    """Whatever is handed in: bounds hold, or the value is not born."""
    try:
        born = Delivery(s, rate, change_db)
    except InvalidValue:
        return
    assert born.articulation_s >= 0
    assert born.articulation_rate is None or (0 <= born.articulation_rate <= 20 and born.articulation_s >= MIN_TALK_S)
    assert born.level_change_db is None or abs(born.level_change_db) <= 100
