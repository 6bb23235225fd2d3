"""Each method of the port in terms of the gate and the event socket."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from ari_bridge.pbx.freeswitch import link as link_module
from ari_bridge.pbx.freeswitch.adapter import FreeSwitchPbx
from ari_bridge.pbx.port import Connected, PbxFork, PbxRefused
from consent.errors import Withdrawn
from consent.grant import ConsentGrant
from consent.states import Answer, Why
from tests.ari_bridge.pbx.freeswitch.esl_server import EslServer, esl_server, printed
from tests.ari_bridge.pbx.freeswitch.gate import CALL, LEG, asked, with_gate
from tests.conftest import Callers

TARGET = "ab" * 16


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link_module, "LAG_S", 0.0)


@pytest.fixture
async def grant(callers: Callers) -> ConsentGrant:
    """A yes of the caller, out of a real ledger."""
    return (await callers.says_yes(CALL)).caller


@asynccontextmanager
async def connected(server: EslServer) -> AsyncIterator[FreeSwitchPbx]:
    """With somebody who reads its events."""
    pbx = FreeSwitchPbx(server.access())
    events = pbx.events()
    assert isinstance(await anext(events), Connected)

    async def read() -> None:
        async for _ in events:
            pass

    task = asyncio.create_task(read())
    try:
        yield pbx
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await events.aclose()  # type: ignore[attr-defined]


async def test_phones_are_asked_of_the_gate() -> None:
    """Law: what each registered phone calls itself, by user, in its own characters; without a link nobody knows."""
    named = "1001 Yealink SIP-T46S 66.86.0.15\n1001 Soft &lt;1&gt;\n1002 \n"
    async with esl_server() as server:
        with pytest.raises(TimeoutError):
            await FreeSwitchPbx(server.access()).phones.user_agents()
        async with connected(server) as pbx:
            with_gate(server, lambda asked: ("found", "3"), body=named)
            assert await pbx.phones.user_agents() == {
                "1001": ("Yealink SIP-T46S 66.86.0.15", "Soft <1>"),
                "1002": ("",),
            }


async def test_a_fork_is_asked_of_the_gate(grant: ConsentGrant) -> None:
    """Law: the gate is told the call of the grant, the leg and the target; renewing and ending name the same."""
    async with esl_server() as server, connected(server) as pbx:
        with_gate(server, lambda asked: ("done", ""))
        fork = await pbx.fork(grant, LEG, TARGET)
        assert fork == PbxFork(f"fork:{LEG}", LEG, TARGET)
        await pbx.renew(fork)
        await pbx.end_fork(fork)
        wanted = [
            (one["Ouidire-Do"], one["Ouidire-Call"], one["Ouidire-Leg"]) for one in map(asked, server.sent("sendevent"))
        ]
        assert wanted == [("fork", CALL, LEG), ("renew", CALL, LEG), ("end", CALL, LEG)]


async def test_without_a_live_grant_nothing_is_asked(grant: ConsentGrant) -> None:
    """Law: a grant that has ended opens nothing, and the PBX is not even asked."""
    async with esl_server() as server, connected(server) as pbx:
        grant.end("withdrawn")
        with pytest.raises(Withdrawn):
            await pbx.fork(grant, LEG, TARGET)
        assert server.sent("sendevent") == []


async def test_a_grant_that_ends_meanwhile_takes_its_fork_along(grant: ConsentGrant) -> None:
    """Law: a fork that was opened while its grant ended is ended at once."""
    async with esl_server() as server, connected(server) as pbx:

        def tell(headers: dict[str, str]) -> tuple[str, str]:
            if headers["Ouidire-Do"] == "fork":
                grant.end("withdrawn")
            return "done", ""

        with_gate(server, tell)
        with pytest.raises(Withdrawn):
            await pbx.fork(grant, LEG, TARGET)
        assert asked(server.sent("sendevent")[-1])["Ouidire-Do"] == "end"


async def test_what_a_silent_gate_may_have_opened_is_ended(
    grant: ConsentGrant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Law: a gate that does not answer in time may have opened the fork all the same, so it is told to end it."""
    monkeypatch.setattr(link_module, "TOLD_WITHIN_S", 0.05)
    async with esl_server() as server, connected(server) as pbx:
        with pytest.raises(TimeoutError):
            await pbx.fork(grant, LEG, TARGET)
        fork, end = map(asked, server.sent("sendevent"))
        assert (fork["Ouidire-Do"], end["Ouidire-Do"], end["Ouidire-Leg"]) == ("fork", "end", LEG)
        assert fork["Ouidire-Ask"] != end["Ouidire-Ask"]


async def test_a_fork_is_ended_once(grant: ConsentGrant) -> None:
    """Law: to end what has ended is no error, and cannot end the fork that came after it."""
    async with esl_server() as server, connected(server) as pbx:
        with_gate(server, lambda asked: ("done", ""))
        fork = await pbx.fork(grant, LEG, TARGET)
        await pbx.end_fork(fork)
        await pbx.end_fork(fork)
        assert [asked(one)["Ouidire-Do"] for one in server.sent("sendevent")] == ["fork", "end"]


async def test_a_stop_is_a_stop() -> None:
    """Law: a withdrawal and an objection go to the stop keys' script, which must have done it; nothing else is a
    stop.
    """
    async with esl_server() as server, connected(server) as pbx:
        with_gate(server, lambda headers: ("stopped", "objected" if headers["Ouidire-Who"] == "agent" else "granted"))
        await pbx.stop_call(CALL, Answer.OBJECTED)
        with pytest.raises(PbxRefused, match="granted"):
            await pbx.stop_call(CALL, Answer.WITHDRAWN)
        with pytest.raises(PbxRefused):
            await pbx.stop_call(CALL, Answer.GRANTED)


async def test_the_journal_is_read_in_order_and_forgotten_one_by_one() -> None:
    """Law: answers come oldest first, an odd entry stays where it is, and what is forgotten is one key."""
    entries = {
        f"granted-{CALL}": "1795000002|key|0123456789abcdef|en",
        f"asked-{CALL}": "1795000001|notice|0123456789abcdef|en",
        "odd": "x",
    }
    async with esl_server() as server, connected(server) as pbx:
        server.answers["api db list"] = printed(",".join(entries) + ",")
        server.answers["api db select"] = lambda command: printed(entries[command.rpartition("/")[2]])
        found = await pbx.journal()
        assert [one.answer for one in found] == [Answer.ASKED, Answer.GRANTED]
        await pbx.forget(found[0])
        assert server.sent("api db delete") == [f"api db delete/ouidire/asked-{CALL}"]


async def test_a_question_without_an_answer_is_a_no_where_the_call_is_over() -> None:
    """Law: whoever hung up while being asked, and nobody heard of it, has said no; who is still being asked has not."""
    entries = {f"asked-{call}": "1795000001|notice|0123456789abcdef|en" for call in (CALL, LEG)}
    async with esl_server() as server, connected(server) as pbx:
        server.answers["api db list"] = printed(",".join(entries) + ",")
        server.answers["api db select"] = lambda command: printed(entries[command.rpartition("/")[2]])
        server.answers[f"api uuid_getvar {LEG}"] = printed("asked")
        server.answers[f"api uuid_getvar {CALL}"] = printed("-ERR No such channel!\n")
        found = await pbx.journal()
        assert [(one.call_id, one.answer) for one in found if one.call_id == LEG] == [(LEG, Answer.ASKED)]
        assert [(one.answer, one.why) for one in found if one.call_id == CALL] == [
            (Answer.ASKED, Why.NOTICE),
            (Answer.REFUSED, Why.HANGUP),
        ]


async def test_what_is_not_there_is_nothing() -> None:
    """Law: the consent of an unknown call is "", and so is a variable that is unset."""
    async with esl_server() as server, connected(server) as pbx:
        for answer in ("-ERR No such channel!\n", "_undef_"):
            server.answers["api uuid_getvar"] = printed(answer)
            assert await pbx.consent_of(CALL) == ""


async def test_the_rest_goes_to_the_gate_too() -> None:
    """Law: a sweep says what to keep and how many were ended; a reference is named with its ending."""
    async with esl_server() as server, connected(server) as pbx:
        with_gate(server, lambda headers: ("swept", "3"))
        assert await pbx.sweep(frozenset({f"fork:{LEG}"})) == 3
        await pbx.say(CALL, "/var/lib/ouidire-say/x")
        told = list(map(asked, server.sent("sendevent")))
        assert told[0]["Ouidire-Keep"] == LEG
        assert told[1]["Ouidire-Recording"] == "/var/lib/ouidire-say/x.wav"
