"""The channels as they were last told, so that only what changed is told again. No input or output."""

from __future__ import annotations

from ari_bridge.pbx.port import Channel, ChannelChanged, ChannelGone, PbxEvent, Snapshot


class Roster:
    """Asterisk repeats the whole channel in nearly every event; the bridge wants to hear of changes."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._known: dict[str, Channel] = {channel.channel_id: channel for channel in snapshot.channels}

    def is_news(self, event: PbxEvent) -> bool:
        """False for a channel that is just as it was; every other event is news. Remembers what it is told."""
        match event:
            case ChannelChanged(channel):
                if self._known.get(channel.channel_id) == channel:
                    return False
                self._known[channel.channel_id] = channel
            case ChannelGone(channel_id):
                self._known.pop(channel_id, None)
        return True
