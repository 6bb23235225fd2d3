"""A line that people dial to use their rights, as a script: a table of states, and what runs it. No input or output.

The lines of `consent.rights_line` and `consent.staff_line` are scripts; nobody but the caller is ever on one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Generic, NamedTuple, TypeVar

from consent.errors import InvalidValue

S = TypeVar("S", bound=StrEnum)
F = TypeVar("F", bound=StrEnum)


class Event(StrEnum):
    """What can happen on a line: the caller's doing, and what comes of an effect."""

    BEGIN = "begin"
    STRANGER = "stranger"
    """The line begins, or an effect was asked for, and we cannot tell by the channel who calls."""
    PROMPT_ENDED = "prompt_ended"
    KEY_1 = "key_1"
    KEY_2 = "key_2"
    KEY_3 = "key_3"
    KEY_4 = "key_4"
    KEY_5 = "key_5"
    AGAIN = "again"
    """`*` after digits: they are forgotten, and asked for anew."""
    BACK = "back"
    """`*` otherwise."""
    OTHER_KEY = "other_key"
    ENTERED = "entered"
    """All digits that the state asks for."""
    INCOMPLETE = "incomplete"
    """`#` or silence after some of them."""
    SILENCE = "silence"
    TOO_OFTEN = "too_often"
    """Turns, or wrong digits, beyond what one call may have."""
    DONE = "done"
    KNOWN = "known"
    """Done, and it was there already."""
    NOTHING = "nothing"
    """Done, and there is nothing to tell."""
    WRONG = "wrong"
    """What was entered is not right."""
    TROUBLE = "trouble"
    """A prompt could not be played, or we could not do it: said, never passed over."""
    HANGUP = "hangup"


class Step(NamedTuple, Generic[S, F]):
    """Where an event leads (None: nothing changes, what plays goes on), and what is to be done on the way.

    An effect is carried out before anything else, and what comes of it is the next event.
    """

    state: S | None
    effect: F | None = None


KEYS: Final[Mapping[str, Event]] = {
    "1": Event.KEY_1,
    "2": Event.KEY_2,
    "3": Event.KEY_3,
    "4": Event.KEY_4,
    "5": Event.KEY_5,
    "*": Event.BACK,
}
"""The keys of a menu; every other key is OTHER_KEY."""
KEY_TIMEOUT_S: Final = 10.0
"""How long a key is awaited after a prompt, or after another digit: time to look at a slip of paper."""
MAX_TURNS: Final = 20
"""How many menus and questions one call may hear."""
MAX_WRONG: Final = 3
"""Wrong or cut-off entries in one call (three, as at a cash machine)."""


@dataclass(frozen=True, slots=True)
class Rows(Generic[S, F]):
    """Rows of a line's table by what a state is for; what a row does not name changes nothing.

    In every one a hang-up leads to `over`, and trouble and too many turns to where they are said.
    """

    over: S
    hang_up: F
    unavailable: S
    goodbye: S

    def working(self, outcomes: Mapping[Event, Step[S, F]]) -> dict[Event, Step[S, F]]:
        """An effect is carried out, and these can come of it."""
        always: dict[Event, Step[S, F]] = {
            Event.HANGUP: Step(self.over),
            Event.TROUBLE: Step(self.unavailable),
            Event.TOO_OFTEN: Step(self.goodbye),
        }
        return self.ended() | always | dict(outcomes)

    def saying(self, then: S) -> dict[Event, Step[S, F]]:
        """A prompt plays to its end; keys mean nothing."""
        return self.working({Event.PROMPT_ENDED: Step(then)})

    def choosing(self, state: S, ways: Mapping[Event, Step[S, F]]) -> dict[Event, Step[S, F]]:
        """Keys are awaited; one without a way has the state said once more, silence ends the call."""
        wrong = dict.fromkeys((*KEYS.values(), Event.OTHER_KEY), Step[S, F](state))
        return self.working(wrong | {Event.SILENCE: Step(self.goodbye)} | dict(ways))

    def ending(self) -> dict[Event, Step[S, F]]:
        """The last prompt, after which we hang up, whatever comes of it."""
        last = Step(self.over, self.hang_up)
        return self.ended() | {Event.HANGUP: Step(self.over), Event.PROMPT_ENDED: last, Event.TROUBLE: last}

    def ended(self) -> dict[Event, Step[S, F]]:
        """Nothing happens any more."""
        return dict.fromkeys(Event, Step[S, F](None))


@dataclass(frozen=True, slots=True)
class Script(Generic[S, F]):
    """A line: its table, and what is played where.

    In `menus` one key is awaited, in `lengths` so many digits; both may be pressed while the prompts still play, but
    for the menus in `heard_out`. A prompt in braces stands for what was told to the caller's face: see `prompts_of`.

    Raises:
        InvalidValue: a pair of state and event that is not in the table.
    """

    begins: S
    ends: frozenset[S]
    table: Mapping[S, Mapping[Event, Step[S, F]]]
    prompts: Mapping[S, tuple[str, ...]]
    menus: frozenset[S]
    heard_out: frozenset[S]
    lengths: Mapping[S, int]

    def __post_init__(self) -> None:
        for state in type(self.begins):
            if set(self.table.get(state, ())) != set(Event):
                raise InvalidValue(f"the line's table must say what each event means in {state}")

    def prompts_of(self, state: S, facts: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
        """What is played in a state, `{name}` replaced by the prompts that `facts` has for it."""
        played: list[str] = []
        for prompt in self.prompts.get(state, ()):
            played += facts.get(prompt[1:-1], ()) if prompt.startswith("{") else (prompt,)
        return tuple(played)


class LineDialogue(Generic[S, F]):
    """One call on a line. Feed it events and keys; carry out the step's effect, or play what its new state says."""

    __slots__ = ("_closes", "_turns", "_wrong", "entered", "script", "state")

    def __init__(self, script: Script[S, F]) -> None:
        self.script = script
        self.state = script.begins
        self.entered = ""
        """The digits entered last: kept until others are asked for."""
        self._closes = False
        self._turns = self._wrong = 0

    @property
    def is_over(self) -> bool:
        """Nothing can happen any more."""
        return self.state in self.script.ends

    @property
    def awaits_keys(self) -> bool:
        """A key means something here; silence after the prompt does too."""
        return self.state in self.script.menus or self.state in self.script.lengths

    @property
    def may_interrupt(self) -> bool:
        """A key counts while the prompt still plays."""
        return self.awaits_keys and self.state not in self.script.heard_out

    def feed(self, event: Event) -> Step[S, F]:
        """Take one event."""
        if event in (Event.WRONG, Event.INCOMPLETE):
            self._wrong += 1
            event = event if self._wrong < MAX_WRONG else Event.TOO_OFTEN
        step = self.script.table[self.state][event]
        if step.state in self.script.menus or step.state in self.script.lengths:
            self._turns += 1
            if self._turns > MAX_TURNS:
                step = self.script.table[self.state][Event.TOO_OFTEN]
        if step.state is not None:
            self.state = step.state
            if self.state in self.script.lengths:
                self.entered = ""
        return step

    def press(self, key: str) -> Step[S, F]:
        """Take one key of the phone; where none is awaited it means nothing."""
        closes, self._closes = self._closes, False
        if closes and key == "#":  # after the last digit, by habit
            return Step(None)
        if self.state in self.script.lengths:
            return self._collect(key, self.script.lengths[self.state])
        if self.state in self.script.menus:
            return self.feed(KEYS.get(key, Event.OTHER_KEY))
        return Step(None)

    def fall_silent(self) -> Step[S, F]:
        """No key came in KEY_TIMEOUT_S."""
        return self.feed(Event.INCOMPLETE if self.state in self.script.lengths and self.entered else Event.SILENCE)

    def _collect(self, key: str, length: int) -> Step[S, F]:
        if key == "*":
            return self.feed(Event.AGAIN if self.entered else Event.BACK)
        if key == "#":
            return self.feed(Event.INCOMPLETE)
        if key not in "0123456789":
            return self.feed(Event.OTHER_KEY)
        self.entered += key
        if len(self.entered) < length:
            return Step(None)
        self._closes = True
        return self.feed(Event.ENTERED)
