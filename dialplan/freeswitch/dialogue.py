"""The dialogue of consent as extensions of FreeSWITCH's XML dialplan, from `consent.states.TABLE` as on Asterisk.

FreeSWITCH reads all conditions of an extension before it runs any of its actions, and allows 32 extensions within one
another. So one extension runs the next state as often as a dialogue can have states, in rounds that are left out once
it is over; each state is an extension that names its successor in `ouidire_state` and comes back. A state that is not
there ends it, with nothing granted.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from consent.states import (
    KEY_TIMEOUT_S,
    KEYS,
    MAX_TURNS,
    PROMPTS,
    STOP_KEYS,
    STOP_KEYS_GAP_S,
    TABLE,
    TWO_KEYS_S,
    Answer,
    Event,
    State,
    Step,
    Why,
)
from dialplan.choices import NoticeLine
from dialplan.render import SPOKEN_KEYS
from dialplan.steps import ASKED, UNPLAYED, name_of

CONTEXT: Final = "ouidire"
OVER: Final = "over"
STATES_A_ROUND: Final = 9
"""A turn has nine states at most: the key, what it means, the count; two for the notice, two where it says that the PBX
records, two for its second layer.
"""
ROUNDS: Final = MAX_TURNS + 2
"""One for each turn, one before the first and one after the last."""
_KEY: Final = "[0-9*#]"
_QUIET: Final = "silence_stream://20"
"""Milliseconds of silence in the place of a prompt: play_and_get_digits needs one."""


class Condition(NamedTuple):
    """What must hold; `or_else` are the actions where it does not. With `stops` the extension is left if it holds."""

    field: str
    expression: str
    or_else: tuple[tuple[str, str], ...] = ()
    stops: bool = False


class Extension(NamedTuple):
    """One extension: its name in the context as a regular expression, more conditions, and its actions."""

    name: str
    actions: tuple[tuple[str, str], ...]
    conditions: tuple[Condition, ...] = ()


def go_to(state: str) -> tuple[str, str]:
    """The action that names the state that is next."""
    return ("set", f"ouidire_state={state}")


def run(name: str) -> tuple[str, str]:
    """The action that runs an extension of ours and comes back."""
    return ("execute_extension", f"{name} XML {CONTEXT}")


def asking(notices: Sequence[NoticeLine], guards: Sequence[Condition]) -> Extension:
    """The one extension that the admin's dialplan runs, before it connects the caller."""
    actions = (
        ("set", "ouidire_consent=asked"),  # fail closed: only a yes changes this
        ("set", "ouidire_call=${uuid}"),
        ("export", "nolocal:ouidire_call=${uuid}"),
        ("set", "ouidire_turns="),
        go_to(str(State.ANNOUNCING)),
        run("ouidire_in_${default_language}"),
        *_recorded(ASKED),
        ("answer", ""),
        *[run("ouidire_round")] * ROUNDS,
    )
    return Extension("consent", actions, (Condition("${ouidire_call}${ouidire_unasked}", "^$"), *guards))


def a_round() -> Extension:
    """Some states, one after the other."""
    going = Condition("${ouidire_state}", f"^{OVER}$", stops=True)
    return Extension("round", (run("ouidire_${ouidire_state}"),) * STATES_A_ROUND, (going,))


def languages(notices: Sequence[NoticeLine]) -> Iterator[Extension]:
    """Where each language is set (fr-ca is answered in fr-ca, in fr, or in the first), and which one follows it."""
    for at, notice in enumerate(notices):
        after = notices[(at + 1) % len(notices)]
        chosen = (("set", f"ouidire_language={notice.language}"), ("set", f"ouidire_notice={notice.notice_id}"))
        yield Extension(f"in_(?i:{re.escape(notice.language)})", chosen)
        yield Extension(f"after_{re.escape(notice.language)}", (run(f"ouidire_in_{after.language}"),))
    for notice in notices:
        if "-" not in notice.language:
            wide = f"in_(?i:{re.escape(notice.language)})[-_].*"
            yield Extension(wide, (run(f"ouidire_in_{notice.language}"),))
    yield Extension("in_.*", (run(f"ouidire_in_{notices[0].language}"),))


def dialogue(
    sounds: str, notice_prompts: Sequence[str], stop_script: str, more_keys: Sequence[tuple[str, str]] = ()
) -> Iterator[Extension]:
    """Every state that the dialplan itself runs, then each recorded step once.

    `sounds` is the folder of the prompts, by language; `notice_prompts` are what plays where the table says that the
    notice plays; `stop_script` is the script that the stop keys run; `more_keys` are actions that bind others.
    """
    recorded = {name_of(UNPLAYED): UNPLAYED}
    for state, row in TABLE.items():
        if Event.PROMPT_ENDED in row and row[Event.PROMPT_ENDED].state is not state:
            prompt = PROMPTS[state]
            yield from _announce(state, row, sounds, notice_prompts if prompt == notice_prompts[0] else (prompt,))
        elif row[Event.YES].answer is Answer.GRANTED:
            yield from _await_key(state, row)
            for step in (row[event] for event in Event if event not in (Event.CALLER_STOPS, Event.AGENT_STOPS)):
                if step.answer is not None and step.why is not Why.HANGUP:
                    recorded[name_of(step)] = step
    for step in recorded.values():
        yield _record(step, sounds, (*_stop_keys(stop_script), *more_keys))


def _announce(state: State, row: dict[Event, Step], sounds: str, prompts: Sequence[str]) -> Iterator[Extension]:
    ended = name_of(row[Event.PROMPT_ENDED])
    names = [str(state), *(f"{state}_{at}" for at in range(1, len(prompts)))]
    for name, prompt, then in zip(names, prompts, [*names[1:], ended], strict=True):
        yield Extension(
            name,
            (
                ("set", "playback_terminators=none"),
                ("playback", f"{sounds}/${{ouidire_language}}/{prompt}.wav"),
                ("set", "ouidire_heard=${current_application_response}"),
                go_to(f"{name}_heard"),
            ),
        )
        heard = Condition("${ouidire_heard}", "^FILE PLAYED$", or_else=(go_to(name_of(UNPLAYED)),))
        yield Extension(f"{name}_heard", (go_to(then),), (heard,))


def _await_key(state: State, row: dict[Event, Step]) -> Iterator[Extension]:
    [yes] = [key for key, event in KEYS.items() if event is Event.YES]
    yield Extension(str(state), (*_key(KEY_TIMEOUT_S, "ouidire_key"), go_to(f"{state}_key_${{ouidire_key}}")))
    yield Extension(f"{state}_key_", (go_to(name_of(row[Event.SILENCE])),))
    yield Extension(f"{state}_key_{yes}", (go_to(f"{state}_yes"),))
    # A yes is one key alone: with another so soon after it nobody can tell which of them was meant.
    second = (*_key(TWO_KEYS_S, "ouidire_second"), go_to(f"{state}_second_${{ouidire_second}}"))
    yield Extension(f"{state}_yes", second)
    yield Extension(f"{state}_second_", (go_to(name_of(row[Event.YES])),))
    yield Extension(f"{state}_second_.+", _turn(name_of(row[Event.OTHER_KEY])))
    for key, event in KEYS.items():
        if event is Event.NO:
            yield Extension(f"{state}_key_{key}", (go_to(name_of(row[event])),))
        elif event is not Event.YES:
            yield Extension(f"{state}_key_{re.escape(key)}", _turn(name_of(row[event])))
    yield Extension(f"{state}_key_.+", _turn(name_of(row[Event.OTHER_KEY])))
    for event in (Event.OTHER_LANGUAGE, Event.AGAIN, Event.OTHER_KEY):
        then = name_of(row[event])
        yield Extension(f"turn_{then}_x{{{MAX_TURNS + 1},}}", (go_to(name_of(row[Event.TOO_OFTEN])),))
        # Not before: what is refused for too many turns was asked in the language that was heard.
        more = (run("ouidire_after_${ouidire_language}"),) if event is Event.OTHER_LANGUAGE else ()
        yield Extension(f"turn_{then}_x+", (*more, go_to(then)))


def _key(timeout_s: float, variable: str) -> tuple[tuple[str, str], ...]:
    """Wait for one key, with nothing pressed before; the variable is empty where none came."""
    words = f"1 1 1 {round(timeout_s * 1000)} none {_QUIET} {_QUIET} {variable} {_KEY}"
    flushed = (("flush_dtmf", ""),) if variable == "ouidire_key" else ()
    return (*flushed, ("set", f"{variable}="), ("play_and_get_digits", words))


def _turn(then: str) -> tuple[tuple[str, str], ...]:
    """One turn more, counted as one more x: so the dialplan needs no module that can count."""
    return (("set", "ouidire_turns=${ouidire_turns}x"), go_to(f"turn_{then}_${{ouidire_turns}}"))


def _record(step: Step, sounds: str, keys: Sequence[tuple[str, str]]) -> Extension:
    prompt = f"{sounds}/${{ouidire_language}}/{PROMPTS[step.state]}.wav"
    if step.answer is Answer.GRANTED:
        hurried = ("set", "playback_terminators=any")  # thanks and reference may be cut short, the notice may not
        after = (*keys, hurried, ("playback", prompt), go_to("reference"))
    else:
        # Only who pressed a key is told: whoever said nothing waits for an agent, no longer than one who said yes.
        told = (("playback", prompt),) if step.why is Why.KEY else ()
        after = (go_to(OVER), *told)
    # The bridge may have stopped the call while it was being asked: then nothing opens it again.
    asked = Condition("${ouidire_consent}", f"^{Answer.ASKED}$", or_else=(go_to(OVER),))
    return Extension(name_of(step), (*_recorded(step), *after), (asked,))


def _recorded(step: Step) -> tuple[tuple[str, str], ...]:
    """Journal (kept while the bridge is away), variable, event. A yes is journalled before it opens anything."""
    told = {
        "Event-Name": "CUSTOM",
        "Event-Subclass": "ouidire::consent",
        "Ouidire-Call": "${uuid}",
        "Ouidire-Answer": step.answer,
        "Ouidire-Why": step.why,
        "Ouidire-Notice": "${ouidire_notice}",
        "Ouidire-Language": "${ouidire_language}",
        "Ouidire-At": "${strepoch()}",
    }
    value = f"${{strepoch()}}|{step.why}|${{ouidire_notice}}|${{ouidire_language}}"
    return (
        ("db", f"insert/ouidire/{step.answer}-${{uuid}}/{value}"),
        ("set", f"ouidire_consent={step.answer}"),
        ("event", ",".join(f"{name}={text}" for name, text in told.items())),
    )


def _stop_keys(script: str) -> tuple[tuple[str, str], ...]:
    """The keys of both parties, looked for by FreeSWITCH itself: with no program of ours."""
    pressed = (
        (STOP_KEYS, "caller", Why.STOP_KEYS, "self"),
        (STOP_KEYS, "agent", Why.STOP_KEYS, "peer"),
        (SPOKEN_KEYS, "caller", Why.STOP_KEYS, "self"),  # pressed by the caller it is the caller's own key
        (SPOKEN_KEYS, "caller", Why.SPOKEN, "peer"),
    )
    return (
        ("set", f"bind_digit_digit_timeout={round(STOP_KEYS_GAP_S * 1000)}"),
        *(
            ("bind_digit_action", f"{CONTEXT},{keys},api:lua,{script} ${{uuid}} {who} {why},{leg},{leg}")
            for keys, who, why, leg in pressed
        ),
        ("digit_action_set_realm", CONTEXT),
        ("digit_action_set_realm", f"{CONTEXT},peer"),
    )
