"""Laws of demo-report.json as a whole."""

import json
from dataclasses import replace
from pathlib import Path

from tests.demo.evidence import LedgerState
from tests.demo.made_up import KILLED, NO, WITHDRAWN, YES
from tests.demo.report import Report

REPORT = Report(
    pbx="asterisk", pbx_version="22.0.0", pbx_origin="a test's", clock="a clock",
    calls=(YES, NO, WITHDRAWN, KILLED), lease_s=8,
    ports=range(20_100, 20_300), packets_before=0, recorder_dropped=0, loopback_only=True,
    ledger=LedgerState(9, "verified", "ok"), drained=True, channels_left=(), database=Path("x.sqlite"),
    duration_s=200.0,
)  # fmt: skip


def test_a_run_as_promised_breaks_nothing(tmp_path: Path) -> None:
    """The file holds the version, the calls in their order and an empty list of broken promises."""
    REPORT.write(tmp_path / "report.json")
    written = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert written["asterisk_version"] == "22.0.0"
    assert [call["name"] for call in written["calls"]] == ["yes", "no", "withdrawn", "killed"]
    assert written["broken"] == []


def test_whatever_makes_the_zeros_worthless_is_named() -> None:
    """A recorder that lost packets, a network, a broken ledger, channels left over: each is a sentence."""
    broken = replace(
        REPORT, packets_before=3, recorder_dropped=1, loopback_only=False, drained=False,
        ledger=LedgerState(0, "record 3 was changed", "ok"), channels_left=("Snoop/17.0-1",),
    ).broken()  # fmt: skip
    assert len(broken) == 6
    assert replace(REPORT, recorder_dropped=None).broken() != []


def test_a_broken_call_is_a_broken_run() -> None:
    """What one call breaks stands in the run's list, with the call's name."""
    broken = replace(REPORT, calls=(replace(YES, evidence=None),)).broken()
    assert broken
    assert all(sentence.startswith("yes: ") for sentence in broken)
