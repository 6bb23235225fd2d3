"""The table of the dialogue."""

from __future__ import annotations

from itertools import product

import pytest

from consent.states import KEYS, MAX_TURNS, PROMPTS, STOP_KEYS, TABLE, Answer, Event, State, Step, Why

ENDED = {Answer.REFUSED, Answer.WITHDRAWN, Answer.OBJECTED, Answer.EXPIRED}
AWAITING = {State.ASKING, State.ASKING_AGAIN}
PLAYING = {State.ANNOUNCING, State.REPEATING, State.EXPLAINING, State.REMINDING}
UNANSWERED = AWAITING | PLAYING


def reached(*begin: State) -> set[State]:
    """Every state to which some events lead."""
    seen, waiting = set[State](), list(begin)
    while waiting:
        state = waiting.pop()
        if state not in seen:
            seen.add(state)
            waiting += [step.state for step in TABLE[state].values()]
    return seen


def test_every_pair_is_filled() -> None:
    """Law: no (state, event) is left to chance."""
    assert set(TABLE) == set(State)
    assert all(set(row) == set(Event) for row in TABLE.values())
    assert all(isinstance(TABLE[state][event], Step) for state, event in product(State, Event))


def test_every_state_can_be_reached() -> None:
    """Law: no state stands in the table that no call can be in."""
    assert reached(State.ANNOUNCING) == set(State)


def test_only_a_yes_after_the_prompt_grants() -> None:
    """Law: a key pressed before the notice's end, silence, wrong keys and hang-up are no consent."""
    ways = {(s, e) for s, row in TABLE.items() for e, step in row.items() if step.answer is Answer.GRANTED}
    into = {(s, e) for s, row in TABLE.items() for e, step in row.items() if step.state is State.GRANTED}
    assert ways == {(State.ASKING, Event.YES), (State.ASKING_AGAIN, Event.YES)}
    assert into - ways == {(State.GRANTED, event) for event in Event if TABLE[State.GRANTED][event].answer is None}


@pytest.mark.parametrize("state", sorted(PLAYING))
def test_a_key_pressed_while_a_prompt_plays_does_not_count(state: State) -> None:
    """Law: who has not heard the notice to its end is not informed, whatever is pressed."""
    for event in {*KEYS.values(), Event.OTHER_KEY, Event.TOO_OFTEN, Event.SILENCE}:
        assert TABLE[state][event] == Step(state)


@pytest.mark.parametrize("state", sorted(AWAITING))
def test_a_no_and_silence_end_it_at_once(state: State) -> None:
    """Law: a no never takes another turn, and silence is one: neither reaches the agent later than a yes does."""
    assert TABLE[state][Event.YES] == Step(State.GRANTED, Answer.GRANTED, Why.KEY)
    assert TABLE[state][Event.NO] == Step(State.REFUSED, Answer.REFUSED, Why.KEY)
    assert TABLE[state][Event.SILENCE] == Step(State.REFUSED, Answer.REFUSED, Why.SILENCE)
    assert TABLE[state][Event.TOO_OFTEN] == Step(State.REFUSED, Answer.REFUSED, Why.WRONG_KEYS)


@pytest.mark.parametrize("state", sorted(UNANSWERED))
@pytest.mark.parametrize("event", [Event.HANGUP, Event.CALLER_STOPS, Event.AGENT_STOPS])
def test_a_stop_before_an_answer_is_a_no(state: State, event: Event) -> None:
    """Law: whoever stops or hangs up before an answer has refused, at any point of the dialogue."""
    assert TABLE[state][event].answer is Answer.REFUSED
    assert State.GRANTED not in reached(TABLE[state][event].state)


def test_nothing_grants_after_an_ending() -> None:
    """Law: from refused, withdrawn, objected and over no event leads back to a yes (explored exhaustively)."""
    assert State.GRANTED not in reached(State.REFUSED, State.WITHDRAWN, State.OBJECTED, State.OVER)
    for state, row in TABLE.items():
        for step in row.values():
            if step.answer in ENDED:
                assert State.GRANTED not in reached(step.state), (state, step)


def test_every_dialogue_without_more_keys_comes_to_its_end() -> None:
    """Law: prompts that end and keys that do not come lead to an answer from everywhere, in few steps."""
    for begin in UNANSWERED:
        state, steps = begin, 0
        while state in UNANSWERED:
            state = TABLE[state][Event.SILENCE if state in AWAITING else Event.PROMPT_ENDED].state
            steps += 1
            assert steps <= 4
        assert state is State.REFUSED


def test_a_stop_from_granted_always_ends() -> None:
    """Law: as easy to take back as to give: in GRANTED the stop keys end it, for either party."""
    assert TABLE[State.GRANTED][Event.CALLER_STOPS].answer is Answer.WITHDRAWN
    assert TABLE[State.GRANTED][Event.AGENT_STOPS].answer is Answer.OBJECTED
    assert TABLE[State.GRANTED][Event.HANGUP].answer is Answer.EXPIRED
    assert TABLE[State.OBJECTED][Event.CALLER_STOPS].answer is Answer.WITHDRAWN


def test_one_key_means_yes_and_prompts_belong_to_states() -> None:
    """Law: the yes has one key alone, and so has the no; a prompt is named for states that exist."""
    for event in (Event.YES, Event.NO, Event.OTHER_LANGUAGE, Event.AGAIN):
        assert len([key for key, meant in KEYS.items() if meant is event]) == 1
    assert set(KEYS) == {"1", "2", "3", "*"}
    assert set(PROMPTS) >= PLAYING
    assert not AWAITING & set(PROMPTS), "nothing plays while a key is awaited"
    assert STOP_KEYS[0] == "*"
    assert MAX_TURNS > 0
