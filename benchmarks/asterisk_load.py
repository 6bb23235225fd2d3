"""Real calls by SIPp through a real Asterisk with our dialplan and a real `ouidire serve`, both legs of each forked.

Who takes how much of a core is told apart: Asterisk, the bridge, its engine's process. Sequence gaps are looked for
twice: on the wire before our sockets (by a recorder beside them) and behind them (packets that the bridge missed).
"""

from __future__ import annotations

import asyncio
import math
import os
import sys
import tempfile
import time
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks import sipp
from benchmarks.processes import Meter, children
from benchmarks.report import Limit, Table, publish, verdict
from benchmarks.talk import conversations
from tests.lab import installation
from tests.lab.errors import LabError
from tests.lab.netns import bring_loopback_up, reexec_without_network, without_network
from tests.lab.service import MAX_FORKS
from tests.lab.site import Site, open_site

STEPS: Final = (10, 25, 50)
SHORT_STEPS: Final = (10,)
HOLD_S: Final = 40.0
SHORT_HOLD_S: Final = 20.0
SETTLES_S: Final = 8.0
CALLS_PER_S: Final = 3.0
AGENT: Final = 1001
"""Who takes all calls: the dialplan rings the phone, and the bridge hears each leg for itself."""
BEGINS_WITHIN_S: Final = 45.0
PARTS: Final = ("Asterisk", "bridge", "engine")
"""The first takes as many cores as there are; each of the others has one, for Python runs one thread at a time."""
EXAMPLE: Final = """examples:
  python -m benchmarks.asterisk_load             10, 25 and 50 calls, about 5 minutes
  python -m benchmarks.asterisk_load --short     10 calls, about a minute
  python -m benchmarks.asterisk_load --calls 50 --seconds 60

needs: Asterisk and SIPp, the host's own or Debian's (fetched into the cache on first use); root, or user namespaces
"""


@dataclass(frozen=True, slots=True)
class Load:
    """What was measured at one number of calls. `cpu` is in % of one core, by part; SIPp's and the recorder's too."""

    calls: int
    cpu: Mapping[str, float]
    packets: int
    gaps: int
    lost: int
    verdicts: int
    age_p50_s: float
    age_p95_s: float

    def row(self) -> list[object]:
        """For the table."""
        measured = [self.cpu[part] for part in (*PARTS, "SIPp", "recorder")]
        each = sum(self.cpu[part] for part in PARTS[1:]) / self.calls
        heard = (self.packets, self.gaps, self.lost, self.verdicts, self.age_p50_s, self.age_p95_s)
        return [self.calls, *measured, self.cpu["Asterisk"] / self.calls, each, *heard]


COLUMNS: Final = (
    *("calls", "Asterisk %", "bridge %", "engine %", "SIPp %", "recorder %", "Asterisk/call", "bridge+engine/call"),
    *("packets", "gaps", "lost", "verdicts", "age p50 s", "age p95 s"),
)


class Crowd:
    """SIPp's processes: one phone for the agent, and callers in groups."""

    def __init__(self, site: Site, program: sipp.Sipp, folder: Path, stays_s: float) -> None:
        self._site = site
        self._program = program
        self._folder = folder
        self._stays_s = stays_s
        self._processes: list[asyncio.subprocess.Process] = []
        self.calls = 0

    async def open(self) -> None:
        """Put the agent's phone at its place, and lay down what is said."""
        talk = conversations(1)[0]
        for name, side in (("caller", talk.caller), ("agent", talk.agent)):
            (self._folder / f"{name}.ulaw").write_bytes(sipp.mu_law(side[::2]))  # it was 8 kHz before it was 16
        options = sipp.agent_options(self._site.pbx.ports.agent(AGENT))
        await self._start("agent", sipp.agent_scenario("agent.ulaw"), options)

    async def grow(self, calls: int) -> None:
        """Let callers ring until there are so many; returns when both parties of each are heard. Raises LabError."""
        more, self.calls = calls - self.calls, calls
        scenario = sipp.caller_scenario("caller.ulaw", self._stays_s)
        options = sipp.caller_options(self._site.pbx.server, f"5{AGENT}", more, CALLS_PER_S)
        await self._start(f"callers-{calls}", scenario, options)
        deadline_s = time.monotonic() + BEGINS_WITHIN_S + more / CALLS_PER_S
        while (open_now := forks(await figures(self._site))) != 2 * calls:
            if time.monotonic() > deadline_s:
                raise LabError(f"{open_now:.0f} forks are open for {calls} calls; {self._site.service.last_words()}")
            self._look()
            await asyncio.sleep(0.5)

    @property
    def pids(self) -> list[int]:
        """Of all its processes."""
        return [process.pid for process in self._processes]

    async def close(self) -> None:
        """End them."""
        for process in self._processes:
            if process.returncode is None:
                process.kill()
        await asyncio.gather(*(process.wait() for process in self._processes))

    async def _start(self, name: str, scenario: str, options: Sequence[str]) -> None:
        self._processes.append(await self._program.start(self._folder, name, scenario, *options))

    def _look(self) -> None:
        for process in self._processes:
            if process.returncode is not None:
                words = [file.read_text(errors="replace")[-300:] for file in self._folder.glob("*.out")]
                raise LabError(f"SIPp ended with code {process.returncode}: {' | '.join(words)}")


async def loads(counts: Sequence[int], hold_s: float, folder: Path) -> list[Load]:
    """Real calls, more in each step, all of them talking until the end. Raises LabError."""
    program, asterisk = sipp.find(), installation.find(os.environ.get("OUIDIRE_TEST_ASTERISK") or None)
    stays_s = sum(BEGINS_WITHIN_S + SETTLES_S + hold_s + count / CALLS_PER_S for count in counts)
    measured: list[Load] = []
    async with open_site(asterisk, folder / "site", {}) as site:
        crowd = Crowd(site, program, folder, stays_s)
        try:
            await crowd.open()
            for count in counts:
                await crowd.grow(count)
                await asyncio.sleep(SETTLES_S)
                measured.append(await measure(site, crowd, hold_s))
                print(f"  {count} calls measured", file=sys.stderr)
        finally:
            await crowd.close()
    return measured


async def measure(site: Site, crowd: Crowd, hold_s: float) -> Load:
    """Let them talk for so long, and take what it cost."""
    names = dict.fromkeys(crowd.pids, "SIPp") | {site.pbx.pid: "Asterisk", site.service.pid: "bridge"}
    names |= dict.fromkeys(children(site.service.pid), "engine")
    names |= {pid: "recorder" for pid in children(os.getpid()) if pid not in names}
    before, since_ns, meter = await figures(site), time.time_ns(), Meter.start(names)
    await asyncio.sleep(hold_s)
    cpu, until_ns, after = meter.percent(), time.time_ns(), await figures(site)
    packets = (await site.packets()).within(since_ns, until_ns).packets
    bounds_s, counts = buckets(after)
    counts = counts - buckets(before)[1]
    return Load(
        calls=crowd.calls,
        cpu=dict.fromkeys((*PARTS, "SIPp", "recorder"), 0.0) | cpu,
        packets=len(packets),
        gaps=gaps_of(packets),
        lost=round(after["ouidire_packets_lost_total"] - before["ouidire_packets_lost_total"]),
        verdicts=round(float(counts[-1])),
        age_p50_s=quantile(bounds_s, counts, 0.5),
        age_p95_s=quantile(bounds_s, counts, 0.95),
    )


async def figures(site: Site) -> dict[str, float]:
    """What the bridge tells Prometheus."""
    return parsed(await site.service.metrics())


def parsed(text: str) -> dict[str, float]:
    """The samples of Prometheus' text format: name with labels as they stand there, and value."""
    lines = (line.rpartition(" ") for line in text.splitlines() if line and not line.startswith("#"))
    return {name: float(value) for name, _, value in lines}


def forks(told: Mapping[str, float]) -> float:
    """How many voices are heard."""
    return sum(value for name, value in told.items() if name.startswith("ouidire_forks{"))


def buckets(told: Mapping[str, float]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The ages of verdicts, each (n,): bounds in s, the last one infinite, and how many verdicts were no older."""
    head = 'ouidire_verdict_age_seconds_bucket{le="'
    found = sorted((float(name[len(head) : -2]), count) for name, count in told.items() if name.startswith(head))
    return np.array([bound for bound, _ in found]), np.array([count for _, count in found])


def quantile(bounds_s: NDArray[np.float64], counts: NDArray[np.float64], share: float) -> float:
    """The age that `share` of the verdicts do not pass, as if evenly spread between bounds; no number of none."""
    if not len(counts) or counts[-1] <= 0:
        return math.nan
    wanted = share * counts[-1]
    at = int(np.searchsorted(counts, wanted))
    before_s, before = (bounds_s[at - 1], counts[at - 1]) if at else (0.0, 0.0)
    width_s = min(bounds_s[at], 2 * before_s) - before_s if math.isinf(bounds_s[at]) else bounds_s[at] - before_s
    return float(before_s + width_s * (wanted - before) / (counts[at] - before))


def gaps_of(packets: NDArray[np.void]) -> int:
    """Packets that are missing in the sequences (RFC 3550, section 5.1: modulo 2 to the 16), over all streams."""
    missing = 0
    streams = packets["port"].astype(np.int64) << 32 | packets["ssrc"].astype(np.int64)
    for stream in np.unique(streams):
        steps = np.diff(packets["sequence"][streams == stream].astype(np.int64)) % 65536
        missing += int((steps[steps < 32768] - 1).clip(0).sum())
    return missing


def first_to_saturate(load: Load, cores: int) -> str:
    """Where the calls would end, were each to cost as much as it did now."""
    each = {part: max(load.cpu[part], 1e-9) / load.calls for part in PARTS}
    together = sum(each.values())
    greatest = max(each, key=lambda part: each[part])
    one_core = max(PARTS[1:], key=lambda part: each[part])
    return (
        f"saturates first: the machine's {cores} cores, at about {100 * cores / together:.0f} calls, of which "
        f"{greatest} takes {100 * each[greatest] / together:.0f} %; on more cores the {one_core}'s process, which has "
        f"one, at about {100 / each[one_core]:.0f} calls"
    )


def tell(measured: Sequence[Load], cores: int) -> int:
    """Print and write what was measured; the exit code."""
    told: dict[str, float] = {}
    for load in measured:
        told |= {f"{part.lower()}_cpu_percent_at_{load.calls}": load.cpu[part] for part in PARTS}
        told |= {
            f"gaps_at_{load.calls}": load.gaps,
            f"lost_at_{load.calls}": load.lost,
            f"verdicts_at_{load.calls}": load.verdicts,
            f"age_p50_s_at_{load.calls}": load.age_p50_s,
            f"age_p95_s_at_{load.calls}": load.age_p95_s,
        }
    title = "real calls through a real Asterisk, both legs forked; CPU in % of a core"
    publish("asterisk_load", told, [Table(title, COLUMNS, [load.row() for load in measured])])
    print(first_to_saturate(measured[-1], cores))
    limits = [Limit(f"gaps and losses at {load.calls} calls", load.gaps + load.lost, 0) for load in measured]
    return verdict([*limits, Limit("verdicts", measured[-1].verdicts, 1, "at least")])


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print, and write the figures."""
    parser = ArgumentParser(
        prog="python -m benchmarks.asterisk_load",
        description=__doc__,
        epilog=EXAMPLE,
        formatter_class=RawDescriptionHelpFormatter,
    )
    parser.add_argument("--short", action="store_true", help="10 calls for 20 s")
    parser.add_argument("--calls", type=int, help="so many calls, and no steps")
    parser.add_argument("--seconds", type=float, help="how long each step is held")
    arguments = parser.parse_args(argv)
    if arguments.calls is not None and not 1 <= arguments.calls <= MAX_FORKS // 2:
        parser.error(f"from 1 to {MAX_FORKS // 2} calls: the lab's PBX allows {MAX_FORKS} forks")
    counts = (arguments.calls,) if arguments.calls else SHORT_STEPS if arguments.short else STEPS
    hold_s = arguments.seconds or (SHORT_HOLD_S if arguments.short else HOLD_S)
    try:
        _leave_network()
        with tempfile.TemporaryDirectory(prefix="ouidire-load-") as folder:
            measured = asyncio.run(loads(counts, hold_s, Path(folder)))
    except LabError as error:
        print(f"not measured: {error}")
        return 1
    return tell(measured, len(os.sched_getaffinity(0)))


def _leave_network() -> None:
    """Whoever is not root counts packets in a namespace of their own."""
    if without_network():
        bring_loopback_up()
    elif os.geteuid() != 0:
        sipp.find()
        installation.find(os.environ.get("OUIDIRE_TEST_ASTERISK") or None)
        reexec_without_network()


if __name__ == "__main__":
    sys.exit(main())
