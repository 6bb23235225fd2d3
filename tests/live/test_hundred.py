"""A hundred calls: answers mixed at random, hang-ups at any moment, a third of them through a queue of Local halves."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass

import numpy as np
import pytest
import pytest_asyncio
from numpy.typing import NDArray

from consent.parties import Party
from tests.lab.gate_log import calls_of
from tests.lab.installation import Installation
from tests.lab.phone import Call, CallFailed, CallStatus, Phone
from tests.lab.site import Site, open_site
from tests.live.people import Dialled, Talk, dial, last_after_ms, lines, outside, rows

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]

CALLS = 100
AT_ONCE = 30
SEED = 20261
NOTICE_S = 11.0
AGENTS = range(1004, 1041)
MANY = "302"
"""The queue whose members are Local/10XX@from-queue/n."""
ENDS = ("caller hangs up", "agent hangs up", "caller *9", "agent *9", "caller hangs up")


@dataclass(frozen=True, slots=True)
class Plan:
    """What one caller will do. `leaves_s`: hangs up so long after dialling, whatever happens (None: stays)."""

    number: str
    extension: str
    key: str
    leaves_s: float | None
    talks_s: float
    end: str


@dataclass(slots=True)
class Outcome:
    """What one caller did, and when (ns since 1970; 0: never)."""

    plan: Plan
    call_id: str = ""
    yes_ns: int = 0
    end_ns: int = 0
    nine_ns: int = 0
    error: str = ""


def plans(seed: int) -> list[Plan]:
    """A hundred people, the same for the same seed."""
    chance = random.Random(seed)
    agents = list(AGENTS) * 3
    made = []
    for at in range(CALLS):
        agent = agents[at]
        extension = MANY if at % 3 == 0 else f"{chance.choice('56')}{agent}"
        key = chance.choices(["1", "2", "", "5"], [60, 15, 15, 10])[0]
        leaves_s = chance.uniform(0.1, NOTICE_S + 5) if chance.random() < 0.25 else None
        made.append(Plan(f"0620000{at:03}", extension, key, leaves_s, chance.uniform(0.5, 5.0), chance.choice(ENDS)))
    return made


@dataclass(slots=True)
class Day:
    """All of it, when everybody has gone."""

    outcomes: list[Outcome]
    packets: NDArray[np.void]
    calls: NDArray[np.str_]
    took_s: float


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(installation: Installation, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    """A site of its own, with all its staff."""
    async with open_site(installation, tmp_path_factory.mktemp("site")) as opened:
        for number in range(1001, 1041):
            await opened.agent(number, [lines(Party.AGENT)[0]], after_s=0.5)
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def day(site: Site) -> Day:
    """Play it."""
    print(f"\nseed {SEED}")
    began_s, places = time.monotonic(), asyncio.Semaphore(AT_ONCE)
    outcomes = await asyncio.gather(*(_call(site, plan, places) for plan in plans(SEED)))
    await asyncio.sleep(2)
    packets = (await site.packets()).packets
    made = Day(list(outcomes), packets, calls_of(packets, site.gate.entries()), time.monotonic() - began_s)
    _print(site, made)
    return made


async def _call(site: Site, plan: Plan, places: asyncio.Semaphore) -> Outcome:
    outcome = Outcome(plan)
    async with places:
        await asyncio.sleep(random.Random(plan.number).uniform(0, 1.5))
        phone: Phone | None = None
        try:
            dialled = await dial(site, plan.extension, plan.number)
            phone, outcome.call_id = dialled.phone, dialled.call_id
            async with asyncio.timeout(plan.leaves_s):
                await _through(site, plan, dialled, outcome)
        except TimeoutError:
            outcome.end_ns = time.time_ns()
            await dialled.call.hang_up()
        except (CallFailed, AssertionError) as error:
            outcome.error = repr(error)
        finally:
            if phone is not None:
                outcome.end_ns = outcome.end_ns or time.time_ns()
                await phone.close()
    return outcome


async def _through(site: Site, plan: Plan, dialled: Dialled, outcome: Outcome) -> None:
    """Answer as planned, meet an agent, talk, and end it as planned."""
    await dialled.hear_notice()
    if plan.key:
        pressed_ns = await dialled.press(plan.key)
        outcome.yes_ns = pressed_ns if plan.key == "1" else 0
    met = await dialled.met(*((int(plan.extension[1:]),) if plan.extension != MANY else ()))
    dialled.call.say(lines(Party.CALLER)[0])
    await asyncio.sleep(plan.talks_s)
    if plan.end.endswith("*9"):
        await _stop(plan, met, outcome)
    leaver = met.leg if plan.end == "agent hangs up" else dialled.call
    outcome.end_ns = time.time_ns()
    await leaver.hang_up()
    await _over(dialled.call)


async def _stop(plan: Plan, met: Talk, outcome: Outcome) -> None:
    leg = met.leg if plan.end.startswith("agent") else met.dialled.call
    outcome.nine_ns = (await leg.press("*9", 0.1))[-1]
    await asyncio.sleep(2.5)


async def _over(call: Call) -> None:
    if call.status is not CallStatus.OVER:
        await call.ended(10)


def _print(site: Site, day: Day) -> None:
    heard = [outcome for outcome in day.outcomes if (day.calls == outcome.call_id).any()]
    after_nine = [_late_ms(day, outcome, outcome.nine_ns) for outcome in heard if outcome.nine_ns]
    after_end = [_late_ms(day, outcome, outcome.end_ns) for outcome in heard if not outcome.nine_ns]
    answers = Counter(site.records.answers(outcome.call_id)[-1][0] for outcome in day.outcomes if outcome.call_id)
    rows(
        ("calls", "seconds", "heard", "forks", "packets", "last ms after *9 (median, max)", "after the end", "answers"),
        (
            len(day.outcomes), f"{day.took_s:.0f}", len(heard), len(site.gate.entries()), len(day.packets),
            _spread(after_nine), _spread(after_end), dict(answers),
        ),
    )  # fmt: skip


def _late_ms(day: Day, outcome: Outcome, moment_ns: int) -> float:
    return last_after_ms(day.packets["time_ns"][day.calls == outcome.call_id], moment_ns)


def _spread(values: list[float]) -> str:
    return f"{np.median(values):.1f}, {max(values):.1f} ({len(values)})" if values else "-"


async def test_everybody_did_what_was_planned(day: Day) -> None:
    """No call failed for a reason of its own: the figures below speak of a hundred calls."""
    assert [outcome for outcome in day.outcomes if outcome.error] == []
    assert len(day.outcomes) == CALLS


async def test_no_packet_outside_a_grant(site: Site, day: Day) -> None:
    """Between the end of the yes key and the end of the 9 key or the hang-up (and 100 ms), and nowhere else: zero
    packets of calls without a yes, zero outside of the grant of those with one, zero of no call at all.
    """
    assert (day.calls == "").sum() == 0
    for outcome in day.outcomes:
        times_ns = day.packets["time_ns"][day.calls == outcome.call_id]
        if outcome.yes_ns:
            assert outside(times_ns, outcome.yes_ns, outcome.nine_ns or outcome.end_ns) == 0, outcome
        else:
            assert len(times_ns) == 0, outcome
    known = {outcome.call_id for outcome in day.outcomes}
    assert set(day.calls.tolist()) <= known


async def test_the_ledger_agrees_with_the_people(site: Site, day: Day) -> None:
    """Granted in the ledger are those who pressed 1 and nobody else; *9 is there as who pressed it."""
    for outcome in day.outcomes:
        answers = [answer for answer, _, _ in site.records.answers(outcome.call_id)]
        assert answers[0] == "asked", outcome
        assert ("granted" in answers) == bool(outcome.yes_ns), outcome
        if outcome.yes_ns and outcome.nine_ns:
            assert answers[-1] == ("withdrawn" if outcome.plan.end.startswith("caller") else "objected"), outcome
        elif outcome.yes_ns:
            assert answers[-1] == "expired", outcome
        else:
            assert answers[-1] == "refused", outcome


async def test_nothing_stays_behind(site: Site, day: Day) -> None:
    """At the end: no channel, bridge, snoop or fork on the PBX, no live grant, no tone of an agent, the chain sound."""
    assert day.outcomes
    await site.empty()
    assert await site.channels() == []
    for outcome in day.outcomes:
        assert None not in site.records.grants(outcome.call_id).values(), outcome
    assert site.records.scores_of_agents() == 0
    assert site.records.integrity() == "ok"
    assert site.records.verified() >= 2 * CALLS
