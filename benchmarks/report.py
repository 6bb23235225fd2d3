"""What every benchmark tells: tables for a person, and benchmarks/out/<name>.json for who compares runs."""

from __future__ import annotations

import json
import math
import os
import platform
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal

OUT: Final = Path(__file__).resolve().parent / "out"
"""Where the figures are written; git ignores it."""
_CPUINFO: Final = Path("/proc/cpuinfo")


@dataclass(frozen=True, slots=True)
class Table:
    """Rows for a person. Cells are printed as they are; a float with three significant digits."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[object]]

    def __post_init__(self) -> None:
        if any(len(row) != len(self.columns) for row in self.rows):
            raise ValueError(f"a row of {self.title!r} has not one cell for each column")

    def lines(self) -> list[str]:
        """The title, the heads and the rows: the first column to the left, the others to the right."""
        cells = [list(self.columns), *([_shown(cell) for cell in row] for row in self.rows)]
        widths = [max(len(row[at]) for row in cells) for at in range(len(self.columns))]
        told = ["  ".join(_placed(cell, width, at) for at, (cell, width) in enumerate(zip(row, widths, strict=True)))
                for row in cells]  # fmt: skip
        return [self.title, *(f"  {line.rstrip()}" for line in told)]


@dataclass(frozen=True, slots=True)
class Limit:
    """What a figure must keep to: at most `bound`, or at least."""

    what: str
    value: float
    bound: float
    way: Literal["at most", "at least"] = "at most"

    @property
    def is_met(self) -> bool:
        """A figure that is no number (nothing was measured) keeps to nothing."""
        if math.isnan(self.value):
            return False
        return self.value >= self.bound if self.way == "at least" else self.value <= self.bound

    def line(self) -> str:
        """For a person."""
        return f"{'met   ' if self.is_met else 'MISSED'}  {self.what}: {_shown(self.value)}, {self.way} {self.bound:g}"


def publish(name: str, figures: Mapping[str, float], tables: Iterable[Table], out: Path | None = None) -> Path:
    """Print the tables and write `<out>/<name>.json` (default: benchmarks/out); returns the file.

    A figure that is no number or infinite is written as null: JSON knows neither.
    """
    for table in tables:
        print("\n".join(table.lines()), end="\n\n")
    file = (out or OUT) / f"{name}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    told = {
        "benchmark": name,
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine(),
        "figures": {key: value if math.isfinite(value) else None for key, value in figures.items()},
    }
    file.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    print(f"figures: {file}")
    return file


def verdict(limits: Iterable[Limit]) -> int:
    """Print each limit, and return the exit code: 0 where all are met, else 1."""
    known = list(limits)
    for limit in known:
        print(limit.line())
    return 0 if all(limit.is_met for limit in known) else 1


def machine() -> dict[str, str | int]:
    """On what it was measured: figures of two machines are not compared by mistake."""
    return {
        "cores": len(os.sched_getaffinity(0)),
        "cpu": _cpu(),
        "python": platform.python_version(),
        "kernel": f"{platform.system()} {platform.release()}",
    }


def _cpu() -> str:
    if _CPUINFO.exists():
        for line in _CPUINFO.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _shown(cell: object) -> str:
    if isinstance(cell, float):
        if math.isnan(cell):
            return "-"
        return f"{cell:,.0f}" if abs(cell) >= 100 else f"{cell:.3g}"
    return f"{cell:,}" if isinstance(cell, int) and not isinstance(cell, bool) else str(cell)


def _placed(cell: str, width: int, at: int) -> str:
    return cell.ljust(width) if at == 0 else cell.rjust(width)
