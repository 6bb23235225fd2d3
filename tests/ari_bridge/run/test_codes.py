"""Laws of agents' codes: who may contest and pair, what they hear, and what is never told."""

import asyncio
from collections.abc import Callable

import pytest
import structlog.testing

from ari_bridge.calls.roles import Roles
from ari_bridge.calls.topology import Topology
from ari_bridge.pbx.port import (
    BridgeChanged,
    Channel,
    ChannelChanged,
    ChannelGone,
    Contested,
    Paired,
    PbxRefused,
    Snapshot,
)
from ari_bridge.run.codes import Codes
from tests.fakes.pbx import FakePbx, channel

CALL, OTHER_CALL = "1.1", "2.1"


class Desk:
    """Codes before a PBX with two calls: 1001 talks in the first, 1002 in the second, 1003 in none."""

    def __init__(self) -> None:
        self.pbx = FakePbx()
        self.contested: list[str] = []
        self.stands = True
        self.topology = Topology()
        legs = (
            channel(CALL, "trunk"), channel("1.2", "1001"),
            channel(OTHER_CALL, "trunk"), channel("2.2", "1002"), channel("3.3", "1003"),
        )  # fmt: skip
        bridges = {"one": frozenset({CALL, "1.2"}), "two": frozenset({OTHER_CALL, "2.2"})}
        self.topology.reset(Snapshot(legs, bridges))
        self.codes = Codes(self.pbx, self.topology, Roles(("trunk",)), self._contest)

    def _contest(self, call_id: str) -> bool:
        self.contested.append(call_id)
        return self.stands


@pytest.fixture
def desk() -> Desk:
    """Two calls, three agents."""
    return Desk()


async def test_an_agent_contests_the_score_of_their_own_call(desk: Desk) -> None:
    """Law: contested, and they hear that it is."""
    assert desk.codes.take(Contested(CALL, "1.2", "1001"))
    await desk.codes.close()
    assert desk.contested == [CALL]
    assert desk.pbx.answered == [("1.2", "contest_done")]


async def test_where_no_score_stands_that_is_said(desk: Desk) -> None:
    """Law: nobody is left to believe that something was erased."""
    desk.stands = False
    desk.codes.take(Contested(CALL, "1.2", "1001"))
    await desk.codes.close()
    assert desk.pbx.answered == [("1.2", "contest_none")]


@pytest.mark.parametrize(
    "event",
    [
        Contested(OTHER_CALL, "1.2", "1001"),
        Contested(CALL, "3.3", "1003"),
        Contested(CALL, "9.9", "1001"),
        Contested(CALL, CALL, "trunk"),
        Contested(CALL, "1.2", "1002"),
        Contested("7.7", "1.2", "1001"),
    ],
    ids=["another's call", "in no call", "no such leg", "the caller", "another's name", "no such call"],
)
async def test_nobody_contests_for_somebody_else(desk: Desk, event: Contested) -> None:
    """Law: only an agent's leg, and only in the conversation of that call; the bridge answers nothing to others."""
    with structlog.testing.capture_logs() as logs:
        assert desk.codes.take(event)
        await desk.codes.close()
    assert (desk.contested, desk.pbx.answered) == ([], [])
    assert [one["event"] for one in logs] == ["contest.refused"]


async def test_an_agent_who_left_contests_nothing_any_more(desk: Desk) -> None:
    """Law: the conversation counts as it is at this moment."""
    desk.topology.apply(BridgeChanged("one", frozenset({CALL})))
    desk.codes.take(Contested(CALL, "1.2", "1001"))
    desk.topology.apply(BridgeChanged("one", frozenset({CALL, "1.2"})))
    desk.topology.apply(ChannelGone("1.2"))
    desk.codes.take(Contested(CALL, "1.2", "1001"))
    assert desk.contested == []


async def test_an_agent_behind_a_local_channel_contests(desk: Desk) -> None:
    """Law: a queue's Local member is in the conversation though they share no bridge with the caller."""
    for leg, peer in ((";1", ";2"), (";2", ";1")):
        half = channel(f"5{leg}", None, name=f"Local/1003@x-0000{leg}", peer_half=f"Local/1003@x-0000{peer}")
        desk.topology.apply(ChannelChanged(half))
    desk.topology.apply(BridgeChanged("one", frozenset({CALL, "5;1"})))
    desk.topology.apply(BridgeChanged("three", frozenset({"5;2", "3.3"})))
    desk.codes.take(Contested(CALL, "3.3", "1003"))
    assert desk.contested == [CALL]


@pytest.mark.parametrize(("known", "heard"), [(True, "pair_done"), (False, "pair_unknown")])
async def test_a_code_goes_to_the_page_with_the_endpoint(desk: Desk, known: bool, heard: str) -> None:
    """Law: whether a page showed it the page knows; the dialler hears which."""
    dialled: list[tuple[str, str]] = []
    desk.codes.pairs_with(_pairing(dialled, known))
    assert desk.codes.take(Paired("1003", "123456", "3.3"))
    await desk.codes.close()
    assert dialled == [("123456", "1003")]
    assert desk.pbx.answered == [("3.3", heard)]


async def test_nobody_is_paired_from_outside(desk: Desk) -> None:
    """Law: a trunk that reached the number pairs nothing and hears what a wrong code hears; the log names no code."""
    dialled: list[tuple[str, str]] = []
    desk.codes.pairs_with(_pairing(dialled, known=True))
    with structlog.testing.capture_logs() as logs:
        desk.codes.take(Paired("trunk", "123456", CALL))
        await desk.codes.close()
    assert (dialled, desk.pbx.answered) == ([], [(CALL, "pair_unknown")])
    assert [one["event"] for one in logs] == ["pairing.refused"]
    assert "123456" not in str(logs)


async def test_without_a_page_the_line_is_not_available(desk: Desk) -> None:
    """Law: where no page pairs, nobody is told that a code is wrong."""
    desk.codes.take(Paired("1003", "123456", "3.3"))
    await desk.codes.close()
    assert desk.pbx.answered == [("3.3", "unavailable")]


@pytest.mark.parametrize("error", [PbxRefused("gone"), TimeoutError()])
async def test_an_answer_that_does_not_arrive_undoes_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """Law: the score stays contested; the failure is logged, without whose leg it was."""

    async def refuse(channel_id: str, prompt: str) -> None:
        raise error

    monkeypatch.setattr(desk.pbx, "answer_code", refuse)
    with structlog.testing.capture_logs() as logs:
        desk.codes.take(Contested(CALL, "1.2", "1001"))
        await desk.codes.close()
    assert desk.contested == [CALL]
    assert [one["event"] for one in logs] == ["code.not_answered"]
    assert "1001" not in str(logs)


async def test_other_events_are_left_to_others(desk: Desk) -> None:
    """Law: what is no code is not taken."""
    assert not desk.codes.take(ChannelGone("1.2"))
    assert not desk.codes.take(ChannelChanged(Channel("1.2", "PJSIP/1001-1", "1001", None, CALL, "", "en")))
    await asyncio.sleep(0)
    assert desk.pbx.answered == []


def _pairing(dialled: list[tuple[str, str]], known: bool) -> Callable[[str, str], bool]:
    def pair(code: str, endpoint: str) -> bool:
        dialled.append((code, endpoint))
        return known

    return pair
