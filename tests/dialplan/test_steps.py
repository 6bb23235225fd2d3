"""Laws of the rendered dialogue: every pair of the table, walked in its text."""

import re
from dataclasses import replace

import pytest

from consent.states import KEYS, MAX_TURNS, PROMPTS, TABLE, Answer, Event, State
from dialplan.render import NoticeLine, RenderSettings, extensions
from tests.dialplan.walker import SILENCE, Heard, Walker, steps_of

ID = "0123456789abcdef"
STOPS = (Event.CALLER_STOPS, Event.AGENT_STOPS)
_KEY_EVENTS = (Event.YES, Event.NO, Event.OTHER_LANGUAGE, Event.AGAIN)


YES, NO, LANGUAGE, AGAIN = (next(key for key, event in KEYS.items() if event is wanted) for wanted in _KEY_EVENTS)
OTHERS = [key for key in "1234567890" if key not in KEYS] + [""]
"""Read() gives nothing for a #, with the status of a key."""
ASKING = [state for state, row in TABLE.items() if row[Event.YES].answer is Answer.GRANTED]
PLAYING = [
    state for state, row in TABLE.items() if Event.PROMPT_ENDED in row and row[Event.PROMPT_ENDED].state is not state
]


def heard_of(event: Event) -> list[tuple[int, list[Heard]]]:
    """Every way in which an event comes about while a key is awaited: turns so far, and what Read() gives."""
    key = {Event.NO: NO, Event.OTHER_LANGUAGE: LANGUAGE, Event.AGAIN: AGAIN}.get(event)
    if key is not None:
        return [(0, [Heard("OK", key)]), (MAX_TURNS - 1, [Heard("OK", key)])]
    if event is Event.YES:
        return [(0, [Heard("OK", YES), SILENCE]), (MAX_TURNS, [Heard("OK", YES), SILENCE])]
    if event is Event.SILENCE:
        return [(0, [Heard(status, "")]) for status in ("TIMEOUT", "ERROR", "INTERRUPTED", "SKIPPED")]
    wrong = [[Heard("OK", key)] for key in OTHERS]
    two_at_once = [[Heard("OK", YES), Heard("OK", key)] for key in "1234567890*"] + [
        [Heard("OK", YES), Heard("OK", "")]
    ]
    broken = [[Heard("OK", YES), Heard("ERROR", "")]]
    if event is Event.OTHER_KEY:
        return [(0, one) for one in (*wrong, *two_at_once, *broken)]
    assert event is Event.TOO_OFTEN
    turns = [[Heard("OK", LANGUAGE)], [Heard("OK", AGAIN)]]
    return [(MAX_TURNS, one) for one in (*wrong, *two_at_once, *broken, *turns)]


@pytest.mark.parametrize("state", ASKING)
@pytest.mark.parametrize(
    "event", [Event.YES, Event.NO, Event.OTHER_LANGUAGE, Event.AGAIN, Event.OTHER_KEY, Event.TOO_OFTEN, Event.SILENCE]
)
def test_a_state_that_asks_follows_the_table(settings: RenderSettings, state: State, event: Event) -> None:
    """Law: each key, each two keys at once, silence and each failure of Read() lead where the table says."""
    step = TABLE[state][event]
    for turns, heard in heard_of(event):
        walker = Walker(extensions(settings), heard, turns)
        reached = walker.walk(state)
        assert walker.recorded == ([f"{step.answer},{step.why}"] if step.answer else []), (turns, heard)
        assert reached == ({Answer.GRANTED: "reference"}.get(step.answer, "done") if step.answer else step.state)
        assert walker.languages == (event is Event.OTHER_LANGUAGE)


@pytest.mark.parametrize("state", PLAYING)
def test_a_prompt_is_played_to_its_end_or_nothing_is_asked(settings: RenderSettings, state: State) -> None:
    """Law: Playback, which lets no key through, leads where the table says; where it fails the answer is a no."""
    names = steps_of(extensions(settings), "ouidire-consent")[state]
    assert not [step for _, step in names if "Read(" in step]
    walker = Walker(extensions(settings), [Heard("OK", YES)] * 3)
    assert walker.walk(state) == TABLE[state][Event.PROMPT_ENDED].state
    assert (walker.played, walker.recorded) == ([PROMPTS[state]], [])
    failing = Walker(extensions(settings), fails=(PROMPTS[state],))
    assert failing.walk(state) == "done"
    assert failing.recorded == ["refused,notice"]


def test_every_pair_of_the_table_is_rendered(settings: RenderSettings) -> None:
    """Law: what the two tests above walk, the stop keys and the hang-up are all events that change anything."""
    walked = {(state, event) for state in ASKING for event in Event if event not in (Event.PROMPT_ENDED, *STOPS)}
    walked |= {(state, Event.PROMPT_ENDED) for state in PLAYING}
    ended = {(state, Event.HANGUP) for state in State}
    stopped = {(state, event) for state in State for event in STOPS}
    for state, row in TABLE.items():
        for event, step in row.items():
            if step.state is not state or step.answer is not None:
                assert (state, event) in walked | ended | stopped
    hangup = steps_of(extensions(settings), "ouidire-consent")["hangup"]
    assert [step for _, step in hangup][:2] == [
        'GotoIf($["${OUIDIRE_CONSENT}"!="asked"]?over)',
        "Gosub(record,1(refused,hangup))",
    ]


def test_only_who_pressed_a_no_hears_more(settings: RenderSettings) -> None:
    """Law: silence and wrong keys go to the agent at once; after a yes there is always more to hear than after a no."""
    heard = {"no": [Heard("OK", NO)], "silence": [SILENCE], "yes": [Heard("OK", YES), SILENCE]}
    played = {}
    for name, answers in heard.items():
        walker = Walker(extensions(settings), answers)
        walker.walk(State.ASKING)
        played[name] = walker.played
    assert played == {"no": ["no"], "silence": [], "yes": ["yes"]}


def test_where_the_pbx_records_the_notice_says_so_each_time(settings: RenderSettings) -> None:
    """Law: the sentence belongs to the notice: it is heard whenever the notice is, and without it nothing is asked."""
    text = extensions(replace(settings, mentions_recording=True))
    for state in (State.ANNOUNCING, State.REPEATING):
        walker = Walker(text)
        walker.walk(state)
        assert walker.played == ["notice", "recorded"]
        failing = Walker(text, fails=("recorded",))
        failing.walk(state)
        assert failing.recorded == ["refused,notice"]


def test_the_languages_follow_each_other_in_a_ring() -> None:
    """Law: a key leads through every language, each with its own notice, and back to the first."""
    lines = tuple(NoticeLine(language, ID) for language in ("en", "fr", "de-CH"))
    context = steps_of(extensions(RenderSettings(lines)), "ouidire-consent")
    assert [context[f"after-{one}"] for one in ("en", "fr", "de-ch")] == [
        [("", f"Goto(in-{one},1)")] for one in ("fr", "de-ch", "en")
    ]
    assert context["in-de-ch"][0] == ("", "Set(OUIDIRE_LANGUAGE=de-CH)")


def test_the_stop_keys_change_what_the_table_says(settings: RenderSettings) -> None:
    """Law: the caller withdraws (also after an objection), the agent objects, nobody undoes a withdrawal."""
    changes = re.findall(r'"\$\{ARG2\}-\$\{was\}"="(\w+)-(\w+)"\]\?Set\(LOCAL\(answer\)=(\w+)\)', extensions(settings))
    assert changes == [
        ("caller", "asked", "refused"),
        ("caller", "granted", "withdrawn"),
        ("caller", "objected", "withdrawn"),
        ("agent", "asked", "refused"),
        ("agent", "granted", "objected"),
    ]
    for who, was, answer in changes:
        event = Event.CALLER_STOPS if who == "caller" else Event.AGENT_STOPS
        state = State.ASKING if was == "asked" else State(was)
        assert TABLE[state][event].answer == answer


def test_a_call_that_was_stopped_while_it_was_asked_opens_nothing(settings: RenderSettings) -> None:
    """Law: a yes after the stop is not recorded, gives no stop keys and no reference, and says no thanks for a yes."""
    walker = Walker(extensions(settings), [Heard("OK", YES), SILENCE], stopped="refused")
    assert walker.walk(State.ASKING) == "done"
    assert walker.played == []
    record = steps_of(extensions(settings), "ouidire-consent")["record"]
    assert record[0] == ("", 'GotoIf($["${SHARED(OUIDIRE_STOP)}"!=""]?over)')
