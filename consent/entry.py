"""One answer of a call as the ledger takes it, and what it holds of a call in progress."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from consent.errors import InvalidValue
from consent.parties import Party
from consent.retention import as_utc, stamp
from consent.states import Answer, Why

ENDINGS: Final = frozenset({Answer.REFUSED, Answer.WITHDRAWN, Answer.OBJECTED, Answer.EXPIRED})
"""After one of these a call is never granted (again)."""
SOURCES: Final = ("event", "journal", "keys", "bridge", "line", "web", "desk")
"""How an answer reached us: the PBX's event or journal, keys that we saw ourselves, the bridge's own doing, or later on
the line, the page or at the command line."""
MAX_CALL_ID: Final = 150
MAX_WORD: Final = 64
"""Characters of a notice's id or a language."""
_TAG: Final = re.compile(r"[0-9]{1,32}-[0-9a-f]{40}")


@dataclass(frozen=True, slots=True)
class Entry:
    """One answer of a call, before it is in the chain.

    `number_tag` stands for the caller's number in this call alone ("" where the PBX knew none): it is kept with the
    keys, never in the file.

    Raises:
        InvalidValue: no call id, one that is too long or not of printable ASCII; an unknown source; a number in the
            place of its tag; a moment without a timezone.
    """

    at: datetime
    answer: Answer
    why: Why
    call_id: str
    party: Party
    notice_id: str
    language: str
    source: str
    number_tag: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        if not 0 < len(self.call_id) <= MAX_CALL_ID:
            raise InvalidValue(f"an entry needs a call id of at most {MAX_CALL_ID} characters")
        if not (self.call_id.isascii() and self.call_id.isprintable()):
            raise InvalidValue("a call id is of printable ASCII")
        if not all(len(word) <= MAX_WORD and word.isprintable() for word in (self.notice_id, self.language)):
            raise InvalidValue(f"a notice's id and a language have at most {MAX_WORD} characters")
        if self.number_tag and not _TAG.fullmatch(self.number_tag):
            raise InvalidValue("a number is there as its tag alone: digits, a hyphen and 40 hexadecimal digits")
        as_utc(self.at)
        if self.source not in SOURCES:
            raise InvalidValue(f"unknown source: {self.source}")
        if (self.answer is Answer.OBJECTED) != (self.party is Party.AGENT):
            raise InvalidValue("the agent objects, every other answer is the caller's")

    @property
    def fields(self) -> dict[str, str]:
        """What is sealed of it."""
        return {
            "at": stamp(self.at),
            "answer": self.answer.value,
            "why": self.why.value,
            "call_id": self.call_id,
            "party": self.party.value,
            "notice_id": self.notice_id,
            "language": self.language,
            "source": self.source,
        }


@dataclass(frozen=True, slots=True)
class Standing:
    """What the ledger holds of a call: its answers, and the conversation in which it was last heard ("" for none)."""

    answers: frozenset[Answer]
    heard_in: str

    @property
    def is_granted(self) -> bool:
        """A yes and nothing that ended it."""
        return Answer.GRANTED in self.answers and not self.answers & ENDINGS
