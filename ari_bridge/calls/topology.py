"""Who talks with whom: the PBX's channels and bridges as values, followed through Local pairs. No input or output."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from ari_bridge.pbx.port import BridgeChanged, Channel, ChannelChanged, ChannelGone, HoldChanged, PbxEvent, Snapshot


@dataclass(frozen=True, slots=True)
class Conversation:
    """Everybody whom the caller can hear now, the caller included, and the bridges between them."""

    legs: frozenset[str]
    bridges: frozenset[str]
    held: bool
    watched: bool
    """The PBX itself looks for the stop keys of everybody in it: of legs that the call brought with it, in bridges
    that are no conference."""

    @property
    def fingerprint(self) -> str:
        """Stays the same as long as the same bridges carry the call; "" where nobody talks with the caller.

        A bridge's id is made anew whenever a call is queued, parked, transferred or put in a conference, so an
        unchanged fingerprint of a watched conversation means that no stop key was missed.
        """
        if not self.bridges:
            return ""
        return hashlib.sha256("\n".join(sorted(self.bridges | self.legs)).encode()).hexdigest()[:32]


class Topology:
    """The channels, bridges and holds of the PBX as far as its events told."""

    def __init__(self) -> None:
        self.channels: dict[str, Channel] = {}
        self._bridges: dict[str, frozenset[str]] = {}
        self._bridge_of: dict[str, str] = {}
        self._by_name: dict[str, str] = {}
        self._held: set[str] = set()
        self._held_before: set[str] = set()
        self._deaf: set[str] = set()
        self._came_as: dict[str, str] = {}

    def reset(self, snapshot: Snapshot) -> None:
        """Forget everything and take what the PBX says holds now."""
        self.__init__()  # type: ignore[misc]
        for channel in snapshot.channels:
            self._learn(channel)
        for bridge_id, members in snapshot.bridges.items():
            self._set_bridge(bridge_id, members)
        self._held_before, self._deaf = set(snapshot.held), set(snapshot.deaf)

    def apply(self, event: PbxEvent) -> None:
        """Take one event; those that say nothing about who talks with whom are passed over."""
        match event:
            case ChannelChanged(channel):
                self._learn(channel)
            case ChannelGone(channel_id):
                self._forget(channel_id)
            case BridgeChanged(bridge_id, channel_ids, deaf):
                self._set_bridge(bridge_id, channel_ids)
                self._deaf = self._deaf | {bridge_id} if deaf and channel_ids else self._deaf - {bridge_id}
            case HoldChanged(channel_id, True):
                self._held.add(channel_id)
            case HoldChanged(channel_id, False):
                self._held.discard(channel_id)
                # A hold from before the snapshot is known by the leg that waits, its end by the leg that took it back.
                self._held_before -= self.conversation(channel_id).legs
            case _:
                pass

    def conversation(self, call_id: str) -> Conversation:
        """Follow the caller's channel through its bridge, and through Local pairs into the bridges behind them."""
        legs, bridges, waiting = {call_id}, set[str](), [call_id]
        while waiting:
            bridge_id = self._bridge_of.get(waiting.pop())
            if bridge_id is None or bridge_id in bridges:
                continue
            bridges.add(bridge_id)
            for member in self._bridges[bridge_id]:
                channel = self.channels.get(member)
                if channel is not None and (channel.endpoint is not None or channel.is_foreign):
                    legs.add(member)
                other = self._by_name.get(channel.peer_half or "") if channel is not None else None
                if other is not None:
                    waiting.append(other)
        held = not legs.isdisjoint(self._held | self._held_before)
        strangers = [leg for leg in legs if leg != call_id and self._came_as.get(leg) != call_id]
        watched = not strangers and bridges.isdisjoint(self._deaf)
        return Conversation(frozenset(legs), frozenset(bridges), held, watched)

    def members(self, bridge_id: str) -> frozenset[str]:
        """The ids of the channels in a bridge."""
        return self._bridges.get(bridge_id, frozenset())

    def neighbours(self, channel_id: str) -> frozenset[str]:
        """A channel and whoever shares its bridge."""
        return self.members(self._bridge_of.get(channel_id, "")) | {channel_id}

    def _learn(self, channel: Channel) -> None:
        known = self.channels.get(channel.channel_id)
        if known is not None and known.name != channel.name:
            self._by_name.pop(known.name, None)
        self.channels[channel.channel_id] = channel
        self._by_name[channel.name] = channel.channel_id

    def _forget(self, channel_id: str) -> None:
        channel = self.channels.pop(channel_id, None)
        if channel is not None:
            self._by_name.pop(channel.name, None)
        self._held.discard(channel_id)
        self._held_before.discard(channel_id)
        self._came_as.pop(channel_id, None)
        bridge_id = self._bridge_of.pop(channel_id, None)
        if bridge_id in self._bridges:
            self._bridges[bridge_id] -= {channel_id}

    def _set_bridge(self, bridge_id: str, members: frozenset[str]) -> None:
        for gone in self._bridges.get(bridge_id, frozenset()) - members:
            if self._bridge_of.get(gone) == bridge_id:
                del self._bridge_of[gone]
        for member in members:
            self._bridge_of[member] = bridge_id
            if member in self.channels:  # as it came into its first bridge: what we tell the PBX of it comes later
                self._came_as.setdefault(member, self.channels[member].call_id)
        if members:
            self._bridges[bridge_id] = members
        else:
            self._bridges.pop(bridge_id, None)
