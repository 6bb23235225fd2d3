"""Who a leg belongs to: the one place where a party is decided, from the leg's endpoint alone."""

from dataclasses import dataclass
from fnmatch import fnmatchcase

from ari_bridge.pbx.port import Channel
from consent.parties import Party


@dataclass(frozen=True, slots=True)
class Roles:
    """`trunks` are patterns (as in a shell) of endpoints whose calls come from outside; every other one is staff.

    Unknown is staff, because staff's voice is never given to the tone model. Who dialled says nothing. `unmonitored`
    are patterns of endpoints that are not listened to, nor is whoever talks with them (CNIL: lines out of its reach).
    """

    trunks: tuple[str, ...]
    unmonitored: tuple[str, ...] = ()

    def of(self, channel: Channel) -> Party | None:
        """The party of a channel; None for one that carries nobody's mouth (a Local half, a snoop, a fork)."""
        if channel.endpoint is None:
            return None
        return Party.CALLER if self.is_outside(channel.endpoint) else Party.AGENT

    def is_outside(self, endpoint: str) -> bool:
        """Whether an endpoint leads outside."""
        return any(fnmatchcase(endpoint, pattern) for pattern in self.trunks)

    def is_unmonitored(self, channel: Channel) -> bool:
        """Whether nobody may be heard while this channel is in the conversation."""
        return channel.endpoint is not None and any(fnmatchcase(channel.endpoint, one) for one in self.unmonitored)
