"""How soon a desk phone knows: real calls through a real Asterisk, from a verdict, from the end of what the caller said
and from a stop to the NOTIFY at the phone's socket.

A phone is "free" where it got nothing in the last 5 s: another one waits for its turn, and the newest card wins.
"""

from __future__ import annotations

import asyncio
import os
import random
import sys
import tempfile
import time
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ari_bridge.screens.schedule import INTERVAL_S
from benchmarks.report import Limit, Table, publish, verdict
from consent.parties import Party
from tests.lab import installation
from tests.lab.errors import LabError
from tests.lab.netns import bring_loopback_up, reexec_without_network, without_network
from tests.lab.phone import Notice
from tests.lab.site import Site, open_site
from tests.lab.stopwatch import Offered, read
from tests.live.people import Gaps, Talk, lines, talk

CALLS: Final = 20
TALKS_S: Final = 75.0
SHORT_TALKS_S: Final = 45.0
MAX_VERDICT_MS: Final = 300.0
MAX_SPEECH_MS: Final = 2000.0
MAX_CONSENT_MS: Final = 300.0
SPEECH_WITHIN_S: Final = 3.0
"""A verdict that comes later than this after the end of what was said is of something else."""
ROUND: Final = ("yealink", "mitel", "snom")
"""The families that a NOTIFY brings the whole card: in an address nobody can read which card it was."""
FIRST_AGENT: Final = 1001
STAGGER_S: Final = 0.4
AGENT_SAYS_S: Final = 3.0
SILENT_LEVEL: Final = 300
RATE_HZ: Final = 8000
EXAMPLE: Final = """examples:
  python -m benchmarks.screens              20 calls, about two minutes
  python -m benchmarks.screens --short      20 calls that talk less long
  python -m benchmarks.screens --calls 10

needs: Asterisk, the host's own or Debian's (fetched into the cache on first use); root, or user namespaces
"""


@dataclass(frozen=True, slots=True)
class Stop:
    """A *9: when its last key ended (ns since 1970), at which endpoint's call, and the words that its card bears."""

    endpoint: str
    at_ns: int
    words: bytes


@dataclass(slots=True)
class Seen:
    """What happened, all in ns since 1970: `said` by endpoint, the ends of what its caller said."""

    offered: list[Offered] = field(default_factory=list)
    notices: dict[str, tuple[Notice, ...]] = field(default_factory=dict)
    said: dict[str, list[int]] = field(default_factory=dict)
    stops: list[Stop] = field(default_factory=list)
    begun: dict[str, int] = field(default_factory=dict)
    """When the agent picked up, by endpoint."""
    gaps: list[Gaps] = field(default_factory=list)
    """Of each call, until its stop."""


@dataclass(frozen=True, slots=True)
class Delays:
    """In ms, each (n,): of verdicts and of what was said, for phones that were free and for all."""

    verdict_free: NDArray[np.float64]
    verdict_all: NDArray[np.float64]
    speech_free: NDArray[np.float64]
    speech_all: NDArray[np.float64]
    consent: NDArray[np.float64]
    begun: NDArray[np.float64]

    def rows(self) -> list[list[object]]:
        """For the table."""
        named: Mapping[str, NDArray[np.float64]] = {
            "verdict, phone free": self.verdict_free,
            "verdict, any phone": self.verdict_all,
            "end of speech, phone free": self.speech_free,
            "end of speech, any phone": self.speech_all,
            "change of consent, any phone": self.consent,
            "picking up, first card": self.begun,
        }
        return [[name, len(one), *spread(one)] for name, one in named.items()]

    def limits(self) -> list[Limit]:
        """The laws."""
        return [
            Limit("verdict to NOTIFY, p95 ms, phone free", p95(self.verdict_free), MAX_VERDICT_MS),
            Limit("end of speech to NOTIFY, p95 ms, phone free", p95(self.speech_free), MAX_SPEECH_MS),
            Limit("change of consent to NOTIFY, p95 ms", p95(self.consent), MAX_CONSENT_MS),
        ]


COLUMNS: Final = ("to NOTIFY, ms, from", "n", "p50", "p90", "p95", "p99", "max")


def spread(values_ms: NDArray[np.float64]) -> list[float]:
    """p50, p90, p95, p99 and the largest; no numbers of none."""
    if not len(values_ms):
        return [float("nan")] * 5
    return [*(float(np.quantile(values_ms, share)) for share in (0.5, 0.9, 0.95, 0.99)), float(values_ms.max())]


def p95(values_ms: NDArray[np.float64]) -> float:
    """The delay that 95 of 100 do not pass; no number of none."""
    return spread(values_ms)[2]


def delays_of(seen: Seen) -> Delays:
    """What the moments amount to."""
    verdicts: list[tuple[float, bool]] = []
    speech: list[tuple[float, bool]] = []
    for endpoint, offers in _by_endpoint(seen.offered).items():
        came_ns = np.array([notice.at_ns for notice in seen.notices.get(endpoint, ())], np.int64)
        news = [one for one in news_of(offers) if _came_after(came_ns, one.at_ns) is not None]
        verdicts += [_delay(came_ns, one.verdict_ns, one) for one in news]
        for end_ns in seen.said.get(endpoint, ()):
            until_ns = end_ns + round(SPEECH_WITHIN_S * 1e9)
            if (first := next((one for one in news if end_ns < one.verdict_ns < until_ns), None)) is not None:
                speech.append(_delay(came_ns, end_ns, first))
    stops = [_told_ms(stop, seen.notices.get(stop.endpoint, ())) for stop in seen.stops]
    begun = [
        (first - at_ns) / 1e6
        for endpoint, at_ns in seen.begun.items()
        if (first := next((one.at_ns for one in seen.notices.get(endpoint, ()) if one.at_ns > at_ns), None))
    ]
    return Delays(*_both(verdicts), *_both(speech), np.array(stops), np.array(begun))


def news_of(offers: Sequence[Offered]) -> list[Offered]:
    """Of one phone's offers those that a verdict made, and that changed the card."""
    before = [None, *(one.face for one in offers)]
    return [one for one, face in zip(offers, before, strict=False) if one.verdict_ns and one.face != face]


def _by_endpoint(offered: Iterable[Offered]) -> dict[str, list[Offered]]:
    ordered = sorted(offered, key=lambda one: (one.endpoint, one.at_ns))
    return {endpoint: list(found) for endpoint, found in groupby(ordered, key=lambda one: one.endpoint)}


def _delay(came_ns: NDArray[np.int64], since_ns: int, offer: Offered) -> tuple[float, bool]:
    """From `since_ns` to the first NOTIFY after the offer, and whether the phone was free when it was offered."""
    free_since_ns = offer.at_ns - round(INTERVAL_S * 1e9)
    came = _came_after(came_ns, offer.at_ns)
    assert came is not None
    return (came - since_ns) / 1e6, not bool(((came_ns > free_since_ns) & (came_ns < offer.at_ns)).any())


def _came_after(came_ns: NDArray[np.int64], moment_ns: int) -> int | None:
    at = int(np.searchsorted(came_ns, moment_ns))
    return int(came_ns[at]) if at < len(came_ns) else None


def _both(found: Sequence[tuple[float, bool]]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Of the free, and of all."""
    return np.array([delay for delay, free in found if free]), np.array([delay for delay, _ in found])


def _told_ms(stop: Stop, notices: Iterable[Notice]) -> float:
    """From the key to the card that says so; infinite where it never came."""
    came = (one.at_ns for one in notices if one.at_ns > stop.at_ns and stop.words in one.body)
    return (next(came, float("inf")) - stop.at_ns) / 1e6


def families(calls: int) -> dict[str, str]:
    """The phones of so many agents."""
    return {str(FIRST_AGENT + at): ROUND[at % len(ROUND)] for at in range(calls)}


async def watched(site: Site, notes: Path) -> None:
    """Have the bridge run anew under the stopwatch."""
    await site.service.stop()
    site.service.program = [sys.executable, "-m", "tests.lab.stopwatch", str(notes)]
    await site.service.start()


async def measure(site: Site, notes: Path, calls: int, talks_s: float) -> Seen:
    """Let so many callers talk at once for so long, and each be stopped, by the caller or by the agent. The site has
    `families(calls)` and runs under the stopwatch. Raises LabError.
    """
    for at in range(calls):
        await site.agent(FIRST_AGENT + at)
    seen = Seen(said={endpoint: [] for endpoint in families(calls)})
    await asyncio.gather(*(_person(site, seen, at, talks_s) for at in range(calls)))
    await asyncio.sleep(2.0)
    seen.offered = read(notes)
    seen.notices = {endpoint: tuple(site.agents[int(endpoint)].notices) for endpoint in seen.said}
    return seen


async def _person(site: Site, seen: Seen, at: int, talks_s: float) -> None:
    chance = random.Random(at)  # noqa: S311 - the pauses of people, alike in each run
    await asyncio.sleep(at * STAGGER_S)
    met = await talk(site, f"5{FIRST_AGENT + at}", f"06310000{at:02}", FIRST_AGENT + at)
    seen.begun[str(met.agent)] = met.leg.answered_ns
    until_s = time.monotonic() + talks_s
    clips = lines(Party.CALLER)
    while time.monotonic() < until_s:
        await _exchange(met, seen.said[str(met.agent)], chance.choice(clips), chance)
    await asyncio.sleep(chance.uniform(0, 5))
    seen.gaps.append(met.gaps(time.time_ns()))
    leg = met.dialled.call if at % 2 else met.leg
    at_ns = (await leg.press("*9", 0.1))[-1]
    seen.stops.append(Stop(str(met.agent), at_ns, b"withdrawn" if at % 2 else b"stopped"))
    await asyncio.sleep(3.0)
    await met.dialled.call.hang_up()


async def _exchange(met: Talk, ends_ns: list[int], clip: NDArray[np.int16], chance: random.Random) -> None:
    """The caller says something, the agent answers, and both are silent for a while."""
    said = await met.dialled.call.say(clip)
    voiced = np.flatnonzero(np.abs(clip.astype(np.int32)) > SILENT_LEVEL)
    ends_ns.append(said.end_ns - round((len(clip) - voiced[-1]) / RATE_HZ * 1e9))
    await asyncio.sleep(chance.uniform(2.0, 4.0))
    await met.leg.say(lines(Party.AGENT)[0][: round(AGENT_SAYS_S * RATE_HZ)])
    await asyncio.sleep(chance.uniform(1.0, 6.0))


async def run(calls: int, talks_s: float, folder: Path) -> Seen:
    """A site of its own for it. Raises LabError."""
    asterisk = installation.find(os.environ.get("OUIDIRE_TEST_ASTERISK") or None)
    notes = folder / "notes"
    async with open_site(asterisk, folder / "site", families(calls)) as site:
        await watched(site, notes)
        return await measure(site, notes, calls, talks_s)


def tell(seen: Seen, calls: int) -> int:
    """Print and write what was measured; the exit code."""
    delays = delays_of(seen)
    told: dict[str, float] = {"calls": calls, "notifies": sum(len(one) for one in seen.notices.values())}
    for row in delays.rows():
        name = str(row[0]).replace(",", "").replace(" ", "_")
        told |= {f"{name}_{key}": float(str(row[at])) for key, at in (("n", 1), ("p50_ms", 2), ("p95_ms", 4))}
    publish("screens", told, [Table(f"{calls} calls at once", COLUMNS, delays.rows())])
    return verdict(delays.limits())


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print, and write the figures."""
    parser = ArgumentParser(
        prog="python -m benchmarks.screens",
        description=__doc__,
        epilog=EXAMPLE,
        formatter_class=RawDescriptionHelpFormatter,
    )
    parser.add_argument("--short", action="store_true", help=f"{SHORT_TALKS_S:.0f} s of talk")
    parser.add_argument("--calls", type=int, default=CALLS, help="so many at once")
    parser.add_argument("--seconds", type=float, help="how long each talks")
    arguments = parser.parse_args(argv)
    if not 1 <= arguments.calls <= CALLS:
        parser.error(f"from 1 to {CALLS} calls")
    talks_s = arguments.seconds or (SHORT_TALKS_S if arguments.short else TALKS_S)
    try:
        _leave_network()
        with tempfile.TemporaryDirectory(prefix="ouidire-screens-") as folder:
            seen = asyncio.run(run(arguments.calls, talks_s, Path(folder)))
    except LabError as error:
        print(f"not measured: {error}")
        return 1
    return tell(seen, arguments.calls)


def _leave_network() -> None:
    """Whoever is not root has the lab in a namespace of their own."""
    if without_network():
        bring_loopback_up()
    elif os.geteuid() != 0:
        installation.find(os.environ.get("OUIDIRE_TEST_ASTERISK") or None)
        reexec_without_network()


if __name__ == "__main__":
    sys.exit(main())
