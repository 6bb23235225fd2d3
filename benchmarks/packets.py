"""What receiving a packet costs: ours against a bare recvmmsg loop, asyncio's DatagramProtocol, and a shared socket."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from argparse import ArgumentParser
from collections import defaultdict
from dataclasses import dataclass, field
from statistics import median
from typing import Final

import numpy as np

from benchmarks.packet_receivers import Bare, Ours, PerPacket, Receiver, Shared
from benchmarks.report import Limit, Table, publish, verdict

WAYS: Final[dict[str, type[Receiver]]] = {
    "ours": Ours,
    "bare recvmmsg loop": Bare,
    "asyncio DatagramProtocol": PerPacket,
    "ours on one shared socket": Shared,
}
PACKETS_PER_S: Final = 50
SETTLE_S: Final = 0.5


@dataclass
class Measured:
    """What the rounds gave: CPU in us a packet for each way, and how long packets waited for us."""

    cpu_us: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    waits_ms: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    missing: dict[str, float] = field(default_factory=dict)

    def ratio(self, way: str, to: str) -> float:
        """The median over the rounds of what a way costs, in terms of another one in the same round."""
        return median(one / other for one, other in zip(self.cpu_us[way], self.cpu_us[to], strict=True))

    def wait_ms(self, way: str, share: float) -> float:
        """So large a share of packets waited at most so long."""
        waits = self.waits_ms[way]
        return float(np.quantile(waits, share)) if waits else float("nan")


async def measure(forks: int, rounds: int, seconds: float) -> Measured:
    """All ways in turn, each round in another order."""
    measured = Measured()
    names = list(WAYS)
    for number in range(rounds):
        turn = number % len(names)
        for name in names[turn:] + names[:turn]:
            receiver = WAYS[name]()
            try:
                await _measure(name, receiver, measured, forks, seconds)
            finally:
                receiver.close()
            await asyncio.sleep(0)
    return measured


async def _measure(name: str, receiver: Receiver, measured: Measured, forks: int, seconds: float) -> None:
    ports = await receiver.open(forks)
    command = [sys.executable, "-m", "benchmarks.packet_sender", str(2 * SETTLE_S + 1.5 * seconds), *map(str, ports)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as sender:  # noqa: ASYNC220 - it outlives this line only
        try:
            await asyncio.to_thread(sender.stdout.readline)  # type: ignore[union-attr]
            await asyncio.sleep(SETTLE_S)
            packets, cpu_s, at_s = receiver.packets, time.process_time(), time.monotonic()
            await asyncio.sleep(seconds)
            packets, cpu_s, at_s = receiver.packets - packets, time.process_time() - cpu_s, time.monotonic() - at_s
            receiver.waits_s = []
            await asyncio.sleep(seconds / 2)
        finally:
            sender.kill()
    measured.cpu_us[name].append(cpu_s / max(packets, 1) * 1e6)
    measured.waits_ms[name].extend(1000 * wait_s for wait_s in receiver.waits_s)
    measured.missing[name] = max(measured.missing.get(name, 0.0), 1 - packets / (forks * PACKETS_PER_S * at_s))


def figures(measured: Measured) -> dict[str, float]:
    """The numbers of the report; docs/benchmarks.md explains them."""
    return {
        "ours_us": median(measured.cpu_us["ours"]),
        "bare_us": median(measured.cpu_us["bare recvmmsg loop"]),
        "asyncio_us": median(measured.cpu_us["asyncio DatagramProtocol"]),
        "shared_us": median(measured.cpu_us["ours on one shared socket"]),
        "ours_to_bare": measured.ratio("ours", "bare recvmmsg loop"),
        "asyncio_to_ours": measured.ratio("asyncio DatagramProtocol", "ours"),
        "shared_to_ours": measured.ratio("ours on one shared socket", "ours"),
        "latency_p50_ms": measured.wait_ms("ours", 0.5),
        "latency_p99_ms": measured.wait_ms("ours", 0.99),
        "latency_max_ms": measured.wait_ms("ours", 1.0),
    }


def table(measured: Measured, forks: int) -> Table:
    """One row for each way."""
    rows = [
        (
            name,
            median(measured.cpu_us[name]),
            measured.ratio(name, "ours"),
            measured.wait_ms(name, 0.5),
            measured.wait_ms(name, 0.99),
            measured.wait_ms(name, 1.0),
            f"{100 * measured.missing[name]:.1f}",
        )
        for name in WAYS
    ]
    title = f"{forks} forks of {PACKETS_PER_S} packets a second, evenly paced; CPU of the receiving process alone"
    columns = ("way", "us a packet", "to ours", "waits p50 ms", "p99", "max", "too few %")
    return Table(title, columns, rows)


def limits(numbers: dict[str, float]) -> list[Limit]:
    """What must hold."""
    return [
        Limit("ours, in terms of the bare loop", numbers["ours_to_bare"], 2.0),
        Limit("asyncio's DatagramProtocol, in terms of ours", numbers["asyncio_to_ours"], 5.0, "at least"),
        Limit("latency p99, ms", numbers["latency_p99_ms"], 100.0),
        Limit("latency max, ms", numbers["latency_max_ms"], 100.0),
    ]


def main(argv: list[str] | None = None) -> int:
    """Measure and print."""
    parser = ArgumentParser(
        prog="python -m benchmarks.packets", description=__doc__, epilog="example: python -m benchmarks.packets --short"
    )
    parser.add_argument("--short", action="store_true", help="about 20 s (default: 4 minutes)")
    parser.add_argument("--forks", type=int, default=200, help="how many (default 200)")
    arguments = parser.parse_args(argv)
    if arguments.forks < 1:
        parser.error("at least 1 fork")
    rounds, seconds = (3, 0.6) if arguments.short else (10, 3.0)
    measured = asyncio.run(measure(arguments.forks, rounds, seconds))
    numbers = figures(measured)
    publish("packets", numbers, [table(measured, arguments.forks)])
    return verdict(limits(numbers))


if __name__ == "__main__":
    sys.exit(main())
