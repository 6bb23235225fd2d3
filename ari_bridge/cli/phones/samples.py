"""Made-up cards for previews: one of each state of a call, and of each thing that a granted one may say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from analysis.conversation import ConversationFacts
from analysis.delivery import Delivery
from analysis.emotion.score import Abstained, Estimate, Reason, ToneScore
from ari_bridge.calls.cue_file import Kind, shipped
from ari_bridge.calls.cue_watch import said
from ari_bridge.calls.cues import Cue
from ari_bridge.screens import contesting, cueing
from ari_bridge.screens.card import CardState, ScoreCard
from ari_bridge.screens.idle import no_call
from ari_bridge.screens.wording import card_of, stop_failed

TENSE: Final = "tense"
"""The card that a preview shows where no other is named: the fullest."""

_FACTS: Final = ConversationFacts(
    heard_s=120.0, caller_talk_s=42.0, agent_talk_s=48.0, overlap_s=4.4, longest_pause_s=7.6, caller_overlaps=1,
    agent_overlaps=2, caller_answers=7, agent_answers=8, caller_latency_s=0.416, agent_latency_s=0.832,
    delivery=Delivery(articulation_s=31.0, articulation_rate=4.3, level_change_db=5.6),
)  # fmt: skip
_TENSE: Final = ToneScore(100.0, 104.0, Estimate(0.7, 0.15), Estimate(0.4, 0.2), "preview")
_CUE: Final = Cue(Kind.BOTH_AT_ONCE, amount=9.0, of=30.0, error=1.0, seen_at_s=104.0)
_NOISE: Final = Abstained(100.0, 104.0, Reason.NOISE)


def samples(language: str) -> Mapping[str, ScoreCard]:
    """The cards by name, in that language, with the keys that they have on a phone."""
    tense = card_of(CardState.GRANTED, language=language, tone=_TENSE, facts=_FACTS)
    states = {state.value: card_of(state, language=language) for state in CardState if state is not CardState.GRANTED}
    contestable = contesting.offering(tense, language)
    cue = said(_CUE, shipped(), language)
    granted = {
        TENSE: contestable,
        "cue": cueing.telling(contestable, cue),
        "contested": contesting.dropped(tense, language),
        "abstained": card_of(CardState.GRANTED, language=language, tone=_NOISE, facts=_FACTS),
        "granted": card_of(CardState.GRANTED, language=language),
    }
    return {
        **{name: cueing.offering(card, language) for name, card in granted.items()},
        "contest": contesting.question(language),
        "stop_failed": stop_failed(language),
        **states,
        "no_call": no_call(language),
    }
