"""Run the table of `consent.states` without any input or output (for PBXs and microphones that let us ask)."""

from collections.abc import Sequence
from typing import Final

from consent.errors import InvalidValue
from consent.states import KEYS, MAX_TURNS, PROMPTS, TABLE, Answer, Event, State, Step

_TURNS: Final = frozenset({Event.OTHER_LANGUAGE, Event.AGAIN, Event.OTHER_KEY})
_AWAITING: Final = (State.ASKING, State.ASKING_AGAIN)


class Dialogue:
    """One dialogue of consent. Feed it events; play `prompt` whenever it is not None; record what `feed` returns.

    `languages` are offered in turn, beginning with the first.

    Raises:
        InvalidValue: no language.
    """

    __slots__ = ("_at", "_languages", "_turns", "state")

    def __init__(self, languages: Sequence[str]) -> None:
        if not languages:
            raise InvalidValue("a dialogue needs a language")
        self.state = State.ANNOUNCING
        self._languages = tuple(languages)
        self._at = self._turns = 0

    @property
    def language(self) -> str:
        """The language in which it speaks now."""
        return self._languages[self._at]

    @property
    def prompt(self) -> str | None:
        """The prompt of the state, or None where nothing is played."""
        return PROMPTS.get(self.state)

    @property
    def is_granted(self) -> bool:
        """True only between a yes and its end."""
        return self.state is State.GRANTED

    def feed(self, event: Event) -> Step:
        """Take one event; the step tells the new state and the answer to record, if any."""
        if event in _TURNS and self.state in _AWAITING:
            self._turns += 1
            event = event if self._turns <= MAX_TURNS else Event.TOO_OFTEN
        step = TABLE[self.state][event]
        if event is Event.OTHER_LANGUAGE and self.state in _AWAITING:
            self._at = (self._at + 1) % len(self._languages)
        self.state = step.state
        return step

    def press(self, key: str) -> Answer | None:
        """Take one key of the phone or keyboard; the answer to record, if any."""
        return self.feed(KEYS.get(key, Event.OTHER_KEY)).answer
