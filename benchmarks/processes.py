"""What a process takes: processor time and memory, as the kernel counts them (proc(5), /proc/<pid>/stat)."""

from __future__ import annotations

import os
import resource
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

_PROC: Final = Path("/proc")
_TICKS_PER_S: Final = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES: Final = os.sysconf("SC_PAGE_SIZE")


class Stat(NamedTuple):
    """One process at one moment: user and system time since its start, resident memory, and its parent."""

    cpu_s: float
    rss_mb: float
    parent: int


def stat(pid: int) -> Stat:
    """Of a running process. Raises OSError where there is none."""
    # The name stands in parentheses and may hold anything; the fields are counted from behind it.
    fields = (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    return Stat((int(fields[11]) + int(fields[12])) / _TICKS_PER_S, int(fields[21]) * _PAGE_BYTES / 1e6, int(fields[1]))


def children(pid: int) -> list[int]:
    """The processes that it started and that run, in the order of their ids; not theirs."""
    found = []
    for folder in _PROC.iterdir():
        if folder.name.isdigit():
            try:
                if stat(int(folder.name)).parent == pid:
                    found.append(int(folder.name))
            except OSError:
                continue  # it ended while we looked
    return sorted(found)


def command(pid: int) -> str:
    """How it was started, empty where it has ended."""
    try:
        return (_PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        return ""


@dataclass(frozen=True, slots=True)
class Meter:
    """CPU of named processes since it was started with `Meter.start`."""

    began_s: float
    began: dict[int, float]
    names: dict[int, str]

    @classmethod
    def start(cls, names: dict[int, str]) -> Meter:
        """Count from now on; `names` by process id."""
        return cls(time.monotonic(), {pid: stat(pid).cpu_s for pid in names}, dict(names))

    def percent(self) -> dict[str, float]:
        """Of one core, by name, since the start; those of one name together. One that has ended is not counted."""
        wall_s = time.monotonic() - self.began_s
        told: dict[str, float] = dict.fromkeys(self.names.values(), 0.0)
        for pid, name in self.names.items():
            try:
                told[name] += (stat(pid).cpu_s - self.began[pid]) / wall_s * 100
            except OSError:
                continue
        return told


def raise_file_limit() -> None:
    """As many open files as the system allows this process: a call takes two sockets."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
