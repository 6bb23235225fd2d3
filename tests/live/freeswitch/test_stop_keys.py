"""The stop keys on FreeSWITCH: of either party, without the bridge, and where there is nothing to stop."""

import asyncio
import time

import pytest

from tests.lab.phone import Call
from tests.lab.switch_site import SwitchSite
from tests.live.freeswitch.people import Talk, answer, ring, talk
from tests.live.people import GAP_MS, LAST_PACKET_MS, Gaps

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]

TALKS_S = 1.5
AFTER_KEY_NS = 60_000_000
"""While a key sounds a PBX passes no voice of that leg on; from here on it does."""


async def _stopped(met: Talk, leg: Call, keys: str) -> tuple[float, Gaps]:
    """Press on that leg; how long after the last key the last byte of a voice came, in ms, and the gaps since then."""
    await asyncio.sleep(TALKS_S)
    key_ns = (await leg.press(keys))[-1]
    await asyncio.sleep(2.0)
    connections = met.site.passed[met.first :]
    assert len(connections) == 2
    assert all(one.ended_ns for one in connections)
    assert {met.call.status.value, met.leg.status.value} == {"up"}, "the call did not go on"
    gaps = met.gaps(time.time_ns(), key_ns + AFTER_KEY_NS)
    return max((one.arrivals_ns[-1] - key_ns) / 1e6 for one in connections), gaps


@pytest.mark.parametrize(
    ("number", "presses", "keys", "said"),
    [
        ("0642000001", "caller", "*9", ("withdrawn", "star9")),
        ("0642000002", "agent", "*9", ("objected", "star9")),
        ("0642000003", "agent", "*8", ("withdrawn", "spoken")),
    ],
)
async def test_either_party_ends_both_voices(
    site: SwitchSite, number: str, presses: str, keys: str, said: tuple[str, str]
) -> None:
    """Law: the last byte at most 100 ms after the key, no gap for anybody, and the ledger says who wished it, and
    how.
    """
    met = await talk(site, number)
    await met.heard()
    late_ms, gaps = await _stopped(met, met.call if presses == "caller" else met.leg, keys)
    print(f"{presses} {keys}: last byte {late_ms:.0f} ms after the key, gaps {gaps} ms")
    assert late_ms < LAST_PACKET_MS
    assert gaps.excess_ms <= GAP_MS
    await site.until("the stop", lambda: said in {one[:2] for one in site.records.answers(met.call_id)})
    await met.call.hang_up()


async def test_the_keys_need_no_bridge(site: SwitchSite) -> None:
    """Law: with the bridge killed nothing flows and nobody notices; *9 is journalled by the PBX, and the bridge that
    comes back records it and hears nobody.
    """
    met = await talk(site, "0642000004")
    await met.heard()
    killed_ns = await site.service.kill()
    await asyncio.sleep(2.0)
    assert all(one.ended_ns for one in site.passed[met.first :])
    await met.call.press("*9")
    await asyncio.sleep(1.0)
    gaps = met.gaps(time.time_ns(), killed_ns)
    assert gaps.excess_ms <= GAP_MS
    before = len(site.passed)
    await site.service.start()
    await site.until("the stop", lambda: ("withdrawn", "star9", "journal") in site.records.answers(met.call_id))
    await asyncio.sleep(2.0)
    assert len(site.passed) == before
    assert {met.call.status.value, met.leg.status.value} == {"up"}
    await met.call.hang_up()


async def test_a_killed_bridge_hears_the_same_conversation_again(site: SwitchSite) -> None:
    """Law: SIGKILL ends both voices and nothing else; a bridge that comes back hears both legs of the same call."""
    met = await talk(site, "0642000005")
    await met.heard()
    await asyncio.sleep(1.0)
    killed_ns = await site.service.kill()
    await asyncio.sleep(1.0)
    late_ms = max((one.arrivals_ns[-1] - killed_ns) / 1e6 for one in site.passed[met.first :])
    met.first = len(site.passed)
    await site.service.start()
    await met.heard()
    gaps = met.gaps(time.time_ns(), killed_ns)
    print(f"last byte {late_ms:.0f} ms after SIGKILL; gaps {gaps} ms")
    assert gaps.excess_ms <= GAP_MS
    assert len(site.passed) == met.first + 2
    await met.call.hang_up()


async def test_nothing_is_withdrawn_after_a_no(site: SwitchSite) -> None:
    """Law: *9 after a refusal changes nothing: a no stays a no."""
    await site.agent(1003)
    call = await ring(site, "0642000006", "1003")
    call_id = await site.call_of("0642000006")
    await answer(call, "2")
    await site.met("0642000006", 1003)
    await asyncio.sleep(1.0)
    await call.press("*9")
    await asyncio.sleep(1.0)
    assert await site.pbx.api(f"uuid_getvar {call_id} ouidire_consent") == "refused"
    await call.hang_up()
    assert {one[0] for one in site.records.answers(call_id)} == {"asked", "refused"}
