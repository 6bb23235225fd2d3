"""The script of the line of rights."""

from consent.line import Event, LineDialogue
from consent.rights_line import SCRIPT, TABLE, Effect, State


def ways_to(state: State) -> set[tuple[State, Event]]:
    """Every pair that leads there from elsewhere."""
    return {
        (source, event) for source, row in TABLE.items() for event, step in row.items() if step.state is state != source
    }


def test_nothing_is_heard_or_erased_without_the_reference() -> None:
    """Law: the own number is enough to stop, never to hear: what is kept is reached by a known reference alone."""
    assert ways_to(State.KEPT) == {(State.LOOKING, Event.KNOWN), (State.MEASURED, Event.PROMPT_ENDED)}
    assert ways_to(State.MEASURED) == {(State.KEPT, Event.KEY_1)}
    assert ways_to(State.ERASING) == {(State.KEPT, Event.KEY_2)}
    assert {s for s, row in TABLE.items() for step in row.values() if step.effect is Effect.ERASE} == {State.KEPT}
    assert ways_to(State.LOOKING) == {(State.ENTERING, Event.ENTERED)}


def test_a_withheld_number_leaves_the_reference() -> None:
    """Law: who cannot be told by a number is asked for the reference at once, and after a key that needs the number."""
    assert TABLE[State.BEGUN][Event.STRANGER].state is State.ENTERING
    assert TABLE[State.STOPPING][Event.STRANGER].state is State.ENTERING
    assert TABLE[State.QUIETING][Event.STRANGER].state is State.ENTERING


def test_stopping_is_one_key_away() -> None:
    """Law: as easy to take back as to give: one key, while the menu still plays, with nothing to confirm."""
    dialogue = LineDialogue(SCRIPT)
    dialogue.feed(Event.BEGIN)
    assert dialogue.may_interrupt
    assert dialogue.press("1").effect is Effect.STOP_NUMBER


def test_a_forged_number_learns_nothing() -> None:
    """Law: a stop sounds the same whether or not that number ever called; only a reference tells what is kept."""
    assert TABLE[State.STOPPING][Event.NOTHING].state is None
    assert ways_to(State.STOPPED) == {(State.STOPPING, Event.DONE)}
    assert ways_to(State.NOTHING_KEPT) == {(State.ERASING, Event.NOTHING)}


def test_a_slip_of_the_finger_erases_nothing() -> None:
    """Law: the menu in which a key erases is heard to its end before keys count."""
    dialogue = LineDialogue(SCRIPT)
    dialogue.feed(Event.STRANGER)
    for key in "22111234567890":
        dialogue.press(key)
    dialogue.feed(Event.KNOWN)
    assert dialogue.awaits_keys
    assert not dialogue.may_interrupt


def test_the_dialplan_has_the_caller_after_quiet() -> None:
    """Law: where the dialplan goes on with the caller we neither speak nor hang up any more."""
    assert TABLE[State.QUIETING][Event.DONE].state is State.LEFT
    assert all(step == (None, None) for step in TABLE[State.LEFT].values())
