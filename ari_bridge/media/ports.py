"""Our own UDP ports: one a fork, and none given out twice in a short time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from consent.errors import InvalidValue, OuidireError

REST_S: Final = 30.0
"""A port rests so long after its fork, so that no voice still on its way is taken for another call's."""


class NoFreePort(OuidireError):
    """Every port of the range is in use or at rest, or some other program's; the message says which range."""


class PortRange:
    """The UDP ports that forks may use, both ends included. It remembers which are in use and which rest.

    Raises:
        InvalidValue: not 1024 <= first <= last <= 65535.
    """

    def __init__(self, first: int, last: int, rest_s: float = REST_S) -> None:
        if not 1024 <= first <= last <= 65535:
            raise InvalidValue(f"not a range of ports above 1023: {first}-{last}")
        self.first = first
        self.last = last
        self._rest_s = rest_s
        self._free_from_s: dict[int, float] = {}
        self._start = first

    def __repr__(self) -> str:
        return f"PortRange({self.first}, {self.last})"

    def candidates(self, now_s: float) -> Iterator[int]:
        """Ports to try, those that were used longest ago first."""
        size = self.last - self.first + 1
        for offset in range(size):
            port = self.first + (self._start - self.first + offset) % size
            if self._free_from_s.get(port, 0.0) <= now_s:
                yield port

    def take(self, port: int) -> None:
        """It is in use until `give_back`."""
        self._free_from_s[port] = float("inf")
        self._start = port + 1 if port < self.last else self.first

    def give_back(self, port: int, now_s: float) -> None:
        """It is no longer in use, and rests from now on."""
        self._free_from_s[port] = now_s + self._rest_s
