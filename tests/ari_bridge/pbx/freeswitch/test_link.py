"""The connection that is kept: what is told of a FreeSWITCH that comes, goes and lies."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from structlog.testing import capture_logs

from ari_bridge.pbx.errors import NotLetIn, Unreachable
from ari_bridge.pbx.freeswitch import link as link_module
from ari_bridge.pbx.freeswitch.link import EVENTS, SUBCLASSES, Link
from ari_bridge.pbx.port import (
    Answered,
    ChannelGone,
    Connected,
    Contested,
    Disconnected,
    ForkRefused,
    KeyPressed,
    Line,
    LineEntered,
    Paired,
    PbxEvent,
    PbxRefused,
    PromptEnded,
)
from consent.states import Answer, Why
from dialplan.freeswitch import render
from tests.ari_bridge.pbx.freeswitch.esl_server import EslServer, esl_server, event, printed
from tests.ari_bridge.pbx.freeswitch.gate import CALL, LEG, NOTICE, consent, with_gate


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


async def test_a_yes_brings_what_stands_for_the_number() -> None:
    """Law: the tag is read on the caller's channel; an odd one is none."""
    async with esl_server() as server, linked(server) as link:
        for held, tag in (("17-" + "ab" * 20, "17-" + "ab" * 20), ("0640000001", "")):
            server.answers["api uuid_getvar"] = lambda command, held=held: printed(
                held if command.endswith("ouidire_tag") else "granted"
            )
            await server.send(consent("granted", "key"))
            assert (await _next_answer(link)).number_tag == tag


def dumped(**variables: str) -> bytes:
    """The leg of agent 1001 as FreeSWITCH dumps it."""
    headers = {
        "Unique-ID": LEG, "Channel-Name": "sofia/internal/1001%40x", "Call-Direction": "inbound",
        "variable_user_name": "1001",
    }  # fmt: skip
    return printed("".join(f"{name}: {text}\n" for name, text in (headers | variables).items()))


def of_a_line(did: str, more: str = "") -> bytes:
    """What a script of our lines and codes tells."""
    return event(
        "CUSTOM",
        {"Event-Subclass": "ouidire::line", "Ouidire-Leg": LEG, "Ouidire-Did": did, "Ouidire-More": more},
    )


async def test_a_line_is_entered_by_who_is_on_it() -> None:
    """Law: keys and ends of prompts are told of who entered a line, by the channel itself; of nobody else, and not
    after the hang-up.
    """
    async with esl_server() as server, linked(server) as link:
        server.answers["api uuid_dump"] = dumped(variable_ouidire_line="staff")
        await server.send(of_a_line("key", "5"))
        await server.send(of_a_line("entered", "rights"))
        await server.send(of_a_line("key", "1"))
        await server.send(of_a_line("played", "ab" * 16 + ",whole"))
        assert await heard(link) == LineEntered(LEG, Line.STAFF, "", "1001", "")
        pressed = await heard(link)
        assert isinstance(pressed, KeyPressed)
        assert pressed.key == "1"
        assert await heard(link) == PromptEnded(LEG, "ab" * 16, True)
        await server.send(event("CHANNEL_HANGUP_COMPLETE", {"Unique-ID": LEG, "Channel-Name": "sofia/internal/x"}))
        await server.send(of_a_line("key", "2"))
        assert isinstance(await heard(link), ChannelGone)
        assert isinstance(await heard(link), ChannelGone)
        await asyncio.sleep(0.05)
        assert link.events.empty()


@pytest.mark.parametrize("did", ["entered", "contested", "paired", "", "stolen"])
async def test_a_line_that_the_channel_does_not_hold_is_an_attack(did: str) -> None:
    """Law: an event that names a channel which is on no line, and waits for no answer, is told to nobody; it is
    logged, unless the channel is gone.
    """
    async with esl_server() as server, linked(server) as link:
        with capture_logs() as logs:
            await server.send(of_a_line(did, CALL))
            await asyncio.sleep(0.05)
            assert not logs
            server.answers["api uuid_dump"] = dumped()
            await server.send(of_a_line(did, CALL))
            await asyncio.sleep(0.05)
        assert [one["event"] for one in logs] == ["attack.suspected"]
        assert link.events.empty()


async def test_a_code_is_told_of_the_leg_that_waits() -> None:
    """Law: a contest and a dialled code are told as the channel holds them."""
    async with esl_server() as server, linked(server) as link:
        server.answers["api uuid_dump"] = dumped(variable_ouidire_code="135790")
        await server.send(of_a_line("paired"))
        assert await heard(link) == Paired("1001", "135790", LEG)
        server.answers["api uuid_dump"] = dumped(variable_ouidire_code="contest", variable_ouidire_call=CALL)
        await server.send(of_a_line("contested", CALL))
        assert await heard(link) == Contested(CALL, LEG, "1001")


async def test_who_waits_on_a_line_is_in_the_snapshot() -> None:
    """Law: a bridge that comes back finds who is on its lines, and hears their keys."""
    async with esl_server() as server:
        server.answers["api show channels"] = printed(f'{{"row_count":1,"rows":[{{"uuid":"{LEG}"}}]}}')
        server.answers["api uuid_dump"] = dumped(variable_ouidire_line="rights")
        link = Link(server.access())
        task = asyncio.create_task(link.run())
        try:
            connected = await heard(link)
            assert isinstance(connected, Connected)
            assert connected.snapshot.lines == (LineEntered(LEG, Line.RIGHTS, "", "1001", ""),)
            await server.send(of_a_line("key", "#"))
            assert isinstance(await heard(link), KeyPressed)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


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


async def test_a_stop_counts_after_the_hang_up_too() -> None:
    """Law: whoever presses the stop keys and hangs up at once has stopped the call, in whichever order that is told; of
    a call that never was it is an attack.
    """
    headers = {
        "Event-Subclass": "ouidire::consent", "Ouidire-Answer": "withdrawn", "Ouidire-Why": "star9",
        "Ouidire-Notice": NOTICE, "Ouidire-Language": "en", "Ouidire-At": "1795000000",
    }  # fmt: skip
    async with esl_server() as server, linked(server) as link:
        there = {"Unique-ID": CALL, "Channel-Name": "sofia/external/x", "variable_ouidire_call": CALL}
        await server.send(event("CHANNEL_ANSWER", there) + event("CHANNEL_HANGUP_COMPLETE", there))
        with capture_logs() as logs:
            await server.send(event("CUSTOM", headers | {"Ouidire-Call": LEG}))
            await server.send(event("CUSTOM", headers | {"Ouidire-Call": CALL}))
            said = await _next_answer(link)
        assert (said.call_id, said.answer) == (CALL, Answer.WITHDRAWN)
        assert [one["event"] for one in logs] == ["attack.suspected"]


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
