"""The engine's process is killed (SIGKILL) in the midst of a call: the call and the bridge go on, and it comes back."""

import asyncio
import os
import signal
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pytest_asyncio

from analysis.engine.network_process import NAME
from consent.parties import Party
from tests.lab.site import Site
from tests.live.people import GAP_MS, Gaps, Talk, lines, live_forks, rows, speak, talk

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]

BACK_S = 5.0
"""The law's own limit."""
BEFORE_S, AFTER_S = 9.0, 12.0
"""Time for a verdict before the kill, and for two after it."""
EDGE_S = 1.0
"""Of the facts: how much of the ends of a call is not decided any more (a chunk needs what follows it)."""
FORK_GAP_MS = 1000
"""Forks that were ended are made anew after 2 s: a shorter gap is a busy machine's."""
NO_GAPS = Gaps(0.0, 0.0, 0.0)


@dataclass(slots=True)
class Story:
    """What happened. Times in ns since 1970."""

    met: Talk
    bridge: tuple[int, int] = (0, 0)
    engine: tuple[int, int] = (0, 0)
    killed_ns: int = 0
    unready_s: list[float] = field(default_factory=list)
    forks_meanwhile: list[int] = field(default_factory=list)
    forks_after: int = 0
    gaps: Gaps = NO_GAPS
    scores: list[dict[str, Any]] = field(default_factory=list)
    facts: dict[str, dict[str, Any]] = field(default_factory=dict)
    heard_s: float = 0.0
    fork_gap_ms: float = 0.0

    @property
    def lost(self) -> list[dict[str, Any]]:
        """The rows that say: not measured, because of the engine."""
        return [one for one in self.scores if one["reason"] == "engine"]

    @property
    def lost_s(self) -> float:
        """How much they cover."""
        return sum(one["end_s"] - one["start_s"] for one in self.lost)


def engine_of(bridge: int) -> int:
    """The network process of a bridge; 0 where there is none that lives."""
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            said = dict(line.split(":\t", 1) for line in status.read_text().splitlines() if ":\t" in line)
        except OSError:  # it ended while we looked
            continue
        if said["Name"] == NAME and int(said["PPid"]) == bridge and said["State"][0] != "Z":
            return int(said["Pid"])
    return 0


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def story(site: Site) -> Story:
    """Play it."""
    await site.agent(1001)
    told = Story(await talk(site, "51001", "0616000001", 1001))
    bridge = site.service.pid
    engine = engine_of(bridge)
    speak(told.met.dialled.call, lines(Party.CALLER)[:6])
    told.met.leg.say(lines(Party.AGENT)[0])
    await asyncio.sleep(BEFORE_S)
    told.killed_ns = time.time_ns()
    os.kill(engine, signal.SIGKILL)
    await _watch(site, told)
    await asyncio.sleep(AFTER_S)
    told.bridge, told.engine = (bridge, site.service.pid), (engine, engine_of(bridge))
    told.forks_after = await live_forks(site, told.met.call_id)
    told.gaps = told.met.gaps(time.time_ns(), told.killed_ns - 1_000_000_000)
    await told.met.dialled.call.hang_up()
    await site.until("the call is sealed", lambda: site.records.is_over(told.met.call_id), 10)
    kept = site.records.of(told.met.call_id)
    told.scores, told.facts = kept.scores, kept.facts
    times_ns = await site.times_of(told.met.call_id)
    told.heard_s = float(times_ns[-1] - times_ns[0]) / 1e9
    since = times_ns[times_ns > told.killed_ns - 1_000_000_000]
    told.fork_gap_ms = float(np.diff(since).max()) / 1e6
    _print(told)
    return told


async def _watch(site: Site, told: Story) -> None:
    """Ask /readyz until it says yes again; when it said no, in seconds after the kill."""
    deadline_s = time.monotonic() + 2 * BACK_S
    while time.monotonic() < deadline_s:
        is_ready = await site.service.is_ready()
        after_s = (time.time_ns() - told.killed_ns) / 1e9
        if not is_ready:
            told.unready_s.append(after_s)
            told.forks_meanwhile.append(await live_forks(site, told.met.call_id))
        elif told.unready_s or after_s > BACK_S:
            return
        await asyncio.sleep(0.02)


def _print(told: Story) -> None:
    facts = told.facts["caller"]
    rows(
        ("ready again after", "forks meanwhile/after", "gaps caller/agent/own", "fork gap", "call", "facts", "lost"),
        (
            f"{max(told.unready_s, default=0):.1f} s", f"{min(told.forks_meanwhile, default=0)}/{told.forks_after}",
            f"{told.gaps} ms", f"{told.fork_gap_ms:.0f} ms", f"{told.heard_s:.1f} s",
            f"{facts['heard_s']:.1f} s", f"{told.lost_s:.1f} s",
        ),
    )  # fmt: skip
    stretches = [(f"{one['start_s']:.1f}", f"{one['end_s']:.1f}", one["reason"] or "tone") for one in told.scores]
    rows(("from s", "to s", "what is kept of the caller"), *stretches)


async def test_the_call_goes_on_without_a_gap(story: Story) -> None:
    """Law: what the two people receive shows nothing of it."""
    assert story.gaps.excess_ms <= GAP_MS, story.gaps


async def test_the_bridge_and_its_forks_go_on(site: Site, story: Story) -> None:
    """Law: the same bridge hears the same two voices throughout: no fork was ended, or made anew."""
    assert story.bridge[0] == story.bridge[1]
    assert story.forks_after == 2
    assert set(story.forks_meanwhile) <= {2}
    assert story.fork_gap_ms < FORK_GAP_MS
    assert len(site.forks_of(story.met.call_id)) == 2


async def test_the_engine_is_back_within_five_seconds(site: Site, story: Story) -> None:
    """Law: not ready is said while it is away; another process is there in time, and the loss is logged."""
    assert story.unready_s
    assert max(story.unready_s) < BACK_S
    assert 0 != story.engine[1] != story.engine[0] != 0
    (told,) = site.service.events("engine.restarted")
    assert told["restarts"] == 1
    assert "SIGKILL" in told["error"]


async def test_the_gap_is_kept_as_not_measured(story: Story) -> None:
    """Law: the caller's sound of that time is a row that says so (`engine`), at the moment of the kill; no score lies
    in it, and there are verdicts before and after.
    """
    assert story.lost
    # The call's clock begins when its forks are made: where the caller was 9 s later.
    assert story.lost[0]["start_s"] <= BEFORE_S + BACK_S
    assert 0 < story.lost_s <= 2 * BACK_S
    others = [one for one in story.scores if one["reason"] != "engine"]
    assert any(one["end_s"] <= story.lost[0]["start_s"] + 0.1 for one in others)
    assert any(one["start_s"] >= story.lost[-1]["end_s"] - 0.1 for one in others)
    for gone in story.lost:
        assert not any(one["start_s"] + 0.1 < gone["end_s"] and gone["start_s"] + 0.1 < one["end_s"] for one in others)


async def test_the_facts_do_not_count_the_gap(story: Story) -> None:
    """Law: what was not analysed was not heard: the facts' own time is shorter than the call's by what was lost."""
    for facts in story.facts.values():
        assert 0 < story.heard_s - facts["heard_s"] <= BACK_S + EDGE_S
    assert story.heard_s - story.facts["caller"]["heard_s"] >= min(0.3, story.lost_s)
