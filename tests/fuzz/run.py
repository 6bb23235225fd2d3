"""Feeds every parser, and watches what the project's own code keeps of it."""

from __future__ import annotations

import gc
import time
import traceback
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import hypothesis
from hypothesis import HealthCheck, Phase, given, settings

from tests.fuzz.parsers import ROOT, Parser, parsers
from tests.house.places import PACKAGES

EXAMPLES: Final = 200
"""Of each parser before the next one's turn."""
TRACED_EVERY: Final = 6
"""Tracing every allocation takes five times as long: every sixth round is traced. The first is not: caches fill."""
MOST_KEPT_KIB: Final = 64.0
"""What the project's code may keep of one round, after all that it was fed in it is gone: counters, a held packet."""


@dataclass
class Report:
    """What was found. `kept_kib` is what lines of the project's packages allocated in each traced round and kept."""

    inputs: dict[str, int] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)
    rounds: int = 0
    seconds: float = 0.0
    kept_kib: list[float] = field(default_factory=list)
    resident_mib: list[float] = field(default_factory=list)

    @property
    def most_kept_kib(self) -> float:
        """The worst round."""
        return max(self.kept_kib, default=0.0)

    @property
    def is_clean(self) -> bool:
        """Nothing raised what it does not state, and nothing grew."""
        return not self.failures and self.most_kept_kib <= MOST_KEPT_KIB

    def lines(self) -> Iterator[str]:
        """For a person."""
        width = max(map(len, self.inputs), default=0)
        for name, count in self.inputs.items():
            fate = "FAILED" if name in self.failures else "survived"
            yield f"{name:{width}}  {count:>9,} inputs, {self.refused[name]:>9,} refused  {fate}"
        total = sum(self.inputs.values())
        yield f"{total:,} inputs in {self.seconds:.0f} s, {self.rounds} rounds"
        yield (
            f"kept of a round by the project's code: {self.most_kept_kib:.1f} KiB at most, in {len(self.kept_kib)} "
            f"traced rounds (limit {MOST_KEPT_KIB:.0f})"
        )
        first, last = self.resident_mib[0], self.resident_mib[-1]
        yield f"the process, with what tries it: {first:.0f} MiB after the first round, {last - first:+.1f} MiB since"
        for name, trace in self.failures.items():
            yield f"\n{name}:\n{trace}"


def fuzz(seconds: float, *, seed: int = 1, only: str = "", examples: int = EXAMPLES) -> Report:
    """Feed every parser in turn until the time is over, and at least once each."""
    report = Report()
    chosen = [one for one in parsers() if only in one.name]
    for one in chosen:
        report.inputs[one.name] = report.refused[one.name] = 0
    began_s = time.monotonic()
    while report.rounds < 2 or time.monotonic() - began_s < seconds:
        if report.rounds % TRACED_EVERY == 1:
            tracemalloc.start()
        try:
            for number, one in enumerate(chosen):
                if one.name not in report.failures:
                    _feed(one, report, seed + report.rounds * 1_000 + number, examples)
            if tracemalloc.is_tracing():
                report.kept_kib.append(_kept_kib())
        finally:
            tracemalloc.stop()
        report.rounds += 1
        report.resident_mib.append(_resident_mib())
    report.seconds = time.monotonic() - began_s
    return report


def _feed(parser: Parser, report: Report, seed: int, examples: int) -> None:
    @hypothesis.seed(seed)
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
        print_blob=False,
    )
    @given(parser.inputs)
    def survives(told: Any) -> None:
        report.inputs[parser.name] += 1
        report.refused[parser.name] += _is_refused(parser.read, told, parser.refuses)

    try:
        survives()
    except Exception:  # noqa: BLE001 - whatever it is, it was not stated: the next parser is tried all the same
        report.failures[parser.name] = traceback.format_exc()


def _is_refused(read: Callable[[Any], object], told: Any, refuses: type[Exception] | None) -> bool:
    if refuses is None:
        read(told)
        return False
    try:
        read(told)
    except refuses:
        return True
    return False


def _kept_kib() -> float:
    gc.collect()
    ours = [tracemalloc.Filter(True, str(ROOT / package / "*")) for package in PACKAGES]
    return sum(one.size for one in tracemalloc.take_snapshot().filter_traces(ours).traces) / 1024


def _resident_mib() -> float:
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * 4096 / 2**20
