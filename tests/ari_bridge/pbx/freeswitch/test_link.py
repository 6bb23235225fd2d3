"""The connection that is kept: what is told of a FreeSWITCH that comes, goes and lies."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from structlog.testing import capture_logs

from ari_bridge.pbx.errors import NotLetIn, Unreachable
from ari_bridge.pbx.freeswitch import link as link_module
from ari_bridge.pbx.freeswitch.link import EVENTS, SUBCLASSES, Link
from ari_bridge.pbx.port import Answered, Connected, Disconnected, ForkRefused, PbxEvent, PbxRefused
from consent.states import Answer, Why
from dialplan.freeswitch import render
from tests.ari_bridge.pbx.freeswitch.esl_server import EslServer, esl_server, event, printed
from tests.ari_bridge.pbx.freeswitch.gate import CALL, LEG, consent, with_gate


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link_module, "LAG_S", 0.0)
    monkeypatch.setattr(link_module, "FIRST_PAUSE_S", 0.05)
    monkeypatch.setattr(link_module, "TOLD_WITHIN_S", 0.3)


@asynccontextmanager
async def linked(server: EslServer) -> AsyncIterator[Link]:
    """Connected, and the first event taken."""
    link = Link(server.access())
    link._pause_s = 0.05
    task = asyncio.create_task(link.run())
    try:
        assert isinstance(await heard(link), Connected)
        yield link
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def heard(link: Link) -> PbxEvent | Exception:
    """The next event."""
    async with asyncio.timeout(5):
        return await link.events.get()


def test_the_dialplan_lets_our_user_hear_just_what_we_ask_for() -> None:
    """Law: what is asked for and what the directory allows are the same, or FreeSWITCH refuses all of it."""
    assert set(EVENTS) == set(render.EVENTS)
    assert set(SUBCLASSES) == set(render.SUBCLASSES)


async def test_a_lost_connection_is_told_and_made_again() -> None:
    """Law: the end of the socket is Disconnected with a reason, and the next beginning Connected; asks fail
    meanwhile.
    """
    async with esl_server() as server, linked(server) as link:
        server.drop()
        gone = await heard(link)
        assert isinstance(gone, Disconnected)
        assert "trying again" in gone.sentence
        with pytest.raises(Unreachable):
            await link.ask("sweep", keep="")
        assert isinstance(await heard(link), Connected)


async def test_a_wrong_password_ends_it() -> None:
    """Law: no retry can help a wrong password: it is the last that is told."""
    async with esl_server() as server:
        link = Link(server.access("wrong"))
        await link.run()
        assert isinstance(await heard(link), NotLetIn)


async def test_the_gate_answers_by_the_asks_own_id() -> None:
    """Law: two asks at once get each their own answer; a no is PbxRefused with the gate's reason."""
    async with esl_server() as server, linked(server) as link:
        with_gate(server, lambda asked: ("denied", "consent is refused") if LEG in asked.values() else ("forked", "x"))
        yes, no = await asyncio.gather(
            link.ask("fork", call=CALL, leg=CALL), link.ask("fork", call=CALL, leg=LEG), return_exceptions=True
        )
        assert not isinstance(yes, BaseException)
        assert yes.headers["ouidire-more"] == "x"
        assert isinstance(no, PbxRefused)
        assert "consent is refused" in str(no)


async def test_a_gate_that_says_nothing_is_a_sentence() -> None:
    """Law: where the script is not hooked the ask fails in time and says what to look at."""
    async with esl_server() as server, linked(server) as link:
        with pytest.raises(Unreachable, match="restarted"):
            await link.ask("fork", call=CALL, leg=LEG)


@pytest.mark.parametrize("stands", ["refused", "_undef_", "asked"])
async def test_a_yes_that_the_channel_does_not_hold_is_an_attack(stands: str) -> None:
    """Law: an event that says yes is told only where the caller's own variable says so too; else it is logged as an
    attack.
    """
    async with esl_server() as server, linked(server) as link:
        server.answers["api uuid_getvar"] = printed(stands)
        with capture_logs() as logs:
            await server.send(consent("granted", "key"))
            await server.send(consent("refused", "key"))  # which needs nobody's word
            said = await _next_answer(link)
        assert said.answer is Answer.REFUSED
        assert [one["call_id"] for one in logs if one["event"] == "attack.suspected"] == [CALL]


async def test_a_yes_that_the_channel_holds_is_told() -> None:
    """Law: with the variable the yes is the caller's, as of the moment it names."""
    async with esl_server() as server, linked(server) as link:
        server.answers["api uuid_getvar"] = printed("granted")
        await server.send(consent("granted", "key"))
        assert (await _next_answer(link)).answer is Answer.GRANTED


async def test_who_hangs_up_while_being_asked_has_said_no() -> None:
    """Law: the end of a channel that was asked and did not answer is a refusal by hanging up."""
    async with esl_server() as server, linked(server) as link:
        ended = {
            "Unique-ID": CALL, "Channel-Name": "sofia/external/x", "variable_ouidire_call": CALL,
            "variable_ouidire_consent": "asked", "variable_ouidire_notice": "0123456789abcdef",
            "variable_ouidire_language": "en", "Event-Date-Timestamp": "1795000000000000",
        }  # fmt: skip
        await server.send(event("CHANNEL_HANGUP_COMPLETE", ended))
        said = await _next_answer(link)
        assert (said.answer, said.why, int(said.at.timestamp())) == (Answer.REFUSED, Why.HANGUP, 1_795_000_000)


@pytest.mark.parametrize("stamp", ["", "0", "-1", "²²²²²²²²", "soon", "9" * 30, "1e16", "1795000000000000\u0661"])
async def test_an_odd_moment_does_not_end_the_link(stamp: str) -> None:
    """Law: whatever a hang-up says of its time, the link goes on, and the next one is heard."""
    async with esl_server() as server, linked(server) as link:
        ended = {
            "Unique-ID": CALL, "Channel-Name": "sofia/external/x", "variable_ouidire_call": CALL,
            "variable_ouidire_consent": "asked", "variable_ouidire_notice": "0123456789abcdef",
            "variable_ouidire_language": "en", "Event-Date-Timestamp": stamp,
        }  # fmt: skip
        await server.send(event("CHANNEL_HANGUP_COMPLETE", ended))
        await server.send(event("CHANNEL_HANGUP_COMPLETE", ended | {"Event-Date-Timestamp": "1795000000000000"}))
        assert int((await _next_answer(link)).at.timestamp()) == 1_795_000_000


async def test_a_full_gate_is_told_to_all() -> None:
    """Law: the gate's "full" is an event of the port beside the refusal of the one who asked; another no is not."""
    async with esl_server() as server, linked(server) as link:
        for more in ("consent is refused", "full"):
            with_gate(server, lambda _, more=more: ("denied", more))
            with pytest.raises(PbxRefused, match=more):
                await link.ask("fork", call=CALL, leg=LEG, target="ab" * 16)
        assert await heard(link) == ForkRefused(CALL, LEG, "full")


async def _next_answer(link: Link) -> Answered:
    while True:
        found = await heard(link)
        if isinstance(found, Answered):
            return found
