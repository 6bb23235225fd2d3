"""What is news of a channel."""

from dataclasses import replace

from ari_bridge.pbx.asterisk.roster import Roster
from ari_bridge.pbx.port import Channel, ChannelChanged, ChannelGone, HoldChanged, Snapshot

LEG = Channel("1.1", "PJSIP/trunk-00000001", "trunk", None, "1.1", "asked", "en")


def test_only_a_change_is_news() -> None:
    """Law: a channel repeated as it was is not told again; one that changed is, and so is one that came back."""
    roster = Roster(Snapshot((LEG,), {}))
    assert not roster.is_news(ChannelChanged(LEG))
    granted = replace(LEG, consent="granted")
    assert roster.is_news(ChannelChanged(granted))
    assert not roster.is_news(ChannelChanged(granted))
    assert roster.is_news(ChannelGone("1.1"))
    assert roster.is_news(ChannelChanged(granted))


def test_every_other_event_is_news() -> None:
    """Law: keys, holds and bridges are told each time."""
    roster = Roster(Snapshot((), {}))
    assert roster.is_news(HoldChanged("1.1", True))
    assert roster.is_news(HoldChanged("1.1", True))
