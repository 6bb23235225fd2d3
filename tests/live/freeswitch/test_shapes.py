"""What becomes of the voices when a call is held, handed on, or past the PBX."""

import asyncio

import pytest

from tests.lab.switch_site import SwitchSite
from tests.live.freeswitch.people import talk
from tests.live.people import LAST_PACKET_MS

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]


async def test_nobody_is_heard_on_hold(site: SwitchSite) -> None:
    """Law: while a party holds the other no voice flows; back in the talk both do."""
    met = await talk(site, "0643000001")
    await met.heard()
    await met.leg.hold()
    await met.heard(0)
    await asyncio.sleep(1.0)
    assert len(site.passed) == met.first + 2
    await met.leg.resume()
    await met.heard()
    await met.call.hang_up()


async def test_the_next_agent_is_heard_with_the_same_yes(site: SwitchSite) -> None:
    """Law: a blind transfer ends the voices with the talk; with the next agent both are heard anew, nobody is asked
    twice, and *9 works there too.
    """
    met = await talk(site, "0643000002")
    await met.heard()
    await site.agent(1002)
    await met.leg.transfer("1002")
    leg = await site.met("0643000002", 1002)
    await asyncio.sleep(0.5)
    old = site.passed[met.first : met.first + 2]
    assert all(one.ended_ns for one in old)
    met.first += 2
    await met.heard()
    await asyncio.sleep(1.0)
    key_ns = (await leg.press("*9"))[-1]
    await asyncio.sleep(2.0)
    late_ms = max((one.arrivals_ns[-1] - key_ns) / 1e6 for one in site.passed[met.first :])
    print(f"after a transfer: last byte {late_ms:.0f} ms after the agent's key")
    assert late_ms < LAST_PACKET_MS
    assert {met.call.status.value, leg.status.value} == {"up"}
    await met.call.hang_up()
    assert [one[0] for one in site.records.answers(met.call_id)] == ["asked", "granted", "objected"]


async def test_an_agent_who_asked_a_colleague_first_hands_over(site: SwitchSite) -> None:
    """Law: while the agents talk with each other nobody is heard; then the colleague is, in the caller's call."""
    met = await talk(site, "0643000003")
    await met.heard()
    await site.agent(1002)
    await met.leg.hold()
    await met.heard(0)
    aside = await site.agents[1001].dial("1002")
    await aside.answered()
    await asyncio.sleep(1.0)
    assert len(site.passed) == met.first + 2
    await met.leg.transfer_to(aside)
    met.first += 2
    await met.heard()
    await asyncio.sleep(1.0)
    key_ns = (await met.call.press("*9"))[-1]
    await asyncio.sleep(2.0)
    late_ms = max((one.arrivals_ns[-1] - key_ns) / 1e6 for one in site.passed[met.first :])
    print(f"after an attended transfer: last byte {late_ms:.0f} ms after the caller's key")
    assert late_ms < LAST_PACKET_MS
    await met.call.hang_up()


async def test_a_call_past_the_pbx_is_not_heard_and_that_is_said(site: SwitchSite) -> None:
    """Law: with bypass_media no voice comes; the call goes on, and the bridge says that it hears nothing."""
    met = await talk(site, "0643000004", 1003, "51003")
    await site.until(
        "a word of it",
        lambda: any(
            one["event"] == "call.not_analysed" and one.get("call_id") == met.call_id for one in site.service.events()
        ),
        20,
    )
    print("bytes:", [one.sent for one in site.passed[met.first :]])
    assert site.records.derived(met.call_id).scores == 0
    assert {met.call.status.value, met.leg.status.value} == {"up"}
    await met.call.hang_up()
