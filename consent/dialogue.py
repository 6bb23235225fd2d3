"""Run the table of `consent.states` without any input or output (for PBXs and microphones that let us ask)."""

from consent.states import KEYS, PROMPTS, TABLE, Answer, Event, State, Step


class Dialogue:
    """One dialogue of consent. Feed it events; play `prompt` whenever it is not None; record what `feed` returns."""

    __slots__ = ("state",)

    def __init__(self) -> None:
        self.state = State.ANNOUNCING

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
        step = TABLE[self.state][event]
        self.state = step.state
        return step

    def press(self, key: str) -> Answer | None:
        """Take one key of the phone or keyboard; the answer to record, if any."""
        return self.feed(KEYS.get(key, Event.OTHER_KEY)).answer
