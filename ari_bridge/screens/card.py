"""The neutral card of one call, from which every phone family's document is drawn. Pure values."""

from __future__ import annotations

from dataclasses import dataclass

from consent.errors import InvalidValue

MAX_LINES = 5
MAX_TEXT_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class Key:
    """A softkey: a label of at most 16 characters and the action below the call's page it leads to ("stop", "exit")."""

    label: str
    action: str


@dataclass(frozen=True, slots=True)
class ScoreCard:
    """What the agent sees of a call. Consent first, then words; no name, no number, nothing about the agent's tone.

    Raises:
        InvalidValue: too many lines or a line too long.
    """

    title: str
    consent: str
    lines: tuple[str, ...]
    footer: str
    keys: tuple[Key, ...]
    refresh_s: int | None
    """After how many seconds a phone that pulls asks again; None for the last card of a call."""

    def __post_init__(self) -> None:
        if len(self.lines) > MAX_LINES:
            raise InvalidValue(f"a card has at most {MAX_LINES} lines")
        for text in (self.title, self.consent, self.footer, *self.lines):
            if len(text) > MAX_TEXT_CHARACTERS:
                raise InvalidValue(f"a text of a card has at most {MAX_TEXT_CHARACTERS} characters")
