"""What FreeSWITCH's events say, read into the port's values. Pure, and total: any headers are survived.

An event carries some 150 headers, the caller's name and number among them: of a channel only what we use is taken, each
with its own form, and the rest is never looked at.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from ari_bridge.pbx import answers
from ari_bridge.pbx.freeswitch.esl_wire import Event
from ari_bridge.pbx.port import (
    Answered,
    BridgeChanged,
    Channel,
    ChannelChanged,
    ChannelGone,
    ForkRefused,
    HoldChanged,
    PbxEvent,
)

UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
FORK_PREFIX: Final = "fork:"
"""A fork has no channel of its own on FreeSWITCH: it is named by the leg that it hears, one of each."""
_NAME: Final = re.compile(r"[A-Za-z0-9_.+@:~#*-]{1,80}")
"""A user, gateway or profile as an admin writes it."""
_CONSENT: Final = re.compile(r"[a-z]{0,20}")
_LANGUAGE: Final = re.compile(r"[A-Za-z0-9_-]{0,40}")
_LOOPBACK: Final = re.compile(r"(loopback/.{1,400}-)([ab])", re.DOTALL)
_OURS: Final = ("sofia/",)
"""Only SIP: of other technologies we do not know who says what of a channel."""
GONE_KEPT: Final = 200
"""Channels that are remembered after their end: those of the last moments of the busiest PBX."""
_FORK_ENDED: Final = frozenset({"mod_audio_stream::error", "mod_audio_stream::disconnect"})
FULL: Final = "full"
"""What the gate says where it holds as many forks as it may."""


def channel_of(event: Event) -> Channel | None:
    """The channel that an event is of; None where it is of none."""
    channel_id = event.headers.get("unique-id", "")
    if not UUID.fullmatch(channel_id):
        return None
    name = event.headers.get("channel-name", "")  # it holds the caller's number: only a loopback's goes further
    half = _LOOPBACK.fullmatch(name)
    call_id = event.variable("ouidire_call")
    return Channel(
        channel_id=channel_id,
        name=name if half else f"{name.partition('/')[0]}/{channel_id}",
        endpoint=_endpoint(event) if name.startswith(_OURS) else None,
        peer_half=half[1] + ("b" if half[2] == "a" else "a") if half else None,
        call_id=call_id if UUID.fullmatch(call_id) else "",
        consent=_formed(_CONSENT, event.variable("ouidire_consent")),
        language=_formed(_LANGUAGE, event.variable("ouidire_language") or event.variable("default_language")),
        is_foreign=not name.startswith(_OURS) and half is None,
    )


def answer_of(event: Event, channel: Channel | None) -> Answered | None:
    """What an `ouidire::consent` event says of a call; None if anything in it is odd. `channel` is the call's own as it
    is known: the stop keys' script sends its event from no channel.
    """
    fields = {name: event.headers.get(f"ouidire-{name}".lower()) for name in _FIELDS}
    sender = channel_of(event) or channel
    return answers.from_event(fields, sender) if sender is not None else None


_FIELDS: Final = ("Call", "Answer", "At", "Why", "Notice", "Language")


def refusal_of(event: Event) -> ForkRefused | None:
    """The gate holds no more forks: a new try is as vain for a while. Its other refusals are the asker's alone."""
    call_id, leg = event.headers.get("ouidire-call", ""), event.headers.get("ouidire-leg", "")
    is_full = event.headers.get("ouidire-did") == "denied" and event.headers.get("ouidire-more") == FULL
    return ForkRefused(call_id, leg, FULL) if is_full and UUID.fullmatch(call_id) and UUID.fullmatch(leg) else None


class Legs:
    """Follows legs and their pairs through the events. No input or output.

    FreeSWITCH bridges two legs at a time and gives that no name: a pair is named by the two. `bridges` are the pairs
    that are known, from a snapshot on.
    """

    def __init__(self, channels: Mapping[str, Channel], bridges: Mapping[str, frozenset[str]]) -> None:
        self.channels = dict(channels)
        self._gone_lately: dict[str, Channel] = {}
        self._bridges = dict(bridges)

    def known(self, channel_id: str) -> Channel | None:
        """A channel that is there, or was until a while ago: who presses the stop keys and hangs up at once has stopped
        the call all the same, and FreeSWITCH may tell of the two in either order.
        """
        return self.channels.get(channel_id) or self._gone_lately.get(channel_id)

    def read(self, event: Event) -> Iterator[PbxEvent]:
        """The port's events that one event of FreeSWITCH's means, in order."""
        if event.name == "CUSTOM":
            leg = event.headers.get("unique-id", "")
            if event.subclass in _FORK_ENDED and UUID.fullmatch(leg):
                yield ChannelGone(FORK_PREFIX + leg)
                return
        channel = channel_of(event)
        if channel is None:
            return
        leg = channel.channel_id
        match event.name:
            case "CHANNEL_HANGUP_COMPLETE":
                yield from self._gone(leg)
                return
            case (
                "CHANNEL_BRIDGE" | "CHANNEL_UNBRIDGE" | "CHANNEL_HOLD" | "CHANNEL_UNHOLD" | "CHANNEL_ANSWER" | "CUSTOM"
            ):
                yield from self._learn(channel)
        match event.name:
            case "CHANNEL_BRIDGE":
                yield from self._joined(event)
            case "CHANNEL_UNBRIDGE":
                yield from self._parted(leg)
            case "CHANNEL_HOLD":
                yield HoldChanged(leg, True)
            case "CHANNEL_UNHOLD":
                yield HoldChanged(leg, False)

    def _learn(self, channel: Channel) -> Iterator[PbxEvent]:
        if self.channels.get(channel.channel_id) != channel:
            self.channels[channel.channel_id] = channel
            yield ChannelChanged(channel)

    def _joined(self, event: Event) -> Iterator[PbxEvent]:
        pair = pair_of(event.headers.get("bridge-a-unique-id", ""), event.headers.get("bridge-b-unique-id", ""))
        if pair is None:
            return
        for leg in pair:
            yield from self._parted(leg)
        self._bridges[bridge_id(pair)] = pair
        yield BridgeChanged(bridge_id(pair), pair)

    def _parted(self, leg: str) -> Iterator[PbxEvent]:
        for name in [name for name, pair in self._bridges.items() if leg in pair]:
            del self._bridges[name]
            yield BridgeChanged(name, frozenset())

    def _gone(self, leg: str) -> Iterator[PbxEvent]:
        yield from self._parted(leg)
        channel = self.channels.pop(leg, None)
        if channel is not None:
            self._gone_lately[leg] = channel
            while len(self._gone_lately) > GONE_KEPT:
                del self._gone_lately[next(iter(self._gone_lately))]
        yield ChannelGone(FORK_PREFIX + leg)
        yield ChannelGone(leg)


def pair_of(one: str, other: str) -> frozenset[str] | None:
    """Two legs that talk with each other; None where these are no two legs."""
    return frozenset({one, other}) if one != other and UUID.fullmatch(one) and UUID.fullmatch(other) else None


def bridge_id(pair: frozenset[str]) -> str:
    """The name of a pair."""
    return "+".join(sorted(pair))


def rows_of(answer: str) -> list[Mapping[str, Any]]:
    """The rows of `show ... as json`; none where it is not of that form."""
    try:
        rows = json.loads(answer).get("rows", [])
    except (ValueError, AttributeError, RecursionError):
        return []
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _endpoint(event: Event) -> str:
    """Who is behind a SIP leg: a user of the directory, else the gateway, else the profile. None of it can be chosen by
    a stranger who calls. `bridge` writes the user whom it dials on the dialling leg too: it counts on an outbound one.
    """
    if event.headers.get("call-direction") == "outbound":
        found = event.variable("dialed_user") or event.variable("sip_gateway_name")
    else:
        found = event.variable("user_name") or event.variable("sip_gateway")
    return _formed(_NAME, found) or _formed(_NAME, event.variable("sofia_profile_name")) or "unknown"


def _formed(form: re.Pattern[str], text: str) -> str:
    return text if form.fullmatch(text) else ""
