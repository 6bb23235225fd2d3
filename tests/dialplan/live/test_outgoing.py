"""Calls to the outside on a real Asterisk: the far party is asked once it has answered, and nothing is heard before."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio

from tests.dialplan.live.conftest import KEY, NOTICE_S, Site
from tests.lab.pbx_files import TRUNK_HOST
from tests.lab.phone import Call, Phone
from tests.lab.phone.call import CallStatus

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]

DIALLED = "0699000000"
STOP_LIMIT_MS = 100
SAID_S = 2.6
"""What follows a yes where no bridge names a reference: the prompt, the wait for it, the word that there is none."""


@dataclass(slots=True)
class Outgoing:
    """One call to the outside; the far party has answered, and the notice plays to it."""

    agent: Call
    far: Call
    far_id: str

    async def granted(self) -> None:
        """Let the far party say yes; wait until both talk."""
        await asyncio.sleep(self.far.answered_ns / 1e9 + NOTICE_S + 0.5 - time.time())
        await self.far.press("1")
        await self.agent.answered(SAID_S + 3)
        await asyncio.sleep(0.3)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def far_phone(site: Site) -> AsyncIterator[Phone]:
    """Everybody outside: the phone behind the trunk takes any number of calls."""
    port = site.pbx.ports.trunk
    async with await Phone.open(site.pacer, "900", site.pbx.server, host=TRUNK_HOST, port=port) as phone:
        yield phone


@contextlib.asynccontextmanager
async def outgoing(site: Site, far_phone: Phone, dialled: str = DIALLED, agent: int = 1002) -> AsyncIterator[Outgoing]:
    """An agent dials; the far party answers."""
    port = site.pbx.ports.agent(agent)
    async with await Phone.open(site.pacer, str(agent), site.pbx.server, port=port) as phone:
        call = await phone.dial(dialled)
        far = await ringing(far_phone, dialled)
        await far.answer()
        await asyncio.sleep(0.3)
        yield Outgoing(call, far, site.ari.asked().get(dialled, ""))
        await call.hang_up()
        await far.ended(NOTICE_S + 8)
    await asyncio.sleep(0.3)


async def ringing(phone: Phone, number: str) -> Call:
    """The call that rings there for a number."""
    async with asyncio.timeout(5):
        while True:
            for call in phone.calls:
                if call.status is CallStatus.RINGING and call.invitation.uri.startswith(f"sip:{number}@"):
                    return call
            await asyncio.sleep(0.01)


async def answers(site: Site, call: str) -> list[tuple[str, str]]:
    """(answer, why) of a call, as they were told."""
    told = [one for one in site.ari.user_events("OuidireAnswer") if one["Call"] == call]
    return [(one["Answer"], one["Why"]) for one in told]


async def test_the_far_party_is_asked_and_nothing_is_heard_before_the_yes(site: Site, far_phone: Phone) -> None:
    """Law: the call is the far channel's; neither leg is forked while it is asked; after the yes both are; the tag is
    of the number that was dialled.
    """
    async with outgoing(site, far_phone) as call:
        # Asterisk 16 shows a variable that another channel has set only with the next change of the leg.
        early = [await site.ari.fork(leg) for leg in await site.ari.every_leg()]
        assert len(early) == 2
        await asyncio.sleep(0.2)
        await call.granted()
        assert not [fork for fork in early if fork.ear.arrivals_ns]
        legs = await site.ari.legs(call.far_id)
        forks = [await site.ari.fork(leg) for leg in legs]
        await asyncio.sleep(0.5)
        assert legs[0] == call.far_id
        assert all(len(fork.ear.arrivals_ns) > 10 for fork in forks)
        tag = await site.ari.tag(call.far_id)
    assert (await answers(site, call.far_id))[:2] == [("asked", "notice"), ("granted", "key")]
    assert KEY.tag(tag.partition("-")[0], DIALLED) == tag


STOPS = (
    ("far", "*9", 0.1, ("withdrawn", "star9")),
    ("far", "*9", 2.5, ("withdrawn", "star9")),
    ("agent", "*9", 0.1, ("objected", "star9")),
    ("agent", "*9", 2.5, ("objected", "star9")),
    ("agent", "*8", 0.1, ("withdrawn", "spoken")),
    ("far", "*8", 0.1, ("withdrawn", "star9")),
)
"""Who presses what how slowly, and what is recorded."""


async def test_either_party_stops_it(site: Site, far_phone: Phone) -> None:
    """Law: the far party's keys withdraw, the agent's object, or withdraw where the far party has said so; both forks
    end within 100 ms, whoever dialled, and none begins again.
    """
    late_ms = await asyncio.gather(*(stopped(site, far_phone, at) for at in range(len(STOPS))))
    print("\noutgoing, last packet after the key, ms:", [round(one, 1) for one in late_ms])
    assert max(late_ms) < STOP_LIMIT_MS


async def stopped(site: Site, far_phone: Phone, at: int) -> float:
    """One such call; how long after the key the last packet of its forks came, in ms."""
    who, keys, gap_s, answer = STOPS[at]
    async with outgoing(site, far_phone, f"{DIALLED[:-1]}{at}", 1002 + at) as call:
        await call.granted()
        legs = await site.ari.legs(call.far_id)
        forks = [await site.ari.fork(leg) for leg in legs]
        await asyncio.sleep(0.4)
        presser = call.far if who == "far" else call.agent
        [_, end_ns] = await presser.press(keys, gap_s=gap_s)
        await asyncio.sleep(0.4)
        again = [await site.ari.fork(leg) for leg in legs]
        await asyncio.sleep(0.3)
        assert not [fork for fork in again if fork.ear.arrivals_ns], STOPS[at]
        assert (await answers(site, call.far_id))[-1] == answer
        assert (answer[0], call.far_id) in await site.journal()
        await asyncio.sleep(1.5)
        return max((fork.ear.arrivals_ns[-1] - end_ns) / 1e6 for fork in forks)


async def test_no_and_silence_reach_the_agent_no_later_than_a_yes(site: Site, far_phone: Phone) -> None:
    """Law: the agent talks with the far party after any answer; the printed times are from the far party's answer."""
    waited_s = {}
    for key in ("1", "2", ""):
        async with outgoing(site, far_phone) as call:
            await asyncio.sleep(NOTICE_S + 0.2)
            if key:
                await call.far.press(key)
            await call.agent.answered(8)
            waited_s[key or "silence"] = (call.agent.answered_ns - call.far.answered_ns) / 1e9
    print("\noutgoing, stand-in prompts, s:", {key: round(found, 2) for key, found in waited_s.items()})
    assert waited_s["2"] <= waited_s["1"]


async def test_the_far_party_hangs_up_while_it_is_asked(site: Site, far_phone: Phone) -> None:
    """Law: a refusal, and the agent's call goes on in the dialplan as after any call."""
    async with outgoing(site, far_phone) as call:
        await call.far.hang_up()
        await call.agent.ended(3)
    assert await answers(site, call.far_id) == [("asked", "notice"), ("refused", "hangup")]


async def test_the_agent_hangs_up_while_the_far_party_is_asked(site: Site, far_phone: Phone) -> None:
    """Law: nobody is there to talk to: whatever the far party does, no fork; its call ends after the question."""
    async with outgoing(site, far_phone) as call:
        await call.agent.hang_up()
        await asyncio.sleep(0.2)
        fork = await site.ari.fork(call.far_id)
        await call.far.ended(NOTICE_S + 6)
        assert not fork.ear.arrivals_ns
    assert (await answers(site, call.far_id))[-1][0] == "refused"
    await asyncio.sleep(0.5)
    assert await site.pbx.channels() == []


async def test_emergency_calls_are_neither_asked_nor_heard(site: Site, far_phone: Phone) -> None:
    """Law: they are put through at once, with no variable that a gate would open for."""
    async with outgoing(site, far_phone, "112") as call:
        await call.agent.answered(1)
        assert call.far_id == ""
        [leg] = [name for name in await site.pbx.channels() if "trunk" in name]
        assert "OUIDIRE_CALL" not in await site.pbx.cli(f"core show channel {leg}")
        assert (call.agent.answered_ns - call.far.answered_ns) / 1e6 < 100


async def test_asterisk_has_nothing_to_complain_of(site: Site) -> None:
    """Law: no warning and no error comes from our dialplan, and no number that was dialled stands in its lines."""
    # Whoever hangs up in a sub-routine of Dial() leaves it in the middle: Asterisk says so, and nothing is wrong.
    assert [line for line in site.complaints() if "Abnormal 'Gosub(ouidire-outgoing" not in line] == []
    log = (site.pbx.log / "full").read_text(encoding="utf-8", errors="replace")
    ours = [line for line in log.splitlines() if "@ouidire-" in line]
    assert not [line for line in ours if DIALLED[1:-1] in line]
