"""The event socket's bytes: FreeSWITCH's own recordings however they are cut, and what is no message of it."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from urllib.parse import quote, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ari_bridge.pbx.freeswitch import esl_wire
from ari_bridge.pbx.freeswitch.esl_wire import (
    MAX_BODY_BYTES,
    MAX_HEADER_BYTES,
    Event,
    MalformedMessage,
    Message,
    MessageReader,
    event_of,
)
from tests.ari_bridge.pbx.freeswitch import recorded as recordings
from tests.ari_bridge.pbx.freeswitch.esl_server import event, printed, replied
from tests.ari_bridge.pbx.freeswitch.recorded import messages, recorded

CALL = recorded("call_with_forks")
ONE_LINE = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0"))


def read(*pieces: bytes) -> list[Message]:
    """What is whole after these pieces."""
    reader = MessageReader()
    return [message for piece in pieces for message in reader.read(piece)]


def only(data: bytes) -> Message:
    """The one message that these bytes are."""
    (message,) = read(data)
    return message


def event_in(data: bytes) -> Event:
    """The one event that these bytes are."""
    found = event_of(only(data))
    assert found is not None
    return found


@given(st.lists(st.integers(0, len(CALL)), max_size=60))
def test_any_cutting_gives_the_same_messages(cuts: list[int]) -> None:
    """Law: a real call's stream gives the same messages wherever TCP cuts it."""
    places = [0, *sorted(cuts), len(CALL)]
    pieces = [CALL[start:end] for start, end in pairwise(places)]
    assert read(*pieces) == read(CALL)


def test_byte_by_byte_is_no_other_stream() -> None:
    """Law: one byte at a time is a cutting too."""
    data = recorded("event_channel_bridge") + recorded("auth_request")
    assert read(*(bytes([octet]) for octet in data)) == read(data)


@pytest.mark.parametrize("name", recordings.names())
def test_whatever_was_recorded_is_read(name: str) -> None:
    """Law: each message that FreeSWITCH sent is read whole, none is left over, and events are events."""
    reader = MessageReader()
    data = recorded(name)
    found = list(reader.read(data))
    assert len(found) == len(list(messages(data)))
    assert reader.waiting_bytes == 0
    for message in found:
        assert message.kind
        assert (event_of(message) is not None) == (message.kind == "text/event-plain")


@pytest.mark.parametrize(
    ("name", "kind", "reply"),
    [
        ("auth_request", "auth/request", ""),
        ("auth_accepted", "command/reply", "+OK accepted"),
        ("userauth_accepted", "command/reply", "+OK accepted"),
        ("event_listener", "command/reply", "+OK event listener enabled plain"),
        ("command_limited", "command/reply", "-ERR permission denied"),
    ],
)
def test_kinds_and_replies(name: str, kind: str, reply: str) -> None:
    """Law: what a command was answered is what FreeSWITCH wrote."""
    message = only(recorded(name))
    assert message.kind == kind
    assert message.reply == reply


def test_a_wrong_password_is_a_reply_and_then_the_end() -> None:
    """Law: the answer to a wrong password is read before the notice that it was the last."""
    for name in ("auth_refused", "userauth_refused"):
        first, *rest = read(recorded(name))
        assert first.reply.startswith("-ERR")
        assert [message.kind for message in rest] in ([], ["text/disconnect-notice"])


def test_an_event_of_a_call_is_told_by_its_headers() -> None:
    """Law: names are compared without case, values are decoded, variables are found by their own names."""
    found = event_in(recorded("event_channel_bridge"))
    assert found.name == "CHANNEL_BRIDGE"
    assert found.subclass == ""
    assert len(found.headers["bridge-a-unique-id"]) == len(found.headers["bridge-b-unique-id"]) == 36
    assert found.headers["caller-caller-id-name"] == "Zoë 'Bobby' 100%"
    assert found.variable("sofia_profile_name") == "external"
    assert found.variable("OUIDIRE_CONSENT") == found.variable("ouidire_consent")
    assert found.variable("nothing_of_that_name") == ""


def test_an_event_with_a_body_keeps_it_apart() -> None:
    """Law: an event's own body is what its own length says, and no header."""
    found = event_in(recorded("event_background_job"))
    assert found.name == "BACKGROUND_JOB"
    assert found.headers["job-uuid"] == "5ca1ab1e-0000-4000-8000-000000000000"
    assert found.body.startswith("UP ")
    assert "up " not in found.headers


def test_an_events_body_is_counted_in_its_own_bytes() -> None:
    """Law: bytes that are no UTF-8 do not shorten what follows them."""
    found = event_in(event("BACKGROUND_JOB", body=b"\xff\xfe and the rest"))
    assert found.body == "�� and the rest"


def test_no_name_of_a_caller_makes_a_header() -> None:
    """Law: quotes, line breaks and bytes that are no UTF-8 in a name stay in the value that they came in."""
    found = [one for one in map(event_of, read(recorded("call_hostile"))) if one is not None]
    assert found[0].name == "CHANNEL_CREATE"
    assert any("evil" in value for value in found[0].headers.values())
    assert not any("evil" in one.headers for one in found)


@given(st.dictionaries(st.from_regex(r"[A-Za-z][A-Za-z0-9_-]{0,20}", fullmatch=True), st.text(max_size=60), max_size=8))
def test_any_value_comes_back_as_it_was(values: dict[str, str]) -> None:
    """Law: what FreeSWITCH escapes is read back as it was, whatever it is; a repeated name keeps its first value."""
    told = event_in(event("CUSTOM", {f"X-{name}": value for name, value in values.items()})).headers
    first: dict[str, str] = {}
    for name, value in values.items():
        first.setdefault(f"x-{name}".lower(), unquote(quote(value, errors="replace")))
    assert {name: told[name] for name in first} == first


def test_a_repeated_header_changes_nothing() -> None:
    """Law: of headers of one name the first counts, the outer length too."""
    twice = b"Content-Length: 3\nContent-Length: 9\nContent-Type: api/response\n\nabcReply-Text: x\n\n"
    first, second = read(twice)
    assert first.body == "abc"
    assert second.reply == "x"
    inner = event_in(event("HEARTBEAT", {"Event-Name": "CHANNEL_BRIDGE", "Event-Subclass": "x"}))
    assert inner.name == "HEARTBEAT"


@pytest.mark.parametrize("length", ["-1", "+1", "1.0", "0x10", "1e3", "٣", "", " ", "9" * 30, str(MAX_BODY_BYTES + 1)])
def test_a_length_that_cannot_be_ends_it(length: str) -> None:
    """Law: a body of more bytes than we ever ask for, or of no number of bytes, is never waited for."""
    with pytest.raises(MalformedMessage):
        read(f"Content-Type: api/response\nContent-Length: {length}\n\n".encode())


def test_headers_without_an_end_end_it() -> None:
    """Law: what never ends is not kept."""
    reader = MessageReader()
    fitting = b"X: " + b"a" * (MAX_HEADER_BYTES - 3)
    assert list(reader.read(fitting)) == []
    assert reader.waiting_bytes == MAX_HEADER_BYTES
    with pytest.raises(MalformedMessage):
        list(reader.read(b"a"))


def test_the_largest_body_is_read() -> None:
    """Law: the limit itself is within it."""
    assert len(only(printed(b"a" * MAX_BODY_BYTES)).body) == MAX_BODY_BYTES


def test_an_event_shorter_than_it_says_is_none() -> None:
    """Law: an event's own length is held against what there is."""
    inner = b"Event-Name: X\nContent-Length: 5\n\nabc"
    with pytest.raises(MalformedMessage):
        event_of(only(b"Content-Type: text/event-plain\nContent-Length: %d\n\n" % len(inner) + inner))


@given(st.lists(st.binary(max_size=200) | st.sampled_from(list(messages(CALL))[:5]), max_size=20))
def test_no_bytes_hurt(pieces: list[bytes]) -> None:
    """Law: any bytes are messages or MalformedMessage, and what waits stays within its bounds."""
    reader = MessageReader()
    try:
        for piece in pieces:
            for message in reader.read(piece):
                event_of(message)
            assert reader.waiting_bytes <= MAX_HEADER_BYTES + MAX_BODY_BYTES
    except MalformedMessage:
        pass


def test_what_came_before_a_broken_message_is_given() -> None:
    """Law: messages before the broken one are given, none after it."""
    stream = MessageReader().read(replied("+OK a") + b"Content-Length: x\n\n" + replied("+OK b"))
    assert next(stream).reply == "+OK a"
    with pytest.raises(MalformedMessage):
        next(stream)


@given(st.lists(ONE_LINE, min_size=1, max_size=4))
def test_a_command_is_one_line(words: list[str]) -> None:
    """Law: a command ends where it ends, and nowhere before."""
    sent = esl_wire.command(*words)
    assert sent.endswith(b"\n\n")
    assert sent.count(b"\n") == 2


@pytest.mark.parametrize("broken", ["a\nb", "a\rb", "a\0b", "\n"])
def test_what_would_be_two_commands_is_never_sent(broken: str) -> None:
    """Law: no word, name or value brings a second line."""
    makers: list[Callable[[], bytes]] = [
        lambda: esl_wire.command("api", broken),
        lambda: esl_wire.send_event(broken, {}),
        lambda: esl_wire.send_event("CUSTOM", {broken: "x"}),
        lambda: esl_wire.send_event("CUSTOM", {"X": broken}),
        lambda: esl_wire.subscription([broken], []),
    ]
    for make in makers:
        with pytest.raises(ValueError, match="one line"):
            make()


def test_subclasses_stand_last() -> None:
    """Law: behind CUSTOM everything is a subclass, so nothing else stands there."""
    assert esl_wire.subscription(["A", "B"], ["x::y", "x::z"]) == b"event plain A B CUSTOM x::y x::z\n\n"
    assert esl_wire.subscription(["A"], []) == b"event plain A\n\n"


def test_an_event_is_sent_with_the_length_of_its_body() -> None:
    """Law: the length counts bytes, and an event without a body names none."""
    assert (
        esl_wire.send_event("NOTIFY", {"user": "1001"}, "é")
        == b"sendevent NOTIFY\nuser: 1001\ncontent-length: 2\n\n\xc3\xa9"
    )
    assert esl_wire.send_event("CUSTOM", {"Event-Subclass": "a::b"}) == b"sendevent CUSTOM\nEvent-Subclass: a::b\n\n"


@given(st.text(max_size=80))
def test_escaped_is_what_an_event_decodes(value: str) -> None:
    """Law: escaped values come back, and hold neither a line end nor a space."""
    written = esl_wire.escaped(value.encode("utf-8", "replace").decode())
    assert unquote(written) == value.encode("utf-8", "replace").decode()
    assert written.isascii()
    assert not any(character in written for character in "\r\n :")


@pytest.mark.parametrize(("name", "direction"), [("api_dump", "outbound"), ("api_dump_caller", "inbound")])
def test_a_channels_dump_is_read_as_an_event(name: str, direction: str) -> None:
    """Law: `uuid_dump ... txt` has the headers of an event, escaped in the same way: no value begins a line."""
    body = only(recorded(name)).body
    found = esl_wire.headers_of(body)
    assert found["call-direction"] == direction
    assert found["variable_dialed_user"] == "1001"
    assert found["channel-name"].startswith("sofia/")
    assert "\n" in found["variable_rtp_local_sdp_str"]
    assert len(found) == len([line for line in body.split("\n") if line])


def test_the_dump_called_plain_is_not_to_be_read() -> None:
    """Law: FreeSWITCH's "plain" escapes nothing and puts brackets around: it names no channel that we would take."""
    found = esl_wire.headers_of(only(recorded("api_dump_plain")).body)
    assert found["unique-id"].startswith("[")
