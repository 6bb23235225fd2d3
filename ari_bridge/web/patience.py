"""What who guesses addresses gets: a few answers at once, further ones late, and beyond that a closed connection.

The pages live on the loop that carries the calls' sound. An address has 128 random bits, so guessing finds nothing; it
shall not cost the calls anything either. Right addresses never wait.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Final

FREE_PER_S: Final = 50.0
"""So many wrong addresses a second are answered at once: a floor of phones that still ask for a call of before."""
HELD_S: Final = 1.0
APART_S: Final = 0.01
"""Between two late answers, so that they do not all go out in one turn of the loop."""
MAX_HELD: Final = 100
"""So many wait for their answer at most; what comes on top gets none."""


class Patience:
    """`clock` gives seconds of a steady clock."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._left, self._at_s = FREE_PER_S, clock()
        self._held = 0

    async def wait(self) -> bool:
        """Return when a wrong guess may be answered; False, at once, where it gets no answer."""
        if self._is_free():
            return True
        if self._held >= MAX_HELD:
            return False
        self._held += 1
        try:
            await asyncio.sleep(HELD_S + self._held * APART_S)
        finally:
            self._held -= 1
        return True

    def _is_free(self) -> bool:
        now_s = self._clock()
        self._left = min(FREE_PER_S, self._left + (now_s - self._at_s) * FREE_PER_S)
        self._at_s = now_s
        if self._left < 1:
            return False
        self._left -= 1
        return True
