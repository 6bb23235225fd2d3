"""Calls with a yes, a no and silence on a real FreeSWITCH; a relay sees what flows."""

import asyncio
import time

import pytest

from consent.parties import Party
from consent.states import Answer
from tests.lab.switch_site import SwitchSite
from tests.live.freeswitch.people import answer, ring, talk
from tests.live.people import GAP_MS, LAST_PACKET_MS, lines

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]


async def test_a_yes_is_heard_until_it_is_taken_back(site: SwitchSite) -> None:
    """Law: nothing flows before the yes; then both voices do, the caller is judged and both are counted; the parties
    hear each other without a gap; *9 ends both within 100 ms inside the PBX, what was derived is erased, and the call
    goes on.
    """
    met = await talk(site, "0641000001")
    await met.heard()
    connections = site.passed[met.first :]
    assert all(one.arrivals_ns[0] > met.yes_ns for one in connections)
    met.say(lines(Party.CALLER)[:6], lines(Party.AGENT)[:2])
    await site.until("a score", lambda: site.records.derived(met.call_id).scores > 0, 40)
    await site.until("facts of both", lambda: len(site.records.derived(met.call_id).facts) == 2, 20)
    gaps = met.gaps(time.time_ns())
    nine_ns = (await met.call.press("*9"))[-1]
    await asyncio.sleep(5.0)
    late_ms = [(one.arrivals_ns[-1] - nine_ns) / 1e6 for one in connections]
    print(f"gaps {gaps} ms; last bytes {[round(one) for one in late_ms]} ms after the key")
    assert max(late_ms) < LAST_PACKET_MS
    assert gaps.excess_ms <= GAP_MS
    assert all(one.ended_ns for one in site.passed)
    assert site.records.derived(met.call_id).is_nothing
    assert {met.call.status.value, met.leg.status.value} == {"up"}, "the call did not go on"
    await met.call.hang_up()
    assert Answer.WITHDRAWN in {answer for answer, _, _ in site.records.answers(met.call_id)}


@pytest.mark.parametrize(("keys", "number"), [("2", "0641000002"), ("", "0641000003"), ("55", "0641000004")])
async def test_whoever_does_not_say_yes_is_not_heard(site: SwitchSite, keys: str, number: str) -> None:
    """Law: a no, silence and wrong keys lead to the agent and to no voice."""
    before = len(site.passed)
    await site.agent(1002)
    call = await ring(site, number, "1002")
    call_id = await site.call_of(number)
    if keys:
        for key in keys:
            await answer(call, key)
    leg = await site.met(number, 1002)
    await asyncio.sleep(2.0)
    assert len(site.passed) == before
    assert {call.status.value, leg.status.value} == {"up"}
    await call.hang_up()
    await site.until("a no", lambda: Answer.REFUSED in {one for one, _, _ in site.records.answers(call_id)})
