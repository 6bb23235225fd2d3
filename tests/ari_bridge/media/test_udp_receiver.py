"""One UDP port a fork, on real sockets."""

import asyncio
import socket
from collections.abc import Iterator

import pytest

from ari_bridge.media.arrival import Arrival
from ari_bridge.media.stats import ReceiverStats
from ari_bridge.media.udp_receiver import BATCH_DATAGRAMS, NoFreePort, PortRange, UdpReceiver

RANGE = range(47100, 47160)


@pytest.fixture
def ports() -> PortRange:
    """A range of its own for each test."""
    return PortRange(RANGE[0], RANGE[-1])


@pytest.fixture
def pbx() -> Iterator[socket.socket]:
    """A sender at the PBX's address."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        yield sock


async def until(condition: object, *, tries: int = 200) -> None:
    """Let the loop run until it holds."""
    for _ in range(tries):
        if condition():  # type: ignore[operator]
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not come to hold")


async def test_what_the_pbx_sends_arrives_in_order(ports: PortRange, pbx: socket.socket) -> None:
    """Law: every datagram of the PBX is handed on, with its source and a time, in order, in batches."""
    batches: list[list[Arrival]] = []
    receiver = await UdpReceiver.open("127.0.0.1", ports, "127.0.0.1", batches.append)
    for number in range(100):
        pbx.sendto(bytes([number]), ("127.0.0.1", receiver.port))
    await until(lambda: sum(map(len, batches)) == 100)
    arrivals = [arrival for batch in batches for arrival in batch]
    assert [arrival.datagram[0] for arrival in arrivals] == list(range(100))
    assert {(arrival.host, arrival.port) for arrival in arrivals} == {pbx.getsockname()}
    assert max(map(len, batches)) <= BATCH_DATAGRAMS
    receiver.close()


async def test_other_addresses_are_counted_and_dropped(ports: PortRange) -> None:
    """Law: what does not come from the PBX's address is never handed on."""
    batches: list[list[Arrival]] = []
    receiver = await UdpReceiver.open("127.0.0.1", ports, "localhost", batches.append)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.bind(("127.0.0.7", 0))
        stranger.sendto(b"x", ("127.0.0.1", receiver.port))
        await until(lambda: receiver.stats() == ReceiverStats(foreign=1))
    assert batches == []
    receiver.close()


async def test_nothing_is_heard_after_close(ports: PortRange, pbx: socket.socket) -> None:
    """Law: once `close` has returned no datagram is handed on, not even one that the kernel holds already."""
    batches: list[list[Arrival]] = []
    receiver = await UdpReceiver.open("127.0.0.1", ports, "127.0.0.1", batches.append)
    pbx.sendto(b"x", ("127.0.0.1", receiver.port))
    receiver.close()
    receiver.close()
    await asyncio.sleep(0.05)
    assert batches == []


async def test_a_receiver_may_be_closed_while_it_hands_on(ports: PortRange, pbx: socket.socket) -> None:
    """Law: a withdrawal that comes with a packet closes the port then and there."""
    heard: list[int] = []

    def hear(arrivals: list[Arrival]) -> None:
        heard.append(len(arrivals))
        receiver.close()

    receiver = await UdpReceiver.open("127.0.0.1", ports, "127.0.0.1", hear)
    pbx.sendto(b"x", ("127.0.0.1", receiver.port))
    await until(lambda: heard)
    pbx.sendto(b"x", ("127.0.0.1", receiver.port))
    await asyncio.sleep(0.05)
    assert heard == [1]


async def test_a_port_of_another_program_is_passed_over(pbx: socket.socket) -> None:
    """Law: a port that somebody else has is not shared with them; when none is left it is said."""
    taken = pbx.getsockname()[1]
    with pytest.raises(NoFreePort, match=str(taken)):
        await UdpReceiver.open("127.0.0.1", PortRange(taken, taken), "127.0.0.1", lambda _: None)


async def test_no_port_is_given_twice(ports: PortRange) -> None:
    """Law: a port in use or at rest is not given out, so the range ends."""
    receivers = [await UdpReceiver.open("127.0.0.1", ports, "127.0.0.1", lambda _: None) for _ in RANGE]
    assert len({receiver.port for receiver in receivers}) == len(RANGE)
    for receiver in receivers:
        receiver.close()
    with pytest.raises(NoFreePort):
        await UdpReceiver.open("127.0.0.1", ports, "127.0.0.1", lambda _: None)


async def test_an_address_that_is_not_ours_is_an_error(ports: PortRange) -> None:
    """Law: a wrong `host` is said at once, and not taken for a range that is full."""
    with pytest.raises(OSError, match=r"."):
        await UdpReceiver.open("192.0.2.1", ports, "127.0.0.1", lambda _: None)
