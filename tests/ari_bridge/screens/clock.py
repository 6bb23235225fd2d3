"""A clock that a test moves by hand."""

from __future__ import annotations


class Clock:
    """Seconds since some beginning; set `now_s` to move it."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        """The time now."""
        return self.now_s
