"""Laws of what one agent may see of a call: a score is shown, and contested, where its agent talks with the caller."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from analysis.emotion.score import Abstained, Reason
from ari_bridge.calls.board import CallView, Stage
from ari_bridge.screens.card import Action, CardState, ScoreCard
from ari_bridge.screens.families import FAMILIES
from ari_bridge.web import shown
from tests.ari_bridge.web.desk_phones import FACTS, TONE, DeskPhones


def a_view(stage: Stage = Stage.GRANTED, *agents: str, contested: bool = False) -> CallView:
    """A call of those agents."""
    return CallView("c1", stage, datetime.now(UTC), "en", agents, None if contested else TONE, FACTS, "", contested)


def actions(card: ScoreCard) -> set[Action]:
    """What its keys do."""
    return {key.action for key in card.keys}


def test_the_agent_who_talks_with_the_caller_sees_the_score_and_may_contest_it() -> None:
    """Law: the score is on the screen of the one whose call it is, with a key against it."""
    card = shown.card(a_view(Stage.GRANTED, "1001"), "1001", "en")
    assert card.state is CardState.GRANTED
    assert "tense" in card.lines[0]
    assert {Action.STOP, Action.CONTEST} <= actions(card)


def test_who_handed_the_call_on_sees_that_it_ended() -> None:
    """Law: nothing of a conversation is shown to an agent who is not in it."""
    card = shown.card(a_view(Stage.GRANTED, "1002"), "1001", "en")
    assert card.state is CardState.ENDED
    assert not actions(card) & {Action.STOP, Action.CONTEST}
    assert shown.card(None, "1001", "fr").state is CardState.ENDED


def test_a_contested_score_is_on_no_screen() -> None:
    """Law: from the contest on its words stand in the score's place, and there is nothing to contest."""
    view = a_view(Stage.GRANTED, "1001", contested=True)
    card = shown.card(view, "1001", "en")
    assert card.lines[0].startswith("Score contested")
    assert card.takes_back
    assert not shown.is_contestable(view, "1001")


@pytest.mark.parametrize("stage", [one for one in Stage if one is not Stage.GRANTED])
def test_what_is_not_heard_cannot_be_contested(stage: Stage) -> None:
    """Law: where nothing is measured no key offers to contest it."""
    view = a_view(stage, "1001")
    assert not shown.is_contestable(view, "1001")
    assert Action.CONTEST not in actions(shown.card(view, "1001", "en"))


def test_an_abstention_cannot_be_contested() -> None:
    """Law: who said nothing was not wrong."""
    silent = Abstained(0.0, 1.0, Reason.NOISE)
    view = CallView("c1", Stage.GRANTED, datetime.now(UTC), "en", ("1001",), silent, FACTS)
    assert not shown.is_contestable(view, "1001")


@pytest.mark.parametrize("stage", list(Stage))
@pytest.mark.parametrize("agents", [("1001",), ("1002",), ()])
async def test_a_telephone_and_a_page_show_the_same(stage: Stage, agents: tuple[str, ...]) -> None:
    """Law: no agent sees more of a call on one screen than on the other."""
    phones = DeskPhones()
    await phones.put(Stage.GRANTED, "1001")
    (ticket,) = phones.tokens.of_call("c1")
    await phones.put(stage, *agents, problem="the PBX is away")
    view = phones.board.view("c1")
    family = FAMILIES[ticket.family]
    expected = family.render(shown.card(view, "1001", "en"), phones.desk.address(ticket))
    assert phones.desk.page(ticket).body == expected.body
