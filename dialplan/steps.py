"""The dialogue of consent as lines of a dialplan, state by state from `consent.states.TABLE`, so that the PBX and
`consent.dialogue` cannot come to say different things.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from consent.states import KEY_TIMEOUT_S, KEYS, MAX_TURNS, PROMPTS, TABLE, TWO_KEYS_S, Answer, Event, State, Step, Why
from dialplan.choices import NoticeLine

ASKED: Final = Step(State.ANNOUNCING, Answer.ASKED, Why.NOTICE)
UNPLAYED: Final = Step(State.REFUSED, Answer.REFUSED, Why.NOTICE)
"""A prompt that could not be played was not heard, and what was not heard is no consent."""
RECORDED: Final = "recorded"
"""The prompt that says that this call is recorded by somebody else too; part of the notice where it is so."""
_ENDED: Final = (Answer.GRANTED, Answer.OBJECTED)
_TURNS: Final = (Event.OTHER_LANGUAGE, Event.AGAIN)
"""Keys that ask for one more turn, beside any wrong one."""


def languages(notices: Sequence[NoticeLine]) -> Iterator[str]:
    """Where each language is set, and which one follows it."""
    for at, notice in enumerate(notices):
        after = notices[(at + 1) % len(notices)]
        yield f"exten => in-{notice.language.lower()},1,Set(OUIDIRE_LANGUAGE={notice.language})"
        yield f" same => n,Set(OUIDIRE_NOTICE={notice.notice_id})"
        yield " same => n,Set(CHANNEL(language)=${OUIDIRE_LANGUAGE})"
        yield " same => n,Return()"
        yield f"exten => after-{notice.language.lower()},1,Goto(in-{after.language.lower()},1)"
        yield ""


def dialogue(notice_prompts: Sequence[str]) -> Iterator[str]:
    """Every state that the dialplan itself runs, then every recorded step once.

    `notice_prompts` are what plays where the table says that the notice plays.
    """
    recorded = {name_of(UNPLAYED): UNPLAYED}
    for state, row in TABLE.items():
        if Event.PROMPT_ENDED in row and row[Event.PROMPT_ENDED].state is not state:
            prompt = PROMPTS[state]
            yield from _announce(state, row, notice_prompts if prompt == notice_prompts[0] else (prompt,))
        elif row[Event.YES].answer is Answer.GRANTED:
            yield from _await_key(state, row)
            for step in (row[event] for event in Event if event not in (Event.CALLER_STOPS, Event.AGENT_STOPS)):
                if step.answer is not None and step.why is not Why.HANGUP:
                    recorded[name_of(step)] = step
        else:
            continue
        yield ""
    yield from _turn()
    for step in recorded.values():
        yield from _record(step)


def stops() -> Iterator[str]:
    """What the stop keys change, by who pressed and by the answer that stood until then."""
    for who, event in (("caller", Event.CALLER_STOPS), ("agent", Event.AGENT_STOPS)):
        for was, state in ((Answer.ASKED, State.ANNOUNCING), *((one, State(one.value)) for one in _ENDED)):
            answer = TABLE[state][event].answer
            if answer is not None:
                yield f' same => n,ExecIf($["${{ARG2}}-${{was}}"="{who}-{was}"]?Set(LOCAL(answer)={answer}))'


def name_of(step: Step) -> str:
    """The extension that a step leads to."""
    return str(step.state) if step.answer is None else f"{step.answer}-by-{step.why}"


def arguments(step: Step) -> str:
    """What is recorded of a step."""
    return f"{step.answer},{step.why}"


def _announce(state: State, row: dict[Event, Step], prompts: Sequence[str]) -> Iterator[str]:
    # Playback throws keys away while it plays, so that none pressed before its end can count.
    start = f"exten => {state},1,"
    for prompt in prompts:
        yield f"{start}Playback(ouidire/{prompt})"
        yield f' same => n,GotoIf($["${{PLAYBACKSTATUS}}"!="SUCCESS"]?{name_of(UNPLAYED)},1)'
        start = " same => n,"
    yield f" same => n,Goto({name_of(row[Event.PROMPT_ENDED])},1)"


def _await_key(state: State, row: dict[Event, Step]) -> Iterator[str]:
    [yes] = [key for key, event in KEYS.items() if event is Event.YES]
    yield f"exten => {state},1,Read(OUIDIRE_KEY,,1,,1,{KEY_TIMEOUT_S})"
    # TIMEOUT is silence; ERROR, INTERRUPTED and the rest are no answer either.
    yield f' same => n,GotoIf($["${{READSTATUS}}"!="OK"]?{name_of(row[Event.SILENCE])},1)'
    yield f' same => n,GotoIf($["${{OUIDIRE_KEY}}"="{yes}"]?{state}-yes,1)'
    for key, event in KEYS.items():
        if key != yes and event not in _TURNS:
            yield f' same => n,GotoIf($["${{OUIDIRE_KEY}}"="{key}"]?{name_of(row[event])},1)'
    yield " same => n(turn),Set(LOCAL(turns)=$[${turns}+1])"
    yield f" same => n,GotoIf($[${{turns}}>{MAX_TURNS}]?{name_of(row[Event.TOO_OFTEN])},1)"
    for key, event in KEYS.items():
        if event in _TURNS:
            way = _way(event, row[event])
            yield f' same => n,GotoIf($["${{OUIDIRE_KEY}}"="{key}"]?{way},1)'
    yield f" same => n,Goto({name_of(row[Event.OTHER_KEY])},1)"
    # A yes is one key alone: with another so soon after it nobody can tell which of them was meant.
    yield f"exten => {state}-yes,1,Read(OUIDIRE_SECOND,,1,,1,{TWO_KEYS_S})"
    yield f' same => n,GotoIf($["${{READSTATUS}}"="TIMEOUT"]?{name_of(row[Event.YES])},1)'
    yield " same => n,Set(OUIDIRE_KEY=)"
    yield f" same => n,Goto({state},turn)"


def _way(event: Event, step: Step) -> str:
    return f"next-{name_of(step)}" if event is Event.OTHER_LANGUAGE else name_of(step)


def _turn() -> Iterator[str]:
    targets = {name_of(row[Event.OTHER_LANGUAGE]) for row in TABLE.values() if row[Event.YES].answer is Answer.GRANTED}
    for target in sorted(targets):
        yield f"exten => next-{target},1,Gosub(after-${{TOLOWER(${{OUIDIRE_LANGUAGE}})}},1)"
        yield f" same => n,Goto({target},1)"
        yield ""


def _record(step: Step) -> Iterator[str]:
    yield f"exten => {name_of(step)},1,Gosub(record,1({arguments(step)}))"
    if step.answer is Answer.GRANTED:
        # The bridge may have stopped the call while it was being asked: then this yes was not recorded.
        yield ' same => n,GotoIf($["${SHARED(OUIDIRE_STOP)}"!=""]?done,1)'
        yield " same => n,Gosub(after-granted,1)"
        yield f" same => n,Gosub(hear,1(ouidire/{PROMPTS[step.state]},0.01))"
        yield " same => n,Goto(reference,1)"
    else:
        # Only who pressed a key is told: whoever said nothing waits for an agent, no longer than one who said yes.
        if step.why is Why.KEY:
            yield f" same => n,Playback(ouidire/{PROMPTS[step.state]})"
        yield " same => n,Goto(done,1)"
    yield ""
