"""The benchmark with a real Asterisk: what it makes of packets and figures. One small run of it is live."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path

import numpy as np
import pytest

from benchmarks import asterisk_load, report
from benchmarks.asterisk_load import (
    Load,
    buckets,
    first_to_saturate,
    forks,
    gaps_of,
    loads,
    parsed,
    quantile,
    tell,
)
from tests.lab.netns import without_network
from tests.lab.recorder import DTYPE

METRICS = """# HELP ouidire_forks Voices that are heard now, by party.
# TYPE ouidire_forks gauge
ouidire_forks{party="caller"} 10.0
ouidire_forks{party="agent"} 9.0
ouidire_forks_opened_total 19.0
ouidire_packets_lost_total 3.0
ouidire_verdict_age_seconds_bucket{le="0.5"} 10.0
ouidire_verdict_age_seconds_bucket{le="1.0"} 90.0
ouidire_verdict_age_seconds_bucket{le="2.0"} 90.0
ouidire_verdict_age_seconds_bucket{le="10.0"} 99.0
ouidire_verdict_age_seconds_bucket{le="+Inf"} 100.0
"""
LOAD = Load(
    calls=50,
    cpu={"Asterisk": 65.0, "bridge": 15.0, "engine": 20.0, "SIPp": 9.0, "recorder": 3.0},
    packets=200_000,
    gaps=0,
    lost=0,
    verdicts=300,
    age_p50_s=0.7,
    age_p95_s=0.9,
)


def stream(port: int, sequences: list[int]) -> np.ndarray[tuple[int], np.dtype[np.void]]:
    """Packets of one stream, as the recorder writes them down."""
    packets = np.zeros(len(sequences), DTYPE)
    packets["port"], packets["ssrc"], packets["sequence"] = port, port + 7, sequences
    return packets


def test_gaps_are_counted_stream_by_stream() -> None:
    """Law: a packet that is missing is a gap, the wrap of the sequence number and two streams side by side are none."""
    whole = stream(40_000, [65_534, 65_535, 0, 1])
    holed = stream(40_002, [5, 6, 9, 10])
    assert gaps_of(whole) == 0
    assert gaps_of(np.concatenate([whole, holed])) == 2
    assert gaps_of(np.concatenate([whole[:2], holed, whole[2:]])) == 2
    assert gaps_of(whole[:0]) == 0


def test_what_the_bridge_tells_is_read() -> None:
    """Law: the figures are the bridge's own, and ages between two bounds are spread evenly."""
    told = parsed(METRICS)
    assert forks(told) == 19
    assert told["ouidire_packets_lost_total"] == 3
    bounds_s, counts = buckets(told)
    assert quantile(bounds_s, counts, 0.5) == pytest.approx(0.75)
    assert quantile(bounds_s, counts, 0.95) == pytest.approx(2 + 8 * 5 / 9)
    assert 10 < quantile(bounds_s, counts, 0.999) <= 20
    assert math.isnan(quantile(bounds_s, counts * 0, 0.5))


def test_what_saturates_first_is_named() -> None:
    """Law: the answer to "how many calls" says whose work ends them."""
    said = first_to_saturate(LOAD, 2)
    assert "2 cores, at about 100 calls" in said
    assert "Asterisk takes 65 %" in said
    assert "the engine's process, which has one, at about 250 calls" in said


def test_one_gap_is_too_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Law: zero sequence gaps at our sockets, on the wire before them and behind them; else the command fails."""
    monkeypatch.setattr(report, "OUT", tmp_path)
    assert tell([LOAD], 2) == 0
    figures = json.loads((tmp_path / "asterisk_load.json").read_text(encoding="utf-8"))["figures"]
    assert figures["asterisk_cpu_percent_at_50"] == 65
    assert figures["gaps_at_50"] == 0
    for changes in ({"gaps": 1}, {"lost": 1}, {"verdicts": 0}):
        changed = {name: getattr(LOAD, name) for name in LOAD.__dataclass_fields__} | changes
        assert tell([Load(**changed)], 2) == 1
    assert "saturates first" in capsys.readouterr().out


@pytest.mark.parametrize("words", [["--calls", "0"], ["--calls", "51"], ["--seconds", "soon"]])
def test_nonsense_is_refused(words: list[str]) -> None:
    """Law: more forks than the lab's PBX allows would measure its refusals."""
    with pytest.raises(SystemExit):
        asterisk_load.main(words)


@pytest.mark.live
async def test_two_real_calls_are_heard_whole(tmp_path: Path) -> None:
    """Law: SIPp's callers say yes to a real Asterisk, both legs of each are forked, and no packet is missing."""
    assert os.geteuid() == 0 or without_network(), "packets are counted as root, or in a namespace of one's own"
    (load,) = await loads([2], 10.0, tmp_path)
    assert load.packets == pytest.approx(2 * 2 * 50 * 10, rel=0.05)
    assert load.gaps == load.lost == 0
    assert load.verdicts > 0
    assert load.cpu["Asterisk"] > 0
    assert load.cpu["bridge"] > 0
