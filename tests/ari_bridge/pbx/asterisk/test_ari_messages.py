"""ARI's JSON into the port's values."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ari_bridge.pbx.asterisk import ari_messages
from ari_bridge.pbx.port import (
    Answered,
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
from consent.states import Answer
from tests import wire

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def events(name: str) -> list[PbxEvent]:
    """All events of a recording."""
    messages = [ari_messages.read(line) for line in wire.ari(name)]
    return [event for message in messages if message for event in ari_messages.events_of(message)]


def channel(**values: Any) -> dict[str, Any]:
    """A channel object of ARI."""
    return {"id": "1.1", "name": "PJSIP/trunk-00000001", "language": "en", "channelvars": {}} | values


@pytest.mark.parametrize("version", wire.VERSIONS)
def test_a_recorded_call_is_understood(version: str) -> None:
    """Law: of a real call both legs, their bridge, the answers, the key, the refused fork and the end are told."""
    told = events(f"call_withdrawn_{version}")
    answered = [event for event in told if isinstance(event, Answered)]
    assert [event.answer for event in answered] == [Answer.ASKED, Answer.GRANTED]
    call_id = answered[0].call_id
    assert all(event.channel and event.channel.channel_id == call_id for event in answered)
    legs = {e.channel.channel_id: e.channel for e in told if isinstance(e, ChannelChanged)}
    assert legs[call_id].endpoint == "trunk-1"
    agents = [leg.channel_id for leg in legs.values() if leg.endpoint == "1001" and leg.call_id == call_id]
    assert frozenset({call_id, *agents}) in {e.channel_ids for e in told if isinstance(e, BridgeChanged)}
    assert ("5", call_id) in {(e.key, e.channel_id) for e in told if isinstance(e, KeyPressed)}
    assert [e for e in told if isinstance(e, ForkRefused)] == [ForkRefused(call_id, call_id, "denied")]
    assert set(legs) <= {e.channel_id for e in told if isinstance(e, ChannelGone)}
    last = {e.bridge_id: e.channel_ids for e in told if isinstance(e, BridgeChanged)}
    assert set(last.values()) == {frozenset()}
    forks = [leg for leg in legs.values() if leg.channel_id.startswith("ouidire-")]
    assert len(forks) == 2
    assert all(leg.endpoint is None and ari_messages.spied_channel(leg.name) == call_id for leg in forks)


@pytest.mark.parametrize("version", wire.VERSIONS)
def test_a_local_pair_and_a_hold_are_understood(version: str) -> None:
    """Law: each Local half names the other, neither is a leg; who pressed hold is told, and that they took it back."""
    told = events(f"local_pair_held_{version}")
    halves = {e.channel.name: e.channel for e in told if isinstance(e, ChannelChanged) and e.channel.peer_half}
    assert len(halves) == 2
    assert all(halves[half.peer_half or ""].peer_half == name for name, half in halves.items())
    assert all(half.endpoint is None for half in halves.values())
    holds = [e for e in told if isinstance(e, HoldChanged)]
    assert [e.held for e in holds] == [True, False]
    names = {e.channel.channel_id: e.channel.name for e in told if isinstance(e, ChannelChanged)}
    assert {names[e.channel_id].partition("-")[0] for e in holds} == {"PJSIP/trunk"}


@pytest.mark.parametrize(
    ("name", "endpoint", "peer_half"),
    [
        ("PJSIP/1001-0000001a", "1001", None),
        ("PJSIP/my-trunk-1-0000001a", "my-trunk-1", None),
        ("PJSIP/trunk-00000001<ZOMBIE>", None, None),
        ("PJSIP/trunk-0000000G", None, None),
        ("SIP/trunk-00000001", None, None),
        ("Local/1001@from-queue-0000000a;1", None, "Local/1001@from-queue-0000000a;2"),
        ("Local/1001@from-queue-0000000a;2", None, "Local/1001@from-queue-0000000a;1"),
        ("Local/a;1@b-0000000a;2", None, "Local/a;1@b-0000000a;1"),
        ("Snoop/1700000000.1-00000001", None, None),
        ("UnicastRTP/127.0.0.1:5000-0x7f", None, None),
        ("Local/PJSIP/trunk-00000001", None, None),
        ("x\nPJSIP/trunk-00000001", None, None),
    ],
)
def test_the_name_tells_endpoint_and_half(name: str, endpoint: str | None, peer_half: str | None) -> None:
    """Law: only a PJSIP leg has an endpoint (its configured name, dashes and all); only a Local half has a peer."""
    read = ari_messages.channel_of(channel(name=name))
    assert read is not None
    assert (read.endpoint, read.peer_half) == (endpoint, peer_half)


@pytest.mark.parametrize("consent", ["granted\r\n", "Granted", "granted" * 9, 1, None, ["granted"]])
def test_an_odd_variable_is_unset(consent: object) -> None:
    """Law: a variable that is not a plain word says nothing, least of all a yes."""
    read = ari_messages.channel_of(channel(channelvars={"OUIDIRE_CONSENT": consent, "OUIDIRE_CALL": "a b"}))
    assert read is not None
    assert (read.consent, read.call_id) == ("", "")


@pytest.mark.parametrize("missing", ["id", "name"])
def test_a_channel_without_id_or_name_is_none(missing: str) -> None:
    """Law: what cannot be named is not told."""
    assert ari_messages.channel_of(channel(**{missing: ""})) is None or missing == "name"
    assert ari_messages.channel_of(channel(**{missing: None})) is None


@given(st.text(max_size=4096))
def test_a_hostile_caller_changes_nothing(name: str) -> None:
    """Law: a caller's name of any kind (quotes, line ends, 4 kB) is never looked at."""
    calm = channel(caller={"name": "Eve", "number": "1"})
    hostile = channel(caller={"name": name, "number": name}, connected={"name": name}, dialplan={"exten": name})
    text = json.dumps({"type": "ChannelStateChange", "channel": hostile})
    assert ari_messages.events_of(ari_messages.read(text) or {}) == (ChannelChanged(_read(calm)),)


@given(JSON)
def test_any_json_is_survived(value: Any) -> None:
    """Law: no JSON raises, wherever it stands in a message."""
    assert ari_messages.read(json.dumps(value)) is None or isinstance(value, dict)
    ari_messages.channel_of(value)
    ari_messages.snapshot_of(value, value)
    for kind in ari_messages.EVENT_TYPES:
        ari_messages.events_of({"type": kind, "channel": value, "bridge": value, "digit": value, "timestamp": value})
        ari_messages.events_of({"type": kind, "channel": channel(id=value, name=value, channelvars=value)})
        ari_messages.events_of(
            {"type": kind, "channel": channel(), "eventname": "OuidireAnswer", "userevent": value, "digit": value}
        )
        ari_messages.events_of({"type": kind, "channel": channel(caller=value), "args": value, "playback": value})
    ari_messages.lines_of(value, "ouidire")
    ari_messages.lines_of([channel(dialplan=value), channel(dialplan={"app_name": "Stasis", "app_data": value})], "x")


@given(st.text())
def test_any_text_is_survived(text: str) -> None:
    """Law: a message that is no JSON object with a type is None."""
    message = ari_messages.read(text)
    assert message is None or isinstance(message["type"], str)


def test_deeply_nested_text_is_survived() -> None:
    """Law: a message made to exhaust the parser is None too."""
    assert ari_messages.read("[" * 200_000) is None
    assert ari_messages.read('{"type": "x", "a": ' + "9" * 10_000 + "}") is None


def test_only_a_snoop_may_speak_for_the_gate() -> None:
    """Law: another channel's word is not believed, and the leg is read from the snoop's own name."""
    message = {
        "type": "ChannelUserevent",
        "eventname": "OuidireFull",
        "userevent": {"Call": "1.1", "Forks": "20"},
        "channel": channel(id="ouidire-1", name="Snoop/pbx-1-1.2-0000000a"),
    }
    assert ForkRefused("1.1", "pbx-1-1.2", "full") in ari_messages.events_of(message)
    forged = message | {"channel": channel()}
    assert not [event for event in ari_messages.events_of(forged) if isinstance(event, ForkRefused)]


@pytest.mark.parametrize(
    ("digit", "at"), [("12", "2026-11-22T16:04:56.580+0000"), ("", "x"), ("5", "now"), ("5", "2026-11-22")]
)
def test_an_odd_key_is_no_key(digit: str, at: str) -> None:
    """Law: a key is one of the sixteen, with a time that names its zone."""
    message = {"type": "ChannelDtmfReceived", "channel": channel(), "digit": digit, "timestamp": at}
    assert not [event for event in ari_messages.events_of(message) if isinstance(event, KeyPressed)]


def test_a_merge_empties_the_one_and_fills_the_other() -> None:
    """Law: after an attended transfer both bridges are told as they stand."""
    message = {
        "type": "BridgeMerged",
        "bridge": {"id": "b1", "channels": ["1", "2", "3"], "bridge_class": "basic"},
        "bridge_from": {"id": "b2", "channels": [], "bridge_class": "basic"},
    }
    expected = (BridgeChanged("b1", frozenset("123")), BridgeChanged("b2", frozenset()))
    assert ari_messages.events_of(message) == expected


@pytest.mark.parametrize("bridge_class", ["base", "", None, 7])
def test_a_bridge_of_another_class_is_deaf_to_keys(bridge_class: object) -> None:
    """Law: only in the bridges of Dial() and Queue() does Asterisk look for feature codes; in doubt it does not."""
    bridge = {"id": "b1", "channels": ["1"], "bridge_class": bridge_class}
    assert ari_messages.events_of({"type": "ChannelEnteredBridge", "bridge": bridge}) == (
        BridgeChanged("b1", frozenset("1"), deaf=True),
    )
    assert ari_messages.snapshot_of([], [bridge, {"id": "b2", "bridge_class": "basic"}]).deaf == {"b1"}


def test_the_holder_is_the_one_who_is_not_told_to_hold() -> None:
    """Law: Asterisk marks the channel that hears the music; the holder is the other of the two, only in our calls."""
    ours, other = _read(channel(channelvars={"OUIDIRE_CALL": "1.1"})), _read(channel(id="9.1"))
    bridges = {"b": frozenset({"1.1", "2"}), "c": frozenset({"9.1", "3"}), "d": frozenset({"1.1"})}
    snapshot = Snapshot((ours, other), bridges)
    pairs = ari_messages.pairs_of(snapshot)
    assert pairs == [frozenset({"1.1", "2"})]
    assert ari_messages.holders_of(pairs, frozenset({"2"})) == {"1.1"}
    assert ari_messages.holders_of(pairs, frozenset()) == frozenset()
    assert ari_messages.holders_of(pairs, frozenset({"1.1", "2"})) == {"1.1", "2"}


def _read(value: dict[str, Any]) -> Channel:
    read = ari_messages.channel_of(value)
    assert read is not None
    return read


@pytest.mark.parametrize(
    ("name", "is_foreign"),
    [
        ("PJSIP/trunk-0000000a", False),
        ("Local/1001@from-queue-00000001;1", False),
        ("Snoop/1.1-00000001", False),
        ("UnicastRTP/127.0.0.1:30000-0x7f", False),
        ("CBAnn/room-00000001;2", False),
        ("DAHDI/1-1", True),
        ("IAX2/outside-7", True),
        ("SIP/stranger-0000000a", True),
    ],
)
def test_a_person_of_another_technology_is_known_as_one(name: str, is_foreign: bool) -> None:
    """Law: only where nobody of unknown role speaks may anybody be heard; machines without a mouth do not count."""
    found = ari_messages.channel_of({"id": "1.1", "name": name})
    assert found is not None
    assert found.is_foreign is is_foreign


@pytest.mark.parametrize("version", wire.VERSIONS)
def test_a_recorded_call_on_a_line_is_understood(version: str) -> None:
    """Law: of a call on our own line are told who entered it, each key, the end of each prompt, and the hang-up."""
    told = events(f"rights_line_{version}")
    [entered] = [event for event in told if isinstance(event, LineEntered)]
    assert (entered.line, entered.number, entered.endpoint, entered.language) == (
        Line.RIGHTS, "0612345678", "trunk", "en",
    )  # fmt: skip
    keys = "".join(e.key for e in told if isinstance(e, KeyPressed) and e.channel_id == entered.channel_id)
    assert keys.startswith("12221112345678")
    ended = [event for event in told if isinstance(event, PromptEnded)]
    assert len(ended) >= 5
    assert {event.channel_id for event in ended} == {entered.channel_id}
    assert all(event.is_whole for event in ended)
    assert told[-1] == ChannelGone(entered.channel_id)


@pytest.mark.parametrize(
    "odd",
    [
        {"args": []}, {"args": ["rights", "x"]}, {"args": ["right"]}, {"args": "rights"}, {"args": None},
        {"args": [["rights"]]}, {"channel": channel(name="Snoop/1.1-00000001")}, {"channel": {"id": "1.1"}},
    ],
)  # fmt: skip
def test_only_a_lines_name_is_a_line(odd: dict[str, Any]) -> None:
    """Law: a snoop of ours, or a channel that entered with other arguments, is nobody on a line."""
    message = {"type": "StasisStart", "args": ["staff"], "channel": channel()}
    assert [type(event) for event in ari_messages.events_of(message)] == [ChannelChanged, LineEntered]
    assert not [event for event in ari_messages.events_of(message | odd) if isinstance(event, LineEntered)]


@pytest.mark.parametrize(
    ("caller", "number"),
    [
        ({"number": "+33 6 12-34"}, "+3361234"), ({"number": "anonymous"}, ""), ({"number": ""}, ""), ({}, ""),
        ({"number": 12}, ""), (None, ""), ({"number": "1" * 41}, ""), ({"number": "\n06"}, "06"),
    ],
)  # fmt: skip
def test_a_number_is_what_the_dialplan_hashes(caller: object, number: str) -> None:
    """Law: digits and plus signs alone, as the dialplan takes them for its tag; and no repr tells it."""
    message = {"type": "StasisStart", "args": ["rights"], "channel": channel(caller=caller)}
    [entered] = [event for event in ari_messages.events_of(message) if isinstance(event, LineEntered)]
    assert entered.number == number
    assert not number or number not in repr(entered)


def test_who_waits_on_a_line_is_in_the_snapshot() -> None:
    """Law: after our absence those on our lines are found again, and nobody else in Stasis is taken for one."""

    def waiting(app_name: str, app_data: object) -> dict[str, Any]:
        return channel(dialplan={"app_name": app_name, "app_data": app_data}, caller={"number": "06"})

    ours = ari_messages.lines_of([waiting("Stasis", "ouidire,rights")], "ouidire")
    assert ours == (LineEntered("1.1", Line.RIGHTS, "06", "trunk", "en"),)
    others = [("Stasis", "ouidire"), ("Stasis", "other,rights"), ("Stasis", "ouidire,rights,x")]
    others += [("Dial", "ouidire,rights"), ("Stasis", None)]  # type: ignore[list-item]
    assert ari_messages.lines_of([waiting(*one) for one in others], "ouidire") == ()


@pytest.mark.parametrize(
    ("playback", "told"),
    [
        ({"id": "p", "target_uri": "channel:1.1", "state": "done"}, [PromptEnded("1.1", "p", True)]),
        ({"id": "p", "target_uri": "channel:1.1", "state": "failed"}, [PromptEnded("1.1", "p", False)]),
        ({"id": "p", "target_uri": "channel:1.1"}, [PromptEnded("1.1", "p", False)]),
        ({"id": "p", "target_uri": "bridge:1.1", "state": "done"}, []),
        ({"id": "p", "target_uri": "channel:", "state": "done"}, []),
        ({"id": "", "target_uri": "channel:1.1", "state": "done"}, []),
    ],
)
def test_a_prompt_is_whole_only_when_it_is_said_to_be(playback: dict[str, str], told: list[PromptEnded]) -> None:
    """Law: what was not played to its end is not taken for heard."""
    assert list(ari_messages.events_of({"type": "PlaybackFinished", "playback": playback})) == told


def test_only_the_caller_has_heard_the_reference() -> None:
    """Law: another channel's word that a reference was said is not believed."""
    message = {"type": "ChannelUserevent", "eventname": "OuidireSaid", "userevent": {"Call": "1.1"}}
    assert ReferenceSaid("1.1") in ari_messages.events_of(message | {"channel": channel()})
    other = ari_messages.events_of(message | {"channel": channel(id="1.2")})
    assert not [event for event in other if isinstance(event, ReferenceSaid)]
