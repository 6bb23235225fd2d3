"""What runs the lines' scripts, and what every script must hold to."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent import rights_line, staff_line
from consent.errors import InvalidValue
from consent.line import KEYS, MAX_TURNS, MAX_WRONG, Event, LineDialogue, Script, Step

SCRIPTS: list[Script[Any, Any]] = [rights_line.SCRIPT, staff_line.SCRIPT]
both = pytest.mark.parametrize("script", SCRIPTS, ids=["rights", "staff"])
ACTIONS = st.lists(st.sampled_from([*Event, *"0123456789*#A", "silence"]), max_size=120)


def do(dialogue: LineDialogue[Any, Any], action: str) -> Step[Any, Any]:
    """One event, key or silence."""
    if isinstance(action, Event):
        return dialogue.feed(action)
    return dialogue.fall_silent() if action == "silence" else dialogue.press(action)


@both
def test_every_pair_is_filled(script: Script[Any, Any]) -> None:
    """Law: no (state, event) is left to chance; a table with a gap cannot be made into a script."""
    states = list(type(script.begins))
    assert set(script.table) == set(states)
    assert all(set(row) == set(Event) for row in script.table.values())
    gap = {state: dict(row) for state, row in script.table.items()}
    del gap[states[3]][Event.HANGUP]
    with pytest.raises(InvalidValue, match=states[3]):
        replace(script, table=gap)


@both
def test_every_state_can_be_reached_and_left(script: Script[Any, Any]) -> None:
    """Law: from each state that is no end a hang-up leads to an end, and each state has a way to it."""
    seen, waiting = set(), [script.begins]
    while waiting:
        state = waiting.pop()
        if state not in seen:
            seen.add(state)
            waiting += [step.state for step in script.table[state].values() if step.state is not None]
    assert seen == set(type(script.begins))
    for state in seen - script.ends:
        assert script.table[state][Event.HANGUP].state in script.ends
        assert script.table[state][Event.HANGUP].effect is None


@both
def test_trouble_is_said_and_the_last_prompt_ends_the_call(script: Script[Any, Any]) -> None:
    """Law: silence never looks like calm: trouble leads to a prompt that says so; trouble there hangs up."""
    for state in set(type(script.begins)) - script.ends:
        then = script.table[state][Event.TROUBLE]
        assert script.prompts.get(then.state) == ("unavailable",) or (then.state in script.ends and then.effect)
    for state in (s for s in type(script.begins) if script.prompts_of(s, {}) in (("unavailable",), ("goodbye",))):
        assert script.table[state][Event.PROMPT_ENDED].effect == "hang_up"


@both
def test_a_state_awaits_an_outcome_a_prompt_or_a_key(script: Script[Any, Any]) -> None:
    """Law: nobody is left in a state in which nothing is said, awaited or done."""
    worked = {step.state for row in script.table.values() for step in row.values() if step.effect is not None}
    for state in set(type(script.begins)) - script.ends - {script.begins}:
        assert state in script.prompts or state in worked, state
    assert (script.menus | set(script.lengths)) <= set(script.prompts)


@both
def test_silence_wrong_keys_and_stars_move_on(script: Script[Any, Any]) -> None:
    """Law: where keys are awaited each key means something, and silence leads to the goodbye."""
    for state in script.menus | set(script.lengths):
        for event in {*KEYS.values(), Event.OTHER_KEY, Event.SILENCE}:
            assert script.table[state][event].state is not None
        assert script.prompts[script.table[state][Event.SILENCE].state] == ("goodbye",)


@both
@given(actions=ACTIONS)
def test_any_call_is_bounded(script: Script[Any, Any], actions: list[str]) -> None:
    """Law: whatever is pressed and whatever comes of it, a call hears at most MAX_TURNS menus and questions, and what
    is over stays over.
    """
    dialogue, turns = LineDialogue(script), 0
    for action in [Event.BEGIN, *actions]:
        was_over = dialogue.is_over
        step = do(dialogue, action)
        assert not was_over or step == Step(None)
        turns += step.state is not None and dialogue.awaits_keys
        assert len(dialogue.entered) <= max(script.lengths.values())
    assert turns <= MAX_TURNS


@both
def test_wrong_entries_are_bounded(script: Script[Any, Any]) -> None:
    """Law: after MAX_WRONG wrong or cut-off entries nobody is asked again."""
    state = next(iter(script.lengths))
    dialogue = LineDialogue(script)
    for attempt in range(1, MAX_WRONG + 1):
        dialogue.state = state
        dialogue.press("1")
        step = dialogue.press("#")
        assert (script.table[step.state][Event.PROMPT_ENDED].state == state) is (attempt < MAX_WRONG)


def test_digits_are_collected() -> None:
    """Law: the last digit ends an entry, a `#` after it by habit means nothing, `*` forgets what was entered."""
    dialogue = LineDialogue(rights_line.SCRIPT)
    dialogue.feed(Event.STRANGER)
    for key in "12*":
        dialogue.press(key)
    assert (dialogue.state, dialogue.entered) == (rights_line.State.ENTERING, "")
    for key in "22111234567890"[:-1]:
        assert dialogue.press(key) == Step(None)
    assert dialogue.press("0").effect is rights_line.Effect.LOOK_UP
    assert dialogue.entered == "22111234567890"
    dialogue.feed(Event.KNOWN)
    assert dialogue.press("#") == Step(None)
    assert dialogue.press("#").state is rights_line.State.KEPT  # now it is a wrong key
    assert dialogue.entered == "22111234567890"


def test_silence_after_some_digits_is_an_entry_cut_off() -> None:
    """Law: who stops in the midst of the digits is told that they are wrong, and not simply hung up on."""
    dialogue = LineDialogue(rights_line.SCRIPT)
    dialogue.feed(Event.STRANGER)
    dialogue.press("1")
    assert dialogue.fall_silent().state is rights_line.State.UNKNOWN
    dialogue.feed(Event.PROMPT_ENDED)
    assert dialogue.fall_silent().state is rights_line.State.GOODBYE


def test_facts_stand_where_the_braces_are() -> None:
    """Law: what was found out is said in its place; what was not is left out."""
    script = rights_line.SCRIPT
    facts = {"count": ("7",), "until": ("0", "1")}
    assert script.prompts_of(rights_line.State.MEASURED, facts) == ("7", "rights_measured", "0", "1")
    assert script.prompts_of(rights_line.State.MEASURED, {}) == ("rights_measured",)
