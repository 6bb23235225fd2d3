"""ARI over real HTTP."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from ari_bridge.pbx.asterisk import ari_messages
from ari_bridge.pbx.asterisk.access import AriAccess
from ari_bridge.pbx.asterisk.ari_client import AriClient
from ari_bridge.pbx.errors import NotLetIn, NotThere, Unreachable
from ari_bridge.pbx.port import PbxRefused
from tests import wire
from tests.ari_bridge.pbx.asterisk.ari_server import PASSWORD, AriServer, ari_server, channel


@pytest.fixture
async def server() -> AsyncIterator[AriServer]:
    """A running ARI."""
    async with ari_server() as made:
        yield made


@pytest.fixture
async def client(server: AriServer) -> AsyncIterator[AriClient]:
    """A client of it."""
    made = AriClient(server.access(), "ouidire", timeout_s=1)
    yield made
    await made.close()


async def test_filter_and_subscription_come_before_the_first_message(server: AriServer, client: AriClient) -> None:
    """Law: only the types we need are asked for, of all channels and bridges, on a websocket that is open already."""
    async with client.events() as messages:
        assert server.paths() == [
            "GET /ari/events",
            "PUT /ari/applications/ouidire/eventFilter",
            "POST /ari/applications/ouidire/subscription",
        ]
        assert [one["type"] for one in server.bodies[0]["allowed"]] == list(ari_messages.EVENT_TYPES)
        assert server.requests[2][1] == {"eventSource": "channel:,bridge:"}
        recorded = wire.ari("call_withdrawn_22.10.1")
        for line in recorded:
            await server.say(line)
        assert [await anext(messages) for _ in recorded] == recorded


async def test_the_password_is_in_no_address(server: AriServer, client: AriClient) -> None:
    """Law: the password travels in a header alone; no path and no query ever holds it."""
    async with client.events():
        await client.snapshot()
    assert server.requests
    assert all(PASSWORD not in path and PASSWORD not in str(query) for path, query in server.requests)


async def test_a_lost_websocket_is_an_exception(server: AriServer, client: AriClient) -> None:
    """Law: the messages never just stop: their end is raised."""
    async with client.events() as messages:
        await server.drop()
        with pytest.raises(Unreachable):
            await anext(messages)


@pytest.mark.parametrize(("status", "sentence"), [(401, "ari.conf"), (403, "read_only")])
async def test_who_is_not_let_in_is_told_what_to_do(
    server: AriServer, client: AriClient, status: int, sentence: str
) -> None:
    """Law: a wrong password or a read-only user is no matter of a retry; the sentence says where to look."""
    if status == 401:
        stranger = AriClient(server.access("wrong"), "ouidire")
    else:
        stranger, server.refusal = client, 403
    with pytest.raises(NotLetIn, match=sentence):
        async with stranger.events():
            pass
    await stranger.close()


async def test_a_pbx_that_is_down_is_unreachable() -> None:
    """Law: no connection and no answer are told from a no."""
    async with ari_server() as server:
        access = server.access()
    client = AriClient(access, "ouidire")
    with pytest.raises(Unreachable, match=r"cannot be reached: (?!.*ssl).*Connect call failed"):
        await client.request("GET", "channels")
    with pytest.raises(Unreachable):
        async with client.events():
            pass
    await client.close()


async def test_silence_has_a_limit(server: AriServer) -> None:
    """Law: a request that is not answered ends by itself, with its reason."""
    server.hanging.add("GET /ari/channels")
    client = AriClient(server.access(), "ouidire", timeout_s=0.2)
    with pytest.raises(Unreachable, match="no answer"):
        await client.request("GET", "channels")
    await client.close()


async def test_the_websocket_outlives_the_time_limit_of_requests(server: AriServer) -> None:
    """Law: a quiet PBX is not taken for a dead one."""
    client = AriClient(server.access(), "ouidire", timeout_s=0.2)
    async with client.events() as messages:
        await asyncio.sleep(0.5)
        await server.say("{}")
        assert await anext(messages) == "{}"
    await client.close()


@pytest.mark.parametrize("channel_id", ["../applications", "a/b", "a?b=c", "%2e%2e", "a#b", "a b", "é", "a%00b"])
async def test_an_id_stays_one_segment_of_the_path(server: AriServer, client: AriClient, channel_id: str) -> None:
    """Law: whatever an id holds, it names a channel and nothing else on the PBX."""
    with pytest.raises(NotThere):
        await client.variable_of(channel_id, "X")
    (path,) = server.paths()
    assert path.count("/") == 4
    assert path.startswith("GET /ari/channels/")


async def test_a_refusal_carries_the_pbxs_words(server: AriServer, client: AriClient) -> None:
    """Law: a 409 is PbxRefused with what was asked and what was answered."""
    server.refusal = 409
    with pytest.raises(PbxRefused, match=r"409 to DELETE channels/1\.1"):
        await client.request("DELETE", "channels", "1.1")


async def test_a_snapshot_knows_channels_bridges_and_holds(server: AriServer, client: AriClient) -> None:
    """Law: after a reconnect it is known who talks with whom, and who is on hold, though no event told it."""
    server.channels = {
        "1.1": channel("1.1", "PJSIP/trunk-00000001", OUIDIRE_CALL="1.1", OUIDIRE_CONSENT="granted"),
        "1.2": channel("1.2", "PJSIP/1001-00000002", OUIDIRE_CALL="1.1") | {"x": 1},
    }
    server.channels["1.2"]["channelvars"]["CHANNEL(onhold)"] = "1"
    server.channels["1.1"]["channelvars"]["CHANNEL(onhold)"] = "0"
    server.bridges = [{"id": "b", "channels": ["1.1", "1.2"]}]
    snapshot = await client.snapshot()
    assert {one.channel_id: one.endpoint for one in snapshot.channels} == {"1.1": "trunk", "1.2": "1001"}
    assert snapshot.bridges == {"b": frozenset({"1.1", "1.2"})}
    assert snapshot.held == {"1.1"}


async def test_no_proxy_is_used(monkeypatch: pytest.MonkeyPatch, server: AriServer) -> None:
    """Law: a proxy in the environment is ignored: what concerns the PBX goes to the PBX."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    client = AriClient(AriAccess(server.url, "ouidire", PASSWORD), "ouidire")
    assert await client.request("GET", "channels") == []
    await client.close()
