"""The gate on a real Asterisk: it alone, without the bridge, decides whether a voice leaves."""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio

from tests.dialplan.live.ari import Forked
from tests.dialplan.live.conftest import SETTINGS, Site, say_yes, until_answered
from tests.lab.phone import Call, Phone

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]

STEADY_MS = 60
"""The largest gap between packets of a fork that runs."""


@dataclass(frozen=True, slots=True)
class Talk:
    """One call that was granted and reached its agent."""

    unique_id: str
    caller: Call
    agent: Call


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def talk(site: Site) -> AsyncIterator[Talk]:
    """Granted; both parties are up."""
    caller, agent = await site.caller("0620000001"), await site.agent(1001)
    call = await until_answered(await caller.dial("51001"))
    unique_id = await site.unique_id("0620000001")
    await say_yes([call])
    incoming = await agent.incoming()
    yield Talk(unique_id, call, incoming)
    await close(call, caller, agent)


async def close(call: Call, *phones: Phone) -> None:
    await call.hang_up()
    for phone in phones:
        await phone.close()


def pace(fork: Forked, since_ns: int) -> tuple[int, float]:
    """Packets since then, and the largest gap between them in ms."""
    times = [at for at in fork.ear.arrivals_ns if at >= since_ns]
    return len(times), max((b - a for a, b in itertools.pairwise(times)), default=0) / 1e6


async def test_both_parties_are_heard_after_a_yes(site: Site, talk: Talk) -> None:
    """Law: a fork of each leg, started at the same moment, sends 50 packets a second to the port that it was given."""
    legs = await site.ari.legs(talk.unique_id)
    forks = await asyncio.gather(*(site.ari.fork(leg) for leg in legs))
    await asyncio.sleep(0.3)
    since_ns = time.time_ns()
    await asyncio.sleep(1.0)
    for fork in forks:
        count, gap_ms = pace(fork, since_ns)
        assert 45 <= count <= 55
        assert gap_ms < STEADY_MS
        await site.ari.ask("DELETE", f"/channels/{fork.snoop}")


async def test_a_lease_ends_the_fork(site: Site, talk: Talk) -> None:
    """Law: a fork whose lease nobody renews ends after it, so that a dead bridge's port hears no longer than that."""
    fork = await site.ari.fork(talk.unique_id)
    await asyncio.sleep(SETTINGS.lease_s + 1)
    lived_s = (fork.ear.arrivals_ns[-1] - fork.ear.arrivals_ns[0]) / 1e9
    assert SETTINGS.lease_s - 0.5 < lived_s < SETTINGS.lease_s + 0.3


@pytest.mark.parametrize("port", [1023, 65536, 1000000])
async def test_a_port_that_is_none_is_denied(site: Site, talk: Talk, port: int) -> None:
    """Law: only a port above the privileged ones, and only on the host that the install fixed."""
    denied = len(site.ari.user_events("OuidireDenied"))
    fork = await site.ari.fork(talk.unique_id, port)
    await asyncio.sleep(0.3)
    assert not fork.ear.arrivals_ns
    assert len(site.ari.user_events("OuidireDenied")) == denied + 1


async def test_many_forks_at_once_are_capped_and_none_is_lost_from_the_list(site: Site, talk: Talk) -> None:
    """Law: of 70 forks at once, no more run than the whole PBX may have; one press of *9 ends all of them."""
    forks = await asyncio.gather(*(site.ari.fork(leg) for leg in [talk.unique_id] * 70))
    await asyncio.sleep(0.5)
    running = [fork for fork in forks if fork.ear.arrivals_ns]
    assert len(running) == SETTINGS.max_forks_per_call
    assert len(site.ari.user_events("OuidireFull")) >= 70 - SETTINGS.max_forks
    [_, end_ns] = await talk.caller.press("*9")
    await asyncio.sleep(0.5)
    late_ms = [(fork.ear.arrivals_ns[-1] - end_ns) / 1e6 for fork in running]
    assert max(late_ms) < 100
    assert not [name for name in await site.pbx.channels() if name.startswith(("Snoop/", "UnicastRTP/"))]


async def test_after_the_stop_nothing_is_forked_again(site: Site, talk: Talk) -> None:
    """Law: neither leg, whatever the bridge believes; the denial says why."""
    forks = [await site.ari.fork(leg) for leg in await site.ari.legs(talk.unique_id)]
    await asyncio.sleep(0.3)
    assert not any(fork.ear.arrivals_ns for fork in forks)
    assert site.ari.user_events("OuidireDenied")[-1]["Consent"] == "withdrawn"


async def test_a_refused_call_and_one_never_asked_are_denied(site: Site) -> None:
    """Law: without a yes not one packet, even where the bridge asks for it."""
    refused, unasked = await site.caller("0620000002"), await site.caller("0620000003")
    agents = [await site.agent(1002), await site.agent(1003)]
    no = await until_answered(await refused.dial("51002"))
    await asyncio.sleep(0.5)
    silent_id = await site.unique_id("0620000002")
    during = await site.ari.fork(silent_id)
    never = await until_answered(await unasked.dial("209"))
    never_id = await site.unique_id("0620000003")
    before = await site.ari.fork(never_id)
    await say_yes([no], key="2")
    await agents[0].incoming()
    after = [await site.ari.fork(leg) for leg in await site.ari.legs(silent_id)]
    assert len(after) == 2
    await asyncio.sleep(0.5)
    assert not any(fork.ear.arrivals_ns for fork in (during, before, *after))
    told = {one["Consent"] for one in site.ari.user_events("OuidireDenied")}
    assert {"asked", "refused", "none"} <= told
    await never.hang_up()
    await close(no, refused, unasked, *agents)


async def test_a_call_has_one_row_in_the_call_records(site: Site) -> None:
    """Law: forks leave no trace in the PBX's own call records."""
    await asyncio.sleep(1.0)
    rows = site.pbx.cdr_file.read_text(encoding="utf-8").splitlines()
    assert not [row for row in rows if "Snoop/" in row or "UnicastRTP/" in row]


async def test_asterisk_has_nothing_to_complain_of(site: Site) -> None:
    """Law: no warning and no error comes from the gate, denied forks included."""
    assert site.complaints() == []
