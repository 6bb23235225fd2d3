"""The dialogue of consent as one table; the dialplan is rendered from it and `consent.dialogue` runs it.

Fail closed: every way that is not an explicit yes, heard to the end of the notice, leads to REFUSED. A prompt that
was not heard to its end is no consent, so keys pressed while a prompt plays do not count.
"""

from enum import StrEnum
from typing import Final, NamedTuple


class Answer(StrEnum):
    """What the ledger and the journal record of a call, in this order of time."""

    ASKED = "asked"
    GRANTED = "granted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    """The caller took the yes back."""
    OBJECTED = "objected"
    """The agent stopped the analysis."""
    EXPIRED = "expired"
    """The call ended, and the grant with it."""


class Why(StrEnum):
    """How an answer came about."""

    KEY = "key"
    SILENCE = "silence"
    WRONG_KEYS = "wrong_keys"
    HANGUP = "hangup"
    STOP_KEYS = "star9"
    SPOKEN = "spoken"
    """The caller said it to the agent, who pressed for the caller."""
    LINE = "line"
    """Later, on the line on which people exercise their rights."""
    WEB = "web"
    """Later, on the page, with the reference."""
    DESK = "desk"
    """Later, by staff at the command line, on the person's request."""
    CALL_ENDED = "call_ended"
    NOTICE = "notice"


class State(StrEnum):
    """Where the dialogue of one call stands."""

    ANNOUNCING = "announcing"
    """The notice's first layer plays to its end."""
    ASKING = "asking"
    """One key is awaited."""
    REPEATING = "repeating"
    """The first layer plays once more, on a key."""
    EXPLAINING = "explaining"
    """The second layer plays: what is kept, how long, the rights."""
    REMINDING = "reminding"
    """The short prompt names the keys again, to its end."""
    ASKING_AGAIN = "asking_again"
    GRANTED = "granted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    OBJECTED = "objected"
    OVER = "over"


class Event(StrEnum):
    """What can happen to a dialogue."""

    PROMPT_ENDED = "prompt_ended"
    YES = "yes"
    NO = "no"
    OTHER_LANGUAGE = "other_language"
    AGAIN = "again"
    OTHER_KEY = "other_key"
    """Any other key, and two keys at once: nobody can tell which of them was meant."""
    TOO_OFTEN = "too_often"
    """A key that asks for one more turn after MAX_TURNS of them: a caller is not kept here for ever."""
    SILENCE = "silence"
    CALLER_STOPS = "caller_stops"
    AGENT_STOPS = "agent_stops"
    HANGUP = "hangup"


class Step(NamedTuple):
    """Where an event leads, and what is recorded then (None: nothing new)."""

    state: State
    answer: Answer | None = None
    why: Why | None = None


KEYS: Final[dict[str, Event]] = {"1": Event.YES, "2": Event.NO, "3": Event.OTHER_LANGUAGE, "*": Event.AGAIN}
"""The keys of the question; every other key is OTHER_KEY."""
STOP_KEYS: Final = "*9"
"""Pressed at any moment of the call, by either party."""
KEY_TIMEOUT_S: Final = 4
"""How long a key is awaited after a prompt. Silence is a no at once, so that a no never waits longer than a yes."""
TWO_KEYS_S: Final = 0.3
"""Another key so soon after the first is pressed with it. Only a yes waits for it."""
MAX_TURNS: Final = 6
"""How often a caller may change the language, hear the notice again or press a wrong key."""
STOP_KEYS_GAP_S: Final = 3.0
"""How far apart the two stop keys may be (Asterisk's default of 1 s is too short for slow hands)."""
PROMPTS: Final[dict[State, str]] = {
    State.ANNOUNCING: "notice",
    State.REPEATING: "notice",
    State.EXPLAINING: "more",
    State.REMINDING: "keys",
    State.GRANTED: "yes",
    State.REFUSED: "no",
    State.WITHDRAWN: "stopped",
    State.OBJECTED: "stopped",
}
"""The prompt played in a state, by its file name under dialplan/prompts/<language>/."""

_OVER = Step(State.OVER)
_EXPIRED = Step(State.OVER, Answer.EXPIRED, Why.CALL_ENDED)
_STOPPED = Step(State.REFUSED, Answer.REFUSED, Why.STOP_KEYS)
_UNANSWERED: Final[dict[Event, Step]] = {
    Event.HANGUP: Step(State.OVER, Answer.REFUSED, Why.HANGUP),
    Event.CALLER_STOPS: _STOPPED,
    Event.AGENT_STOPS: _STOPPED,
}
"""What ends a dialogue that has no answer yet."""


def _stay(state: State) -> dict[Event, Step]:
    return {event: Step(state) for event in Event}


def _playing(state: State, then: State) -> dict[Event, Step]:
    """A prompt plays to its end: keys pressed before do not count."""
    return _stay(state) | {Event.PROMPT_ENDED: Step(then)} | _UNANSWERED


def _awaiting(state: State, wrong: Step) -> dict[Event, Step]:
    return (
        _stay(state)
        | {
            Event.YES: Step(State.GRANTED, Answer.GRANTED, Why.KEY),
            Event.NO: Step(State.REFUSED, Answer.REFUSED, Why.KEY),
            Event.SILENCE: Step(State.REFUSED, Answer.REFUSED, Why.SILENCE),
            Event.OTHER_LANGUAGE: Step(State.ANNOUNCING),
            Event.AGAIN: Step(State.REPEATING),
            Event.OTHER_KEY: wrong,
            Event.TOO_OFTEN: Step(State.REFUSED, Answer.REFUSED, Why.WRONG_KEYS),
        }
        | _UNANSWERED
    )


TABLE: Final[dict[State, dict[Event, Step]]] = {
    State.ANNOUNCING: _playing(State.ANNOUNCING, State.ASKING),
    State.ASKING: _awaiting(State.ASKING, Step(State.REMINDING)),
    State.REPEATING: _playing(State.REPEATING, State.EXPLAINING),
    State.EXPLAINING: _playing(State.EXPLAINING, State.ASKING),
    State.REMINDING: _playing(State.REMINDING, State.ASKING_AGAIN),
    State.ASKING_AGAIN: _awaiting(State.ASKING_AGAIN, Step(State.REFUSED, Answer.REFUSED, Why.WRONG_KEYS)),
    State.GRANTED: _stay(State.GRANTED)
    | {
        Event.CALLER_STOPS: Step(State.WITHDRAWN, Answer.WITHDRAWN, Why.STOP_KEYS),
        Event.AGENT_STOPS: Step(State.OBJECTED, Answer.OBJECTED, Why.STOP_KEYS),
        Event.HANGUP: _EXPIRED,
    },
    State.REFUSED: _stay(State.REFUSED) | {Event.HANGUP: _OVER},
    State.WITHDRAWN: _stay(State.WITHDRAWN) | {Event.HANGUP: _OVER},
    # The caller may still withdraw after the agent objected: what was derived of the caller goes too.
    State.OBJECTED: _stay(State.OBJECTED)
    | {Event.CALLER_STOPS: Step(State.WITHDRAWN, Answer.WITHDRAWN, Why.STOP_KEYS), Event.HANGUP: _OVER},
    State.OVER: _stay(State.OVER),
}
"""Every (state, event) pair. Only ASKING and ASKING_AGAIN hold a way to GRANTED, by the key of a yes alone."""
