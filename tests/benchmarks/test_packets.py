"""The benchmark of packets: that all ways hear the same. How fast they are is no test's business."""

import asyncio
import subprocess
import sys

import pytest

from benchmarks import packets
from benchmarks.packet_receivers import Receiver
from benchmarks.packets import WAYS, Measured, figures, limits, measure, table


@pytest.mark.parametrize("name", WAYS)
async def test_each_way_takes_every_packet(name: str) -> None:
    """Law: what is compared does the same work: every packet that was sent is counted, by whichever way."""
    receiver: Receiver = WAYS[name]()
    ports = await receiver.open(5)
    command = [sys.executable, "-m", "benchmarks.packet_sender", "0.2", *map(str, ports)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as sender:  # noqa: ASYNC220 - a fifth of a second
        while sender.poll() is None:
            await asyncio.sleep(0.01)
    await asyncio.sleep(0.2)
    receiver.close()
    assert receiver.packets == 50


async def test_the_figures_are_of_all_ways(monkeypatch: pytest.MonkeyPatch) -> None:
    """Law: a run gives each way's cost, each ratio, and how long packets waited where they can be asked."""
    monkeypatch.setattr(packets, "SETTLE_S", 0.1)
    measured = await measure(2, 1, 0.2)
    numbers = figures(measured)
    assert all(value > 0 for value in numbers.values())
    assert numbers["latency_max_ms"] < 1_000
    assert len(table(measured, 2).rows) == len(WAYS)
    assert len(limits(numbers)) == 4


def test_ratios_are_of_the_same_round() -> None:
    """Law: what a neighbour took of the machine in one round falls on both sides of its ratio."""
    measured = Measured()
    measured.cpu_us["ours"], measured.cpu_us["bare recvmmsg loop"] = [3.0, 30.0, 4.5], [2.0, 20.0, 3.0]
    assert measured.ratio("ours", "bare recvmmsg loop") == pytest.approx(1.5)
