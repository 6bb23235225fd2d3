"""What FreeSWITCH tells of our own lines and of the agents' codes, read into the port's values. Pure.

Whoever may use the event socket may raise an event and name any channel in it. So an event is a bell only: whether that
channel is on a line or waits for the answer to a code, and whose it is, is read off the channel as FreeSWITCH dumps it.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final

from ari_bridge.pbx.freeswitch.esl_wire import Event
from ari_bridge.pbx.freeswitch.events import UUID, channel_of
from ari_bridge.pbx.port import Contested, KeyPressed, Line, LineEntered, Paired, PromptEnded
from dialplan.render import PAIRING_DIGITS

SUBCLASS: Final = "ouidire::line"
_CODE: Final = re.compile(rf"[0-9]{{{PAIRING_DIGITS}}}")
_CONTEST: Final = "contest"
_KEY: Final = re.compile(r"[0-9*#A-D]")
_PLAYED: Final = re.compile(r"([0-9a-f]{32}),(whole|part)")


def leg_of(event: Event) -> str:
    """The channel that an event names, "" where it names none."""
    leg = event.headers.get("ouidire-leg", "")
    return leg if UUID.fullmatch(leg) else ""


def did_of(event: Event) -> str:
    """What happened there: entered, key, played, contested, paired."""
    return event.headers.get("ouidire-did", "")


def entered(dump: Event) -> LineEntered | None:
    """Who is on a line of ours, by the channel itself; None where it is on none."""
    channel, line = channel_of(dump), dump.variable("ouidire_line")
    if channel is None or line not in set(Line):
        return None
    number = re.sub(r"[^0-9+]", "", dump.headers.get("caller-caller-id-number", ""))
    known = number if number.strip("0") else ""  # FreeSWITCH writes zeros for none
    return LineEntered(channel.channel_id, Line(line), known, channel.endpoint, channel.language)


def contested(event: Event, dump: Event) -> Contested | None:
    """A contest that the channel waits to have answered, in the call that it is counted to."""
    channel, call_id = channel_of(dump), event.headers.get("ouidire-more", "")
    if channel is None or channel.endpoint is None or dump.variable("ouidire_code") != _CONTEST:
        return None
    if not call_id or channel.call_id != call_id or call_id == channel.channel_id:
        return None
    return Contested(call_id, channel.channel_id, channel.endpoint)


def paired(dump: Event) -> Paired | None:
    """A code that was dialled on the channel, and waits to be answered."""
    channel, code = channel_of(dump), dump.variable("ouidire_code")
    if channel is None or channel.endpoint is None or not _CODE.fullmatch(code):
        return None
    return Paired(channel.endpoint, code, channel.channel_id)


def told(event: Event) -> KeyPressed | PromptEnded | None:
    """What happens on a line to whoever is known to be there; None if anything in it is odd."""
    leg, more = leg_of(event), event.headers.get("ouidire-more", "")
    played = _PLAYED.fullmatch(more)
    if leg and did_of(event) == "key" and _KEY.fullmatch(more):
        return KeyPressed(leg, more, datetime.now(UTC))
    if leg and did_of(event) == "played" and played is not None:
        return PromptEnded(leg, played[1], played[2] == "whole")
    return None
