"""What FreeSWITCH's events mean, by those that a real one sent."""

import pytest

from ari_bridge.calls.topology import Topology
from ari_bridge.pbx.freeswitch import events
from ari_bridge.pbx.freeswitch.esl_wire import Event
from ari_bridge.pbx.freeswitch.events import Legs, answer_of, bridge_id, channel_of, pair_of, refusal_of, rows_of
from ari_bridge.pbx.port import (
    BridgeChanged,
    Channel,
    ChannelChanged,
    ChannelGone,
    ForkRefused,
    HoldChanged,
    PbxEvent,
    Snapshot,
)
from consent.states import Answer, Why
from tests.ari_bridge.pbx.freeswitch.recorded import told

ONE, OTHER = "5d1e0f4c-0000-4000-8000-000000000001", "5d1e0f4c-0000-4000-8000-000000000002"
CALLS = ("bridged", "agent_ends", "held", "blind", "attended", "bypass", "inside", "outbound", "unanswered")
ASKED = {
    "event-name": "CUSTOM", "event-subclass": "ouidire::consent", "ouidire-call": ONE, "ouidire-answer": "granted",
    "ouidire-why": "key", "ouidire-at": "1795000000", "ouidire-notice": "0123456789abcdef", "ouidire-language": "en",
}  # fmt: skip


def read(name: str) -> tuple[list[PbxEvent], Legs]:
    """The port's events of a recorded call, and who follows it."""
    legs = Legs({}, {})
    return [one for headers in told(name) for one in legs.read(Event(headers))], legs


def leg(name: str, **more: str) -> Event:
    """An event of a leg."""
    return Event({"event-name": "CHANNEL_ANSWER", "unique-id": ONE, "channel-name": name, **more})


@pytest.mark.parametrize("name", CALLS)
def test_of_a_call_that_is_over_nothing_is_left(name: str) -> None:
    """Law: whatever becomes of a call, after it there is no leg and no pair of it; the same for who follows the
    port.
    """
    found, legs = read(name)
    assert legs.channels == {}
    topology = Topology()
    topology.reset(Snapshot((), {}))
    for one in found:
        topology.apply(one)
    assert topology.channels == {}
    assert {
        bridge for event in found if isinstance(event, BridgeChanged) for bridge in topology.members(event.bridge_id)
    } == set()


@pytest.mark.parametrize(
    ("name", "endpoints"),
    [
        ("bridged", {"external", "1001"}),
        ("blind", {"external", "1001", "1002"}),
        ("attended", {"external", "1001", "1002"}),
        ("inside", {"1001", "1002"}),
        ("outbound", {"1001", "trunk"}),
    ],
)
def test_an_endpoint_is_who_an_admin_named(name: str, endpoints: set[str]) -> None:
    """Law: staff is a user of the directory, a stranger the gateway or the profile, whoever called whom."""
    found, _ = read(name)
    assert {one.channel.endpoint for one in found if isinstance(one, ChannelChanged)} == endpoints


@pytest.mark.parametrize(("name", "pairs"), [("bridged", 1), ("held", 1), ("blind", 2), ("attended", 3), ("bypass", 1)])
def test_who_talks_with_whom_is_a_pair(name: str, pairs: int) -> None:
    """Law: each talk of two is one pair, which ends when they part; a transfer makes another."""
    found, _ = read(name)
    assert len({one.bridge_id for one in found if isinstance(one, BridgeChanged) and one.channel_ids}) == pairs


def test_a_hold_begins_and_ends() -> None:
    """Law: each time the leg that pressed hold is told, and that it took it back."""
    found, _ = read("held")
    assert [one.held for one in found if isinstance(one, HoldChanged)] == [True, False] * 2


@pytest.mark.parametrize("name", CALLS)
def test_no_number_goes_further(name: str) -> None:
    """Law: of an event that holds a caller's name and number nothing of them reaches a value of ours."""
    assert "0640000" not in str(read(name)[0])


def test_a_stranger_chooses_no_endpoint() -> None:
    """Law: the user whom `bridge` dials stands on the dialling leg too, and makes nobody staff there; an odd name is
    none.
    """
    calling = {"call-direction": "inbound", "variable_dialed_user": "1001", "variable_sofia_profile_name": "external"}
    assert channel_of(leg("sofia/external/x", **calling)).endpoint == "external"  # type: ignore[union-attr]
    odd = {"call-direction": "inbound", "variable_user_name": "10\n01", "variable_sofia_profile_name": "external"}
    assert channel_of(leg("sofia/external/x", **odd)).endpoint == "external"  # type: ignore[union-attr]


def test_a_loopback_has_nobody_of_its_own() -> None:
    """Law: a half of a loopback pair has no endpoint and names its other half; another technology is foreign."""
    half, verto = channel_of(leg("loopback/1001-a")), channel_of(leg("verto.rtc/x"))
    assert half is not None
    assert (half.endpoint, half.peer_half, half.is_foreign) == (None, "loopback/1001-b", False)
    assert verto is not None
    assert (verto.endpoint, verto.is_foreign) == (None, True)
    assert channel_of(Event({"event-name": "HEARTBEAT"})) is None


def test_an_answer_is_read_strictly() -> None:
    """Law: a yes is the caller's own channel's; one of another leg, or with an odd word in it, is none; a stop may come
    from the stop keys' script, which has no channel.
    """
    caller = Channel(ONE, "sofia/x", "external", None, ONE, "granted", "en")
    answered = answer_of(Event({**ASKED, "unique-id": ONE, "channel-name": "sofia/external/x"}), None)
    assert answered is not None
    assert (answered.answer, answered.why) == (Answer.GRANTED, Why.KEY)
    assert answer_of(Event({**ASKED, "unique-id": OTHER, "channel-name": "sofia/external/x"}), caller) is None
    assert answer_of(Event({**ASKED, "ouidire-why": "mood"}), caller) is None
    stopped = answer_of(Event({**ASKED, "ouidire-answer": "withdrawn", "ouidire-why": "star9"}), caller)
    assert stopped is not None
    assert stopped.answer is Answer.WITHDRAWN
    assert answer_of(Event(ASKED), None) is None


def test_the_gates_no_is_told() -> None:
    """Law: that the gate is full is told to all, since no try helps for a while; another no is its asker's alone."""
    denied = {"ouidire-did": "denied", "ouidire-call": ONE, "ouidire-leg": OTHER, "ouidire-more": "full"}
    assert refusal_of(Event(denied)) == ForkRefused(ONE, OTHER, "full")
    assert refusal_of(Event({**denied, "ouidire-more": "consent is refused"})) is None
    assert refusal_of(Event({**denied, "ouidire-did": "forked"})) is None


def test_a_stream_that_ends_is_a_fork_that_is_gone() -> None:
    """Law: an error or disconnect of the stream is the end of that leg's fork, and of nothing else."""
    ended = Event({"event-name": "CUSTOM", "event-subclass": "mod_audio_stream::error", "unique-id": ONE})
    assert list(Legs({}, {}).read(ended)) == [ChannelGone(events.FORK_PREFIX + ONE)]


def test_pairs_and_rows() -> None:
    """Law: a pair has one name whoever is named first, and odd ids make none; what is no list of rows has none."""
    assert bridge_id(pair_of(ONE, OTHER) or frozenset()) == bridge_id(pair_of(OTHER, ONE) or frozenset())
    assert pair_of(ONE, ONE) is None
    assert pair_of(ONE, "x") is None
    assert rows_of('{"row_count":1,"rows":[{"uuid":"x"}, 3]}') == [{"uuid": "x"}]
    assert [rows_of(text) for text in ("", "[]", "{", '{"rows":3}', "0 total.")] == [[]] * 5


def test_few_of_those_who_went_are_remembered() -> None:
    """Law: what is known of channels that are gone has a bound, and the newest are known."""
    legs = Legs({}, {})
    ids = [f"5d1e0f4c-0000-4000-8000-{number:012x}" for number in range(events.GONE_KEPT + 1)]
    for one in ids:
        for name in ("CHANNEL_ANSWER", "CHANNEL_HANGUP_COMPLETE"):
            list(legs.read(Event({"event-name": name, "unique-id": one, "channel-name": "sofia/external/x"})))
    assert legs.known(ids[0]) is None
    assert legs.known(ids[-1]) is not None
    assert legs.channels == {}
