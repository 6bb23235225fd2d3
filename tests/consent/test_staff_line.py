"""The script of the line for staff."""

from consent.line import Event, LineDialogue
from consent.staff_line import SCRIPT, TABLE, Effect, State


def reached_without(forbidden: set[tuple[State, Event]]) -> set[State]:
    """The states that can be reached when these pairs lead nowhere."""
    seen, waiting = set[State](), [State.BEGUN]
    while waiting:
        state = waiting.pop()
        if state not in seen:
            seen.add(state)
            waiting += [s.state for e, s in TABLE[state].items() if s.state is not None and (state, e) not in forbidden]
    return seen


def test_nothing_is_done_without_a_right_pin() -> None:
    """Law: the endpoint alone is nobody's word: without a right PIN no notice, receipt or key is reached."""
    pin = {(State.CHECKING, Event.KNOWN), (State.CHECKING, Event.DONE)}
    assert reached_without(pin) == {
        State.BEGUN, State.PIN, State.CHECKING, State.WRONG, State.LOCKED, State.UNAVAILABLE, State.GOODBYE, State.OVER,
    }  # fmt: skip


def test_nobody_acknowledges_what_was_not_heard() -> None:
    """Law: with a notice that the agent did not acknowledge before, the menu lies behind the notice's end; a prompt
    that failed does not open it.
    """
    heard = {(State.NOTICE, Event.PROMPT_ENDED), (State.CHECKING, Event.KNOWN)}
    assert State.MENU not in reached_without(heard)
    assert State.ACKNOWLEDGING not in reached_without(heard)
    dialogue = LineDialogue(SCRIPT)
    dialogue.state = State.NOTICE
    assert not dialogue.may_interrupt
    assert dialogue.press("1").state is None
    assert dialogue.feed(Event.TROUBLE).state is State.UNAVAILABLE


def test_the_third_wrong_pin_ends_the_call() -> None:
    """Law: three wrong PINs, and the call is hung up."""
    dialogue = LineDialogue(SCRIPT)
    dialogue.feed(Event.BEGIN)
    for _ in range(3):
        for key in "123456":
            step = dialogue.press(key)
        assert step.effect is Effect.CHECK_PIN
        dialogue.feed(Event.WRONG)
        if dialogue.state is State.WRONG:
            dialogue.feed(Event.PROMPT_ENDED)
    assert dialogue.state is State.LOCKED
    assert dialogue.feed(Event.PROMPT_ENDED) == (State.OVER, Effect.HANG_UP)


def test_taking_back_is_as_easy_as_giving() -> None:
    """Law: one key each, in the same menu, with nothing to confirm."""
    effects = {event: step.effect for event, step in TABLE[State.MENU].items() if step.effect}
    assert effects[Event.KEY_1] is Effect.ACKNOWLEDGE
    assert effects[Event.KEY_2] is Effect.WITHDRAW
    assert TABLE[State.MENU][Event.KEY_4].state is State.NOTICE


def test_a_stranger_is_told_that_there_is_nothing() -> None:
    """Law: from outside, or without an endpoint, no PIN is asked for."""
    assert TABLE[State.BEGUN][Event.STRANGER].state is State.UNAVAILABLE
