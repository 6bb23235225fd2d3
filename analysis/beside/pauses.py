"""When a program that was lost may be started again. Pure: it is told what the time is."""


class Pauses:
    """Pauses before new starts: each is twice the one before, up to a longest.

    Who lived for long begins with the first pause again: what ended it was not what it began with.

    Args:
        first_s, longest_s: the pause after the first loss, and the one that none exceeds.
        steady_s: how long it must have been ready to count as steady.
    """

    def __init__(self, first_s: float, longest_s: float, steady_s: float) -> None:
        self._first_s = self._next_s = first_s
        self._longest_s = longest_s
        self._steady_s = steady_s
        self._over_s = 0.0
        self._ready_s: float | None = None

    def ready(self, now_s: float) -> None:
        """Note that it is ready from now on."""
        self._ready_s = now_s

    def lost(self, now_s: float) -> None:
        """Note that it was lost: its pause begins."""
        if self._ready_s is not None and now_s - self._ready_s >= self._steady_s:
            self._next_s = self._first_s
        self._ready_s = None
        self._over_s = now_s + self._next_s
        self._next_s = min(self._longest_s, 2 * self._next_s)

    def is_over(self, now_s: float) -> bool:
        """Whether it may be started."""
        return now_s >= self._over_s
