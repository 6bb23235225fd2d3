"""Who speaks: the person from outside, or staff."""

from enum import StrEnum


class Party(StrEnum):
    """The side of a leg, taken from its endpoint (trunk or staff) and never from who dialled."""

    CALLER = "caller"
    AGENT = "agent"
