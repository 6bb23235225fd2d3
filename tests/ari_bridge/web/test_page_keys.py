"""Laws of the page's keys: a stop at once, a contest after two presses, each for the call that was on the page."""

from __future__ import annotations

from pathlib import Path

import pytest
from structlog.testing import capture_logs

from ari_bridge.calls.board import Stage
from ari_bridge.calls.cue_file import Choice
from ari_bridge.screens.card import Action, CardState
from tests.ari_bridge.web.desk_page import DeskPage


@pytest.fixture
def desk(tmp_path: Path) -> DeskPage:
    """1001 in a call with a score."""
    made = DeskPage(tmp_path)
    made.put(Stage.GRANTED, "1001")
    return made


async def press(desk: DeskPage, *actions: Action, endpoint: str = "1001") -> None:
    """Press keys one after the other, each on what the page shows then."""
    for action in actions:
        await desk.keys.press(endpoint, desk.cards.shown(endpoint, "en").number, action)


async def test_a_stop_is_an_objection_at_once(desk: DeskPage) -> None:
    """Law: one press stops, and the page says so."""
    await press(desk, Action.STOP)
    assert desk.stopped == ["c1"]
    assert desk.cards.shown("1001", "en").card.state is CardState.OBJECTED


async def test_a_stop_that_failed_is_said(desk: DeskPage) -> None:
    """Law: where the PBX does not take the stop the page says so, and what works without us."""
    desk.stop_fails = True
    await press(desk, Action.STOP)
    assert "*9" in desk.cards.shown("1001", "en").card.lines[0]
    desk.stop_fails = False
    await press(desk, Action.STOP)
    assert desk.stopped == ["c1"]


async def test_a_contest_takes_two_presses(desk: DeskPage) -> None:
    """Law: the first press asks, the second one drops the score."""
    await press(desk, Action.CONTEST)
    assert desk.contested == []
    await press(desk, Action.CONFIRM)
    assert desk.contested == ["c1"]
    assert desk.cards.shown("1001", "en").card.lines[0].startswith("Score contested")


async def test_the_second_press_alone_asks(desk: DeskPage) -> None:
    """Law: nothing is dropped by one press, whichever it is; and a yes counts once."""
    await press(desk, Action.CONFIRM)
    assert desk.contested == []
    await press(desk, Action.CONFIRM)
    assert desk.contested == ["c1"]
    await press(desk, Action.CONFIRM)
    assert desk.contested == ["c1"]


async def test_a_contest_that_comes_too_late_is_said(desk: DeskPage) -> None:
    """Law: where the score has gone in between nothing is dropped, and the page says that."""
    await press(desk, Action.CONTEST)
    desk.put(Stage.GRANTED, "1001", tone=None)
    await press(desk, Action.CONFIRM)
    assert desk.contested == []
    assert desk.cards.shown("1001", "en").card.lines[0].startswith("No score stood")


async def test_back_asks_no_more(desk: DeskPage) -> None:
    """Law: after Back a press of Yes alone drops nothing."""
    await press(desk, Action.CONTEST, Action.BACK)
    assert Action.STOP in {key.action for key in desk.cards.shown("1001", "en").card.keys}
    await press(desk, Action.CONFIRM)
    assert desk.contested == []


@pytest.mark.parametrize(
    ("action", "choice"),
    [
        (Action.HIDE_IN_THIS_CALL, Choice.THIS_CALL),
        (Action.HIDE_FOR_GOOD, Choice.FOR_GOOD),
        (Action.SHOW, Choice.SHOWN),
    ],
)
async def test_each_choice_for_the_cues_holds(desk: DeskPage, action: Action, choice: Choice) -> None:
    """Law: what the key says is what holds then."""
    await press(desk, Action.HIDE, action)
    assert desk.cues.choice("c1", "1001") is choice


async def test_a_key_for_another_call_does_nothing(desk: DeskPage) -> None:
    """Law: a key counts for the call that the page showed when it was pressed."""
    number = desk.cards.shown("1001", "en").number
    desk.put(Stage.ENDED)
    desk.put(Stage.GRANTED, "1001", call_id="c2")
    for action in Action:
        await desk.keys.press("1001", number, action)
    assert (desk.stopped, desk.contested) == ([], [])


async def test_a_colleagues_page_reaches_no_key_of_this_call(desk: DeskPage) -> None:
    """Law: with the number of another's call a page does nothing to it."""
    number = desk.cards.shown("1001", "en").number
    for action in Action:
        await desk.keys.press("1002", number, action)
    assert (desk.stopped, desk.contested) == ([], [])


async def test_who_pressed_what_is_in_no_log(desk: DeskPage) -> None:
    """Law: no log tells which agent contested, hid the cues, or tried to stop."""
    desk.stop_fails = True
    with capture_logs() as logs:
        await press(desk, Action.CONTEST, Action.CONFIRM, Action.HIDE, Action.HIDE_FOR_GOOD, Action.STOP)
    assert [line["event"] for line in logs] == ["stop.failed"]
    assert "1001" not in repr(logs)
