"""The secret addresses of the cards: 128 random bits for each call and extension, dead 60 s after the call."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

TOKEN_BYTES = 16
ENDED_FOR_S = 60.0
"""How long after hang-up an address still answers "call ended"."""
MAX_CALL_S = 12 * 3600.0
"""No call lasts longer: an address whose end we missed dies all the same."""
ASKED_FOR_S = 60.0
"""How long a question that a phone was shown may be answered."""
MAX_TICKETS = 10_000


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a token stands for: one extension's phone, of one family, in one call. The secrets are in no text of it."""

    token: str = field(repr=False)
    call_id: str
    extension: str
    family: str
    language: str
    ended: bool
    standing: str = field(default="", repr=False)
    """The secret of the address at which the phone asked, where that is one that stays."""


@dataclass(slots=True)
class _Entry:
    ticket: Ticket
    dies_at_s: float
    asked_until_s: float = 0.0


class Tokens:
    """Issues tokens and says what they stand for. At most 10,000 are kept; the one that would die first makes room."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._entries: dict[str, _Entry] = {}
        self._live: dict[tuple[str, str], str] = {}

    def issue(self, call_id: str, extension: str, family: str, language: str) -> Ticket:
        """The ticket of that extension in that call: the living one, else a new one."""
        known = self.find(self._live.get((call_id, extension), ""))
        if known is not None:
            if (known.family, known.language) == (family, language):
                return known
            self._drop(known.token)
        self._make_room()
        ticket = Ticket(secrets.token_urlsafe(TOKEN_BYTES), call_id, extension, family, language, ended=False)
        self._entries[ticket.token] = _Entry(ticket, self._clock() + MAX_CALL_S)
        self._live[call_id, extension] = ticket.token
        return ticket

    def find(self, token: str) -> Ticket | None:
        """What the token stands for; None where there is none, or none any more."""
        entry = self._entries.get(token)
        if entry is None:
            return None
        if self._clock() >= entry.dies_at_s:
            self._drop(token)
            return None
        return entry.ticket

    def of_call(self, call_id: str) -> tuple[Ticket, ...]:
        """The living tickets of a call."""
        return tuple(self._entries[token].ticket for (call, _), token in self._live.items() if call == call_id)

    def of_extension(self, extension: str) -> Ticket | None:
        """The living ticket of the newest call of an extension; None between calls."""
        found = (token for (_, one), token in reversed(self._live.items()) if one == extension)
        return next((self._entries[token].ticket for token in found), None)

    def end(self, ticket: Ticket) -> None:
        """The call is over for that phone: its token answers "call ended" for 60 s more, then nothing."""
        entry = self._entries.get(ticket.token)
        if entry is None or entry.ticket.ended:
            return
        entry.ticket = replace(entry.ticket, ended=True)
        entry.dies_at_s = self._clock() + ENDED_FOR_S
        del self._live[ticket.call_id, ticket.extension]

    def ask(self, ticket: Ticket) -> None:
        """That phone is shown a question, which waits for a second key."""
        entry = self._entries.get(ticket.token)
        if entry is not None:
            entry.asked_until_s = self._clock() + ASKED_FOR_S

    def answer(self, ticket: Ticket) -> bool:
        """Whether that phone was shown a question a moment ago; it is answered once."""
        entry = self._entries.get(ticket.token)
        if entry is None:
            return False
        was_asked, entry.asked_until_s = self._clock() < entry.asked_until_s, 0.0
        return was_asked

    def __len__(self) -> int:
        return len(self._entries)

    def _make_room(self) -> None:
        now_s = self._clock()
        for token in [token for token, entry in self._entries.items() if now_s >= entry.dies_at_s]:
            self._drop(token)
        if len(self._entries) >= MAX_TICKETS:
            self._drop(min(self._entries, key=lambda token: self._entries[token].dies_at_s))

    def _drop(self, token: str) -> None:
        ticket = self._entries.pop(token).ticket
        if not ticket.ended:
            del self._live[ticket.call_id, ticket.extension]
