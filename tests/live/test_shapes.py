"""Every shape of a call: whoever presses *9, wherever, ends both voices; and nobody is heard who does not talk with the
caller who said yes. All shapes of a round are played at once; each test looks at one.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

import pytest
import pytest_asyncio

from consent.parties import Party
from tests.lab.installation import Installation
from tests.lab.pbx_files import STAFF
from tests.lab.phone import Call
from tests.lab.service import UNMONITORED
from tests.lab.site import Site, open_site
from tests.live.aside import ASIDE, SILENT_AGENT
from tests.live.outcomes import at_once, of
from tests.live.people import (
    GAP_MS,
    LAST_PACKET_MS,
    PAUSED_WITHIN_MS,
    Dialled,
    Gaps,
    Talk,
    dial,
    gaps_of,
    heard,
    last_after_ms,
    lines,
    outside,
    rows,
    rung,
    talk,
)

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]

SLOW_GAP_S = 2.5
JOINED = (4, 5, 6)
"""Forks of two conversations joined by Asterisk: it may join them through a Local pair first and then take that out."""
AFTER_KEY_NS = 60_000_000
"""While a key sounds Asterisk passes no voice on, ours or any; from here on it does."""
QUEUE_ANSWERS_AFTER_S = 6.0
TALKS_S = 2.0


@dataclass(slots=True)
class Shaped:
    """A call whose parties are heard now, in its shape. `legs`: whose *9 is to be tried; `pauses`: times [from, to] in
    ns in which nobody may be heard; `forks`: how many there may have been by now, all conversations together.
    """

    dialled: Dialled
    legs: dict[Party, Call]
    forks: tuple[int, ...] = (2,)
    pauses: list[tuple[int, int]] = field(default_factory=list)
    gap_s: float = 0.1
    live: int = 2


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was found. `late_ms`: the last packet after the end of the 9 key."""

    answers: tuple[str, ...]
    sources: tuple[str, ...]
    forks: int
    possible_forks: tuple[int, ...]
    late_ms: float
    outside: int
    in_pauses: int
    left: int
    gaps: Gaps
    goes_on: bool


async def _plain(site: Site, number: str) -> Shaped:
    return _of(await talk(site, "51004", number, 1004))


async def _slow(site: Site, number: str) -> Shaped:
    shaped = _of(await talk(site, "51014", number, 1014))
    shaped.gap_s = SLOW_GAP_S
    return shaped


async def _local(site: Site, number: str) -> Shaped:
    return _of(await talk(site, "61005", number, 1005))


async def _queue_local(site: Site, number: str) -> Shaped:
    return _of(await talk(site, "300", number, 1001, 1002, 1003))


async def _queue_plain(site: Site, number: str) -> Shaped:
    return _of(await talk(site, "301", number, 1001, 1002, 1003))


async def _conference(site: Site, number: str) -> Shaped:
    dialled = await dial(site, "400", number)
    await dialled.agree()
    agent = await site.agents[1006].dial("400")
    await agent.answered()
    await heard(site, dialled.call_id, 2)
    return Shaped(dialled, {Party.CALLER: dialled.call, Party.AGENT: agent})


async def _blind(site: Site, number: str) -> Shaped:
    met = await talk(site, "51007", number, 1007)
    await asyncio.sleep(0.5)
    refer_ns = time.time_ns()
    site.agents[1008].answer_by_itself(1.0)
    await met.leg.transfer("1008")
    await met.leg.ended(10)
    leg = await rung(site.agents[1008], refer_ns)
    await heard(site, met.call_id, 2)
    pause = (refer_ns + PAUSED_WITHIN_MS * 1_000_000, leg.answered_ns - 20_000_000)
    return Shaped(met.dialled, {Party.CALLER: met.dialled.call, Party.AGENT: leg}, forks=(4,), pauses=[pause])


async def _attended(site: Site, number: str) -> Shaped:
    """As desk phones do it: hold, a call of one's own, REFER with Replaces."""
    met = await talk(site, "51009", number, 1009)
    await met.leg.hold()
    held_ns = time.time_ns()
    consult = await site.agents[1009].dial("1010")
    await consult.answered()
    leg = await rung(site.agents[1010], held_ns)
    consult.say(lines(Party.AGENT)[0])
    await asyncio.sleep(1.5)
    joined_ns = time.time_ns()
    await met.leg.transfer_to(consult)
    await consult.ended(10)
    await heard(site, met.call_id, 2)
    pause = (held_ns + PAUSED_WITHIN_MS * 1_000_000, joined_ns)
    return Shaped(met.dialled, {Party.CALLER: met.dialled.call, Party.AGENT: leg}, forks=JOINED, pauses=[pause])


async def _attended_by_code(site: Site, number: str) -> Shaped:
    """By the PBX's own *2: the agent's same channel talks with the colleague."""
    met = await talk(site, "51011", number, 1011)
    star2_ns = (await met.leg.press("*2", 0.1))[-1]
    await asyncio.sleep(0.8)
    await met.leg.press("1012", 0.1)
    leg = await rung(site.agents[1012], star2_ns)
    met.leg.say(lines(Party.AGENT)[0])
    await asyncio.sleep(1.5)
    left_ns = time.time_ns()
    await met.leg.hang_up()
    await heard(site, met.call_id, 2)
    pause = (star2_ns + PAUSED_WITHIN_MS * 1_000_000, left_ns)
    return Shaped(met.dialled, {Party.CALLER: met.dialled.call, Party.AGENT: leg}, forks=JOINED, pauses=[pause])


async def _after_hold(site: Site, number: str) -> Shaped:
    met = await talk(site, "51013", number, 1013)
    await met.leg.hold()
    held_ns = time.time_ns()
    await asyncio.sleep(1.5)
    resumed_ns = time.time_ns()
    await met.leg.resume()
    await met.heard()
    shaped = _of(met)
    shaped.forks, shaped.pauses = (4,), [(held_ns + PAUSED_WITHIN_MS * 1_000_000, resumed_ns)]
    return shaped


async def _on_hold(site: Site, number: str) -> Shaped:
    met = await talk(site, "51015", number, 1015)
    await met.leg.hold()
    held_ns = time.time_ns()
    await asyncio.sleep(1.0)
    shaped = _of(met)
    shaped.live, shaped.pauses = 0, [(held_ns + PAUSED_WITHIN_MS * 1_000_000, held_ns + 60_000_000_000)]
    return shaped


SHAPES: dict[str, Callable[[Site, str], Awaitable[Shaped]]] = {
    "plain Dial": _plain,
    "slow keys": _slow,
    "Dial Local/n": _local,
    "queue, Local/n": _queue_local,
    "queue, PJSIP": _queue_plain,
    "ConfBridge": _conference,
    "blind transfer": _blind,
    "attended, REFER": _attended,
    "attended, *2": _attended_by_code,
    "after a hold": _after_hold,
    "on hold": _on_hold,
}


def _of(met: Talk) -> Shaped:
    return Shaped(met.dialled, {Party.CALLER: met.dialled.call, Party.AGENT: met.leg})


async def _play(site: Site, name: str, who: Party, number: str) -> Outcome:
    try:
        shaped = await SHAPES[name](site, number)
        outcome = await _stop(site, shaped, who)
        await asyncio.gather(*(leg.hang_up() for leg in shaped.legs.values()))
        return outcome
    finally:
        await asyncio.gather(*(phone.close() for phone in site.callers if phone.number == number))


async def _stop(site: Site, shaped: Shaped, who: Party) -> Outcome:
    call_id = shaped.dialled.call_id
    for party, leg in shaped.legs.items():
        leg.say(lines(party)[0])
    await asyncio.sleep(TALKS_S)
    nine_ns = (await shaped.legs[who].press("*9", shaped.gap_s))[-1]
    await asyncio.sleep(4.0)
    until_ns = time.time_ns()
    times_ns = await site.times_of(call_id)
    answers = site.records.answers(call_id)
    return Outcome(
        answers=tuple(answer for answer, _, _ in answers),
        sources=tuple(source for _, _, source in answers),
        forks=len(site.forks_of(call_id)),
        possible_forks=shaped.forks,
        late_ms=last_after_ms(times_ns, nine_ns),
        outside=outside(times_ns, shaped.dialled.yes_ns, nine_ns),
        in_pauses=sum(int(((times_ns >= since) & (times_ns <= until)).sum()) for since, until in shaped.pauses),
        left=sum(f"/{call_id}-" in fork for fork in await site.forks_now()),
        gaps=gaps_of(shaped.legs[Party.CALLER], shaped.legs[Party.AGENT], nine_ns + AFTER_KEY_NS, until_ns),
        goes_on=all(leg.status.value == "up" for leg in shaped.legs.values()),
    )


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(installation: Installation, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    """A site where one of the agents has not acknowledged the notice to staff."""
    others = [number for number in STAFF if number != SILENT_AGENT]
    async with open_site(installation, tmp_path_factory.mktemp("site"), acknowledged=others) as opened:
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def played(
    site: Site, aside: dict[str, BaseException | None]
) -> dict[tuple[str, Party], Outcome | BaseException]:
    """All shapes with a *9 by the caller at once, then all with one by the agent; the other acts beside them."""
    found: dict[tuple[str, Party], Outcome | BaseException] = {}
    for number in (*range(1001, 1031), UNMONITORED):
        await site.agent(number, after_s=QUEUE_ANSWERS_AFTER_S if number < 1004 else 0.2)
    (await site.caller("900", port=site.pbx.ports.trunk)).answer_by_itself(0.2)
    others = asyncio.ensure_future(at_once({name: act(site) for name, act in ASIDE.items()}))
    for prefix, who in (("06120000", Party.CALLER), ("06130000", Party.AGENT)):
        found |= await at_once(
            {(name, who): _play(site, name, who, f"{prefix}{at:02}") for at, name in enumerate(SHAPES)}
        )
    aside |= await others
    _print(found)
    return found


@pytest.fixture(scope="module")
def aside() -> dict[str, BaseException | None]:
    """What became of the acts beside the shapes."""
    return {}


def _print(found: dict[tuple[str, Party], Outcome | BaseException]) -> None:
    rows(
        ("shape", "*9 by", "last ms", "forks", "in pauses", "left", "gaps caller/agent/own", "answers (source)"),
        *(
            (
                name, who, f"{o.late_ms:.1f}", o.forks, o.in_pauses, o.left, o.gaps,
                f"{' '.join(o.answers)} ({o.sources[-1]})",
            )
            if isinstance(o, Outcome) else (name, who, repr(o)[:120], *[""] * 5)
            for (name, who), o in found.items()
        ),
    )  # fmt: skip


@pytest.mark.parametrize("who", list(Party))
@pytest.mark.parametrize("name", list(SHAPES))
async def test_star9_ends_both_voices(
    played: dict[tuple[str, Party], Outcome | BaseException], name: str, who: Party
) -> None:
    """*9 by either party: both forks' last packet at most 100 ms after the end of the 9 key, none left on the PBX, the
    answer in the ledger, nobody heard in a hold, a consultation or a transfer, and the call goes on without a gap.
    """
    outcome = of(played[name, who])
    assert outcome.answers == ("asked", "granted", "withdrawn" if who is Party.CALLER else "objected")
    assert outcome.late_ms <= LAST_PACKET_MS
    assert outcome.outside == 0
    assert outcome.in_pauses == 0
    assert outcome.forks in outcome.possible_forks
    assert outcome.left == 0
    assert outcome.gaps.excess_ms <= GAP_MS, outcome.gaps
    assert outcome.goes_on


@pytest.mark.parametrize("name", list(ASIDE))
@pytest.mark.usefixtures("played")
async def test_who_must_not_be_heard_is_not(aside: dict[str, BaseException | None], name: str) -> None:
    """*9 while waiting in a queue; the person outside whom staff calls is asked after answering, and heard after a yes
    alone; emergency numbers, listed extensions and calls between staff are neither asked nor heard; nobody is heard
    with an unmonitored agent, with a third party who was not asked, or at an agent who acknowledged nothing.
    """
    of(aside[name])


async def test_nothing_stays_behind(site: Site, played: dict[tuple[str, Party], Outcome | BaseException]) -> None:
    """After all shapes: no channel, no bridge with anybody in it; no tone of an agent in the file."""
    assert played
    await site.empty()
    assert site.records.scores_of_agents() == 0
    assert site.records.verified() > 0
