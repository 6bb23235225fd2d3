"""What the PBX plays to people never reaches a fork: prompts, announcements, music on hold. The forks' sound tells it.

A fork hears one party's own mouth. So each act plays something to somebody who keeps silent, proves by the phone that
it was heard there, and looks for it in the sound of the forks; and it lets somebody talk, and finds that.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import pytest
import pytest_asyncio
from numpy.typing import NDArray

from consent.parties import Party
from tests.lab import ear
from tests.lab.asterisk import music, tune
from tests.lab.fork_sound import ForkSound, leak_db, level_dbov, listening, narrow
from tests.lab.phone import Call
from tests.lab.site import RECORDER_LAG_S, Site
from tests.live.outcomes import at_once, of
from tests.live.people import PAUSED_WITHIN_MS, Dialled, Talk, dial, lines, rows, talk

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]

SILENT_DBOV = -60.0
"""Nothing is heard: far below the quietest voice that is judged (-50), and above what two codecs add to silence."""
PLAYED_DB = -3.0
"""What was played to somebody is at that phone as loud as it was made."""
LEAK_DB = -20.0
"""Speech resembles a tune by chance as much as that (measured: see the table); a leak would be at 0."""
SPOKEN_DBOV = -40.0
SETTLES_S = 0.3
TUNE_S = 7.5
"""Long enough to hold one of the tunes that come each six seconds, from its beginning to its end."""
SPEAKS_S = 3.0
MUSIC_S = 3.0
WAITS_S = 10.0
"""In the queue; longer than it takes until its announcement comes."""


@dataclass(frozen=True, slots=True)
class Moment:
    """What was heard in one stretch of a call. Sounds are int16 (n,) at 8 kHz, `packets` those of both forks."""

    seconds: float
    caller_fork: NDArray[np.int16]
    agent_fork: NDArray[np.int16]
    caller_phone: NDArray[np.int16]
    agent_phone: NDArray[np.int16]
    packets: int


@dataclass(slots=True)
class Watch:
    """One call and the sound of its forks."""

    site: Site
    sound: ForkSound
    talk: Talk

    async def during(self, act: Awaitable[object], settles_s: float = SETTLES_S) -> Moment:
        """What is heard while something happens, from a moment after its beginning."""
        waiting = asyncio.ensure_future(act)
        await asyncio.sleep(settles_s)
        since_ns = time.time_ns()
        await waiting
        until_ns = time.time_ns()
        await asyncio.sleep(2 * RECORDER_LAG_S)
        return await self.between(since_ns, until_ns)

    async def between(self, since_ns: int, until_ns: int) -> Moment:
        """What was heard from then to then."""
        bounds = (since_ns, until_ns)
        times_ns = await self.site.times_of(self.talk.call_id)
        return Moment(
            (until_ns - since_ns) / 1e9,
            *(narrow(self.sound.of(self._ports(party), *bounds)) for party in (Party.CALLER, Party.AGENT)),
            *(call.stream.heard(*bounds) for call in (self.talk.dialled.call, self.talk.leg)),
            int(((times_ns >= since_ns) & (times_ns <= until_ns)).sum()),
        )

    def _ports(self, party: Party) -> set[int]:
        """By the PBX's own log: the call is named by its caller's channel."""
        forks = self.site.forks_of(self.talk.call_id)
        return {one.port for one in forks if (one.spied == self.talk.call_id) is (party is Party.CALLER)}


@dataclass(slots=True)
class Acts:
    """What was heard in each act, by name."""

    moments: Mapping[str, Moment]
    scores: int = 0
    late: NDArray[np.int16] | None = None


def spoken(party: Party) -> NDArray[np.int16]:
    """Words of a party, as long as somebody speaks here."""
    return lines(party)[0][: round(SPEAKS_S * ear.RATE_HZ)]


def words(party: Party) -> NDArray[np.int16]:
    """A part of them by which they are known again, where their beginning was not listened to."""
    return spoken(party)[round(2 * SETTLES_S * ear.RATE_HZ) : -round(SETTLES_S * ear.RATE_HZ)]


async def _while_they_talk(site: Site, sound: ForkSound) -> Acts:
    """A tune for the caller each six seconds, while both are heard; then music from either's own phone; then voices."""
    met = await talk(site, "81016", "0615000016", 1016)
    watch = Watch(site, sound, met)
    caller, agent = met.dialled.call, met.leg
    moments = {"tune, both silent": await watch.during(asyncio.sleep(TUNE_S))}
    moments["music from the agent's phone"] = await watch.during(_say(agent, music(MUSIC_S)))
    moments["music from the caller's line"] = await watch.during(_say(caller, music(MUSIC_S)))
    scores = site.records.derived(met.call_id).scores
    both = _say(caller, np.concatenate([spoken(Party.CALLER)] * 3))
    moments["tune, the caller talks"] = await watch.during(both)
    await caller.hang_up()
    return Acts(moments, scores)


async def _on_hold(site: Site, sound: ForkSound) -> Acts:
    """Each puts the other on hold, and hears again afterwards; who waits talks into the music."""
    met = await talk(site, "51017", "0615000017", 1017)
    watch = Watch(site, sound, met)
    caller, agent = met.dialled.call, met.leg
    moments, late = {}, []
    for holder, waiter, party in ((agent, caller, Party.CALLER), (caller, agent, Party.AGENT)):
        since_ns = time.time_ns()
        await holder.hold()
        held_ns = time.time_ns()
        await asyncio.sleep(PAUSED_WITHIN_MS / 1e3)
        moments[f"the {party} waits, silent"] = await watch.during(asyncio.sleep(MUSIC_S))
        moments[f"the {party} waits, and talks"] = await watch.during(_say(waiter, spoken(party)))
        first = await watch.between(since_ns, held_ns + PAUSED_WITHIN_MS * 1_000_000)
        late += [first.caller_fork, first.agent_fork]
        await holder.resume()
        await met.heard()
        moments[f"the {party} is back, and talks"] = await watch.during(_say(waiter, spoken(party)))
    await caller.hang_up()
    return Acts(moments, late=np.concatenate(late))


async def _in_a_queue(site: Site, sound: ForkSound) -> Acts:
    """After the yes a tune, music, and the tune again, until somebody answers."""
    site.agents[1018].answer_by_itself(WAITS_S)
    dialled = await dial(site, "303", "0615000018")
    await dialled.agree()
    talking = asyncio.ensure_future(_talks_in_the_queue(dialled))
    met = await dialled.met(1018)
    await talking
    await met.heard()
    watch = Watch(site, sound, met)
    moments = {
        "before the yes": await watch.between(dialled.call.answered_ns, dialled.yes_ns),
        "waiting in the queue": await watch.between(dialled.yes_ns, met.leg.answered_ns),
        "answered, the caller talks": await watch.during(_say(dialled.call, spoken(Party.CALLER))),
    }
    await dialled.call.hang_up()
    return Acts(moments)


async def _talks_in_the_queue(dialled: Dialled) -> None:
    await asyncio.sleep(WAITS_S / 2)
    await _say(dialled.call, spoken(Party.CALLER))


async def _say(call: Call, samples: NDArray[np.int16]) -> None:
    await call.say(samples)


ACTS: dict[str, Callable[[Site, ForkSound], Awaitable[Acts]]] = {
    "while they talk": _while_they_talk, "on hold": _on_hold, "in a queue": _in_a_queue,
}  # fmt: skip


@contextmanager
def _shown(found: dict[str, Acts | BaseException]) -> Iterator[None]:
    """Print what was heard, whatever comes of it."""
    yield
    wanted = {"tune": tune(), "music": music(1.0)}
    rows(
        ("act", "moment", "packets", "caller dBov", "agent dBov", *(f"{name} in {where}, dB" for name in wanted
         for where in ("caller's fork", "agent's fork", "caller's phone", "agent's phone"))),
        *((name, moment, m.packets, f"{level_dbov(m.caller_fork):.0f}", f"{level_dbov(m.agent_fork):.0f}",
           *(f"{leak_db(heard, template):.0f}" for template in wanted.values()
             for heard in (m.caller_fork, m.agent_fork, m.caller_phone, m.agent_phone)))
          for name, acts in found.items() if isinstance(acts, Acts) for moment, m in acts.moments.items()),
    )  # fmt: skip


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def played(site: Site) -> AsyncIterator[dict[str, Acts | BaseException]]:
    """All acts at once."""
    for number in (1016, 1017, 1018):
        await site.agent(number)
    found: dict[str, Acts | BaseException] = {}
    with listening(site.pbx.ports.forks) as sound, _shown(found):
        found |= await at_once({name: act(site, sound) for name, act in ACTS.items()})
    yield found


def _is_live(moment: Moment) -> None:
    """Both forks carried sound all the time: silence in them is the party's own."""
    for fork in (moment.caller_fork, moment.agent_fork):
        assert len(fork) > 0.9 * moment.seconds * ear.RATE_HZ


async def test_a_prompt_to_the_caller_is_in_no_fork(played: dict[str, Acts | BaseException]) -> None:
    """What the PBX plays to the caller while both are heard is at the caller's phone, and in neither fork."""
    moment = of(played["while they talk"]).moments["tune, both silent"]
    _is_live(moment)
    assert leak_db(moment.caller_phone, tune()) > PLAYED_DB
    for fork in (moment.caller_fork, moment.agent_fork):
        assert level_dbov(fork) < SILENT_DBOV


async def test_a_caller_who_talks_over_a_prompt_is_heard_alone(played: dict[str, Acts | BaseException]) -> None:
    """The same while the caller talks: the fork has the words, and no trace of the tune. (The measurement can hear.)"""
    moment = of(played["while they talk"]).moments["tune, the caller talks"]
    _is_live(moment)
    assert leak_db(moment.caller_phone, tune()) > PLAYED_DB
    assert level_dbov(moment.caller_fork) > SPOKEN_DBOV
    assert leak_db(moment.caller_fork, words(Party.CALLER)) > PLAYED_DB
    assert leak_db(moment.caller_fork, tune()) < LEAK_DB
    assert level_dbov(moment.agent_fork) < SILENT_DBOV


async def test_what_a_phone_itself_plays_is_that_partys_sound(played: dict[str, Acts | BaseException]) -> None:
    """Music that comes from a phone is a mouth to the PBX: it is in that party's fork and in no other, and is told to
    nobody as a tone: the agent is never judged, and in the caller's music nobody talks.
    """
    acts = of(played["while they talk"])
    for name, own, other in (("agent's phone", "agent_fork", "caller_fork"), ("caller's line", "caller_fork",
                             "agent_fork")):  # fmt: skip
        moment = acts.moments[f"music from the {name}"]
        assert leak_db(getattr(moment, own), music(1.0)) > PLAYED_DB
        assert level_dbov(getattr(moment, other)) < SILENT_DBOV
    assert acts.scores == 0


@pytest.mark.parametrize("party", list(Party))
async def test_on_hold_nobody_is_heard(played: dict[str, Acts | BaseException], party: Party) -> None:
    """While one party has the other on hold no packet comes to a fork, neither of the music nor of who talks into it;
    afterwards both are heard again.
    """
    moments = of(played["on hold"]).moments
    silent, talks = moments[f"the {party} waits, silent"], moments[f"the {party} waits, and talks"]
    phone = silent.caller_phone if party is Party.CALLER else silent.agent_phone
    assert leak_db(phone, music(1.0)) > PLAYED_DB
    assert (silent.packets, talks.packets) == (0, 0)
    back = moments[f"the {party} is back, and talks"]
    assert leak_db(back.caller_fork if party is Party.CALLER else back.agent_fork, words(party)) > PLAYED_DB


async def test_no_music_slips_in_before_a_hold_is_known(played: dict[str, Acts | BaseException]) -> None:
    """Between the hold and the end of the forks the music plays already: it is not in what still comes, if anything
    does: a quick machine ends them before the next packet.
    """
    late = of(played["on hold"]).late
    assert late is not None
    assert not len(late) or level_dbov(late) < SILENT_DBOV


async def test_who_waits_in_a_queue_is_not_heard(played: dict[str, Acts | BaseException]) -> None:
    """Neither the notice nor what comes after the yes is heard, nor the caller, until somebody answers; then the caller
    is.
    """
    moments = of(played["in a queue"]).moments
    waiting = moments["waiting in the queue"]
    assert leak_db(waiting.caller_phone, tune()) > PLAYED_DB
    assert leak_db(waiting.caller_phone, music(1.0)) > PLAYED_DB
    assert level_dbov(moments["before the yes"].caller_phone) > SPOKEN_DBOV
    assert (moments["before the yes"].packets, waiting.packets) == (0, 0)
    assert leak_db(moments["answered, the caller talks"].caller_fork, words(Party.CALLER)) > PLAYED_DB


async def test_nothing_stays_behind(site: Site, played: dict[str, Acts | BaseException]) -> None:
    """After all of it: no channel, no bridge, no tone of an agent."""
    assert played
    await site.empty()
    assert site.records.scores_of_agents() == 0
