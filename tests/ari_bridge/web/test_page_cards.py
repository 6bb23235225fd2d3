"""Laws of what a page shows: the agent's own call and nothing else, a question for a while, and never an old call's."""

from __future__ import annotations

from pathlib import Path

import pytest

from ari_bridge.calls.board import Stage
from ari_bridge.calls.cue_file import Choice
from ari_bridge.screens.card import Action, CardState
from ari_bridge.web.page_cards import ASKED_FOR_S, MOST_CALLS, NO_CALL, TOLD_FOR_S
from tests.ari_bridge.calls.cue_calls import LOOK_S, Talk, view
from tests.ari_bridge.web.desk_page import DeskPage


@pytest.fixture
def desk(tmp_path: Path) -> DeskPage:
    """Pages without a call."""
    return DeskPage(tmp_path)


def keys(desk: DeskPage, endpoint: str = "1001") -> list[Action]:
    """What the keys of that page do."""
    return [key.action for key in desk.cards.shown(endpoint, "en").card.keys]


def test_between_calls_the_page_says_so(desk: DeskPage) -> None:
    """Law: an empty page would look like calm: it says that no call is analysed, and has no key."""
    shown = desk.cards.shown("1001", "de")
    assert shown.number == NO_CALL
    assert shown.card.consent == "Hier wird gerade kein Anruf analysiert."
    assert not shown.card.keys


@pytest.mark.parametrize("stage", list(Stage))
def test_each_state_of_a_call_is_told(desk: DeskPage, stage: Stage) -> None:
    """Law: the page shows the consent of the agent's own call in each of its states."""
    desk.put(Stage.ASKED, "1001")
    desk.put(stage, "1001")
    assert desk.cards.shown("1001", "en").card.state == CardState(stage.value)


def test_another_agents_page_shows_nothing_of_a_call(desk: DeskPage) -> None:
    """Law: a call is on the pages of those who talk in it."""
    desk.put(Stage.GRANTED, "1001")
    assert desk.cards.shown("1002", "en").number == NO_CALL


def test_a_call_handed_on_has_ended_for_who_handed_it_on(desk: DeskPage) -> None:
    """Law: from the moment at which another agent has the caller the first one's page shows nothing more of it."""
    desk.put(Stage.GRANTED, "1001")
    desk.put(Stage.GRANTED, "1002")
    assert desk.cards.shown("1001", "en").card.state is CardState.ENDED
    assert desk.cards.shown("1002", "en").card.state is CardState.GRANTED


def test_of_two_calls_the_one_that_goes_on_is_shown(desk: DeskPage) -> None:
    """Law: a call that ended does not cover one that goes on; the newest of two goes first."""
    desk.put(Stage.GRANTED, "1001", call_id="c1")
    first = desk.cards.shown("1001", "en").number
    desk.put(Stage.ASKED, "1001", call_id="c2")
    assert desk.cards.shown("1001", "en").card.state is CardState.ASKED
    desk.put(Stage.ENDED, "1001", call_id="c2")
    assert desk.cards.shown("1001", "en").number == first


def test_what_the_board_forgot_the_page_forgets(desk: DeskPage) -> None:
    """Law: a minute after a call nothing says any more that there was one, on pages that nobody looks at too."""
    for number in range(5):
        for endpoint in ("1001", "1002"):
            desk.put(Stage.ASKED, endpoint, call_id=f"{endpoint}-{number}")
            desk.board._views.clear()
    assert desk.cards.shown("1001", "en").number == NO_CALL
    desk.put(Stage.ASKED, "1003", call_id="last")
    desk.put(Stage.ENDED, "1003", call_id="last")
    assert set(desk.cards._calls) == {"1003"}


def test_calls_whose_end_was_missed_do_not_pile_up(desk: DeskPage) -> None:
    """Law: of one endpoint a few calls are known, the newest ones."""
    for number in range(3 * MOST_CALLS):
        desk.put(Stage.GRANTED, "1001", call_id=str(number))
    desk.cards.shown("1001", "en")
    assert list(desk.cards._calls["1001"]) == [str(number) for number in range(2 * MOST_CALLS, 3 * MOST_CALLS)]


def test_a_question_gives_way_to_the_call(desk: DeskPage) -> None:
    """Law: a question that nobody answers goes by itself, and at once where there is nothing to ask about any more."""
    desk.put(Stage.GRANTED, "1001")
    desk.cards.ask("1001")
    assert keys(desk) == [Action.CONFIRM, Action.BACK]
    desk.clock.now_s += ASKED_FOR_S
    assert Action.CONTEST in keys(desk)
    desk.cards.ask("1001")
    desk.put(Stage.WITHDRAWN, "1001")
    assert desk.cards.shown("1001", "en").card.state is CardState.WITHDRAWN
    assert Action.CONFIRM not in keys(desk)


def test_a_question_about_one_call_is_not_put_in_the_next(desk: DeskPage) -> None:
    """Law: the second press belongs to the call of the first one."""
    desk.put(Stage.GRANTED, "1001", call_id="c1")
    desk.cards.ask("1001")
    desk.put(Stage.GRANTED, "1001", call_id="c2")
    assert Action.CONFIRM not in keys(desk)
    assert not desk.cards.is_answered("1001")


def test_a_number_leads_to_the_call_that_is_shown_and_to_no_other(desk: DeskPage) -> None:
    """Law: a key pressed on the page of a call that ended meanwhile does nothing to the next one."""
    desk.put(Stage.GRANTED, "1001", call_id="c1")
    number = desk.cards.shown("1001", "en").number
    assert desk.cards.call_id("1001", number) == "c1"
    assert desk.cards.call_id("1002", number) is None
    assert desk.cards.call_id("1001", NO_CALL) is None
    desk.put(Stage.GRANTED, "1001", call_id="c2")
    assert desk.cards.call_id("1001", number) is None


def test_hidden_cues_are_hidden_on_all_screens_of_that_agent(desk: DeskPage) -> None:
    """Law: the choice holds at once, is said for a moment, and the telephone is drawn anew; no other is touched."""
    desk.put(Stage.GRANTED, "1001")
    desk.cards.hide("1001")
    assert keys(desk) == [Action.HIDE_IN_THIS_CALL, Action.HIDE_FOR_GOOD, Action.SHOW, Action.BACK]
    desk.cards.choose("1001", Choice.THIS_CALL)
    assert desk.cues.choice("c1", "1001") is Choice.THIS_CALL
    assert desk.cues.choice("c1", "1002") is Choice.SHOWN
    assert [view.call_id for view in desk.redrawn] == ["c1"]
    said = desk.cues.said_of_choice("c1", "1001", "en")
    assert said in desk.cards.shown("1001", "en").card.lines
    desk.clock.now_s += TOLD_FOR_S
    assert said not in desk.cards.shown("1001", "en").card.lines


def test_cues_are_not_chosen_where_none_can_come(desk: DeskPage) -> None:
    """Law: before a yes there is no cue, and nothing to hide."""
    desk.put(Stage.ASKED, "1001")
    desk.cards.choose("1001", Choice.FOR_GOOD)
    assert desk.cues.choice("c1", "1001") is Choice.SHOWN


def test_only_the_pages_of_a_call_are_told_of_it(desk: DeskPage) -> None:
    """Law: a change wakes the pages of those who are or were in that call, and no other."""
    told: list[str] = []
    desk.cards.watch(told.append)
    desk.put(Stage.GRANTED, "1001", "1002")
    desk.put(Stage.GRANTED, "1003", call_id="c2")
    assert told == ["1001", "1002", "1003"]
    told.clear()
    desk.put(Stage.GRANTED, "1002")
    assert told == ["1001", "1002"]


def silence(desk: DeskPage) -> None:
    """Looks of talk, and of silence until there is a cue."""
    talk = Talk()
    for number in range(8):
        desk.board.put(view(talk.look(caller_s=1.5 if number < 3 else 0.0)))
        desk.clock.now_s += LOOK_S
    desk.clock.now_s -= LOOK_S


def test_a_cue_is_on_the_page_for_five_seconds(desk: DeskPage) -> None:
    """Law: a cue is told in the page's language, and goes when it is stale, of which the page is told at once."""
    silence(desk)
    card = desk.cards.shown("1001", "de").card
    assert card.cue
    assert card.cue == card.lines[0] != desk.cards.shown("1001", "en").card.cue
    assert not desk.cards.shown("1002", "de").card.cue
    told: list[str] = []
    desk.cards.watch(told.append)
    desk.clock.now_s += 5
    for work in desk.timers:
        work()
    assert told == ["1001"]
    assert not desk.cards.shown("1001", "de").card.cue


def test_a_hidden_cue_is_on_no_page(desk: DeskPage) -> None:
    """Law: what the agent hid on the telephone is hidden on the page too, and the other way round."""
    desk.put(Stage.GRANTED, "1001", call_id="1.1")
    desk.cues.choose("1.1", "1001", Choice.FOR_GOOD, "en")
    silence(desk)
    assert not desk.cards.shown("1001", "en").card.cue
    desk.cards.choose("1001", Choice.SHOWN)
    desk.clock.now_s += TOLD_FOR_S
    assert desk.cues.choice("1.1", "1001") is Choice.SHOWN
