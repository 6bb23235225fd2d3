"""Who talks with whom."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from ari_bridge.calls.roles import Roles
from ari_bridge.calls.states import Plan, plan
from ari_bridge.calls.topology import Topology
from ari_bridge.pbx.port import BridgeChanged, ChannelChanged, ChannelGone, HoldChanged, PbxEvent, Snapshot
from tests.fakes.pbx import channel

CALLER, AGENT = channel("1.1", "trunk"), channel("1.2", "1001")
HALF_1 = channel("1.3", None, name="Local/1001@from-queue-01;1", peer_half="Local/1001@from-queue-01;2")
HALF_2 = channel("1.4", None, name="Local/1001@from-queue-01;2", peer_half="Local/1001@from-queue-01;1")


def told(*events: PbxEvent) -> Topology:
    """A topology after these events."""
    topology = Topology()
    for event in events:
        topology.apply(event)
    return topology


def test_two_in_a_bridge() -> None:
    """Law: whoever shares the caller's bridge is in the conversation, and nobody else."""
    topology = told(
        *(ChannelChanged(c) for c in (CALLER, AGENT, channel("9.9", "1002"))),
        BridgeChanged("b", frozenset({"1.1", "1.2"})),
        BridgeChanged("c", frozenset({"9.9"})),
    )
    assert topology.conversation("1.1").legs == {"1.1", "1.2"}


def test_a_local_pair_is_followed() -> None:
    """Law: queue members written as Local/...@.../n never share a bridge with the caller, and yet are found."""
    topology = told(
        *(ChannelChanged(c) for c in (CALLER, AGENT, HALF_1, HALF_2)),
        BridgeChanged("queue", frozenset({"1.1", "1.3"})),
        BridgeChanged("member", frozenset({"1.4", "1.2"})),
    )
    conversation = topology.conversation("1.1")
    assert conversation.legs == {"1.1", "1.2"}
    assert conversation.bridges == {"queue", "member"}


def test_leaving_ends_the_conversation() -> None:
    """Law: a leg that left the bridge (consult call, transfer) is not in the conversation any more."""
    topology = told(
        ChannelChanged(CALLER),
        ChannelChanged(AGENT),
        BridgeChanged("b", frozenset({"1.1", "1.2"})),
        BridgeChanged("b", frozenset({"1.1"})),
    )
    assert topology.conversation("1.1").legs == {"1.1"}


def test_the_fingerprint_changes_with_every_other_conversation() -> None:
    """Law: after an absence only an untouched conversation has the same fingerprint."""
    start = [ChannelChanged(CALLER), ChannelChanged(AGENT), BridgeChanged("b", frozenset({"1.1", "1.2"}))]
    first = told(*start).conversation("1.1").fingerprint
    assert first == told(*start).conversation("1.1").fingerprint
    other_bridge = [*start[:2], BridgeChanged("b2", frozenset({"1.1", "1.2"}))]
    assert told(*other_bridge).conversation("1.1").fingerprint != first
    assert told(ChannelChanged(CALLER)).conversation("1.1").fingerprint == ""


def test_where_the_pbx_looks_at_no_key_nothing_is_watched() -> None:
    """Law: a conference, or a leg that is no child of the call, means that a stop key may be missed without us; what
    the leg is called later does not matter, since then it is we who said so.
    """
    members = frozenset({"1.1", "1.2"})
    both = [ChannelChanged(CALLER), ChannelChanged(AGENT)]
    assert told(*both, BridgeChanged("b", members)).conversation("1.1").watched
    assert not told(*both, BridgeChanged("b", members, deaf=True)).conversation("1.1").watched
    stranger = replace(AGENT, call_id="")
    came_alone = [ChannelChanged(CALLER), ChannelChanged(stranger), BridgeChanged("b", members)]
    assert not told(*came_alone, ChannelChanged(AGENT)).conversation("1.1").watched
    snapshot = Topology()
    snapshot.reset(Snapshot((CALLER, AGENT), {"b": members}, deaf=frozenset("b")))
    assert not snapshot.conversation("1.1").watched


def test_hold_of_either_party_holds() -> None:
    """Law: nothing is heard on hold, whoever pressed it, until it is taken back."""
    base = [ChannelChanged(CALLER), ChannelChanged(AGENT), BridgeChanged("b", frozenset({"1.1", "1.2"}))]
    for leg in ("1.1", "1.2"):
        assert told(*base, HoldChanged(leg, True)).conversation("1.1").held
        assert not told(*base, HoldChanged(leg, True), HoldChanged(leg, False)).conversation("1.1").held


IDS = ["1.1", "1.2", "1.3", "1.4", "9.9"]
EVENTS = st.one_of(
    st.sampled_from([CALLER, AGENT, HALF_1, HALF_2]).map(ChannelChanged),
    st.sampled_from(IDS).map(ChannelGone),
    st.builds(BridgeChanged, st.sampled_from("abc"), st.frozensets(st.sampled_from(IDS))),
    st.builds(HoldChanged, st.sampled_from(IDS), st.booleans()),
)


@given(st.lists(EVENTS), st.frozensets(st.sampled_from(["1.1", "1.2"])))
def test_a_snapshot_wins_over_any_history(history: list[PbxEvent], members: frozenset[str]) -> None:
    """Law: after a reconnect only what the PBX says now counts, whatever was told before."""
    topology = told(*history)
    topology.reset(Snapshot((CALLER, AGENT), {"now": members} if members else {}, frozenset({"1.2"})))
    conversation = topology.conversation("1.1")
    assert conversation.legs == ({"1.1"} | members if "1.1" in members else {"1.1"})
    assert set(topology.channels) == {"1.1", "1.2"}
    assert conversation.held == (members == {"1.1", "1.2"})


def test_a_hold_from_before_the_snapshot_ends_with_the_unhold_of_the_other_leg() -> None:
    """Law: a bridge that starts in mid-hold hears nothing until the hold is taken back, and then does."""
    topology = Topology()
    topology.reset(Snapshot((CALLER, AGENT), {"b": frozenset({"1.1", "1.2"})}, frozenset({"1.1"})))
    assert topology.conversation("1.1").held
    topology.apply(HoldChanged("1.2", False))
    assert not topology.conversation("1.1").held


def test_who_speaks_by_another_technology_is_there_too() -> None:
    """Law: a third person is seen whatever brings the voice (an IAX2 trunk, an analog line), and nobody is heard."""
    foreign = replace(channel("1.9", None, name="IAX2/outside-7"), is_foreign=True)
    nobody = channel("1.8", None, name="CBAnn/room-1;2")
    topology = told(
        *(ChannelChanged(c) for c in (CALLER, AGENT, foreign, nobody)),
        BridgeChanged("b", frozenset({"1.1", "1.2", "1.8", "1.9"})),
    )
    conversation = topology.conversation("1.1")
    assert conversation.legs == {"1.1", "1.2", "1.9"}
    assert plan("1.1", conversation, topology.channels, Roles(("trunk",))) == Plan({}, "third_party")
