"""Which call each fork port served, as the PBX's own log tells: a witness that is not the bridge.

The dialplan's gate is entered at an extension that is the port, and sets CALL to the call whose consent it looks at.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_LINE = re.compile(
    r"^\[(?P<at>[0-9-]+ [0-9:.]+)\] .*Executing \[(?P<port>\d+)@ouidire-gate:\d+\] "
    r'Set\("(?P<fork>Snoop/[^"]+)", "CALL=(?P<call>[^"]*)"\)'
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One fork at the gate: when (ns since 1970), its port, the call, the spied channel."""

    at_ns: int
    port: int
    call_id: str
    spied: str


def entries(lines: Iterable[str]) -> Iterator[Entry]:
    """The forks that came to the gate, in the log's order (`full`, verbose 3, dates with milliseconds)."""
    for line in lines:
        if (match := _LINE.search(line)) is not None:
            at = datetime.strptime(match["at"], "%Y-%m-%d %H:%M:%S.%f").astimezone()
            yield Entry(
                round(at.timestamp() * 1000) * 1_000_000, int(match["port"]), match["call"], match["fork"][6:-9]
            )


class GateLog:
    """The PBX's growing `full` log, each line read once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0
        self._found: list[Entry] = []

    def entries(self) -> list[Entry]:
        """All forks that came to the gate so far."""
        with self._path.open("rb") as log:
            log.seek(self._offset)
            whole, newline, _ = log.read().rpartition(b"\n")
        self._offset += len(whole) + len(newline)
        lines = (line for line in whole.split(b"\n") if b"@ouidire-gate:" in line)
        self._found += entries(line.decode(errors="replace") for line in lines)
        return list(self._found)


def calls_of(packets: NDArray[np.void], gate: Iterable[Entry]) -> NDArray[np.str_]:
    """The call of each packet (tests.lab.recorder.DTYPE), shape (n,): that of the last fork that came to the gate with
    its port before it. "" where there was none: a packet that no gate let through.
    """
    found = np.full(len(packets), "", dtype="U150")
    for entry in sorted(gate, key=lambda one: one.at_ns):
        found[(packets["port"] == entry.port) & (packets["time_ns"] >= entry.at_ns)] = entry.call_id
    return found
