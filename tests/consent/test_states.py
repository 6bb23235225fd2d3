"""The table of the dialogue."""

from consent.states import KEYS, PROMPTS, TABLE, Answer, Event, State

ENDED = {Answer.REFUSED, Answer.WITHDRAWN, Answer.OBJECTED, Answer.EXPIRED}


def test_every_pair_is_filled() -> None:
    """Law: no (state, event) is left to chance."""
    assert set(TABLE) == set(State)
    assert all(set(row) == set(Event) for row in TABLE.values())


def test_only_a_yes_after_the_prompt_grants() -> None:
    """Law: a key pressed before the notice's end, silence, wrong keys and hang-up are no consent."""
    ways = {(s, e) for s, row in TABLE.items() for e, step in row.items() if step.answer is Answer.GRANTED}
    assert ways == {(State.ASKING, Event.YES), (State.ASKING_AGAIN, Event.YES)}


def test_nothing_grants_after_an_ending() -> None:
    """Law: from refused, withdrawn, objected and over no event leads back to a yes (explored exhaustively)."""
    seen, waiting = set[State](), [State.REFUSED, State.WITHDRAWN, State.OBJECTED, State.OVER]
    while waiting:
        state = waiting.pop()
        if state not in seen:
            seen.add(state)
            waiting += [step.state for step in TABLE[state].values()]
    assert State.GRANTED not in seen


def test_a_stop_from_granted_always_ends() -> None:
    """Law: as easy to take back as to give: in GRANTED the stop keys end it, for either party."""
    assert TABLE[State.GRANTED][Event.CALLER_STOPS].answer is Answer.WITHDRAWN
    assert TABLE[State.GRANTED][Event.AGENT_STOPS].answer is Answer.OBJECTED
    assert TABLE[State.GRANTED][Event.HANGUP].answer is Answer.EXPIRED


def test_one_key_means_yes_and_prompts_belong_to_states() -> None:
    """Law: the yes has one key alone; a prompt is named for states that exist."""
    assert [key for key, event in KEYS.items() if event is Event.YES] == ["1"]
    assert set(PROMPTS) <= set(State)
