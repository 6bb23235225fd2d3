"""The dialogue, run."""

from hypothesis import given
from hypothesis import strategies as st

from consent.dialogue import Dialogue
from consent.states import Answer, Event, State


def test_a_yes() -> None:
    """Law: notice to its end, then 1, is a yes."""
    dialogue = Dialogue()
    assert dialogue.prompt == "notice"
    assert dialogue.press("1") is None, "a key during the notice does not count"
    dialogue.feed(Event.PROMPT_ENDED)
    assert dialogue.press("1") is Answer.GRANTED
    assert dialogue.is_granted


def test_silence_twice_is_a_no() -> None:
    """Law: silence is a refusal, after one reminder."""
    dialogue = Dialogue()
    for event in (Event.PROMPT_ENDED, Event.SILENCE, Event.PROMPT_ENDED):
        assert dialogue.feed(event).answer is None
    assert dialogue.feed(Event.SILENCE).answer is Answer.REFUSED


@given(st.lists(st.one_of(st.sampled_from(list(Event)), st.sampled_from("0123456789*#"))))
def test_no_sequence_grants_without_a_yes_key_in_its_place(story: list[Event | str]) -> None:
    """Law: no grant without a 1 pressed while a key was awaited, and never two answers of yes."""
    dialogue, yes = Dialogue(), 0
    for happening in story:
        before = dialogue.state
        is_key = not isinstance(happening, Event)
        answer = dialogue.press(happening) if is_key else dialogue.feed(Event(happening)).answer
        if answer is Answer.GRANTED:
            yes += 1
            assert before in (State.ASKING, State.ASKING_AGAIN)
            assert happening in ("1", Event.YES)
    assert yes <= 1
