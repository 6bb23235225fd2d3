"""What people do in a call: listen to the notice, press a key, talk, press *9, hang up. And the law of packets."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from consent.parties import Party
from tests.demo import voices
from tests.lab.errors import LabError
from tests.lab.gate_log import calls_of
from tests.lab.phone import Call, Phone
from tests.lab.site import RECORDER_LAG_S, Site

THINKS_S = 0.3
CUTS_AFTER_S = 1.0
"""Long enough for the words of thanks, and then of the reference, to have begun."""
LAST_PACKET_MS = 100
"""So long after the end of the 9 key, or after hanging up, a voice's packet may still be on its way."""
PAUSED_WITHIN_MS = 250
"""From the moment at which a conversation is interrupted: the PBX's event, our answer, its hang-up of the fork."""
GAP_MS = 60
"""The law of a party's own media."""
PACE_MS = 20
BOTH_UP_NS = 300_000_000


class Gaps(NamedTuple):
    """Largest gaps in ms of what the caller and the agent received, and of what their phones themselves sent."""

    caller_ms: float
    agent_ms: float
    own_ms: float

    @property
    def excess_ms(self) -> float:
        """The larger of the two, without what the phones were late themselves: a machine that stands still for a moment
        is no fault of the product.
        """
        return max(self.caller_ms, self.agent_ms) - max(0.0, self.own_ms - PACE_MS)

    def __str__(self) -> str:
        return "/".join(f"{gap_ms:.0f}" for gap_ms in self)


def gaps_of(caller: Call, agent: Call, since_ns: int, until_ns: int) -> Gaps:
    """The gaps of two parties in that time."""
    streams = (caller.stream, agent.stream)
    caller_ms, agent_ms = (stream.gap_max_ms(since_ns, until_ns) for stream in streams)
    assert caller_ms, "the caller received nothing"
    assert agent_ms, "the agent received nothing"
    return Gaps(caller_ms, agent_ms, max(stream.pace_max_ms(since_ns, until_ns) for stream in streams))


@dataclass(slots=True)
class Dialled:
    """A stranger's call that the PBX has answered. `yes_ns`: the end of the key of a yes."""

    site: Site
    phone: Phone
    call: Call
    call_id: str
    yes_ns: int = 0

    async def hear_notice(self) -> None:
        """Listen until the voice is silent, and think for a moment. Raises CallFailed if it never is."""
        await self.call.heard_out(time.time_ns())
        await asyncio.sleep(THINKS_S)

    async def press(self, keys: str, gap_s: float = 0.1) -> int:
        """Press keys; when the last one ended, ns since 1970."""
        return (await self.call.press(keys, gap_s))[-1]

    async def say_yes(self) -> None:
        """Hear the notice and press 1."""
        await self.hear_notice()
        self.yes_ns = await self.press("1")

    async def cut_short(self) -> None:
        """Want to hear neither thanks nor the reference: a key that means nothing ends each."""
        for _ in range(2):
            await asyncio.sleep(CUTS_AFTER_S)
            await self.press("0")

    async def agree(self) -> None:
        """Hear the notice, say yes, and want to hear no more."""
        await self.say_yes()
        await self.cut_short()

    async def met(self, *agents: int) -> "Talk":
        """Both connected, and each has heard the other for a moment."""
        agent, leg = await self.site.met(self.phone.number, *agents)
        await asyncio.sleep(BOTH_UP_NS / 1e9)
        return Talk(self, agent, leg)


@dataclass(slots=True)
class Talk:
    """A caller and an agent who hear each other. `agent` is the number, `leg` the agent's call."""

    dialled: Dialled
    agent: int
    leg: Call

    @property
    def call_id(self) -> str:
        """The PBX's."""
        return self.dialled.call_id

    async def heard(self, forks: int = 2, limit_s: float = 10.0) -> None:
        """Wait until the bridge hears so many voices of this call now. Raises LabError."""
        await heard(self.dialled.site, self.call_id, forks, limit_s)

    def both_speak(self) -> None:
        """Each says the first lines."""
        for party, leg in ((Party.CALLER, self.dialled.call), (Party.AGENT, self.leg)):
            speak(leg, lines(party)[:6])

    def gaps(self, until_ns: int, since_ns: int = 0) -> Gaps:
        """The gaps of both until then; from the moment both were connected where no other is given."""
        return gaps_of(self.dialled.call, self.leg, since_ns or self.leg.answered_ns + BOTH_UP_NS, until_ns)


async def dial(site: Site, extension: str, number: str, display: str = "") -> Dialled:
    """A new stranger calls; the PBX has answered."""
    phone = await site.caller(number, display)
    before = [one["id"] for one in await site.channels() if one["caller"]["number"] == number]
    call = await phone.dial(extension)
    await call.answered()
    return Dialled(site, phone, call, await site.channel_of(number, besides=before))


async def talk(site: Site, extension: str, number: str, *agents: int) -> Talk:
    """A new stranger calls, says yes, wants to hear no reference, meets an agent, and both are heard by the bridge."""
    dialled = await dial(site, extension, number)
    await dialled.agree()
    met = await dialled.met(*agents)
    await met.heard()
    return met


def outside_phone(site: Site) -> Phone:
    """The phone that whoever calls out through the trunk reaches. It must have been opened."""
    return next(phone for phone in site.callers if phone.local[1] == site.pbx.ports.trunk)


async def dial_out(site: Site, agent: int, number: str) -> tuple[Dialled, Call]:
    """An agent calls a stranger, who picks up and is asked; the stranger's side of the call, and the agent's.

    The site's phone at the trunk's port must answer by itself.
    """
    since_ns = time.time_ns()
    leg = await site.agents[agent].dial(number)
    phone = outside_phone(site)
    call = await rung(phone, since_ns, number=number)
    return Dialled(site, phone, call, await site.channel_of(number)), leg


async def rung(phone: Phone, since_ns: int, limit_s: float = 10.0, number: str = "") -> Call:
    """The call that has begun to ring at a phone since then (for that number), once it is answered. Raises LabError."""
    deadline_s = time.monotonic() + limit_s
    while True:
        for call in phone.calls:
            if call.started_ns >= since_ns and f"sip:{number}" in call.invitation.uri:
                await call.answered(limit_s)
                return call
        if time.monotonic() > deadline_s:
            raise LabError(f"{number or phone.number} was not called within {limit_s:.0f} s.")
        await asyncio.sleep(0.02)


async def heard(site: Site, call_id: str, forks: int, limit_s: float = 10.0) -> None:
    """Wait until so many forks of a call send packets now. Raises LabError."""
    deadline_s = time.monotonic() + limit_s
    while (found := await live_forks(site, call_id)) != forks:
        if time.monotonic() > deadline_s:
            raise LabError(
                f"{found} voices of {call_id} are heard, not {forks}, after {limit_s:.0f} s; "
                f"the bridge's log ends: {site.service.last_words()}"
            )
        await asyncio.sleep(0.1)


async def live_forks(site: Site, call_id: str, within_s: float = 0.2) -> int:
    """How many fork ports of a call got packets in the last moment."""
    packets = (await site.packets()).packets
    recent = packets[packets["time_ns"] > time.time_ns() - round((within_s + RECORDER_LAG_S) * 1e9)]
    return len(set(recent["port"][calls_of(recent, site.gate.entries()) == call_id].tolist()))


def outside(times_ns: NDArray[np.int64], yes_ns: int, end_ns: int) -> int:
    """How many packets came before the key of the yes was released, or later than a call's end and its grace allow."""
    return int(((times_ns < yes_ns) | (times_ns > end_ns + LAST_PACKET_MS * 1_000_000)).sum())


def last_after_ms(times_ns: NDArray[np.int64], moment_ns: int) -> float:
    """How long after the moment the last packet came; negative where it came before."""
    assert len(times_ns), "nothing was heard at all"
    return float((times_ns.max() - moment_ns) / 1e6)


def lines(party: Party, language: str = "en") -> list[NDArray[np.int16]]:
    """What a party says, 8 kHz."""
    return [clip.samples for clip in voices.load(language) if clip.party is party]


def speak(call: Call, spoken: Sequence[NDArray[np.int16]]) -> None:
    """Say one after the other."""
    for samples in spoken:
        call.say(samples)


def rows(title: Sequence[str], *table: Sequence[object]) -> None:
    """Print a small table."""
    cells = [[str(cell) for cell in row] for row in (title, *table)]
    widths = [max(len(row[at]) for row in cells) for at in range(len(title))]
    print()
    for row in cells:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
