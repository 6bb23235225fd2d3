"""AMI through panoramisk, trap by trap, against bytes recorded from Asterisk."""

import asyncio
import gc

import pytest

from ari_bridge.pbx.asterisk import ami as module
from ari_bridge.pbx.asterisk.access import AmiAccess
from ari_bridge.pbx.asterisk.ami import AmiConnection
from ari_bridge.pbx.errors import NotLetIn, NotThere, Unreachable
from ari_bridge.pbx.port import PbxRefused
from tests import wire
from tests.ari_bridge.pbx.asterisk.ami_server import ami_server

pytestmark = pytest.mark.parametrize("version", wire.VERSIONS)


async def test_an_action_is_answered(version: str) -> None:
    """Law: an action reaches the PBX header by header, and its answer comes back."""
    async with ami_server(version) as server:
        ami = await AmiConnection.open(server.access())
        answer = await ami.send("Setvar", Channel="1.1", Variable="TIMEOUT(absolute)", Value="8")
        assert answer["message"] == "Variable Set"
        (lines,) = server.named("Setvar")
        assert {"Channel: 1.1", "Variable: TIMEOUT(absolute)", "Value: 8"} <= set(lines)
        assert "Events: off" in server.named("Login")[0]
        ami.close()


@pytest.mark.parametrize("chunk_bytes", [1, 7, 4096])
async def test_a_list_is_read_however_tcp_cuts_it(version: str, chunk_bytes: int) -> None:
    """Law: each item of a list comes once, in order, whole: a letter cut in two by TCP too."""
    async with ami_server(version) as server:
        server.chunk_bytes = chunk_bytes
        server.answers["DBGetTree"] = server.answers["DBGetTree"].replace(b"|fr\r\n", "|frà\r\n".encode())
        ami = await AmiConnection.open(server.access())
        items = await ami.send_list("DBGetTree", Family="ouidire")
        assert [item["key"] for item in items] == [
            "/ouidire/asked-1700000000.12",
            "/ouidire/granted-1700000000.12",
            "/ouidire/granted-1700000777.3",
            "/ouidire/withdrawn-1700000000.12",
        ]
        assert items[0]["val"] == "1700000000|notice|0123456789abcdef|frà"
        ami.close()


async def test_an_empty_list_is_empty(version: str) -> None:
    """Law: a journal with nothing in it is no error, and no item."""
    async with ami_server(version) as server:
        server.answers["DBGetTree"] = wire.ami(f"journal_empty_{version}")
        ami = await AmiConnection.open(server.access())
        assert await ami.send_list("DBGetTree", Family="ouidire") == []
        ami.close()


async def test_a_wrong_password_is_said_once(version: str) -> None:
    """Law: a wrong password ends in a sentence that says what to do, and is never repeated."""
    async with ami_server(version) as server:
        with pytest.raises(NotLetIn, match=r"manager\.conf"):
            await AmiConnection.open(server.access("wrong"))
        await asyncio.sleep(0.3)
        assert server.logins == 1


async def test_an_asterisk_that_ends_is_unreachable(version: str) -> None:
    """Law: while it shuts down it refuses the right password too: that is no reason to give up for ever."""
    async with ami_server(version) as server:
        server.is_ending = True
        with pytest.raises(Unreachable, match="shutting down"):
            await AmiConnection.open(server.access())


async def test_nothing_there_is_unreachable(version: str) -> None:
    """Law: a PBX that is down is told from one that says no."""
    async with ami_server(version) as server:
        port = server.port
    with pytest.raises(Unreachable, match=str(port)):
        await AmiConnection.open(AmiAccess("127.0.0.1", port, "u", "p"))


async def test_an_unanswered_action_is_not_sent_again(version: str) -> None:
    """Law: what was not answered when the connection dropped is lost, never replayed (panoramisk repeats it)."""
    async with ami_server(version) as server:
        server.dropping.add("Setvar")
        ami = await AmiConnection.open(server.access())
        with pytest.raises(Unreachable, match="ended before Setvar"):
            await ami.send("Setvar", Variable="STALE", Value="1")
        assert ami.is_closed
        server.dropping.clear()
        again = await AmiConnection.open(server.access())
        await again.send("Ping")
        await asyncio.sleep(0.3)
        assert len(server.named("Setvar")) == 1
        assert server.logins == 2
        again.close()


async def test_a_lost_connection_stays_lost(version: str) -> None:
    """Law: panoramisk does not reconnect behind our back, and a closed connection answers at once."""
    async with ami_server(version) as server:
        ami = await AmiConnection.open(server.access())
        server.drop()
        await asyncio.sleep(0.3)
        assert server.logins == 1
        with pytest.raises(Unreachable):
            await ami.send("Ping")


async def test_who_waits_is_told_of_the_end(version: str) -> None:
    """Law: nobody waits for an answer of a connection that has ended."""
    async with ami_server(version) as server:
        server.silent.add("Setvar")
        ami = await AmiConnection.open(server.access())
        waiting = asyncio.ensure_future(ami.send("Setvar", Variable="A", Value="1"))
        await asyncio.sleep(0.05)
        ami.close()
        with pytest.raises(Unreachable):
            await waiting


async def test_silence_has_a_limit(version: str) -> None:
    """Law: a PBX that is there and does not answer is unreachable after the time limit, at login too."""
    async with ami_server(version) as server:
        server.silent |= {"Ping"}
        ami = await AmiConnection.open(server.access(), timeout_s=0.2)
        with pytest.raises(Unreachable, match="within"):
            await ami.send("Ping")
        ami.close()
        server.silent |= {"Login"}
        with pytest.raises(Unreachable, match="Login"):
            await AmiConnection.open(server.access(), timeout_s=0.2)


async def test_a_dead_peer_is_noticed(version: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Law: while nothing else is sent, a PBX that was stopped is noticed by our own ping."""
    monkeypatch.setattr(module, "PING_EVERY_S", 0.05)
    async with ami_server(version) as server:
        ami = await AmiConnection.open(server.access(), timeout_s=0.2)
        watch = asyncio.ensure_future(ami.watch())
        await asyncio.sleep(0.3)
        assert not watch.done()
        server.silent.add("Ping")
        with pytest.raises(Unreachable, match="Ping"):
            await asyncio.wait_for(watch, 5)
        ami.close()


@pytest.mark.parametrize(
    "headers",
    [
        {"Value": "1\r\nAction: Originate"},
        {"Value": "1\nX: y"},
        {"Value": "\r"},
        {"Variable": ["a=1", "b=2\r\nAction: Logoff"]},
        {"Na\nme": "x"},
        {"Value": "x" * 1100},
        {"Variable": ["x"] * 200},
    ],
)
async def test_no_header_can_inject(version: str, headers: dict[str, str | list[str]]) -> None:
    """Law: a line end in a header, a line that Asterisk drops or too many headers are never sent."""
    async with ami_server(version) as server:
        ami = await AmiConnection.open(server.access())
        with pytest.raises(PbxRefused):
            await ami.send("Setvar", **headers)
        await ami.send("Ping")
        assert server.named("Setvar") == []
        ami.close()


async def test_every_letter_goes_and_comes_whole(version: str) -> None:
    """Law: UTF-8 is neither stripped nor mangled on its way out, whatever its bytes."""
    async with ami_server(version) as server:
        ami = await AmiConnection.open(server.access())
        value = "à Ṡ é ü \u00a0 𝄞 " + "".join(map(chr, range(0xA0, 0x180))) + "à"
        await ami.send("Setvar", Variable="A", Value=value)
        assert f"Value: {value}" in server.named("Setvar")[0]
        ami.close()


async def test_a_no_is_an_exception(version: str) -> None:
    """Law: an error is raised with the PBX's own words; a channel that is gone can be told from the rest."""
    async with ami_server(version) as server:
        ami = await AmiConnection.open(server.access())
        server.answers["Setvar"] = wire.ami(f"no_such_channel_{version}")
        with pytest.raises(NotThere):
            await ami.send("Setvar", Channel="1.1", Variable="A", Value="1")
        server.answers["Setvar"] = wire.ami(f"permission_denied_{version}")
        with pytest.raises(PbxRefused, match="Permission denied"):
            await ami.send("Setvar", Variable="A", Value="1")
        with pytest.raises(PbxRefused, match="unknown command"):
            await ami.send_list("Nonsense")
        ami.close()


async def test_nothing_is_left_behind(version: str, recwarn: pytest.WarningsRecorder) -> None:
    """Law: twenty lost connections leave no task, no timer and no complaint of the loop."""
    complaints: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
    async with ami_server(version) as server:
        for _ in range(20):
            ami = await AmiConnection.open(server.access())
            server.drop()
            await asyncio.sleep(0.01)
            assert ami.is_closed
            ami.close()
        del ami
    await asyncio.sleep(0.05)
    gc.collect()
    await asyncio.sleep(0)
    assert complaints == []
    assert len(asyncio.all_tasks()) == 1
