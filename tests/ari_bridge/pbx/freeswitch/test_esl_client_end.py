"""The end of a connection to the event socket, and what brings it about."""

from __future__ import annotations

import asyncio

import pytest

from ari_bridge.pbx.errors import Unreachable
from ari_bridge.pbx.freeswitch import esl_client as module
from ari_bridge.pbx.freeswitch.esl_client import EslConnection
from tests.ari_bridge.pbx.freeswitch.esl_server import esl_server, event
from tests.ari_bridge.pbx.freeswitch.recorded import recorded
from tests.ari_bridge.pbx.freeswitch.test_esl_client import CALL_ID, until_end


async def test_what_happened_before_the_end_is_told_before_it() -> None:
    """Law: events that came before the PBX went are given, then the reason in a sentence."""
    async with esl_server() as server:
        esl = await EslConnection.open(server.access())
        await server.send(
            recorded("event_channel_bridge") + recorded("event_channel_hangup_complete") + recorded("shutdown")
        )
        found, reason = await until_end(esl)
        assert [one.name for one in found][:2] == ["CHANNEL_BRIDGE", "CHANNEL_HANGUP_COMPLETE"]
        assert reason
        with pytest.raises(Unreachable, match="not connected"):
            await esl.api("status")
        await esl.close()


@pytest.mark.parametrize(
    "broken",
    [
        b"Content-Type: text/event-plain\nContent-Length: 99999999999\n\n",
        b"Content-Type: text/event-plain\nContent-Length: many\n\n",
        b"X: " + b"a" * 70_000,
        b"Content-Type: text/event-plain\nContent-Length: 34\n\nEvent-Name: X\nContent-Length: 99\n\nab",
    ],
)
async def test_a_broken_stream_ends_it_at_once(broken: bytes) -> None:
    """Law: a stream that is broken once is left: whoever reads events and whoever waits for an answer hears of it."""
    async with esl_server() as server:
        server.silent.add("api slow")
        esl = await EslConnection.open(server.access())
        waiting = asyncio.ensure_future(esl.api("slow"))
        await asyncio.sleep(0.02)
        await server.send(broken)
        await until_end(esl)
        with pytest.raises(Unreachable, match="slow"):
            await waiting
        await esl.close()


@pytest.mark.parametrize("cut", [1, 60, 400])
async def test_a_stream_that_is_cut_ends_it(cut: int) -> None:
    """Law: half a message is none, and the end is an end wherever it comes."""
    async with esl_server() as server:
        esl = await EslConnection.open(server.access())
        await server.send(recorded("event_channel_bridge")[:-cut])
        server.drop()
        found, _ = await until_end(esl)
        assert found == []
        await esl.close()


async def test_a_deaf_connection_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Law: a socket from which not even a heartbeat comes is dead, whatever TCP says; a heartbeat is life."""
    monkeypatch.setattr(module, "SILENCE_S", 0.3)
    async with esl_server() as server:
        esl = await EslConnection.open(server.access())
        for _ in range(4):
            await asyncio.sleep(0.15)
            await server.send(recorded("event_heartbeat"))
        found, reason = await until_end(esl)
        assert found == []
        assert "heartbeat" in reason
        await esl.close()


async def test_who_does_not_keep_up_starts_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Law: events wait up to a bound; beyond it the connection ends, so that nobody acts on a past with holes."""
    monkeypatch.setattr(module, "MAX_BACKLOG", 5)
    async with esl_server() as server:
        esl = await EslConnection.open(server.access())
        await server.send(event("CHANNEL_ANSWER") * 50)
        found, reason = await until_end(esl)
        assert len(found) <= 5
        assert "keep up" in reason
        await esl.close()


async def test_signs_of_life_are_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Law: a connection of which nobody reads the events lives on: a heartbeat is a sign of life, and no event."""
    monkeypatch.setattr(module, "MAX_BACKLOG", 5)
    async with esl_server() as server:
        esl = await EslConnection.open(server.access())
        for _ in range(20):
            await server.send(recorded("event_heartbeat"))
        await server.send(event("CHANNEL_BRIDGE"))
        assert (await anext(esl.events())).name == "CHANNEL_BRIDGE"
        assert not esl.is_closed
        await esl.close()


async def test_who_waits_is_told_of_the_end() -> None:
    """Law: nobody waits for an answer of a connection that was closed, and closing twice is no error."""
    async with esl_server() as server:
        server.silent.add("api slow")
        esl = await EslConnection.open(server.access())
        waiting = asyncio.ensure_future(esl.api("slow"))
        await asyncio.sleep(0.05)
        await esl.close()
        with pytest.raises(Unreachable):
            await waiting
        await esl.close()
        assert not [task for task in asyncio.all_tasks() if task.get_name() == "esl reader"]


async def test_two_connections_know_nothing_of_each_other() -> None:
    """Law: after a loss a new connection works, and the old one stays closed."""
    async with esl_server() as server:
        first = await EslConnection.open(server.access())
        server.drop()
        await until_end(first)
        second = await EslConnection.open(server.access())
        assert await second.api("uuid_getvar", CALL_ID, "x") == "granted"
        with pytest.raises(Unreachable):
            await first.api("uuid_getvar", CALL_ID, "x")
        for one in (first, second):
            await one.close()
