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
    CALL_ENDED = "call_ended"
    NOTICE = "notice"


class State(StrEnum):
    """Where the dialogue of one call stands."""

    ANNOUNCING = "announcing"
    """The notice plays to its end."""
    ASKING = "asking"
    """One key is awaited."""
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
    OTHER_KEY = "other_key"
    SILENCE = "silence"
    CALLER_STOPS = "caller_stops"
    AGENT_STOPS = "agent_stops"
    HANGUP = "hangup"


class Step(NamedTuple):
    """Where an event leads, and what is recorded then (None: nothing new)."""

    state: State
    answer: Answer | None = None
    why: Why | None = None


KEYS: Final[dict[str, Event]] = {"1": Event.YES, "2": Event.NO}
"""The keys of the question; every other key is OTHER_KEY."""
STOP_KEYS: Final = "*9"
"""Pressed at any moment of the call, by either party."""
KEY_TIMEOUT_S: Final = 3
"""How long a key is awaited after a prompt."""
STOP_KEYS_GAP_S: Final = 3.0
"""How far apart the two stop keys may be (Asterisk's default of 1 s is too short for slow hands)."""
PROMPTS: Final[dict[State, str]] = {
    State.ANNOUNCING: "notice",
    State.REMINDING: "keys",
    State.GRANTED: "yes",
    State.REFUSED: "no",
    State.WITHDRAWN: "stopped",
    State.OBJECTED: "stopped",
}
"""The prompt played in a state, by its file name under dialplan/prompts/<language>/."""

_REFUSED_BY_HANGUP = Step(State.OVER, Answer.REFUSED, Why.HANGUP)
_OVER = Step(State.OVER)
_EXPIRED = Step(State.OVER, Answer.EXPIRED, Why.CALL_ENDED)


def _stay(state: State) -> dict[Event, Step]:
    return {event: Step(state) for event in Event}


TABLE: Final[dict[State, dict[Event, Step]]] = {
    State.ANNOUNCING: _stay(State.ANNOUNCING)
    | {
        Event.PROMPT_ENDED: Step(State.ASKING),
        Event.HANGUP: _REFUSED_BY_HANGUP,
        Event.CALLER_STOPS: Step(State.REFUSED, Answer.REFUSED, Why.STOP_KEYS),
        Event.AGENT_STOPS: Step(State.REFUSED, Answer.REFUSED, Why.STOP_KEYS),
    },
    State.ASKING: _stay(State.ASKING)
    | {
        Event.YES: Step(State.GRANTED, Answer.GRANTED, Why.KEY),
        Event.NO: Step(State.REFUSED, Answer.REFUSED, Why.KEY),
        Event.OTHER_KEY: Step(State.REMINDING),
        Event.SILENCE: Step(State.REMINDING),
        Event.HANGUP: _REFUSED_BY_HANGUP,
        Event.CALLER_STOPS: Step(State.REFUSED, Answer.REFUSED, Why.STOP_KEYS),
        Event.AGENT_STOPS: Step(State.REFUSED, Answer.REFUSED, Why.STOP_KEYS),
    },
    State.REMINDING: _stay(State.REMINDING)
    | {
        Event.PROMPT_ENDED: Step(State.ASKING_AGAIN),
        Event.HANGUP: _REFUSED_BY_HANGUP,
        Event.CALLER_STOPS: Step(State.REFUSED, Answer.REFUSED, Why.STOP_KEYS),
        Event.AGENT_STOPS: Step(State.REFUSED, Answer.REFUSED, Why.STOP_KEYS),
    },
    State.ASKING_AGAIN: _stay(State.ASKING_AGAIN)
    | {
        Event.YES: Step(State.GRANTED, Answer.GRANTED, Why.KEY),
        Event.NO: Step(State.REFUSED, Answer.REFUSED, Why.KEY),
        Event.OTHER_KEY: Step(State.REFUSED, Answer.REFUSED, Why.WRONG_KEYS),
        Event.SILENCE: Step(State.REFUSED, Answer.REFUSED, Why.SILENCE),
        Event.HANGUP: _REFUSED_BY_HANGUP,
        Event.CALLER_STOPS: Step(State.REFUSED, Answer.REFUSED, Why.STOP_KEYS),
        Event.AGENT_STOPS: Step(State.REFUSED, Answer.REFUSED, Why.STOP_KEYS),
    },
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
