"""The event socket's client, trap by trap, against bytes recorded from FreeSWITCH on a real TCP socket."""

from __future__ import annotations

import asyncio

import pytest

from ari_bridge.pbx.errors import NotLetIn, NotThere, Unreachable
from ari_bridge.pbx.freeswitch.access import EslAccess
from ari_bridge.pbx.freeswitch.esl_client import EslConnection
from ari_bridge.pbx.freeswitch.esl_wire import Event
from ari_bridge.pbx.port import PbxRefused
from tests.ari_bridge.pbx.freeswitch.esl_server import ACCESS_DENIED, esl_server, event, printed, replied
from tests.ari_bridge.pbx.freeswitch.recorded import messages, recorded

CALL_ID = "64ab5a40-3c26-4dd8-8466-10532c546c4e"


async def until_end(esl: EslConnection) -> tuple[list[Event], str]:
    """The events until the connection's end, and why it ended."""
    found: list[Event] = []
    try:
        async with asyncio.timeout(5):
            async for one in esl.events():
                found.append(one)  # noqa: PERF401 - what came before the end is wanted too
    except Unreachable as error:
        return found, str(error)
    raise AssertionError("events ended without a reason")


# ---- the way in


@pytest.mark.parametrize(
    ("user", "sent"),
    [("ouidire@ouidire.invalid", "userauth ouidire@ouidire.invalid:right"), ("", "auth right")],
)
async def test_both_ways_in(user: str, sent: str) -> None:
    """Law: a user of the directory comes as that, without one the socket's own password is shown; once."""
    async with esl_server() as server:
        esl = await EslConnection.open(server.access(user=user))
        assert server.logins == [sent]
        await esl.close()


@pytest.mark.parametrize("user", ["ouidire@ouidire.invalid", ""])
async def test_a_wrong_password_is_said_once(user: str) -> None:
    """Law: a wrong password ends in a sentence that says where to look and holds no password, and is not repeated."""
    async with esl_server() as server:
        with pytest.raises(NotLetIn, match=r"event_socket\.conf\.xml") as refused:
            await EslConnection.open(server.access("wrong-one", user))
        assert "wrong-one" not in str(refused.value)
        await asyncio.sleep(0.1)
        assert len(server.logins) == 1


async def test_an_address_that_is_kept_out_is_told_so() -> None:
    """Law: where the ACL refuses our address no retry helps, and the sentence names the setting."""
    async with esl_server() as server:
        server.greeting = ACCESS_DENIED
        with pytest.raises(NotLetIn, match="apply-inbound-acl"):
            await EslConnection.open(server.access())


async def test_nothing_there_is_unreachable() -> None:
    """Law: a PBX that is down is told from one that says no."""
    async with esl_server() as server:
        port = server.port
    with pytest.raises(Unreachable, match=str(port)):
        await EslConnection.open(EslAccess("127.0.0.1", port, "", "p"))


@pytest.mark.parametrize("greeting", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"Content-Type: log/data\n\n"])
async def test_what_is_no_event_socket_is_told_so(greeting: bytes) -> None:
    """Law: whatever does not ask for a password gets none, and is left in time."""
    async with esl_server() as server:
        server.greeting = greeting
        with pytest.raises(Unreachable, match="event socket"):
            await EslConnection.open(server.access(), timeout_s=0.2)
        assert server.logins == []


async def test_a_login_that_is_not_answered_has_a_limit() -> None:
    """Law: silence behind the password is no reason to wait, nor to believe that it was wrong."""
    async with esl_server() as server:
        server.silent.add("userauth")
        with pytest.raises(Unreachable, match="userauth") as refused:
            await EslConnection.open(server.access(), timeout_s=0.2)
        assert "right" not in str(refused.value)


async def test_a_door_that_closes_at_once_is_unreachable() -> None:
    """Law: a PBX that is ending takes the connection and drops it: a retry may help."""
    async with esl_server() as server:
        server.greeting = recorded("shutdown")
        with pytest.raises(Unreachable, match="ended at once"):
            await EslConnection.open(server.access(), timeout_s=1)


async def test_a_connection_that_fails_leaves_no_task() -> None:
    """Law: whatever goes wrong on the way in, nothing of it goes on."""
    async with esl_server() as server:
        server.greeting = b""
        with pytest.raises(Unreachable):
            await EslConnection.open(server.access(), timeout_s=0.1)
        assert not [task for task in asyncio.all_tasks() if task.get_name() == "esl reader"]


# ---- commands


async def test_a_command_is_answered() -> None:
    """Law: a command goes out word by word, and what it printed comes back without its line end."""
    async with esl_server() as server:
        esl = await EslConnection.open(server.access())
        assert await esl.api("uuid_getvar", CALL_ID, "ouidire_consent") == "granted"
        assert server.commands == [f"api uuid_getvar {CALL_ID} ouidire_consent"]
        await esl.close()


async def test_what_is_unset_is_no_refusal() -> None:
    """Law: FreeSWITCH's word for an unset variable comes back as it is."""
    async with esl_server() as server:
        server.answers["api uuid_getvar"] = recorded("api_getvar_unset")
        esl = await EslConnection.open(server.access())
        assert await esl.api("uuid_getvar", CALL_ID, "nothing") == "_undef_"
        await esl.close()


@pytest.mark.parametrize("name", ["api_getvar_no_channel", "api_dump_no_channel"])
async def test_a_channel_that_is_gone_is_told_from_a_refusal(name: str) -> None:
    """Law: what does not exist any more is NotThere, on every command that names a channel."""
    async with esl_server() as server:
        server.answers["api uuid_"] = recorded(name)
        del server.answers["api uuid_getvar"], server.answers["api uuid_dump"]
        esl = await EslConnection.open(server.access())
        with pytest.raises(NotThere):
            await esl.api("uuid_getvar", CALL_ID, "ouidire_consent")
        await esl.close()


@pytest.mark.parametrize(
    ("begin", "name", "sentence"),
    [
        ("api originate", "command_limited", "may not use originate"),
        ("api frobnicate", "api_unknown", "frobnicate"),
        ("api uuid_getvar", "api_getvar_usage", "uuid_getvar"),
    ],
)
async def test_a_refusal_is_a_sentence(begin: str, name: str, sentence: str) -> None:
    """Law: what FreeSWITCH refuses is PbxRefused with the command's name, whichever way it writes its no."""
    async with esl_server() as server:
        server.answers[begin] = recorded(name)
        esl = await EslConnection.open(server.access())
        with pytest.raises(PbxRefused, match=sentence):
            await esl.api(begin.removeprefix("api "))
        await esl.close()


@pytest.mark.parametrize("word", ["x\n\napi originate y", "x\r", "\0"])
async def test_no_second_command_is_smuggled(word: str) -> None:
    """Law: a word with a line end is refused before anything is sent, in commands and in events."""
    async with esl_server() as server:
        esl = await EslConnection.open(server.access())
        with pytest.raises(PbxRefused, match="one line"):
            await esl.api("uuid_getvar", word)
        with pytest.raises(PbxRefused, match="one line"):
            await esl.send_event("CUSTOM", {"Event-Subclass": "ouidire::ask", "Ouidire-Call": word})
        await asyncio.sleep(0.05)
        assert server.commands == []
        await esl.close()


async def test_fifty_at_once_get_each_its_own() -> None:
    """Law: answers come in the order of the commands, and each reaches who asked."""
    async with esl_server() as server:
        server.answers["api echo"] = lambda command: printed(command.rpartition(" ")[2] + "\n")
        esl = await EslConnection.open(server.access())
        told = await asyncio.gather(*(esl.api("echo", str(number)) for number in range(50)))
        assert told == [str(number) for number in range(50)]
        await esl.close()


async def test_a_late_answer_reaches_nobody_else() -> None:
    """Law: who gave up waiting gets nothing, and the next one gets its own answer and not the late one."""
    async with esl_server() as server:
        server.silent.add("api slow")
        esl = await EslConnection.open(server.access(), timeout_s=0.2)
        with pytest.raises(Unreachable, match="slow"):
            await esl.api("slow")
        asked = asyncio.ensure_future(esl.api("uuid_getvar", CALL_ID, "ouidire_consent"))
        await asyncio.sleep(0)
        await server.send(printed("the late one\n"))
        assert await asked == "granted"
        await esl.close()


async def test_who_was_cancelled_leaves_the_order_whole() -> None:
    """Law: a command whose asker is cancelled is answered into the void, the next one rightly."""
    async with esl_server() as server:
        server.silent.add("api slow")
        esl = await EslConnection.open(server.access())
        asked = asyncio.ensure_future(esl.api("slow"))
        await asyncio.sleep(0.05)
        asked.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asked
        await server.send(printed("too late\n"))
        assert await esl.api("uuid_getvar", CALL_ID, "x") == "granted"
        await esl.close()


async def test_an_event_is_sent_with_its_body() -> None:
    """Law: an event reaches FreeSWITCH header by header, with a body of the right length."""
    async with esl_server() as server:
        esl = await EslConnection.open(server.access())
        await esl.send_event("NOTIFY", {"profile": "internal", "user": "1001"}, "é\nb")
        (sent,) = server.sent("sendevent NOTIFY")
        assert sent == "sendevent NOTIFY\nprofile: internal\nuser: 1001\ncontent-length: 4\n\né\nb"
        await esl.close()


async def test_an_answer_to_nothing_ends_it() -> None:
    """Law: where the order of the answers is lost none can be trusted: the connection ends."""
    async with esl_server() as server:
        esl = await EslConnection.open(server.access())
        await server.send(replied("+OK who asked?"))
        _, reason = await until_end(esl)
        assert "answer" in reason
        with pytest.raises(Unreachable):
            await esl.api("uuid_getvar", CALL_ID, "x")
        await esl.close()


# ---- events


@pytest.mark.parametrize("chunk_bytes", [997, 1 << 16])
async def test_a_real_calls_events_come_in_order(chunk_bytes: int) -> None:
    """Law: each event of a real call comes once, in FreeSWITCH's order, however TCP cuts it; a subscription names the
    subclasses last.
    """
    data = recorded("call_with_forks")
    async with esl_server() as server:
        server.chunk_bytes = chunk_bytes
        esl = await EslConnection.open(server.access())
        await esl.subscribe(["CHANNEL_BRIDGE", "HEARTBEAT"], ["ouidire::consent"])
        assert server.commands == ["event plain CHANNEL_BRIDGE HEARTBEAT CUSTOM ouidire::consent"]
        await server.send(data)
        server.drop()
        found, _ = await until_end(esl)
        assert len(found) == sum(b"Event-Name: HEARTBEAT" not in one for one in messages(data))
        assert found[0].name == "CHANNEL_CREATE"
        sequence = [int(one.headers["event-sequence"]) for one in found]
        assert len(set(sequence)) == len(sequence)
        await esl.close()


async def test_events_between_a_command_and_its_answer_are_kept() -> None:
    """Law: what happens while a command waits is neither its answer nor lost."""
    async with esl_server() as server:
        server.answers["api uuid_getvar"] = recorded("event_channel_bridge") + recorded("api_getvar_set")
        esl = await EslConnection.open(server.access())
        assert await esl.api("uuid_getvar", CALL_ID, "ouidire_consent") == "granted"
        async for one in esl.events():
            assert one.name == "CHANNEL_BRIDGE"
            break
        await esl.close()


async def test_a_background_jobs_two_answers_are_told_apart() -> None:
    """Law: the receipt answers the command, the result is an event of its own."""
    async with esl_server() as server:
        esl = await EslConnection.open(server.access())
        await server.send(recorded("event_background_job"))
        async for one in esl.events():
            assert one.body.startswith("UP ")
            break
        await esl.close()


async def test_hostile_names_do_not_end_it() -> None:
    """Law: a call by somebody with quotes, line breaks and no UTF-8 in the name is a call like any other."""
    async with esl_server() as server:
        esl = await EslConnection.open(server.access())
        await server.send(recorded("call_hostile") + event("LAST_OF_ALL"))
        async for one in esl.events():
            if one.name == "LAST_OF_ALL":
                break
        assert await esl.api("uuid_getvar", CALL_ID, "x") == "granted"
        await esl.close()
