"""What mypy must reject: pace and level of anybody but the caller. Never run; see test_rejected.py."""

from analysis.conversation import ConversationFacts, ConversationTracker
from analysis.delivery import DeliveryTracker
from analysis.speech.segment import CallerSpeech, SpeechSegment
from consent.grant import Consented


def a_voice_that_may_be_an_agents(
    tracker: ConversationTracker, delivery: DeliveryTracker, kept: Consented[SpeechSegment], segment: SpeechSegment
) -> None:
    """Only what was born as the caller's speech is measured."""
    tracker.measure(segment)  # E: "SpeechSegment"; expected "CallerSpeech"
    tracker.measure(kept)  # E: expected "CallerSpeech"
    delivery.take(kept)  # E: expected "CallerSpeech"
    delivery.take(segment.samples)  # E: expected "CallerSpeech"
    tracker.measure(CallerSpeech(kept))


def the_facts_of_a_call_name_no_pace_of_an_agent(facts: ConversationFacts) -> None:
    """There is one delivery in a call."""
    print(facts.agent_delivery)  # E: has no attribute "agent_delivery"
    print(facts.delivery)
