"""Datagrams from the kernel into columns, by either way."""

import errno
import socket
import sys
import time
from collections.abc import Iterator

import numpy as np
import pytest

from ari_bridge.media import mmsg_receiver
from ari_bridge.media.mmsg_receiver import (
    CUT,
    SLOT_BYTES,
    SLOTS,
    MmsgReceiver,
    PlainReceiver,
    address_of,
    receiver,
    want_times,
)


@pytest.fixture(params=["127.0.0.1", "::1"])
def pair(request: pytest.FixtureRequest) -> Iterator[tuple[socket.socket, socket.socket]]:
    """A socket that receives and one that sends to it."""
    family = socket.AF_INET6 if ":" in request.param else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as ours, socket.socket(family, socket.SOCK_DGRAM) as theirs:
        for sock in (ours, theirs):
            sock.bind((request.param, 0))
        ours.setblocking(False)
        want_times(ours)
        theirs.connect(ours.getsockname())
        yield ours, theirs


@pytest.fixture(params=[MmsgReceiver, PlainReceiver])
def columns(request: pytest.FixtureRequest) -> MmsgReceiver | PlainReceiver:
    """Either way of receiving."""
    if request.param is MmsgReceiver and not isinstance(receiver(), MmsgReceiver):
        return PlainReceiver()
    made: MmsgReceiver | PlainReceiver = request.param()
    return made


def test_what_waits_comes_in_rows(
    pair: tuple[socket.socket, socket.socket], columns: MmsgReceiver | PlainReceiver
) -> None:
    """Law: each datagram lies in a row of its own, in order, with its size and its sender; at most as many as asked."""
    ours, theirs = pair
    for size in (3, 0, 700):
        theirs.send(bytes([size % 256]) * size)
    assert columns.receive(ours, 5, 2) == 2
    assert columns.receive(ours, 7, 64) == 1
    assert columns.sizes[5:8].tolist() == [3, 0, 700]
    assert columns.octets[5, :4].tolist() == [3, 3, 3, 0]
    assert columns.octets[7, 699:701].tolist() == [700 % 256, 0]
    assert {address_of(columns.names[row].tobytes()) for row in (5, 6, 7)} == {theirs.getsockname()[:2]}
    assert (columns.flags[5:8] & CUT).tolist() == [0, 0, 0]
    assert columns.receive(ours, 0, 64) < 1


def test_what_is_too_long_is_marked(
    pair: tuple[socket.socket, socket.socket], columns: MmsgReceiver | PlainReceiver
) -> None:
    """Law: a datagram longer than its row is cut, said to be cut, and touches no other row."""
    ours, theirs = pair
    theirs.send(b"\7" * (SLOT_BYTES + 1))
    theirs.send(b"\7" * SLOT_BYTES)
    assert columns.receive(ours, 0, 64) == 2
    assert [bool(flag & CUT) for flag in columns.flags[:2]] == [True, False]
    assert not columns.octets[2].any()


def test_rows_can_be_used_again(
    pair: tuple[socket.socket, socket.socket], columns: MmsgReceiver | PlainReceiver
) -> None:
    """Law: after `wipe` nothing is left of a voice, and what comes next is read as well as the first was."""
    ours, theirs = pair
    for turn in range(3):
        theirs.send(bytes([turn + 1]) * 10)
        assert columns.receive(ours, SLOTS - 1, 1) == 1
        assert columns.octets[-1, :10].tolist() == [turn + 1] * 10
        assert address_of(columns.names[-1].tobytes()) == theirs.getsockname()[:2]
        columns.wipe(SLOTS)
        assert not columns.octets.any()
        assert not columns.times.any()


@pytest.mark.parametrize("wait_s", [0.0, 0.05])
def test_times_are_those_of_the_arrival(pair: tuple[socket.socket, socket.socket], wait_s: float) -> None:
    """Law: where the kernel tells it, the time is that at which a datagram came, however late it is read."""
    columns = receiver()
    if isinstance(columns, PlainReceiver):
        assert sys.platform != "linux"
        return
    ours, theirs = pair
    columns.receive(ours, 0, 64)
    sent_s = time.time()
    theirs.send(b"x")
    time.sleep(wait_s)
    assert columns.receive(ours, 0, 64) == 1
    seconds, nanoseconds = columns.times[0].tolist()
    assert seconds + nanoseconds / 1e9 == pytest.approx(sent_s, abs=0.04)


def test_a_closed_socket_gives_nothing(columns: MmsgReceiver | PlainReceiver) -> None:
    """Law: a socket that was closed while others were read is no error, and no other file is read in its place."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setblocking(False)
    sock.close()
    assert columns.receive(sock, 0, 64) < 1


def test_without_recvmmsg_there_is_another_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """Law: a C library that lacks the call, or lays out its structures otherwise, costs CPU and nothing else."""
    monkeypatch.setattr(mmsg_receiver, "_is_known_layout", lambda: False)
    assert isinstance(receiver(), PlainReceiver)
    with pytest.raises(OSError, match="recvmmsg") as caught:
        MmsgReceiver()
    assert caught.value.errno != errno.EAGAIN
    assert np.all(receiver().times == 0)
