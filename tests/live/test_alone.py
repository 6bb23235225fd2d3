"""Nothing leaves the site, and the agent's voice leaves no trace of tone: a call on a machine without a network."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from consent.parties import Party
from consent.retention import stamp
from tests.lab import connections
from tests.lab.connections import Socket
from tests.lab.installation import Installation
from tests.lab.netns import without_network
from tests.lab.records import Derived
from tests.lab.site import Site, open_site
from tests.live.people import lines, rows, speak, talk

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]

SAMPLE_S = 0.02


@dataclass(slots=True)
class Day:
    """One call from dialling to the end, and all sockets that the bridge held meanwhile."""

    call_id: str
    agent_alone: Derived
    agent_talks_s: float
    after: Derived
    copy: Path
    sockets: set[Socket] = field(default_factory=set)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the bridge's interpreter notes what it asks for."""
    return tmp_path_factory.mktemp("asked")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(
    installation: Installation, tmp_path_factory: pytest.TempPathFactory, folder: Path
) -> AsyncIterator[Site]:
    """A site whose bridge is watched from its first line on."""
    watched = connections.environment(folder)
    async with open_site(installation, tmp_path_factory.mktemp("site"), environment=watched) as opened:
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def day(site: Site, folder: Path) -> Day:
    """First only the agent speaks, and angrily; then the caller."""
    await site.agent(1001)
    seen: set[Socket] = set()
    watch = asyncio.create_task(_watch(site.service.pid, seen))
    met = await talk(site, "200", "0616000001", 1001)
    speak(met.leg, lines(Party.CALLER)[2:6])  # the tense ones, in the agent's mouth
    await asyncio.sleep(14)
    agent_alone, agent_talks_s = site.records.derived(met.call_id), site.records.talk_s(met.call_id)["agent"]
    met.leg.hush()
    speak(met.dialled.call, lines(Party.CALLER)[:6])
    await site.until("a score of the caller", lambda: site.records.derived(met.call_id).scores > 0, 40)
    after, copy = site.records.derived(met.call_id), folder / "copy.sqlite"
    with sqlite3.connect(f"{site.service.database.as_uri()}?mode=ro", uri=True) as original:
        original.backup(sqlite3.connect(copy))
    await met.dialled.call.hang_up()
    await asyncio.sleep(1.5)
    watch.cancel()
    await asyncio.gather(watch, return_exceptions=True)
    return Day(met.call_id, agent_alone, agent_talks_s, after, copy, seen)


async def _watch(pid: int, seen: set[Socket]) -> None:
    while True:
        seen |= connections.sockets(pid)
        await asyncio.sleep(SAMPLE_S)


async def test_it_starts_and_analyses_without_a_network(day: Day) -> None:
    """Loopback is the only interface, and yet the service starts, hears and judges."""
    assert without_network(), "run this as root, or where user namespaces are allowed"
    assert day.after.scores > 0


async def test_it_connects_to_the_pbx_and_to_nobody_else(site: Site, day: Day, folder: Path) -> None:
    """Every connection of the bridge, from its start to the end of a call: the PBX's ARI and AMI, and nothing else; no
    datagram sent, no name looked up.
    """
    asked = connections.asked(folder)
    pbx = {("127.0.0.1", str(site.pbx.ports.http)), ("127.0.0.1", str(site.pbx.ports.ami))}
    connected = {address for event, address in asked if event == "socket.connect"}
    rows(("the bridge connected to",), *((":".join(address),) for address in sorted(connected)))
    assert connected == pbx
    assert [event for event, _ in asked if event in ("socket.sendto", "socket.sendmsg")] == []
    names = {address[0] for event, address in asked if event == "socket.getaddrinfo"}
    assert names <= {"127.0.0.1"}
    held = {one.peer for one in day.sockets if one.peer}
    assert held - {":".join(address) for address in pbx} - _of_visitors(site, day) == set()


def _of_visitors(site: Site, day: Day) -> set[str]:
    """Peers of the screens' own port: those who came to us (this test, asking whether it is ready)."""
    screens = f"127.0.0.1:{site.pbx.ports.spare[0]}"
    return {one.peer for one in day.sockets if one.local == screens and one.peer.startswith("127.0.0.1:")}


async def test_it_listens_on_loopback_only(site: Site, day: Day, folder: Path) -> None:
    """What it binds: the screens' port, that of the figures and ports of the forks' range, all on 127.0.0.1."""
    bound = {address for event, address in connections.asked(folder) if event == "socket.bind"}
    ports = {str(port) for port in (*site.pbx.ports.forks, site.pbx.ports.spare[0], site.pbx.ports.spare[9])}
    assert {host for host, _ in bound} == {"127.0.0.1"}
    assert {port for _, port in bound} <= ports
    assert {one.local.rpartition(":")[0] for one in day.sockets} == {"127.0.0.1"}


async def test_the_agents_voice_has_no_tone(site: Site, day: Day) -> None:
    """An agent who speaks angrily and alone: talk times, but no verdict, not even an abstention; the same service
    judges the caller's voice a moment later.
    """
    assert day.agent_alone.facts == ("agent", "caller")
    assert (day.agent_alone.scores, day.agent_alone.abstained) == (0, 0)
    assert site.records.scores_of_agents() == 0
    assert day.agent_talks_s > 5


async def test_the_file_refuses_a_tone_of_the_agent(day: Day) -> None:
    """Whoever writes into the file, in the midst of the call: a score under the agent's grant is refused by the schema
    itself.
    """
    now = datetime.now(UTC)
    with sqlite3.connect(day.copy) as connection:
        ((grant_id,),) = connection.execute(
            "SELECT grant_id FROM grants WHERE call_id = ? AND party = 'agent'", (day.call_id,)
        )
        connection.execute("DROP TRIGGER scores_insert_under_a_live_grant")  # that it covers no tone is said before
        with pytest.raises(sqlite3.IntegrityError, match="caller"):
            connection.execute(
                "INSERT INTO scores (grant_id, made_at, expires_at, start_s, end_s, kind, reason)"
                " VALUES (?, ?, ?, 0, 1, 'abstained', 'too_short')",
                (grant_id, stamp(now), stamp(now + timedelta(days=1))),
            )
