"""Which browser is which agent's: a page shows six digits, its agent dials them from the own telephone.

Everything is in memory: after a restart of the service each page is paired anew. A pairing says that somebody who had
the telephone in hand read the digits from that page, and no more: neither a name nor a password is asked for.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

CODE_DIGITS: Final = 6
OFFERED_FOR_S: Final = 300.0
"""How long a page may wait for its digits to be dialled."""
MOST_OFFERS: Final = 50
"""Pages that wait at once; the oldest makes room. Of a million codes so few are known that a slip of a finger finds one
once in 20,000 times, and the page then names the telephone that it took for its own."""
PAIRED_FOR_S: Final = 12 * 3600.0
"""The longest day at work: a browser that was left open is nobody's next morning."""
MOST_WRONG: Final = 5
"""Wrong codes that one telephone may dial within OFFERED_FOR_S; beyond, none of it is taken, right or wrong."""
MOST_ENDPOINTS: Final = 2_000
SECRET_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class Offer:
    """What a page that waits is given: the digits that it shows, and the secret that only its browser has."""

    code: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Waiting:
    code: str
    until_s: float


@dataclass(frozen=True, slots=True)
class _Paired:
    endpoint: str
    until_s: float


class Pairings:
    """All pages. `clock` gives seconds of a steady clock.

    Of secrets their hashes alone are kept, and nothing is logged: when an agent opens a page is nobody's business.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._waiting: dict[str, _Waiting] = {}
        self._paired: dict[str, _Paired] = {}
        self._wrong: dict[str, deque[float]] = {}
        self._on_change: list[Callable[[], None]] = []
        self._on_forget: list[Callable[[str], None]] = []

    def watch(self, changed: Callable[[], None]) -> None:
        """Have `changed` called after each pairing and each end of one."""
        self._on_change.append(changed)

    def at_end(self, forget: Callable[[str], None]) -> None:
        """Have `forget` called with the endpoint whose page is its own no longer, at logout and when time is up."""
        self._on_forget.append(forget)

    def offer(self) -> Offer:
        """New digits and a new secret, good for five minutes."""
        self.expire()
        while len(self._waiting) >= MOST_OFFERS:
            del self._waiting[next(iter(self._waiting))]
        taken = {one.code for one in self._waiting.values()}
        code = _new_code()
        while code in taken:
            code = _new_code()
        offer = Offer(code, secrets.token_urlsafe(SECRET_BYTES))
        self._waiting[_digest(offer.secret)] = _Waiting(code, self._clock() + OFFERED_FOR_S)
        return offer

    def code_of(self, secret: str) -> str | None:
        """The digits for which the page with that secret waits; None where it waits for none (any more)."""
        waiting = self._waiting.get(_digest(secret))
        return waiting.code if waiting is not None and self._clock() < waiting.until_s else None

    def pair(self, code: str, endpoint: str) -> bool:
        """That telephone dialled that code. True where a page waited for it: it is that endpoint's only page now."""
        self.expire()
        wrong = self._wrong.get(endpoint, ())
        found = next((one for one, waiting in self._waiting.items() if waiting.code == code), None)
        if found is None or not endpoint or len(wrong) >= MOST_WRONG:
            self._note_wrong(endpoint)
            return False
        del self._waiting[found]
        self._wrong.pop(endpoint, None)
        if self._drop(endpoint):
            self._tell_forgotten(endpoint)
        self._paired[found] = _Paired(endpoint, self._clock() + PAIRED_FOR_S)
        self._tell()
        return True

    def endpoint_of(self, secret: str) -> str | None:
        """The endpoint whose page has that secret; None where there is none, or not any more."""
        paired = self._paired.get(_digest(secret))
        return paired.endpoint if paired is not None and self._clock() < paired.until_s else None

    def has_page(self, endpoint: str) -> bool:
        """Whether a page is that endpoint's now."""
        self.expire()
        return any(one.endpoint == endpoint for one in self._paired.values())

    def forget(self, endpoint: str) -> None:
        """Logout: the page of that endpoint is nobody's, and what was kept for it alone is erased."""
        if self._drop(endpoint):
            self._tell_forgotten(endpoint)
            self._tell()

    def expire(self) -> None:
        """End what is over. A look finds nothing of it in any case; what was kept for a page is erased by this."""
        now_s = self._clock()
        self._waiting = {one: waiting for one, waiting in self._waiting.items() if now_s < waiting.until_s}
        for endpoint, wrong in list(self._wrong.items()):
            while wrong and now_s - wrong[0] >= OFFERED_FOR_S:
                wrong.popleft()
            if not wrong:
                del self._wrong[endpoint]
        over = [one.endpoint for one in self._paired.values() if now_s >= one.until_s]
        for endpoint in over:
            self.forget(endpoint)

    def _note_wrong(self, endpoint: str) -> None:
        if endpoint not in self._wrong and len(self._wrong) >= MOST_ENDPOINTS:
            del self._wrong[next(iter(self._wrong))]
        self._wrong.setdefault(endpoint, deque(maxlen=MOST_WRONG)).append(self._clock())

    def _drop(self, endpoint: str) -> bool:
        own = [one for one, paired in self._paired.items() if paired.endpoint == endpoint]
        for one in own:
            del self._paired[one]
        return bool(own)

    def _tell_forgotten(self, endpoint: str) -> None:
        for forget in self._on_forget:
            forget(endpoint)

    def _tell(self) -> None:
        for changed in self._on_change:
            changed()


def _new_code() -> str:
    return f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"


def _digest(secret: str) -> str:
    """Looking up a hash takes no time that tells anything of the secret."""
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()
