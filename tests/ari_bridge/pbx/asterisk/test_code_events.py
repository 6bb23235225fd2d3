"""Laws of what is believed of an agent's code: where the leg stands, and nothing that an event says of it."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ari_bridge.pbx.asterisk import ari_messages
from ari_bridge.pbx.port import ChannelChanged, Contested, Paired, PbxEvent

CALL = "1700000000.1"
LEG = "1700000000.2"


def user_event(name: str, context: str, extension: str, **changed: Any) -> dict[str, Any]:
    """The message that Asterisk sends of a UserEvent of agent 1001's leg, standing there in the dialplan."""
    channel = {
        "id": LEG,
        "name": "PJSIP/1001-0000000b",
        "language": "en",
        "channelvars": {"OUIDIRE_CALL": CALL, "OUIDIRE_CONSENT": ""},
        "dialplan": {"context": context, "exten": extension, "priority": 8, "app_name": "UserEvent", "app_data": name},
    }
    fields = {"eventname": name, "Call": CALL, "Endpoint": "1002", "Code": "999999"}
    message = {"type": "ChannelUserevent", "eventname": name, "channel": channel, "userevent": fields}
    return message | changed


def told(message: dict[str, Any]) -> list[PbxEvent]:
    """What the bridge learns, but for the channel itself."""
    return [one for one in ari_messages.events_of(message) if not isinstance(one, ChannelChanged)]


def test_a_contest_names_the_leg_that_pressed() -> None:
    """Law: the endpoint is the leg's own, whatever else the event says."""
    message = user_event("OuidireContest", "ouidire-contest", "s")
    assert told(message) == [Contested(CALL, LEG, "1001")]


def test_a_code_is_what_was_dialled() -> None:
    """Law: endpoint and code are read off the channel, not off the event, which may say anything."""
    message = user_event("OuidirePair", "ouidire-pair", "123456")
    assert told(message) == [Paired("1001", "123456", LEG)]


@pytest.mark.parametrize("context", ["from-staff", "ouidire-pair", "ouidire-contest-ask", "", None, 7])
def test_who_stands_elsewhere_pressed_nothing(context: Any) -> None:
    """Law: an event raised from outside for a leg that does not stand in the contest's own context contests nothing."""
    assert told(user_event("OuidireContest", context, "s")) == []


@pytest.mark.parametrize(
    ("context", "extension"),
    [("from-staff", "123456"), ("ouidire-contest", "123456"), ("ouidire-pair", "12345"), ("ouidire-pair", "1234567"),
     ("ouidire-pair", "12345x"), ("ouidire-pair", "١٢٣٤٥٦"), ("ouidire-pair", "123456\n"), ("ouidire-pair", 123456),
     ("ouidire-pair", "s")],
)  # fmt: skip
def test_a_code_is_six_digits_in_its_own_context(context: str, extension: Any) -> None:
    """Law: nobody is paired by an event alone, nor by anything that is not a code."""
    assert told(user_event("OuidirePair", context, extension)) == []


@pytest.mark.parametrize("name", ["Local/1001@x-0000000b;1", "SIP/1001-0000000b", "Snoop/1700000000.2-0000000b"])
def test_a_leg_without_an_endpoint_is_nobody(name: str) -> None:
    """Law: whoever is behind a Local channel, or by a technology in which strangers name themselves, is no agent."""
    for message in (
        user_event("OuidireContest", "ouidire-contest", "s"),
        user_event("OuidirePair", "ouidire-pair", "123456"),
    ):
        message["channel"]["name"] = name
        assert told(message) == []


@pytest.mark.parametrize("call", ["", LEG, "a b", "1)(2", None, 3, "x" * 151])
def test_a_contest_is_of_another_leg_s_call(call: Any) -> None:
    """Law: the caller's own leg contests nothing, and an odd id is none."""
    message = user_event("OuidireContest", "ouidire-contest", "s")
    message["userevent"]["Call"] = call
    assert told(message) == []


@pytest.mark.parametrize("place", [None, [], "ouidire-pair", {}, {"context": "ouidire-pair"}, {"exten": "123456"}])
def test_a_channel_that_does_not_say_where_it_stands_stands_nowhere(place: Any) -> None:
    """Law: a doubt pairs nobody and contests nothing."""
    for name in ("OuidireContest", "OuidirePair"):
        message = user_event(name, "", "")
        message["channel"]["dialplan"] = place
        assert told(message) == []


def test_neither_code_nor_endpoint_is_in_a_log() -> None:
    """Law: what is printed of these events by accident names neither who contested nor whose page it is."""
    assert "123456" not in repr(Paired("1001", "123456", LEG))
    assert "1001" not in repr(Paired("1001", "123456", LEG)) + repr(Contested(CALL, LEG, "1001"))


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=8), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["context", "exten", "Call"]), inner, max_size=3)))  # fmt: skip  # noqa: E501
def test_any_json_is_survived(value: Any) -> None:
    """Law: whatever stands in an event's fields and in the place of a channel, reading it raises nothing."""
    for name in ("OuidireContest", "OuidirePair"):
        message = user_event(name, "ouidire-pair", "123456", userevent=value)
        message["channel"]["dialplan"] = value
        assert all(isinstance(one, Contested | Paired) for one in told(json.loads(json.dumps(message))))
