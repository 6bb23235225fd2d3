"""How many calls a core carries: N synthetic calls through the whole bridge, stepped up until something breaks.

Both parties' RTP comes from another process to real sockets; forks, engine, models, ledger and file are the product's.
A step holds while the verdicts' age p95 is at most 2 s and at most 0.1 % of the packets are lost at our sockets.
"""

from __future__ import annotations

import asyncio
import math
import os
import sys
import tempfile
import time
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from ari_bridge.media.udp_receiver import PortRange
from benchmarks.networks import Place
from benchmarks.processes import Meter, children, command, raise_file_limit, stat
from benchmarks.report import Limit, Table, publish, verdict
from benchmarks.whole_bridge import NotHeard, WholeBridge, open_bridge

STEPS: Final = (25, 50, 100, 150, 200, 250, 300, 350, 400, 500, 600, 800)
SHORT_STEPS: Final = (20, 50, 100)
JUDGED_AT: Final = 100
"""Calls at which the issue's limit of CPU is set."""
MAX_CPU_PERCENT: Final = 0.8
MAX_AGE_S: Final = 2.0
MAX_LOST_PERCENT: Final = 0.1
MAX_MB_PER_CALL: Final = 1.0
MAX_MB_PER_HOUR: Final = 10.0
"""What "flat" is: 5 MB in half an hour, a hundredth of what the process takes."""
MAX_LATE_MS: Final = 100.0
"""Of what the speakers' process sends, p99: beyond that the machine has no time left for it."""
SETTLES_S: Final = 8.0
"""The longest way to a first verdict: 4 s of the caller's speech in a talk."""
PORTS: Final = (10_000, 11_999)
SOAK_CALLS: Final = 50
SOAK_TALK_S: Final = 180.0
"""How long each call of the soak lives; another one follows it."""
SAMPLE_S: Final = 10.0
EXAMPLE: Final = """examples:
  python -m benchmarks.calls                     steps up until something breaks, about 8 minutes
  python -m benchmarks.calls --short             20, 50 and 100 calls, about 75 seconds
  python -m benchmarks.calls --calls 100         one step
  python -m benchmarks.calls --soak              50 calls for 30 minutes: does memory grow?
"""


@dataclass(frozen=True, slots=True)
class Step:
    """What was measured at one number of calls; CPU in % of one core."""

    calls: int
    bridge_cpu: float
    engine_cpu: float
    speakers_cpu: float
    age_p50_s: float
    age_p95_s: float
    verdicts: int
    scores: int
    packets: int
    sent: int
    lost: int
    dropped_frames: int
    late_p99_ms: float
    rss_mb: float

    @property
    def cpu_per_call(self) -> float:
        """Of the bridge and its engine."""
        return (self.bridge_cpu + self.engine_cpu) / self.calls

    @property
    def lost_percent(self) -> float:
        """Of the packets that were to come."""
        return 100 * self.lost / max(1, self.packets + self.lost)

    def broke(self) -> str:
        """What does not hold at this number of calls, empty where all does."""
        if math.isnan(self.age_p95_s):
            return "no verdict came"
        if self.age_p95_s > MAX_AGE_S:
            return f"verdict age p95 {self.age_p95_s:.1f} s"
        if self.lost_percent > MAX_LOST_PERCENT:
            return f"{self.lost_percent:.2f} % of the packets lost"
        if self.late_p99_ms > MAX_LATE_MS:
            return f"the machine: the speakers' own packets are sent {self.late_p99_ms:.0f} ms late"
        return ""

    def row(self) -> list[object]:
        """For the table."""
        each = (self.cpu_per_call, self.bridge_cpu / self.calls, self.engine_cpu / self.calls)
        ages = (self.age_p50_s, self.age_p95_s)
        heard = (self.verdicts, self.scores, self.packets, self.lost, self.dropped_frames)
        return [self.calls, *each, *ages, *heard, self.speakers_cpu, self.late_p99_ms, self.rss_mb]


COLUMNS: Final = (
    *("calls", "CPU %/call", "bridge", "engine", "age p50 s", "age p95 s", "verdicts", "scores"),
    *("packets", "lost", "dropped frames", "speakers CPU %", "sent late p99 ms", "RSS MB"),
)


async def steps(
    counts: Sequence[int], hold_s: float, place: Place = "own", ports: tuple[int, int] = PORTS
) -> tuple[list[Step], str]:
    """Step up through `counts`, each held for `hold_s`, and stop at the first that breaks; and what broke."""
    measured: list[Step] = []
    with tempfile.TemporaryDirectory() as folder:
        async with open_bridge(Path(folder), PortRange(*ports, rest_s=0), 2 * max(counts), place) as bridge:
            for count in counts:
                try:
                    await bridge.begin(count - len(bridge.calls))
                except NotHeard as why:
                    return measured, f"{count} calls: {why}"
                await asyncio.sleep(SETTLES_S)
                measured.append(await measure(bridge, hold_s))
                print(f"  {count} calls: {measured[-1].cpu_per_call:.2f} % of a core each", file=sys.stderr)
                if broke := measured[-1].broke():
                    return measured, f"{count} calls: {broke}"
    return measured, ""


async def measure(bridge: WholeBridge, hold_s: float) -> Step:
    """Let the calls talk for so long, and take what it cost."""
    bridge.take_delivered()
    await bridge.speakers.tell()
    media, dropped = bridge.media(), bridge.engine.stats().dropped_frames
    meter = Meter.start(_processes(bridge))
    await asyncio.sleep(hold_s)
    cpu, sent, after = meter.percent(), await bridge.speakers.tell(), bridge.media()
    delivered = bridge.take_delivered()
    ages = np.array(delivered.ages_s or [math.nan])
    return Step(
        calls=len(bridge.calls),
        bridge_cpu=cpu["bridge"],
        engine_cpu=cpu.get("engine", 0.0),
        speakers_cpu=cpu["speakers"],
        age_p50_s=float(np.percentile(ages, 50)),
        age_p95_s=float(np.percentile(ages, 95)),
        verdicts=len(delivered.ages_s),
        scores=delivered.scores,
        packets=after.packets - media.packets,
        sent=int(sent["sent"]),
        lost=after.lost - media.lost,
        dropped_frames=bridge.engine.stats().dropped_frames - dropped,
        late_p99_ms=float(sent["late_p99_ms"]),
        rss_mb=_rss_mb(bridge),
    )


def _processes(bridge: WholeBridge) -> dict[int, str]:
    own, names = os.getpid(), {os.getpid(): "bridge", bridge.speakers.pid: "speakers"}
    return {pid: "engine" for pid in children(own) if pid not in names and command(pid)} | names


def _rss_mb(bridge: WholeBridge) -> float:
    return sum(stat(pid).rss_mb for pid, name in _processes(bridge).items() if name != "speakers")


async def soak(
    calls: int, minutes: float, place: Place = "own", ports: tuple[int, int] = PORTS
) -> list[tuple[float, float]]:
    """Keep `calls` calls talking, each for a while and then followed by another; (minute, RSS in MB), each 10 s."""
    samples: list[tuple[float, float]] = []
    with tempfile.TemporaryDirectory() as folder:
        async with open_bridge(Path(folder), PortRange(*ports, rest_s=0), 4 * calls, place) as bridge:
            await bridge.begin(calls)
            began_s = next_sample_s = time.monotonic()
            next_turn_s = began_s + SOAK_TALK_S / calls
            while (now_s := time.monotonic()) < began_s + minutes * 60:
                if now_s >= next_sample_s:
                    samples.append(((now_s - began_s) / 60, _rss_mb(bridge)))
                    next_sample_s += SAMPLE_S
                if now_s >= next_turn_s:
                    bridge.end_oldest()
                    await bridge.begin(1)
                    next_turn_s += SOAK_TALK_S / calls
                await asyncio.sleep(max(0.0, min(next_sample_s, next_turn_s) - time.monotonic()))
    return samples


def slope(points: Sequence[tuple[float, float]]) -> float:
    """Of the straight line through the points that lies nearest (least squares); no number for fewer than two."""
    if len({x for x, _ in points}) < 2:
        return math.nan
    x, y = np.array(points, np.float64).T
    return float(np.polyfit(x, y, 1)[0])


def tell_steps(measured: Sequence[Step], broke: str, name: str = "calls") -> int:
    """Print and write what the steps gave; the exit code."""
    held = [step for step in measured if not step.broke()]
    best = held[-1] if held else None
    mb_per_call = slope([(step.calls, step.rss_mb) for step in measured])
    figures: dict[str, float] = {
        "calls_held": best.calls if best else 0,
        "calls_per_core": 100 / best.cpu_per_call if best else math.nan,
        "memory_mb_per_call": mb_per_call,
    }
    for step in measured:
        figures |= {
            f"cpu_percent_per_call_at_{step.calls}": step.cpu_per_call,
            f"bridge_cpu_percent_per_call_at_{step.calls}": step.bridge_cpu / step.calls,
            f"engine_cpu_percent_per_call_at_{step.calls}": step.engine_cpu / step.calls,
            f"age_p50_s_at_{step.calls}": step.age_p50_s,
            f"age_p95_s_at_{step.calls}": step.age_p95_s,
            f"lost_percent_at_{step.calls}": step.lost_percent,
            f"dropped_frames_at_{step.calls}": step.dropped_frames,
            f"verdicts_at_{step.calls}": step.verdicts,
        }
    publish(name, figures, [Table("calls through the whole bridge", COLUMNS, [step.row() for step in measured])])
    if best:
        print(f"{best.calls} calls held at {best.cpu_per_call:.2f} % of a core each: "
              f"{figures['calls_per_core']:.0f} calls per core")  # fmt: skip
    print(f"broke first: {broke}" if broke else "nothing broke")
    limits = []
    for step in measured:
        if step.calls == JUDGED_AT:
            limits.append(Limit(f"CPU of a call at {JUDGED_AT} calls, % of a core", step.cpu_per_call, MAX_CPU_PERCENT))
            limits.append(Limit(f"verdict age p95 at {JUDGED_AT} calls, s", step.age_p95_s, MAX_AGE_S))
    if len(measured) > 1:
        limits.append(Limit("memory per call, MB", mb_per_call, MAX_MB_PER_CALL))
    tried = min(JUDGED_AT, max((step.calls for step in measured), default=1))
    limits.append(Limit("calls held", figures["calls_held"], tried, "at least"))
    return verdict(limits)


def tell_soak(samples: Sequence[tuple[float, float]], calls: int) -> int:
    """Print and write what the soak gave; the exit code.

    The first fifth warms up, and in a short one the time in which every call is followed by another.
    """
    end = samples[-1][0]
    warm_after = min(end / 2, max(end / 5, SOAK_TALK_S / 60))
    warm = [(minute, rss) for minute, rss in samples if minute >= warm_after]
    per_hour = 60 * slope(warm)
    thirds = [np.median([rss for _, rss in part]) for part in np.array_split(np.array(warm), 3)]
    shown = warm[:: max(1, len(warm) // 12)]
    table = Table(f"memory of {calls} calls", ("minute", "RSS MB"), [[minute, f"{rss:.1f}"] for minute, rss in shown])
    figures = {
        "calls": calls,
        "minutes": end,
        "memory_mb_per_hour": per_hour,
        "memory_mb_first_third": float(thirds[0]),
        "memory_mb_last_third": float(thirds[-1]),
    }
    publish("calls_soak", figures, [table])
    return verdict([Limit("growth, MB an hour", per_hour, MAX_MB_PER_HOUR)])


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print, and write the figures."""
    arguments = _parsed(argv)
    raise_file_limit()
    if arguments.soak:
        calls = arguments.calls or SOAK_CALLS
        return tell_soak(asyncio.run(soak(calls, arguments.minutes or 30.0, arguments.process)), calls)
    hold_s = arguments.minutes * 60 if arguments.minutes else 12.0 if arguments.short else 30.0
    counts = (arguments.calls,) if arguments.calls else SHORT_STEPS if arguments.short else STEPS
    return tell_steps(*asyncio.run(steps(counts, hold_s, arguments.process)))


def _parsed(argv: Sequence[str] | None) -> Namespace:
    parser = ArgumentParser(
        prog="python -m benchmarks.calls",
        description=__doc__,
        epilog=EXAMPLE,
        formatter_class=RawDescriptionHelpFormatter,
    )
    parser.add_argument("--short", action="store_true", help="20, 50 and 100 calls, 12 s each")
    parser.add_argument("--calls", type=int, help="so many calls, and no steps")
    parser.add_argument("--minutes", type=float, help="how long each step, or the soak, is held")
    parser.add_argument("--soak", action="store_true", help="watch memory for 30 minutes at 50 calls that come and go")
    parser.add_argument(
        "--process", choices=("own", "bridge"), default="own", help="where the networks run (setting engine.process)"
    )
    arguments = parser.parse_args(argv)
    most = (PORTS[1] - PORTS[0] + 1) // 2
    if arguments.calls is not None and not 1 <= arguments.calls <= most:
        parser.error(f"from 1 to {most} calls")
    if arguments.minutes is not None and arguments.minutes <= 0:
        parser.error("more than no time")
    return arguments


if __name__ == "__main__":
    sys.exit(main())
