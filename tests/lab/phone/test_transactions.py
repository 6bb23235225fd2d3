"""Laws of SIP over UDP: a lost datagram is sent again, a repeated one changes nothing."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.lab.phone import sip_wire, transactions
from tests.lab.phone.sip_wire import Headers, Request, Response
from tests.lab.phone.transactions import NoResponse, Transactions


class Deaf(asyncio.DatagramProtocol):
    """The other side: keeps what comes, answers from the `deaf_for`-th repetition on."""

    def __init__(self, deaf_for: int) -> None:
        self.deaf_for = deaf_for
        self.received: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.received.append(data)
        message = sip_wire.parse(data)
        if isinstance(message, Request) and len(self.received) > self.deaf_for:
            answer = sip_wire.build(sip_wire.reply(message, 200, "OK", "t"))
            self.transport.sendto(answer, addr)  # type: ignore[attr-defined]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transactions, "T1_S", 0.02)
    monkeypatch.setattr(transactions, "LIMIT_S", 0.3)


@pytest.fixture
async def deaf() -> AsyncIterator[tuple[Deaf, tuple[str, int]]]:
    side = Deaf(2)
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(lambda: side, local_addr=("127.0.0.1", 0))
    yield side, transport.get_extra_info("sockname")
    transport.close()


def options(sip: Transactions) -> Request:
    fields = [
        ("Via", sip.via()),
        ("From", "<sip:a>;tag=a"),
        ("To", "<sip:b>"),
        ("Call-ID", "one"),
        ("CSeq", "1 OPTIONS"),
    ]
    return Request("OPTIONS", "sip:b", Headers(fields))


async def test_a_lost_request_is_sent_again(deaf: tuple[Deaf, tuple[str, int]]) -> None:
    """RFC 3261, 17.1.2: the same bytes again, until an answer comes."""
    side, address = deaf
    sip = await Transactions.open(("127.0.0.1", 0), address, lambda _: None, lambda _: None)
    assert (await sip.ask(options(sip))).status == 200
    assert len(side.received) == 3
    assert len(set(side.received)) == 1
    sip.close()


async def test_silence_ends_in_no_response(deaf: tuple[Deaf, tuple[str, int]]) -> None:
    """Nobody waits for ever."""
    side, address = deaf
    side.deaf_for = 1000
    sip = await Transactions.open(("127.0.0.1", 0), address, lambda _: None, lambda _: None)
    with pytest.raises(NoResponse):
        await sip.ask(options(sip))
    sip.close()


async def test_a_repeated_request_is_handled_once_and_answered_twice(deaf: tuple[Deaf, tuple[str, int]]) -> None:
    """RFC 3261, 17.2.2: a repetition gets the same answer and does nothing; junk is counted and dropped."""
    side, address = deaf
    got: list[Request] = []
    strays: list[Response] = []
    sip = await Transactions.open(("127.0.0.1", 0), address, got.append, strays.append)
    request = options(sip)
    for _ in range(2):
        sip.datagram_received(sip_wire.build(request), address)
        if len(got) == 1 and not side.received:
            sip.send(sip_wire.reply(request, 200, "OK", "t"))
            await asyncio.sleep(0.02)
    sip.datagram_received(b"junk\r\n\r\n", address)
    await asyncio.sleep(0.02)
    assert len(got) == 1
    assert len(side.received) == 2
    assert len(set(side.received)) == 1
    assert sip.malformed == 1
    sip.close()
