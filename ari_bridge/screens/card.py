"""The neutral card of one call, from which every phone family's document is drawn. Pure values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from consent.errors import InvalidValue

MAX_LINES = 6
MAX_TEXT_CHARACTERS = 200
MAX_LABEL_CHARACTERS = 16
"""The shortest softkey label limit among the families (Grandstream P352)."""
MAX_KEYS = 4


class CardState(StrEnum):
    """Where the call on the card stands."""

    ASKED = "asked"
    GRANTED = "granted"
    PAUSED = "paused"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    OBJECTED = "objected"
    FAILED = "failed"
    ENDED = "ended"

    @property
    def consent(self) -> CardState:
        """The consent under this state: a pause or a failure of ours changes what is heard, not what was said."""
        return CardState.GRANTED if self in (CardState.PAUSED, CardState.FAILED) else self


class Action(StrEnum):
    """What a softkey does: but for EXIT, the page below the call's own address that it leads to."""

    STOP = "stop"
    """The agent's objection: leads to the page below the call's own."""
    CONTEST = "contest"
    """The agent says that the score shown is wrong: asks once more before it is dropped."""
    CONFIRM = "contest/confirm"
    """The second press: the score is dropped."""
    BACK = "card"
    """The call's own screen."""
    HIDE = "hide"
    """What may be chosen for the cues: asks, and changes nothing."""
    HIDE_IN_THIS_CALL = "hide/this_call"
    HIDE_FOR_GOOD = "hide/for_good"
    SHOW = "hide/shown"
    """The cues are shown again."""
    DETAILS = "details"
    """What was observed with its error, as far as the card has no room for it."""
    PICTURE = "picture"
    """The caller's last readings as a picture."""
    EXIT = "exit"
    """Leaves the screen; the phone does it by itself."""


@dataclass(frozen=True, slots=True)
class Key:
    """A softkey.

    Raises:
        InvalidValue: an empty label or one of more than 16 characters.
    """

    label: str
    action: Action

    def __post_init__(self) -> None:
        if not 0 < len(self.label) <= MAX_LABEL_CHARACTERS:
            raise InvalidValue(f"a key's label has 1 to {MAX_LABEL_CHARACTERS} characters")


@dataclass(frozen=True, slots=True)
class ScoreCard:
    """What the agent sees of a call. Consent first, then words; no name, no number, nothing about the agent's tone.

    Raises:
        InvalidValue: too many lines or keys, or a text too long.
    """

    state: CardState
    title: str
    consent: str
    lines: tuple[str, ...]
    """The most important first: where room is short, the last ones go."""
    footer: str
    keys: tuple[Key, ...]
    refresh_s: int | None
    """After how many seconds a phone that pulls asks again; None for the last card of a call."""
    update: str = "Update"
    """The label of the key that fetches the card anew, on families that do not by themselves."""
    cue: str = ""
    """The one of the lines that is a cue, which no phone is to be sent late; "" for none."""
    takes_back: bool = False
    """It takes a score from the screen that an agent contested: no phone is to show that any longer."""
    snapshot: str = ""
    """A line that says how old the card may be, for families that show it until somebody fetches it anew."""

    def __post_init__(self) -> None:
        if len(self.lines) > MAX_LINES:
            raise InvalidValue(f"a card has at most {MAX_LINES} lines")
        if len(self.keys) > MAX_KEYS:
            raise InvalidValue(f"a card has at most {MAX_KEYS} keys")
        for text in (self.title, self.consent, self.footer, *self.lines):
            if len(text) > MAX_TEXT_CHARACTERS:
                raise InvalidValue(f"a text of a card has at most {MAX_TEXT_CHARACTERS} characters")

    @property
    def told(self) -> tuple[str, ...]:
        """What it says below its title, in order."""
        return (self.consent, *self.lines, *([self.footer] if self.footer else []))
