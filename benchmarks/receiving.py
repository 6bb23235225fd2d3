"""Ways to receive the sound of many forks, measured in turn: the CPU of each, and how long what came waited for us."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import ClassVar, Final, Protocol

import numpy as np

from ari_bridge.media.ear import Sound
from benchmarks.report import Table

HOST: Final = "127.0.0.1"
PACKET_S: Final = 0.02
SAMPLES: Final = 320
"""Of a packet: 20 ms at 16 kHz."""
PACKETS_PER_S: Final = 50
OURS: Final = "ours"
"""The way with which the others are compared."""
SETTLE_S: Final = 0.5


class Receiver(Protocol):
    """One way. `packets` counts those whose sound was handed on (or that were taken); `waits_s` how long each took."""

    packets: int
    waits_s: list[float] | None

    async def open(self, forks: int) -> Sequence[object]:
        """Ready for that many forks; what the sender must be told of where to send."""
        ...

    async def close(self) -> None:
        """Give everything back."""
        ...


class Heard:
    """Takes sound as a fork would: one call for what came."""

    octet_order: ClassVar = ">"
    """Of samples and times as they are sent, big-endian or little ("<")."""

    def __init__(self) -> None:
        self.packets = 0
        self.waits_s: list[float] | None = None

    def take(self, sounds: Sequence[Sound]) -> None:
        """Count it; where `waits_s` is a list, read from each packet when it was sent."""
        for sound in sounds:
            self.packets += len(sound.pcm) // SAMPLES
            if self.waits_s is not None:
                now_s, order = time.monotonic(), self.octet_order
                begun = np.ascontiguousarray(sound.pcm.reshape(-1, SAMPLES)[:, :4])
                stamps = begun.astype(f"{order}i2").view(f"{order}u8")
                self.waits_s.extend((now_s - stamps[:, 0].astype(np.float64) / 1e9).tolist())


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

    def waits(self) -> dict[str, float]:
        """Of our own way, as the report names them."""
        shares = {"latency_p50_ms": 0.5, "latency_p99_ms": 0.99, "latency_max_ms": 1.0}
        return {name: self.wait_ms(OURS, share) for name, share in shares.items()}

    def table(self, forks: int) -> Table:
        """One row for each way."""
        rows = [
            (
                name,
                median(self.cpu_us[name]),
                self.ratio(name, OURS),
                self.wait_ms(name, 0.5),
                self.wait_ms(name, 0.99),
                self.wait_ms(name, 1.0),
                f"{100 * self.missing[name]:.1f}",
            )
            for name in self.cpu_us
        ]
        title = f"{forks} forks of {PACKETS_PER_S} packets a second, evenly paced; CPU of the receiving process alone"
        columns = ("way", "us a packet", "to ours", "waits p50 ms", "p99", "max", "too few %")
        return Table(title, columns, rows)


async def measure(ways: Mapping[str, type[Receiver]], sender: str, forks: int, rounds: int, seconds: float) -> Measured:
    """All ways in turn, each round in another order. `sender` is the module that sends, in a process of its own."""
    measured = Measured()
    names = list(ways)
    for number in range(rounds):
        turn = number % len(names)
        for name in names[turn:] + names[:turn]:
            receiver = ways[name]()
            try:
                await _measure(name, receiver, sender, measured, forks, seconds)
            finally:
                await receiver.close()
    return measured


async def _measure(name: str, receiver: Receiver, sender: str, measured: Measured, forks: int, seconds: float) -> None:
    places = await receiver.open(forks)
    command = [sys.executable, "-m", sender, str(2 * SETTLE_S + 1.5 * seconds), *map(str, places)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as sending:  # noqa: ASYNC220 - it outlives this line only
        try:
            await asyncio.to_thread(sending.stdout.readline)  # type: ignore[union-attr]
            await asyncio.sleep(SETTLE_S)
            packets, cpu_s, at_s = receiver.packets, time.process_time(), time.monotonic()
            await asyncio.sleep(seconds)
            packets, cpu_s, at_s = receiver.packets - packets, time.process_time() - cpu_s, time.monotonic() - at_s
            receiver.waits_s = []
            await asyncio.sleep(seconds / 2)
        finally:
            sending.kill()
    measured.cpu_us[name].append(cpu_s / max(packets, 1) * 1e6)
    measured.waits_ms[name].extend(1000 * wait_s for wait_s in receiver.waits_s)
    measured.missing[name] = max(measured.missing.get(name, 0.0), 1 - packets / (forks * PACKETS_PER_S * at_s))
