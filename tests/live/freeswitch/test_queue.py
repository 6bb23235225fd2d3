"""A caller who waits in a queue of mod_callcenter, and the agent who takes the call."""

import asyncio
import time

import pytest

from tests.lab.freeswitch import modules_of
from tests.lab.freeswitch_files import QUEUE, QUEUE_AGENT
from tests.lab.switch_site import SwitchSite
from tests.live.freeswitch.people import answer, ring, talk
from tests.live.people import GAP_MS, LAST_PACKET_MS

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]
TALKS_S = 1.5
NO_QUEUES = "this FreeSWITCH has no mod_callcenter"


@pytest.mark.parametrize(
    ("number", "presses", "said"),
    [("0649000001", "caller", ("withdrawn", "star9")), ("0649000002", "agent", ("objected", "star9"))],
)
async def test_a_call_out_of_a_queue_is_heard_until_either_stops(
    site: SwitchSite, number: str, presses: str, said: tuple[str, str]
) -> None:
    """Law: while the caller waits nothing flows; the agent to whom the queue leads is known as the one who is dialled,
    both voices come, and the key of either party ends both.
    """
    if "callcenter" not in modules_of(site.pbx.program):
        pytest.skip(NO_QUEUES)
    met = await talk(site, number, QUEUE_AGENT, QUEUE)
    await met.heard()
    connections = site.passed[met.first :]
    assert all(one.arrivals_ns[0] > met.leg.answered_ns for one in connections)
    await site.until(
        "the agent's name",
        lambda: any(
            one["event"] == "call.shown" and one["call_id"] == met.call_id and one["agents"] == [str(QUEUE_AGENT)]
            for one in site.service.events()
        ),
    )
    await asyncio.sleep(TALKS_S)
    gaps = met.gaps(time.time_ns())
    key_ns = (await (met.call if presses == "caller" else met.leg).press("*9"))[-1]
    await asyncio.sleep(2.0)
    late_ms = max((one.arrivals_ns[-1] - key_ns) / 1e6 for one in connections)
    print(f"{presses} *9 in a call out of a queue: last byte {late_ms:.0f} ms after the key; gaps {gaps} ms")
    assert late_ms < LAST_PACKET_MS
    assert gaps.excess_ms <= GAP_MS
    assert {met.call.status.value, met.leg.status.value} == {"up"}, "the call did not go on"
    await site.until("the stop", lambda: said in {one[:2] for one in site.records.answers(met.call_id)})
    await met.call.hang_up()


async def test_whoever_refused_waits_and_is_not_heard(site: SwitchSite) -> None:
    """Law: a no leads into the same queue and to no voice."""
    if "callcenter" not in modules_of(site.pbx.program):
        pytest.skip(NO_QUEUES)
    before = len(site.passed)
    await site.agent(QUEUE_AGENT)
    call = await ring(site, "0649000003", QUEUE)
    await answer(call, "2")
    leg = await site.met("0649000003", QUEUE_AGENT)
    await asyncio.sleep(2.0)
    assert len(site.passed) == before
    assert {call.status.value, leg.status.value} == {"up"}
    await call.hang_up()
