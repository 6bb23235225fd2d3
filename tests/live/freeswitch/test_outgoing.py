"""Calls to the outside on a real FreeSWITCH: the far party is asked after answering, and nothing is heard before."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from consent.states import Answer
from tests.lab.freeswitch_files import HOST
from tests.lab.phone import Call, CallStatus, Phone
from tests.lab.switch_site import SwitchSite
from tests.live.freeswitch.people import answer
from tests.live.people import CUTS_AFTER_S, LAST_PACKET_MS

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]

RINGS_S = 10
"""The lab's admin lets it ring no longer."""


@dataclass(slots=True)
class Outgoing:
    """One call to the outside, answered there; `first` is which of the site's connections can be its first."""

    site: SwitchSite
    agent: Call
    far: Call
    far_id: str
    first: int

    def said(self) -> list[tuple[str, str]]:
        """(answer, why) of this call in the ledger, the question left out."""
        return [(str(one), str(why)) for one, why, _ in self.site.records.answers(self.far_id) if one != Answer.ASKED]

    def flowing(self) -> int:
        """How many voices of it flow now."""
        return sum(not one.ended_ns for one in self.site.passed[self.first :])

    async def granted(self) -> int:
        """The far party says yes and wants to hear no reference; when its key ended, once both voices flow."""
        yes_ns = await answer(self.far, "1")
        for _ in range(2):
            await asyncio.sleep(CUTS_AFTER_S)
            await self.far.press("0")
        await self.agent.answered()
        await self.site.until("both voices", lambda: self.flowing() == 2, 15)
        return yes_ns


@contextlib.asynccontextmanager
async def outgoing(site: SwitchSite, dialled: str, agent: int = 1001) -> AsyncIterator[Outgoing]:
    """An agent dials 0 and a number; the far party answers."""
    first = len(site.passed)
    phone = await site.agent(agent)
    async with await Phone.open(
        site.pacer, "900", (HOST, site.pbx.external_port), port=site.pbx.ports.trunk
    ) as outside:
        call = await phone.dial(f"0{dialled}")
        far = await outside.incoming()
        await far.answer()
        far_id = await _id_of(site, dialled)
        yield Outgoing(site, call, far, far_id, first)
        await call.hang_up()
        with contextlib.suppress(TimeoutError):
            await far.ended(10)


async def _id_of(site: SwitchSite, dialled: str) -> str:
    """The channel of whom the staff dialled. Raises TimeoutError."""
    async with asyncio.timeout(5):
        while True:
            for channel in await site.channels():
                if channel["direction"] == "outbound" and str(channel["name"]).endswith(f"/{dialled}"):
                    return str(channel["uuid"])
            await asyncio.sleep(0.05)


async def test_whom_staff_call_is_asked_and_heard_after_a_yes(site: SwitchSite) -> None:
    """Law: the agent hears it ring while the far party is asked, and nothing flows; after the yes both are heard, and
    the keys of the far party end both voices.
    """
    async with outgoing(site, "199000001") as out:
        await asyncio.sleep(1.0)
        assert out.agent.status is not CallStatus.UP
        assert out.flowing() == 0
        yes_ns = await out.granted()
        assert all(one.arrivals_ns[0] > yes_ns for one in site.passed[out.first :])
        await asyncio.sleep(1.5)
        key_ns = (await out.far.press("*9"))[-1]
        await asyncio.sleep(2.0)
        late_ms = [(one.arrivals_ns[-1] - key_ns) / 1e6 for one in site.passed[out.first :]]
        print(f"outgoing, *9: last bytes {[round(one) for one in late_ms]} ms after the key")
        assert max(late_ms) < LAST_PACKET_MS
        assert {out.agent.status, out.far.status} == {CallStatus.UP}
    assert out.said() == [("granted", "key"), ("withdrawn", "star9")]


@pytest.mark.parametrize(
    ("dialled", "keys", "said"),
    [("199000002", "*9", ("objected", "star9")), ("199000003", "*8", ("withdrawn", "spoken"))],
)
async def test_the_agents_keys_end_both_voices(
    site: SwitchSite, dialled: str, keys: str, said: tuple[str, str]
) -> None:
    """Law: who dialled is the agent: *9 objects, *8 takes the yes back for the far party; both talk on."""
    async with outgoing(site, dialled) as out:
        await out.granted()
        await asyncio.sleep(1.0)
        key_ns = (await out.agent.press(keys))[-1]
        await asyncio.sleep(2.0)
        late_ms = [(one.arrivals_ns[-1] - key_ns) / 1e6 for one in site.passed[out.first :]]
        print(f"outgoing, the agent's {keys}: last bytes {[round(one) for one in late_ms]} ms after the key")
        assert max(late_ms) < LAST_PACKET_MS
        assert {out.agent.status, out.far.status} == {CallStatus.UP}
    assert out.said() == [("granted", "key"), said]


async def test_after_a_no_both_talk_and_nobody_is_heard(site: SwitchSite) -> None:
    """Law: a no changes nothing for the call, though asking took longer than the admin lets it ring."""
    async with outgoing(site, "199000004") as out:
        await answer(out.far, "2")
        await out.agent.answered()
        waited_s = (out.agent.answered_ns - out.far.answered_ns) / 1e9
        print(f"outgoing: after a no both talk {waited_s:.1f} s after the far party answered")
        assert waited_s > RINGS_S
        await asyncio.sleep(2.0)
        assert len(site.passed) == out.first
        assert {out.agent.status, out.far.status} == {CallStatus.UP}
    assert out.said() == [("refused", "key")]


@pytest.mark.parametrize(("dialled", "who"), [("199000005", "far"), ("199000006", "agent")])
async def test_whoever_hangs_up_while_it_is_asked_ends_the_call(site: SwitchSite, dialled: str, who: str) -> None:
    """Law: the far party's hang-up is a no; where who dialled hangs up nobody is asked on."""
    async with outgoing(site, dialled) as out:
        await asyncio.sleep(1.0)
        hangs_up, other = (out.far, out.agent) if who == "far" else (out.agent, out.far)
        await hangs_up.hang_up()
        await other.ended(5)
        await site.until("a no", lambda: out.said() == [("refused", "hangup")])
        assert len(site.passed) == out.first


async def test_a_call_for_help_is_put_through_at_once(site: SwitchSite) -> None:
    """Law: 112 is neither asked nor heard, and waits for nothing."""
    async with outgoing(site, "112") as out:
        await out.agent.answered(3)
        waited_ms = (out.agent.answered_ns - out.far.answered_ns) / 1e6
        print(f"outgoing: 112 is put through {waited_ms:.0f} ms after it answered")
        await asyncio.sleep(1.0)
        assert len(site.passed) == out.first
        assert await site.pbx.api(f"uuid_getvar {out.far_id} ouidire_consent") == "_undef_"
    assert out.said() == []
