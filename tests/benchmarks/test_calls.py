"""The benchmark of the whole bridge: that it hears its calls, and what it makes of its figures. Not how fast it is."""

from __future__ import annotations

import dataclasses
import json
import math
import os
from pathlib import Path

import pytest

from benchmarks import calls, report
from benchmarks.calls import Step, slope, steps, tell_soak, tell_steps
from benchmarks.processes import Meter, children, command, stat
from benchmarks.talk import conversations
from tests.lab.ports import take_ports

STEP = Step(
    calls=100,
    bridge_cpu=60.0,
    engine_cpu=10.0,
    speakers_cpu=9.0,
    age_p50_s=0.7,
    age_p95_s=0.9,
    verdicts=300,
    scores=90,
    packets=99_950,
    sent=100_000,
    lost=50,
    dropped_frames=0,
    late_p99_ms=3.0,
    rss_mb=250.0,
)


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "OUT", tmp_path)


async def test_two_calls_are_heard_through_the_whole_bridge(monkeypatch: pytest.MonkeyPatch) -> None:
    """Law: what is measured is heard: both parties' packets of each call arrive at real sockets, none is lost."""
    monkeypatch.setattr(calls, "SETTLES_S", 1.0)
    block = take_ports()
    try:
        measured, broke = await steps([1, 2], 3.0, ports=(block.rtp.start, block.rtp.stop - 1))
    finally:
        block.release()
    assert [step.calls for step in measured] or "no verdict" in broke
    last = measured[-1]
    assert last.packets == pytest.approx(last.calls * 2 * 50 * 3.0, rel=0.2)
    assert last.lost == last.dropped_frames == 0
    assert last.bridge_cpu > 0
    assert last.rss_mb > 20


def test_a_conversation_has_two_sides() -> None:
    """Law: both parties talk, in turns, about as long; a benchmark of silence would measure nothing."""
    one, other = conversations(2, 30.0)
    for talk in (one, other):
        loud = [(side.reshape(-1, 320).astype(float) ** 2).mean(axis=1) > 150**2 for side in (talk.caller, talk.agent)]
        shares = [float(side.mean()) for side in loud]
        assert all(0.2 < share < 0.55 for share in shares)
        assert (loud[0] & loud[1]).mean() < 0.1
    assert not (one.caller == other.caller).all()


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({}, ""),
        ({"age_p95_s": 2.1}, "verdict age"),
        ({"age_p95_s": math.nan}, "no verdict"),
        ({"lost": 101}, "packets lost"),
        ({"late_p99_ms": 150.0}, "the machine"),
    ],
)
def test_what_breaks_is_named(changes: dict[str, float], why: str) -> None:
    """Law: a step holds or says what did not; a machine without time for the speakers is not the bridge's doing."""
    broke = dataclasses.replace(STEP, **changes).broke()  # type: ignore[arg-type]
    assert (why in broke) if why else not broke


def test_the_limits_of_a_call_decide_the_exit_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Law: 0.8 % of a core a call at 100 calls, and 1 MB: who takes more fails, and the figures say so."""
    fewer = dataclasses.replace(STEP, calls=50, bridge_cpu=40.0, rss_mb=215.0)
    assert tell_steps([fewer, STEP], "") == 0
    figures = json.loads((tmp_path / "calls.json").read_text(encoding="utf-8"))["figures"]
    assert figures["cpu_percent_per_call_at_100"] == pytest.approx(0.7)
    assert figures["memory_mb_per_call"] == pytest.approx(0.7)
    assert figures["calls_held"] == 100
    assert figures["calls_per_core"] == pytest.approx(100 / 0.7)
    assert tell_steps([fewer, dataclasses.replace(STEP, bridge_cpu=80.0)], "") == 1
    assert tell_steps([fewer, dataclasses.replace(STEP, rss_mb=270.0)], "") == 1
    assert tell_steps([fewer], "100 calls: 150 forks are open") == 0
    assert "broke first: 100 calls" in capsys.readouterr().out


def test_growth_is_told_by_the_hour(tmp_path: Path) -> None:
    """Law: memory that grows by 20 MB an hour after warming up is not flat; what warming takes is not growth."""
    flat = [(minute / 6, 200.0 + min(minute, 20)) for minute in range(180)]
    assert tell_soak(flat, 50) == 0
    assert tell_soak([(minute, rss + minute / 3) for minute, rss in flat], 50) == 1
    figures = json.loads((tmp_path / "calls_soak.json").read_text(encoding="utf-8"))["figures"]
    assert figures["memory_mb_per_hour"] == pytest.approx(20, abs=0.5)


def test_no_line_through_one_point() -> None:
    """Law: what cannot be told from what was measured is no number."""
    assert math.isnan(slope([(1.0, 2.0)]))
    assert slope([(0.0, 1.0), (2.0, 5.0)]) == pytest.approx(2)


def test_a_process_is_measured() -> None:
    """Law: CPU, memory and parent are the kernel's own figures of that process."""
    meter = Meter.start({os.getpid(): "own"})
    assert sum(range(3_000_000))
    assert meter.percent()["own"] > 0
    own = stat(os.getpid())
    assert own.parent == os.getppid()
    assert own.rss_mb > 10
    assert os.getpid() in children(os.getppid())
    assert "python" in command(os.getpid())


@pytest.mark.parametrize("words", [["--calls", "0"], ["--calls", "5000"], ["--minutes", "0"], ["--calls", "many"]])
def test_nonsense_is_refused(words: list[str]) -> None:
    """Law: a figure of nothing is no figure."""
    with pytest.raises(SystemExit):
        calls.main(words)
