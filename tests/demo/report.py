"""demo-report.json: the five calls, and what holds for the run as a whole."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tests.demo.call_report import CallReport
from tests.demo.evidence import LedgerState

CLOCK = (
    "All times are of this machine's real-time clock: {}, keys and hang-ups by "
    "the phone that sent them. A grant begins at the yes in the ledger (whole seconds, from the PBX), not before "
    "the key 1 was released at the phone, and ends 100 ms after the end of the 9 key or the hang-up. "
    "Gaps are of voice packets received, from the first one on after both were connected to the hang-up; the time in "
    "which the caller held the keys of *9 is taken out of the agent's, since a PBX passes no voice beside a key."
)


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """One run. packets_before: packets to fork ports before the first call; drained: whether the bridge, started again
    at the end, closed the ledger of the call in which it was killed.
    """

    pbx: str
    pbx_version: str
    pbx_origin: str
    clock: str
    calls: tuple[CallReport, ...]
    lease_s: int
    ports: range
    packets_before: int
    recorder_dropped: int | None
    loopback_only: bool
    ledger: LedgerState
    drained: bool
    channels_left: tuple[str, ...]
    database: Path
    duration_s: float

    def broken(self) -> list[str]:
        """A sentence for each promise that this run did not keep."""
        return [*self._broken_run(), *(sentence for call in self.calls for sentence in call.broken())]

    def _broken_run(self) -> Iterator[str]:
        if self.packets_before:
            yield f"{self.packets_before} packets reached the fork ports before the first call."
        if self.recorder_dropped != 0:
            yield f"the recorder missed {self.recorder_dropped} packets, so that its zeros prove nothing."
        if not self.loopback_only:
            yield "there was more network than loopback."
        if self.ledger.chain != "verified" or self.ledger.integrity != "ok":
            yield f"the ledger is damaged: {self.ledger.chain}; {self.ledger.integrity}."
        if not self.drained:
            yield "the bridge, started again, did not close the ledger of the call in which it was killed."
        if self.channels_left:
            yield f"channels were left on the PBX: {', '.join(self.channels_left)}."

    def as_json(self) -> dict[str, object]:
        """The whole file."""
        return {
            f"{self.pbx}_version": self.pbx_version,
            f"{self.pbx}_origin": self.pbx_origin,
            "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "clock": CLOCK.format(self.clock),
            "network": "loopback only" if self.loopback_only else "more than loopback",
            "lease_s": self.lease_s,
            "fork_ports": f"{self.ports.start}-{self.ports.stop - 1}",
            "recorder_dropped": self.recorder_dropped,
            "packets_before_first_call": self.packets_before,
            "lab_pace_ms_max": max(call.lab_pace_ms_max for call in self.calls),
            "ledger": {
                "records": self.ledger.records,
                "chain": self.ledger.chain,
                "integrity": self.ledger.integrity,
                "drained_after_restart": self.drained,
            },
            "channels_left": list(self.channels_left),
            "database": str(self.database),
            "duration_s": round(self.duration_s, 1),
            "broken": self.broken(),
            "calls": [call.as_json() for call in self.calls],
        }

    def write(self, path: Path) -> None:
        """Write the file."""
        path.write_text(json.dumps(self.as_json(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
