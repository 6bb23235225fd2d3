"""What receiving a message of FreeSWITCH's by WebSocket costs: ours against bare sockets and aiohttp's own way."""

from __future__ import annotations

import asyncio
import sys
from argparse import ArgumentParser
from statistics import median
from typing import Final

from benchmarks.receiving import OURS, Measured, Receiver, measure
from benchmarks.report import Limit, publish, verdict
from benchmarks.websocket_receivers import Bare, Ours, PerMessage

BARE: Final = "bare sockets"
AIOHTTP: Final = "aiohttp, message by message"
WAYS: Final[dict[str, type[Receiver]]] = {OURS: Ours, BARE: Bare, AIOHTTP: PerMessage}
SENDER: Final = "benchmarks.websocket_sender"


def figures(measured: Measured) -> dict[str, float]:
    """The numbers of the report; docs/benchmarks.md explains them."""
    return {
        "ours_us": median(measured.cpu_us[OURS]),
        "bare_us": median(measured.cpu_us[BARE]),
        "aiohttp_us": median(measured.cpu_us[AIOHTTP]),
        "ours_to_bare": measured.ratio(OURS, BARE),
        "aiohttp_to_ours": measured.ratio(AIOHTTP, OURS),
        **measured.waits(),
    }


def limits(numbers: dict[str, float]) -> list[Limit]:
    """What must hold."""
    return [
        Limit("aiohttp message by message, in terms of ours", numbers["aiohttp_to_ours"], 1.5, "at least"),
        Limit("latency p99, ms", numbers["latency_p99_ms"], 150.0),
        Limit("latency max, ms", numbers["latency_max_ms"], 250.0),
    ]


def main(argv: list[str] | None = None) -> int:
    """Measure and print."""
    parser = ArgumentParser(
        prog="python -m benchmarks.websockets",
        description=__doc__,
        epilog="example: python -m benchmarks.websockets --short",
    )
    parser.add_argument("--short", action="store_true", help="about 20 s (default: 3 minutes)")
    parser.add_argument("--forks", type=int, default=200, help="how many (default 200)")
    arguments = parser.parse_args(argv)
    if arguments.forks < 1:
        parser.error("at least 1 fork")
    rounds, seconds = (3, 0.8) if arguments.short else (10, 3.0)
    measured = asyncio.run(measure(WAYS, SENDER, arguments.forks, rounds, seconds))
    numbers = figures(measured)
    publish("websockets", numbers, [measured.table(arguments.forks)])
    return verdict(limits(numbers))


if __name__ == "__main__":
    sys.exit(main())
