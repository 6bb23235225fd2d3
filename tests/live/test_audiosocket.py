"""Whole calls whose voices travel by AudioSocket; a relay between PBX and bridge sees what flows.

Always on the newest release at hand: Debian's 16 has no AudioSocket.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio

from consent.parties import Party
from tests.lab.installation import find
from tests.lab.records import Derived
from tests.lab.relay import Passed, relaying
from tests.lab.site import Site, open_site
from tests.live.people import GAP_MS, LAST_PACKET_MS, Gaps, Talk, dial, gaps_of, lines, speak

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]

FRAME_BYTES = 643
PORT, BRIDGE_PORT = 31877, 31878


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    """Installed with the relay's port; the bridge listens on its own."""
    chosen = {"OUIDIRE_MEDIA__TRANSPORT": "audiosocket", "OUIDIRE_MEDIA__AUDIOSOCKET_PORT": str(PORT)}
    async with open_site(find(), tmp_path_factory.mktemp("site"), environment=chosen) as opened:
        await opened.service.stop()
        opened.service.environment["OUIDIRE_MEDIA__AUDIOSOCKET_PORT"] = str(BRIDGE_PORT)
        await opened.service.start()
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def passed(site: Site) -> AsyncIterator[list[Passed]]:
    """What flows between the two."""
    assert site.service.is_running
    async with relaying(PORT, BRIDGE_PORT) as kept:
        yield kept


@dataclass(slots=True)
class Story:
    """A call with a yes that is taken back. Times in ns since 1970."""

    met: Talk
    connections: list[Passed]
    before_yes: int
    at_stop: Derived
    after: Derived
    gaps: Gaps
    nine_ns: int


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def story(site: Site, passed: list[Passed]) -> Story:
    """Play it."""
    await site.agent(1001)
    dialled = await dial(site, "51001", "0615000001")
    await dialled.hear_notice()
    before = len(passed)
    dialled.yes_ns = await dialled.press("1")
    await dialled.cut_short()
    met = await dialled.met(1001)
    speak(dialled.call, lines(Party.CALLER)[:5])
    met.leg.say(lines(Party.AGENT)[0])
    await site.until("a score of the caller", lambda: site.records.derived(met.call_id).scores > 0, 30)
    await site.until("facts of both", lambda: len(site.records.derived(met.call_id).facts) == 2, 20)
    at_stop, gaps = site.records.derived(met.call_id), met.gaps(time.time_ns())
    nine_ns = await dialled.press("*9")
    await asyncio.sleep(5.0)
    after = site.records.derived(met.call_id)
    assert {dialled.call.status.value, met.leg.status.value} == {"up"}, "the call did not go on"
    await dialled.call.hang_up()
    return Story(met, list(passed), before, at_stop, after, gaps, nine_ns)


async def test_a_yes_brings_both_voices(story: Story) -> None:
    """Law: two connections after the yes and none before it; both parties are counted, the caller is judged."""
    assert story.before_yes == 0
    assert len(story.connections) == 2
    for one in story.connections:
        assert one.arrivals_ns[0] > story.met.dialled.yes_ns
        seconds = (one.arrivals_ns[-1] - one.arrivals_ns[0]) / 1e9
        assert one.sent / FRAME_BYTES == pytest.approx(50 * seconds, rel=0.05)
    assert story.at_stop.scores > 0
    assert story.at_stop.facts == ("agent", "caller")


async def test_the_parties_hear_each_other_without_a_gap(story: Story) -> None:
    """Law: the fork harms nobody's own sound."""
    assert story.gaps.excess_ms <= GAP_MS, story.gaps


async def test_star9_ends_the_voices_and_erases(story: Story) -> None:
    """Law: the last byte at most 100 ms after the end of the 9 key, and 5 s later nothing derived is left."""
    late_ms = [(one.arrivals_ns[-1] - story.nine_ns) / 1e6 for one in story.connections]
    print("last bytes, ms after the key:", [f"{one:.0f}" for one in late_ms])
    assert max(late_ms) < LAST_PACKET_MS
    assert all(one.ended_ns for one in story.connections)
    assert story.after.is_nothing


async def test_a_killed_bridge_leaves_the_call_alone_and_hears_it_again(site: Site, passed: list[Passed]) -> None:
    """Law: SIGKILL ends both forks and nothing else; the parties hear no gap, and a bridge that comes back hears both
    legs of the same call under new UUIDs.
    """
    await site.agent(1002)
    known = len(passed)
    dialled = await dial(site, "51002", "0615000002")
    await dialled.agree()
    met = await dialled.met(1002)
    await site.until("both legs are heard", lambda: len(passed) == known + 2)
    await asyncio.sleep(1.0)
    killed_ns = await site.service.kill()
    await asyncio.sleep(2.0)
    assert all(one.ended_ns for one in passed)
    assert await site.forks_now() == []
    assert gaps_of(dialled.call, met.leg, killed_ns, time.time_ns()).excess_ms <= GAP_MS
    await site.service.start()
    await site.until("both legs are heard again", lambda: len(passed) == known + 4)
    await asyncio.sleep(1.0)
    assert not any(one.ended_ns for one in passed[-2:])
    assert {dialled.call.status.value, met.leg.status.value} == {"up"}
    await dialled.call.hang_up()
    await site.empty()


async def test_the_pbx_has_little_to_complain_of(site: Site) -> None:
    """Law: the only words in the PBX's log are of the connections that the kill broke; the bridge's log has none of a
    connection turned away.
    """
    log = (site.pbx.log / "full").read_text(encoding="utf-8", errors="replace")
    words = [line for line in log.splitlines() if "audiosocket" in line.lower() and ("WARN" in line or "ERR" in line)]
    print("\n".join(words))
    assert len(words) <= 4, words
    assert "Dropping incompatible voice frame" not in log
