"""What receiving a packet costs: ours against a bare recvmmsg loop, asyncio's DatagramProtocol, and a shared socket."""

from __future__ import annotations

import asyncio
import sys
from argparse import ArgumentParser
from statistics import median
from typing import Final

from benchmarks.packet_receivers import Bare, Ours, PerPacket, Shared
from benchmarks.receiving import Measured, Receiver, measure
from benchmarks.report import Limit, publish, verdict

WAYS: Final[dict[str, type[Receiver]]] = {
    "ours": Ours,
    "bare recvmmsg loop": Bare,
    "asyncio DatagramProtocol": PerPacket,
    "ours on one shared socket": Shared,
}
SENDER: Final = "benchmarks.packet_sender"


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
        **measured.waits(),
    }


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
    measured = asyncio.run(measure(WAYS, SENDER, arguments.forks, rounds, seconds))
    numbers = figures(measured)
    publish("packets", numbers, [measured.table(arguments.forks)])
    return verdict(limits(numbers))


if __name__ == "__main__":
    sys.exit(main())
