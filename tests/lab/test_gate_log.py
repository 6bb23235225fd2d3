"""Laws of the witness that is not the bridge."""

from pathlib import Path

import numpy as np

from tests.lab.gate_log import Entry, GateLog, calls_of, entries
from tests.lab.recorder import DTYPE

LINE = (
    "[2026-11-22 16:35:14.{ms}] VERBOSE[35][C-00000001] pbx.c: Executing [{port}@ouidire-gate:4] "
    'Set("Snoop/pbx-1-1795365299.0-00000000", "CALL={call}") in new stack'
)


def test_a_fork_at_the_gate_is_read_with_its_port_and_call() -> None:
    """The extension is the port; the snoop's name holds the spied channel, dashes in it or not."""
    (found,) = entries([LINE.format(ms="620", port=12100, call="1795365299.0"), "something else"])
    assert (found.port, found.call_id, found.spied) == (12100, "1795365299.0", "pbx-1-1795365299.0")
    assert found.at_ns % 1_000_000_000 == 620_000_000


def test_a_growing_log_is_read_once_and_by_whole_lines(tmp_path: Path) -> None:
    """A line that is still being written counts when it is complete."""
    path = tmp_path / "full"
    first, second = (LINE.format(ms="620", port=port, call="1.1") for port in (12100, 12101))
    path.write_text(f"{first}\n{second[:60]}")
    log = GateLog(path)
    assert [entry.port for entry in log.entries()] == [12100]
    path.write_text(f"{first}\n{second}\n")
    assert [entry.port for entry in log.entries()] == [12100, 12101]
    assert [entry.port for entry in log.entries()] == [12100, 12101]


def test_a_packet_belongs_to_the_last_fork_before_it() -> None:
    """Ports serve one call after the other; a packet before any fork, or to another port, is nobody's."""
    packets = np.zeros(4, dtype=DTYPE)
    packets["port"] = [100, 100, 100, 101]
    packets["time_ns"] = [5, 15, 25, 25]
    gate = [Entry(20, 100, "second", "2"), Entry(10, 100, "first", "1")]
    assert calls_of(packets, gate).tolist() == ["", "first", "second", ""]
