"""A crowd of people, each with a plan made by chance: how they are reached, what they answer, what the agent does with
their call, when somebody presses *9, and how it ends.
"""

import asyncio
import random
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum

from consent.parties import Party
from tests.lab.errors import LabError
from tests.lab.phone import Call, CallFailed, CallStatus
from tests.lab.records import Derived
from tests.lab.site import Site
from tests.live.people import Dialled, Talk, dial, dial_out, lines

AT_THE_DESK = range(1004, 1019)
"""Agents who are called themselves; the queue finds the others free."""
COLLEAGUES = range(1031, 1037)
MANY = "302"
"""The queue whose members are Local/10XX@from-queue/n."""
NOTICE_S = 12.0
MEETS_WITHIN_S = 60.0
"""After the answer: words of thanks, the reference, and somebody free in the queue."""
ERASED_WITHIN_S = 5.0


class Way(StrEnum):
    """How caller and agent come together."""

    DIAL = "Dial"
    LOCAL = "Dial Local/n"
    QUEUE = "queue, Local/n"
    CONFERENCE = "ConfBridge"
    OUT = "outgoing"


class Turn(StrEnum):
    """What the agent does with the call."""

    NOTHING = "nothing"
    HOLD = "hold"
    PARK = "park"
    BLIND = "blind transfer"
    ATTENDED = "attended transfer"


class End(StrEnum):
    """How it ends; a *9 is followed by a hang-up of the caller's."""

    CALLER = "caller hangs up"
    AGENT = "agent hangs up"
    CALLER_STOPS = "caller *9"
    AGENT_STOPS = "agent *9"
    CALLER_STOPS_EARLY = "caller *9, at any moment after the yes"


@dataclass(frozen=True, slots=True)
class Plan:
    """What one person will do. `keys` are pressed one after each prompt; `leaves_s`: hangs up so long after dialling,
    whatever happens (None: stays); `stops_s`: so long after the yes the *9 is pressed.
    """

    number: str
    way: Way
    agent: int
    keys: tuple[str, ...]
    hurries: str
    turn: Turn
    end: End
    talks_s: float
    stops_s: float
    leaves_s: float | None

    @property
    def says_yes(self) -> bool:
        """Whether the last key is a yes."""
        return self.keys[-1:] == ("1",)

    @property
    def falls_silent(self) -> bool:
        """Whether one more prompt is heard, to which nothing is pressed: neither yes nor no, nor a second wrong key."""
        return self.keys[-1:] not in (("1",), ("2",)) and self.keys != ("5", "7")


@dataclass(slots=True)
class Outcome:
    """What one person did, and when (ns since 1970; 0: never)."""

    plan: Plan
    call_id: str = ""
    noticed_ns: int = 0
    key_ns: int = 0
    yes_ns: int = 0
    rang_ns: int = 0
    nine_ns: int = 0
    end_ns: int = 0
    left: Derived | None = None
    """What was derived and is there 5 s after the *9."""
    error: str = ""


def plans(seed: int, count: int) -> list[Plan]:
    """So many people, the same for the same seed."""
    chance = random.Random(seed)
    made = []
    for at in range(count):
        way = chance.choices(list(Way), [30, 20, 20, 12, 18])[0]
        first = chance.choices([(), ("3",), ("*",), ("5",)], [80, 10, 3, 7])[0]
        last = chance.choices([("1",), ("2",), (), ("7",)], [62, 15, 15, 8])[0]
        turns = [Turn.NOTHING] if way in (Way.CONFERENCE, Way.OUT) else list(Turn)
        if way in (Way.LOCAL, Way.QUEUE):
            turns.remove(Turn.PARK)  # there the PBX parks a half of the Local channel, under another name
        made.append(
            Plan(
                number=f"0620000{at:03}", way=way, agent=AT_THE_DESK[at % len(AT_THE_DESK)], keys=(*first, *last),
                hurries=chance.choice(("yes", "no")), turn=chance.choices(turns, [5, *[2] * (len(turns) - 1)])[0],
                end=chance.choice(list(End)), talks_s=chance.uniform(0.5, 4.0), stops_s=chance.uniform(0.2, 30.0),
                leaves_s=chance.uniform(0.1, NOTICE_S + 20) if chance.random() < 0.15 else None,
            )
        )  # fmt: skip
    return made


async def play(site: Site, plan: Plan, places: asyncio.Semaphore) -> Outcome:
    """One person's call, from dialling to the end."""
    outcome = Outcome(plan)
    async with places:
        await asyncio.sleep(random.Random(plan.number).uniform(0, 1.5))
        try:
            person = await _reached(site, plan)
        except (CallFailed, LabError) as error:
            outcome.error = repr(error)
            return outcome
        part = _Part(site, plan, person, outcome)
        try:
            await part.play()
        except (CallFailed, LabError, AssertionError) as error:
            outcome.error = repr(error)
        finally:
            outcome.end_ns = outcome.end_ns or time.time_ns()
            await asyncio.gather(*(_over(call) for call in (person.dialled.call, part.leg) if call is not None))
            if plan.way is not Way.OUT:
                await person.dialled.phone.close()
    return outcome


@dataclass(frozen=True, slots=True)
class _Person:
    dialled: Dialled
    leg: Call | None
    """The agent's, where it was there first."""


async def _reached(site: Site, plan: Plan) -> _Person:
    if plan.way is Way.OUT:
        return _Person(*await dial_out(site, plan.agent, plan.number))
    extensions = {
        Way.DIAL: f"5{plan.agent}", Way.LOCAL: f"6{plan.agent}", Way.QUEUE: MANY, Way.CONFERENCE: _room(plan),
    }  # fmt: skip
    return _Person(await dial(site, extensions[plan.way], plan.number), None)


def _room(plan: Plan) -> str:
    return f"4{int(plan.number) % 100:02}"


async def _over(call: Call) -> None:
    if call.status is not CallStatus.OVER:
        await call.hang_up()


class _Part:
    """One person's part being played."""

    def __init__(self, site: Site, plan: Plan, person: _Person, outcome: Outcome) -> None:
        self._site = site
        self._plan = plan
        self._dialled = person.dialled
        self.leg = person.leg
        self._outcome = outcome
        self._stop: asyncio.Task[None] | None = None
        outcome.call_id = person.dialled.call_id

    async def play(self) -> None:
        try:
            async with asyncio.timeout(self._plan.leaves_s):
                await self._through()
        except TimeoutError:
            if self._stop is not None and self._stop.done():
                await self._stop
            self._outcome.end_ns = time.time_ns()
            await self._dialled.call.hang_up()
        finally:
            if self._stop is not None:
                self._stop.cancel()
                await asyncio.gather(self._stop, return_exceptions=True)

    async def _through(self) -> None:
        await self._answer()
        met = await self._meet()
        met.dialled.call.say(lines(Party.CALLER)[0])
        await asyncio.sleep(self._plan.talks_s)
        agent = await self._turn(met)
        await self._end(met, agent)

    async def _answer(self) -> None:
        for key in self._plan.keys:
            await self._hear()
            self._outcome.key_ns = await self._dialled.press(key)
        if self._plan.falls_silent:
            await self._hear()
        if not self._plan.says_yes:
            return
        self._dialled.yes_ns = self._outcome.yes_ns = self._outcome.key_ns
        if self._plan.end is End.CALLER_STOPS_EARLY:
            self._stop = asyncio.create_task(self._stop_later())
        elif self._plan.hurries == "yes":
            await self._dialled.cut_short()

    async def _hear(self) -> None:
        await self._dialled.hear_notice()
        self._outcome.noticed_ns = int(self._dialled.call.stream.arrivals_ns[-1])

    async def _stop_later(self) -> None:
        await asyncio.sleep(self._plan.stops_s)
        self._outcome.nine_ns = await self._dialled.press("*9")

    async def _meet(self) -> Talk:
        plan = self._plan
        if plan.way is Way.OUT:
            assert self.leg is not None
            await self.leg.answered(60)
            await asyncio.sleep(0.3)
            return Talk(self._dialled, plan.agent, self.leg)
        if plan.way is Way.CONFERENCE:
            await asyncio.sleep(0.5)
            self.leg = await self._site.agents[plan.agent].dial(_room(plan))
            await self.leg.answered()
            return Talk(self._dialled, plan.agent, self.leg)
        agents = (plan.agent,) if plan.way is not Way.QUEUE else ()
        agent, leg = await self._site.met(plan.number, *agents, limit_s=MEETS_WITHIN_S)
        met = Talk(self._dialled, agent, leg)
        await asyncio.sleep(0.3)
        self._outcome.rang_ns = met.leg.started_ns
        return met

    async def _turn(self, met: Talk) -> Call | None:
        """The agent's leg afterwards; None where it is another one, which then does not act."""
        turns: dict[Turn, Callable[[Talk], Awaitable[Call | None]]] = {
            Turn.HOLD: self._hold, Turn.PARK: self._park, Turn.BLIND: self._blind, Turn.ATTENDED: self._attended,
        }  # fmt: skip
        return await turns[self._plan.turn](met) if self._plan.turn in turns else met.leg

    async def _hold(self, met: Talk) -> Call:
        await met.leg.hold()
        await asyncio.sleep(1.2)
        await met.leg.resume()
        await asyncio.sleep(1.0)
        return met.leg

    async def _park(self, met: Talk) -> Call:
        await met.leg.transfer("8700")
        await met.leg.ended(10)
        space = await self._parked(met)
        await asyncio.sleep(0.5)
        leg = await self._site.agents[met.agent].dial(space)
        await leg.answered()
        await asyncio.sleep(1.5)
        return leg

    async def _parked(self, met: Talk) -> str:
        name = str((await self._site.channel(met.call_id))["name"])
        for _ in range(50):
            shown = await self._site.pbx.cli("parking show default")
            for part in shown.split("Space")[1:]:
                if name in part and (space := re.search(r"\d{4}", part)):
                    return space[0]
            await asyncio.sleep(0.1)
        raise LabError(f"{name} is not parked: {shown[-300:]}")

    async def _blind(self, met: Talk) -> Call:
        to = random.Random(self._plan.number).choice(COLLEAGUES)
        await met.leg.transfer(str(to))
        await met.leg.ended(10)
        moved = await self._dialled.met(to)
        await asyncio.sleep(1.0)
        return moved.leg

    async def _attended(self, met: Talk) -> None:
        to = random.Random(self._plan.number).choice(COLLEAGUES)
        await met.leg.hold()
        consult = await self._site.agents[met.agent].dial(str(to))
        await consult.answered()
        await asyncio.sleep(0.8)
        await met.leg.transfer_to(consult)
        await consult.ended(10)
        await asyncio.sleep(1.0)

    async def _end(self, met: Talk, agent: Call | None) -> None:
        plan, outcome = self._plan, self._outcome
        if plan.end is End.CALLER_STOPS_EARLY and self._stop is not None:
            await self._stop
        elif plan.end is End.CALLER_STOPS:
            outcome.nine_ns = await self._dialled.press("*9")
        elif plan.end is End.AGENT_STOPS and agent is not None:
            outcome.nine_ns = (await agent.press("*9", 0.1))[-1]
        if outcome.nine_ns:
            await asyncio.sleep(max(0.0, ERASED_WITHIN_S - (time.time_ns() - outcome.nine_ns) / 1e9))
            outcome.left = self._site.records.derived(met.call_id)
        outcome.end_ns = time.time_ns()
        if plan.end is End.AGENT and agent is not None:
            await agent.hang_up()
            if plan.way is not Way.CONFERENCE:  # there the caller stays behind
                await self._dialled.call.ended(10)
        else:
            await self._dialled.call.hang_up()
