"""A call as one agent may see it, whatever it is shown on. Pure."""

from __future__ import annotations

from analysis.emotion.score import ToneScore
from ari_bridge.calls.board import CallView, Stage
from ari_bridge.screens import contesting
from ari_bridge.screens.card import CardState, ScoreCard
from ari_bridge.screens.wording import card_of


def card(view: CallView | None, endpoint: str, language: str) -> ScoreCard:
    """The card of a call for that endpoint: for an agent who handed it on, it has ended; so where there is no view."""
    if view is None or (view.stage is Stage.GRANTED and endpoint not in view.agents):
        return card_of(CardState.ENDED, language=language)
    made = card_of(
        CardState(view.stage.value), language=language, tone=view.tone, facts=view.facts, problem=view.problem
    )
    if view.contested and endpoint in view.agents:
        return contesting.dropped(made, language)
    return contesting.offering(made, language) if is_contestable(view, endpoint) else made


def is_contestable(view: CallView, endpoint: str) -> bool:
    """A score, and on the screen of one who talks with the caller: nobody contests what was told to another."""
    return endpoint in view.agents and view.stage is Stage.GRANTED and isinstance(view.tone, ToneScore)
