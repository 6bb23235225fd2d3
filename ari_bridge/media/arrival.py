"""A datagram as it came in."""

from typing import NamedTuple


class Arrival(NamedTuple):
    """One datagram with its sender's address, and when it came (`at_s`: seconds on the loop's clock)."""

    datagram: bytes
    host: str
    port: int
    at_s: float
