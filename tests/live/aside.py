"""Calls beside the shapes: people who must not be heard, or not any more, and those whom staff calls. Each act raises
where the law of it is broken.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable

from consent.parties import Party
from tests.lab.service import UNMONITORED
from tests.lab.site import Site
from tests.live.people import (
    PAUSED_WITHIN_MS,
    Dialled,
    Talk,
    dial,
    dial_out,
    heard,
    lines,
    outside,
    outside_phone,
    rung,
    talk,
)

TALKS_S = 2.0
AT_ONCE_S = 3.0
"""Sooner than any notice could be heard."""
SILENT_AGENT = 1030
"""One who has not acknowledged the notice to staff."""


async def _waits(site: Site) -> None:
    dialled = await dial(site, "300", "0614000001")
    await dialled.agree()
    await asyncio.sleep(2.0)  # the reference was cut short: the call rings in the queue
    await dialled.press("*9")
    met = await dialled.met(1001, 1002, 1003)
    await asyncio.sleep(2.5)
    assert len(await site.times_of(met.call_id)) == 0
    assert [answer for answer, _, _ in site.records.answers(met.call_id)] == ["asked", "granted", "withdrawn"]
    await dialled.call.hang_up()


async def _dials_out(site: Site) -> None:
    """The person outside answers, is asked, says yes, and takes it back later."""
    dialled, leg = await dial_out(site, 1020, "0614000020")
    await asyncio.sleep(2.0)
    assert site.forks_of(dialled.call_id) == []
    await dialled.agree()
    await heard(site, dialled.call_id, 2, 20)
    for call, party in ((dialled.call, Party.CALLER), (leg, Party.AGENT)):
        call.say(lines(party)[0])
    await asyncio.sleep(TALKS_S)
    nine_ns = await dialled.press("*9")
    await asyncio.sleep(2.0)
    times_ns = await site.times_of(dialled.call_id)
    assert outside(times_ns, dialled.yes_ns, nine_ns) == 0
    assert [answer for answer, _, _ in site.records.answers(dialled.call_id)] == ["asked", "granted", "withdrawn"]
    assert {call.status.value for call in (dialled.call, leg)} == {"up"}
    await leg.hang_up()


async def _dials_out_in_vain(site: Site) -> None:
    """The person outside says no, and talks all the same."""
    dialled, leg = await dial_out(site, 1024, "0614000024")
    await dialled.hear_notice()
    await dialled.press("2")
    await asyncio.sleep(5.0)
    assert dialled.call.status.value == "up"
    assert len(await site.times_of(dialled.call_id)) == 0
    assert [answer for answer, _, _ in site.records.answers(dialled.call_id)] == ["asked", "refused"]
    await leg.hang_up()


async def _calls_the_police(site: Site) -> None:
    """Whoever calls an emergency number is connected at once."""
    dialled, leg = await dial_out(site, 1025, "112")
    await asyncio.sleep(1.0)
    dialled.call.say(lines(Party.CALLER)[0])
    await asyncio.sleep(2.0)
    assert len(leg.stream.arrivals_ns) > 50
    await _nobody_was_asked(site, dialled.call_id)
    await leg.hang_up()


async def _in_need(site: Site) -> None:
    """An extension that the settings list is neither asked nor heard."""
    dialled = await dial(site, "208", "0614000008")
    met = await _met_at_once(dialled, 1026)
    await _nobody_was_asked(site, met.call_id)
    await dialled.call.hang_up()


async def _calls_a_colleague(site: Site) -> None:
    call = await site.agents[1021].dial("71022")
    await call.answered()
    leg = await rung(site.agents[1022], call.started_ns)
    (call_id,) = [c["id"] for c in await site.channels() if c["name"].startswith("PJSIP/1021-")]
    assert leg.answered_ns - call.answered_ns < AT_ONCE_S * 1e9
    call.say(lines(Party.AGENT)[0])
    await asyncio.sleep(3.0)
    await _nobody_was_asked(site, call_id)
    await call.hang_up()


async def _unmonitored(site: Site) -> None:
    """The caller has said yes, and the agent is one whom the settings name as never heard: nor is who talks there."""
    dialled = await dial(site, f"5{UNMONITORED}", "0614000009")
    await dialled.agree()
    met = await dialled.met(UNMONITORED)
    met.dialled.call.say(lines(Party.CALLER)[0])
    await asyncio.sleep(3.0)
    assert site.forks_of(met.call_id) == []
    await dialled.call.hang_up()


async def _third_party(site: Site) -> None:
    """In a conference somebody joins who said no: nobody is heard until that person has left."""
    dialled = await dial(site, "401", "0614000030")
    await dialled.agree()
    leg = await site.agents[1027].dial("401")
    await leg.answered()
    await heard(site, dialled.call_id, 2, 15)
    third = await dial(site, "401", "0614000031")
    await third.hear_notice()
    await third.press("2")
    await asyncio.sleep(4.0)  # the words after a no, and the way into the conference
    since_ns = time.time_ns()
    dialled.call.say(lines(Party.CALLER)[0])
    await asyncio.sleep(2.5)
    times_ns = await site.times_of(dialled.call_id)
    assert int((times_ns > since_ns).sum()) == 0
    assert len(await site.times_of(third.call_id)) == 0
    await third.call.hang_up()
    await heard(site, dialled.call_id, 2, 15)
    await asyncio.gather(dialled.call.hang_up(), leg.hang_up())


async def _handed_outside(site: Site) -> None:
    """The agent hands the caller to somebody outside who was never asked: nobody is heard there."""
    met = await talk(site, "51028", "0614000032", 1028)
    refer_ns = time.time_ns()
    await met.leg.transfer("905")
    await met.leg.ended(10)
    far = await rung(outside_phone(site), refer_ns, number="905")
    far.say(lines(Party.CALLER)[1])
    met.dialled.call.say(lines(Party.CALLER)[0])
    await asyncio.sleep(3.0)
    times_ns = await site.times_of(met.call_id)
    assert outside(times_ns, met.dialled.yes_ns, refer_ns + PAUSED_WITHIN_MS * 1_000_000) == 0
    await met.dialled.call.hang_up()


async def _wishes_aloud(site: Site) -> None:
    """The caller says it, and the agent presses *8: a withdrawal of the caller's, and everything derived is erased."""
    met = await talk(site, "51029", "0614000033", 1029)
    met.dialled.call.say(lines(Party.CALLER)[0])
    await asyncio.sleep(TALKS_S)
    star8_ns = (await met.leg.press("*8", 0.1))[-1]
    await asyncio.sleep(3.0)
    assert outside(await site.times_of(met.call_id), met.dialled.yes_ns, star8_ns) == 0
    assert site.records.answers(met.call_id)[-1][:2] == ("withdrawn", "spoken")
    assert site.records.derived(met.call_id).is_nothing
    assert met.leg.status.value == "up"
    await met.dialled.call.hang_up()


async def _unacknowledged(site: Site) -> None:
    """The agent has not answered the notice to staff: the caller alone is heard, of the agent nothing is counted."""
    dialled = await dial(site, f"5{SILENT_AGENT}", "0614000034")
    await dialled.agree()
    met = await dialled.met(SILENT_AGENT)
    await met.heard(1)
    met.leg.say(lines(Party.AGENT)[0])
    met.dialled.call.say(lines(Party.CALLER)[0])
    await asyncio.sleep(4.0)
    assert [entry.spied for entry in site.forks_of(met.call_id)] == [met.call_id]
    assert "agent" not in site.records.grants(met.call_id)
    assert site.records.derived(met.call_id).facts in ((), ("caller",))
    await dialled.call.hang_up()


async def _met_at_once(dialled: Dialled, agent: int) -> Talk:
    met = await dialled.met(agent)
    assert met.leg.answered_ns - dialled.call.answered_ns < AT_ONCE_S * 1e9, "something was said before"
    return met


async def _nobody_was_asked(site: Site, call_id: str) -> None:
    legs = {c["id"] for c in await site.channels() if c["channelvars"].get("OUIDIRE_CALL")}
    assert call_id not in legs
    assert [entry for entry in site.gate.entries() if call_id in (entry.call_id, entry.spied)] == []
    assert site.records.answers(call_id) == []


ASIDE: dict[str, Callable[[Site], Awaitable[None]]] = {
    "*9 in a queue": _waits, "staff dials out": _dials_out, "staff dials out, no": _dials_out_in_vain,
    "emergency": _calls_the_police, "listed extension": _in_need, "staff calls staff": _calls_a_colleague,
    "unmonitored agent": _unmonitored, "third party": _third_party, "handed outside": _handed_outside,
    "*8 by the agent": _wishes_aloud, "agent who acknowledged nothing": _unacknowledged,
}  # fmt: skip
