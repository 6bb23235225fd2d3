"""The dialogue, run."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.dialogue import Dialogue
from consent.errors import InvalidValue
from consent.states import KEYS, MAX_TURNS, PROMPTS, Answer, Event, State

LANGUAGES = ("en", "fr", "de")
KEY = st.sampled_from("0123456789*#")
AWAITING = (State.ASKING, State.ASKING_AGAIN)
ANSWERED = {State.GRANTED, State.REFUSED, State.WITHDRAWN, State.OBJECTED, State.OVER}
MOST_KEYS = MAX_TURNS + 1
"""A key for each turn, and the one that ends it."""


def asked() -> Dialogue:
    """One whose notice was heard to its end."""
    dialogue = Dialogue(LANGUAGES)
    dialogue.feed(Event.PROMPT_ENDED)
    return dialogue


def test_a_yes() -> None:
    """Law: notice to its end, then 1, is a yes."""
    dialogue = Dialogue(LANGUAGES)
    assert dialogue.prompt == "notice"
    assert dialogue.press("1") is None, "a key during the notice does not count"
    dialogue.feed(Event.PROMPT_ENDED)
    assert dialogue.prompt is None
    assert dialogue.press("1") is Answer.GRANTED
    assert dialogue.is_granted


@pytest.mark.parametrize("event", [Event.SILENCE, Event.NO, Event.HANGUP])
def test_no_and_silence_are_a_no_at_once(event: Event) -> None:
    """Law: silence is a refusal without a reminder, and a no is never asked about again."""
    dialogue = asked()
    assert dialogue.feed(event).answer is Answer.REFUSED
    assert not dialogue.is_granted
    assert dialogue.state in ANSWERED


def test_languages_come_in_turn() -> None:
    """Law: one key leads through every language and back to the first; the notice is then heard anew, to its end."""
    dialogue, heard = asked(), []
    for _ in LANGUAGES:
        dialogue.press("3")
        assert dialogue.state is State.ANNOUNCING
        assert dialogue.press("1") is None
        heard.append(dialogue.language)
        dialogue.feed(Event.PROMPT_ENDED)
    assert heard == ["fr", "de", "en"]


def test_the_language_changes_only_where_the_key_counts() -> None:
    """Law: the language that is recorded is the one in which the notice was heard to its end."""
    dialogue = Dialogue(LANGUAGES)
    dialogue.press("3")
    assert dialogue.language == "en"
    dialogue.feed(Event.PROMPT_ENDED)
    for _ in range(MAX_TURNS):
        dialogue.press("*")
        dialogue.feed(Event.PROMPT_ENDED)
        dialogue.feed(Event.PROMPT_ENDED)
    assert dialogue.press("3") is Answer.REFUSED
    assert dialogue.language == "en"


def test_again_repeats_and_goes_on_to_the_rest() -> None:
    """Law: the star plays the notice and then what is kept, how long and which rights there are."""
    dialogue, heard = asked(), []
    dialogue.press("*")
    while dialogue.state not in AWAITING:
        heard.append(dialogue.prompt)
        dialogue.feed(Event.PROMPT_ENDED)
    assert heard == ["notice", "more"]


def test_a_dialogue_needs_a_language() -> None:
    """Law: nobody is asked in no language."""
    with pytest.raises(InvalidValue):
        Dialogue(())


@given(st.lists(KEY, min_size=MOST_KEYS, max_size=MOST_KEYS), st.integers(1, 5))
def test_it_ends_whatever_is_pressed(keys: list[str], languages: int) -> None:
    """Law: endless wrong keys, languages and repeats keep nobody here: after so many it has an answer."""
    dialogue = Dialogue([f"l{number}" for number in range(languages)])
    for key in keys:
        while dialogue.state not in AWAITING and dialogue.state not in ANSWERED:
            dialogue.feed(Event.PROMPT_ENDED)
        if dialogue.state in ANSWERED:
            break
        answer = dialogue.press(key)
        assert answer is not Answer.GRANTED or key == "1"
    assert dialogue.state in ANSWERED


@pytest.mark.parametrize("key", [key for key in "0345678 9*#" if key not in "12 "])
def test_one_key_for_ever_is_a_no(key: str) -> None:
    """Law: whoever presses any key but 1 and 2 again and again has refused in the end."""
    dialogue, pressed = asked(), 0
    while dialogue.state not in ANSWERED:
        if dialogue.state in AWAITING:
            dialogue.press(key)
            pressed += 1
        else:
            dialogue.feed(Event.PROMPT_ENDED)
    assert dialogue.state is State.REFUSED
    assert pressed <= MOST_KEYS


@given(st.lists(st.one_of(st.sampled_from(list(Event)), KEY)))
def test_no_sequence_grants_without_a_yes_key_in_its_place(story: list[Event | str]) -> None:
    """Law: no grant without a 1 pressed while a key was awaited, and never two answers of yes."""
    dialogue, answers = Dialogue(LANGUAGES), []
    for happening in story:
        before = dialogue.state
        is_event = isinstance(happening, Event)
        answer = dialogue.feed(Event(happening)).answer if is_event else dialogue.press(happening)
        if answer is Answer.GRANTED:
            assert before in AWAITING
            assert happening in ("1", Event.YES)
        if answer is not None:
            answers.append(answer)
        assert dialogue.language in LANGUAGES
        assert dialogue.is_granted == (dialogue.state is State.GRANTED)
        assert dialogue.prompt == PROMPTS.get(dialogue.state)
    assert answers.count(Answer.GRANTED) <= 1
    assert len(answers) <= 3, "at most a yes, an objection and a withdrawal"
    if Answer.REFUSED in answers:
        assert answers == [Answer.REFUSED]


@given(st.sampled_from(sorted(KEYS)))
def test_keys_mean_what_the_table_says(key: str) -> None:
    """Law: a key and its event are one and the same."""
    one, other = asked(), asked()
    assert one.press(key) == other.feed(KEYS[key]).answer
    assert one.state == other.state
