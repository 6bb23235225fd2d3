"""What Asterisk's REST interface says (JSON), read into the port's values. Pure, and total: any JSON is survived.

Names and variables of a channel may come from a stranger (a caller's name has quotes, line ends, 4 kB): of a channel
only what we use is taken, each with its own form, and the rest is never looked at.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, TypeGuard

from ari_bridge.pbx import answers
from ari_bridge.pbx.asterisk import code_events
from ari_bridge.pbx.port import (
    BridgeChanged,
    Channel,
    ChannelChanged,
    ChannelGone,
    ForkRefused,
    HoldChanged,
    KeyPressed,
    Line,
    LineEntered,
    PbxEvent,
    PromptEnded,
    ReferenceSaid,
    Snapshot,
)

EVENT_TYPES: Final = (
    "ApplicationReplaced",
    "BridgeDestroyed",
    "BridgeMerged",
    "ChannelCreated",
    "ChannelDestroyed",
    "ChannelDtmfReceived",
    "ChannelEnteredBridge",
    "ChannelHold",
    "ChannelLeftBridge",
    "ChannelStateChange",
    "ChannelUnhold",
    "ChannelUserevent",
    "PlaybackFinished",
    "StasisStart",
)
"""All that we ask for: some 20 of the 130 events of a call (three quarters are ChannelVarset)."""

_ENDPOINT: Final = re.compile(r"PJSIP/(.{1,200})-[0-9a-f]{8}")
"""Only PJSIP: an endpoint of chan_sip may be named by the stranger who calls, and then it would choose its own role."""
_LOCAL_HALF: Final = re.compile(r"(Local/.{1,400};)([12])", re.DOTALL)
_NOBODY: Final = re.compile(
    r"(?:Announcer|CBAnn|CBRec|Local|Message|MulticastRTP|Recorder|Snoop|Surrogate|UnicastRTP)/.*", re.DOTALL
)
"""Channels behind which there is no person of their own."""
_SNOOP: Final = re.compile(r"Snoop/(.{1,150})-[0-9a-f]{8}")
_CONSENT: Final = re.compile(r"[a-z]{0,20}")
_LANGUAGE: Final = re.compile(r"[A-Za-z0-9_-]{0,40}")
_KEYS: Final = frozenset("0123456789*#ABCD")
_NO_NUMBER: Final = re.compile(r"[^0-9+]")
"""What the dialplan drops of a caller's number before it hashes it; "anonymous" is none then."""
_MAX_NUMBER: Final = 40
_PLAYED_ON: Final = "channel:"
_MAX_NAME: Final = 500
_WATCHED_CLASS: Final = "basic"
"""The bridges of Dial() and Queue(), in which Asterisk looks for feature codes; a conference's are of another class."""


def read(text: str) -> Mapping[str, Any] | None:
    """One message of the events' websocket; None when it is no JSON object with a type."""
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        return None
    return message


def channel_of(value: object) -> Channel | None:
    """A channel object of ARI; None when it has no id or no name."""
    if not isinstance(value, dict):
        return None
    channel_id, name = value.get("id"), value.get("name")
    if not _is_id(channel_id) or not isinstance(name, str) or len(name) > _MAX_NAME:
        return None
    endpoint, half = _ENDPOINT.fullmatch(name), _LOCAL_HALF.fullmatch(name)
    variables = value.get("channelvars")
    return Channel(
        channel_id=channel_id,
        name=name,
        endpoint=endpoint[1] if endpoint else None,
        peer_half=half[1] + ("2" if half[2] == "1" else "1") if half else None,
        call_id=_text(variables, "OUIDIRE_CALL", answers.CALL_ID),
        consent=_text(variables, "OUIDIRE_CONSENT", _CONSENT),
        language=_text(value, "language", _LANGUAGE),
        is_foreign=not endpoint and not _NOBODY.fullmatch(name),
    )


def snapshot_of(channels: object, bridges: object) -> Snapshot:
    """The answers to `GET /channels` and `GET /bridges`."""
    known = [channel_of(item) for item in _items(channels)]
    states = [_bridge_of(item) for item in _items(bridges)]
    return Snapshot(
        tuple(channel for channel in known if channel is not None),
        {state.bridge_id: state.channel_ids for state in states if state is not None},
        deaf=frozenset(state.bridge_id for state in states if state is not None and state.deaf),
    )


def lines_of(channels: object, application: str) -> tuple[LineEntered, ...]:
    """Who waits on our lines by the answer to `GET /channels`: left there by a bridge that went away.

    The PBX names the arguments of a channel that waits for an application: its name, and here the line.
    """
    waiting = []
    for item in _items(channels):
        place = item.get("dialplan") if isinstance(item, dict) else None
        if not isinstance(place, dict) or place.get("app_name") != "Stasis":
            continue
        name, _, line = str(place.get("app_data")).partition(",")
        if name == application:
            waiting += _line(item, [line])
    return tuple(waiting)


def pairs_of(snapshot: Snapshot) -> list[frozenset[str]]:
    """The bridges of two in which a call of ours is: where a hold can be."""
    ours = {channel.channel_id for channel in snapshot.channels if channel.call_id}
    return [members for members in snapshot.bridges.values() if len(members) == 2 and members & ours]


def holders_of(pairs: list[frozenset[str]], told_to_hold: frozenset[str]) -> frozenset[str]:
    """Who holds. Asterisk notes a hold on the channel that was told of it; its events name the one that pressed it."""
    return frozenset(other for pair in pairs for told in pair & told_to_hold for other in pair - {told})


def spied_channel(snoop_name: str) -> str | None:
    """The id of the channel that a snoop spies on, which Asterisk puts into its name."""
    match = _SNOOP.fullmatch(snoop_name)
    return match[1] if match else None


def events_of(message: Mapping[str, Any]) -> tuple[PbxEvent, ...]:
    """What one message means to the bridge, in order; nothing for one that is odd or says nothing to us."""
    kind, channel = message.get("type"), channel_of(message.get("channel"))
    if kind == "ChannelDestroyed":
        return (ChannelGone(channel.channel_id),) if channel else ()
    events: list[PbxEvent] = [ChannelChanged(channel)] if channel else []
    match kind:
        case "StasisStart":
            events += _line(message.get("channel"), message.get("args"))
        case "PlaybackFinished":
            events += _prompt(message.get("playback"))
        case "ChannelEnteredBridge" | "ChannelLeftBridge" | "BridgeMerged":
            events += _bridges(message, "bridge", "bridge_from")
        case "BridgeDestroyed":
            events += [BridgeChanged(state.bridge_id, frozenset()) for state in _bridges(message, "bridge")]
        case "ChannelHold" | "ChannelUnhold" if channel:
            events.append(HoldChanged(channel.channel_id, kind == "ChannelHold"))
        case "ChannelDtmfReceived" if channel:
            events += _key(message, channel)
        case "ChannelUserevent" if channel:
            events += _user_event(message, channel)
    return tuple(events)


def _line(value: object, arguments: object) -> list[LineEntered]:
    """A channel in our application with one argument, a line's name; a snoop of ours has none."""
    channel = channel_of(value)
    if channel is None or not isinstance(value, dict) or spied_channel(channel.name) is not None:
        return []
    if not isinstance(arguments, list) or len(arguments) != 1 or arguments[0] not in tuple(Line):
        return []
    number = _number(value.get("caller"))
    return [LineEntered(channel.channel_id, Line(arguments[0]), number, channel.endpoint, channel.language)]


def _number(value: object) -> str:
    text = value.get("number") if isinstance(value, dict) else None
    number = _NO_NUMBER.sub("", text) if isinstance(text, str) else ""
    return number if len(number) <= _MAX_NUMBER else ""


def _prompt(value: object) -> list[PromptEnded]:
    if not isinstance(value, dict) or not _is_id(value.get("id")) or not _is_id(value.get("target_uri")):
        return []
    kind, channel_id = value["target_uri"][: len(_PLAYED_ON)], value["target_uri"][len(_PLAYED_ON) :]
    if kind != _PLAYED_ON or not channel_id:
        return []
    return [PromptEnded(channel_id, value["id"], value.get("state") == "done")]


def _bridges(message: Mapping[str, Any], *names: str) -> list[BridgeChanged]:
    states = [_bridge_of(message.get(name)) for name in names]
    return [state for state in states if state is not None]


def _bridge_of(value: object) -> BridgeChanged | None:
    if not isinstance(value, dict) or not _is_id(value.get("id")):
        return None
    members = frozenset(item for item in _items(value.get("channels")) if _is_id(item))
    return BridgeChanged(value["id"], members, deaf=value.get("bridge_class") != _WATCHED_CLASS)


def _key(message: Mapping[str, Any], channel: Channel) -> list[PbxEvent]:
    digit, at = message.get("digit"), message.get("timestamp")
    if not isinstance(digit, str) or digit not in _KEYS or not isinstance(at, str):
        return []
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        return []
    return [KeyPressed(channel.channel_id, digit, moment)] if moment.tzinfo is not None else []


def _user_event(message: Mapping[str, Any], channel: Channel) -> Sequence[PbxEvent]:
    fields = message.get("userevent")
    if not isinstance(fields, dict):
        return []
    match message.get("eventname"):
        case "OuidireAnswer":
            answered = answers.from_event(fields, channel)
            return [answered] if answered else []
        case "OuidireDenied":
            return _refused(fields, channel, "denied")
        case "OuidireFull":
            return _refused(fields, channel, "full")
        case "OuidireSaid":
            return [ReferenceSaid(channel.channel_id)] if fields.get("Call") == channel.channel_id else []
        case "OuidireContest":
            contested = code_events.contested(fields, channel, message.get("channel"))
            return [contested] if contested else []
        case "OuidirePair":
            paired = code_events.paired(channel, message.get("channel"))
            return [paired] if paired else []
    return []


def _refused(fields: Mapping[str, Any], channel: Channel, why: str) -> list[PbxEvent]:
    """The gate's word about a fork. Only a snoop may say it, and its own name tells which leg it was for."""
    call_id, spied = fields.get("Call"), spied_channel(channel.name)
    if spied is None or not isinstance(call_id, str) or not (call_id == "" or answers.CALL_ID.fullmatch(call_id)):
        return []
    return [ForkRefused(call_id, spied, why)]


def _is_id(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and 0 < len(value) <= _MAX_NAME and value.isprintable()


def _items(value: object) -> Sequence[Any]:
    return value if isinstance(value, list) else ()


def _text(values: object, name: str, form: re.Pattern[str]) -> str:
    value = values.get(name) if isinstance(values, dict) else None
    return value if isinstance(value, str) and form.fullmatch(value) else ""
