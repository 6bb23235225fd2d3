"""The bridge is killed (SIGKILL) in the midst of ten calls, and comes back; killed again, it comes back at once."""

import asyncio
import time
from dataclasses import dataclass

import pytest
import pytest_asyncio

from tests.lab.service import LEASE_S
from tests.lab.site import Site
from tests.live.people import (
    GAP_MS,
    Dialled,
    Talk,
    dial,
    heard,
    last_after_ms,
    live_forks,
    outside,
    rows,
    talk,
)

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]

LEASE_SLACK_MS = 300
"""A lease may have been renewed just before the kill, and its end takes the PBX a moment."""
ORDINARY = ("plain 1", "plain 2", "plain 3", "Local/n", "queue, Local/n")
"""In these nothing happens while the bridge is dead."""


@dataclass(slots=True)
class Story:
    """All that happened. Times in ns since 1970; `calls` by what became of them while the bridge was dead."""

    calls: dict[str, Talk]
    refused: Dialled
    killed_ns: int = 0
    back_ns: int = 0
    nine_ns: dict[str, int] | None = None
    during: Talk | None = None
    forks_after_lease: int = -1
    live_after_return: dict[str, int] | None = None
    verdicts_at_kill: dict[str, int] | None = None
    live_at_the_end: dict[str, int] | None = None
    end_ns: int = 0


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def story(site: Site) -> Story:
    """Play it."""
    for number in (1001, 1002, 1003, *range(1010, 1026)):
        await site.agent(number)
    told = await _ten_calls(site)
    await site.until("a verdict in every ordinary call", lambda: min(_verdicts(site, told).values()) > 0, 30)
    told.verdicts_at_kill = _verdicts(site, told)
    told.killed_ns = await site.service.kill()
    await _while_dead(site, told)
    await _restart(site, told)
    await _kill_again(site, told)
    told.end_ns = time.time_ns()
    await _print(site, told)
    assert told.during is not None
    everybody = [leg for talk in (*told.calls.values(), told.during) for leg in (talk.dialled.call, talk.leg)]
    await asyncio.gather(*(leg.hang_up() for leg in everybody), told.refused.call.hang_up())
    return told


async def _ten_calls(site: Site) -> Story:
    extensions = {
        "plain 1": "51010", "plain 2": "51011", "plain 3": "51012", "Local/n": "61013", "queue, Local/n": "300",
        "*9 by caller": "51014", "*9 by agent": "51015", "transferred": "51016", "held": "51018", "hung up": "51019",
    }  # fmt: skip
    numbers = [f"06150000{at:02}" for at in range(len(extensions))]
    made = [talk(site, extension, number) for extension, number in zip(extensions.values(), numbers, strict=True)]
    talks, refused, conference = await asyncio.gather(asyncio.gather(*made), _refused(site), _conference(site))
    calls = dict(zip(extensions, talks, strict=True)) | {"conference": conference}
    for call in calls.values():
        call.both_speak()
    await asyncio.sleep(4)
    return Story(calls, refused)


async def _refused(site: Site) -> Dialled:
    dialled = await dial(site, "51021", "0615000021")
    await dialled.hear_notice()
    await dialled.press("2")
    await dialled.met(1021)
    return dialled


async def _conference(site: Site) -> Talk:
    dialled = await dial(site, "400", "0615000022")
    await dialled.agree()
    leg = await site.agents[1022].dial("400")
    await leg.answered()
    await heard(site, dialled.call_id, 2)
    return Talk(dialled, 1022, leg)


async def _while_dead(site: Site, told: Story) -> None:
    """Everything that people do meanwhile; until two seconds after the lease."""
    calls = told.calls
    await asyncio.sleep(0.5)
    told.nine_ns = {
        "*9 by caller": await calls["*9 by caller"].dialled.press("*9"),
        "*9 by agent": (await calls["*9 by agent"].leg.press("*9", 0.1))[-1],
        "conference": await calls["conference"].dialled.press("*9"),
    }
    await asyncio.gather(
        calls["transferred"].leg.transfer("1017"),
        calls["held"].leg.hold(),
        calls["hung up"].dialled.call.hang_up(),
    )
    await asyncio.sleep(1)
    await calls["held"].leg.resume()
    forged = (await site.channel(told.refused.call_id))["name"]
    await site.pbx.cli(f"dialplan set chanvar {forged} OUIDIRE_CONSENT granted")
    told.during = await _yes_meanwhile(site)
    await asyncio.sleep(max(0.0, LEASE_S + 2 - (time.time_ns() - told.killed_ns) / 1e9))
    told.forks_after_lease = len(await site.forks_now())


async def _yes_meanwhile(site: Site) -> Talk:
    dialled = await dial(site, "51023", "0615000023")
    await dialled.say_yes()
    return await dialled.met(1023)


async def _restart(site: Site, told: Story) -> None:
    told.back_ns = time.time_ns()
    await site.service.start()
    for name in ORDINARY:
        await heard(site, told.calls[name].call_id, 2)
    await asyncio.sleep(1.5)
    told.live_after_return = await _live(site, told)


async def _kill_again(site: Site, told: Story) -> None:
    """This time it is back before the leases have ended."""
    await site.service.kill()
    await site.service.start()
    for name in ORDINARY:
        await heard(site, told.calls[name].call_id, 2)
    await asyncio.sleep(1.5)
    told.live_at_the_end = await _live(site, told)


async def _live(site: Site, told: Story) -> dict[str, int]:
    found = {name: await live_forks(site, call.call_id) for name, call in told.calls.items()}
    assert told.during is not None
    found["yes meanwhile"] = await live_forks(site, told.during.call_id)
    found["forged"] = await live_forks(site, told.refused.call_id)
    return found


def _verdicts(site: Site, told: Story) -> dict[str, int]:
    """How many verdicts the file holds of each ordinary call."""
    derived = {name: site.records.derived(told.calls[name].call_id) for name in ORDINARY}
    return {name: found.scores + found.abstained for name, found in derived.items()}


async def _print(site: Site, told: Story) -> None:
    assert told.live_after_return is not None
    assert told.live_at_the_end is not None
    table = []
    for name, call in told.calls.items():
        times_ns = await site.times_of(call.call_id)
        dead = times_ns[times_ns < told.back_ns]
        gaps = call.gaps(told.end_ns, told.killed_ns - 1_000_000_000)
        table.append(
            (
                name, f"{last_after_ms(dead, told.killed_ns):.0f}", told.live_after_return[name],
                told.live_at_the_end[name], gaps,
                " ".join(f"{a}({s})" for a, _, s in site.records.answers(call.call_id)),
            )
        )  # fmt: skip
    rows(("call", "last ms after kill", "heard after 1st", "2nd return", "gaps caller/agent/own", "ledger"), *table)


async def test_the_calls_go_on_without_a_gap(story: Story) -> None:
    """Kill and return of the bridge: no gap above 60 ms in what the parties of an ordinary call receive."""
    for name in ORDINARY:
        gaps = story.calls[name].gaps(story.end_ns, story.killed_ns - 1_000_000_000)
        assert gaps.excess_ms <= GAP_MS, (name, gaps)


async def test_forks_end_within_their_lease(site: Site, story: Story) -> None:
    """No packet later than one lease after the kill, and no fork left on the PBX then."""
    assert story.forks_after_lease == 0
    for name, call in story.calls.items():
        times_ns = await site.times_of(call.call_id)
        dead = times_ns[times_ns < story.back_ns]
        assert last_after_ms(dead, story.killed_ns) <= LEASE_S * 1000 + LEASE_SLACK_MS, name


async def test_star9_works_without_the_bridge(site: Site, story: Story) -> None:
    """*9 while it was dead: the last packet at most 100 ms after the key, and the answer in the ledger afterwards."""
    assert story.nine_ns is not None
    for name, answer in (("*9 by caller", "withdrawn"), ("*9 by agent", "objected")):
        call_id = story.calls[name].call_id
        times_ns = await site.times_of(call_id)
        assert outside(times_ns, story.calls[name].dialled.yes_ns, story.nine_ns[name]) == 0
        assert (answer, "star9", "journal") in site.records.answers(call_id)
    assert site.records.derived(story.calls["*9 by caller"].call_id).is_nothing


async def test_heard_again_is_only_what_was_granted_and_is_the_same_conversation(story: Story) -> None:
    """After the return: both voices of the ordinary calls and of the one that was held and taken back; of all others
    nobody: stopped, transferred, asked meanwhile, a variable forged, a conference (where the PBX looks at no key).
    """
    for live in (story.live_after_return, story.live_at_the_end):
        assert live is not None
        assert {name: live[name] for name in (*ORDINARY, "held")} == dict.fromkeys((*ORDINARY, "held"), 2)
        assert {name: count for name, count in live.items() if count and name not in (*ORDINARY, "held")} == {}


async def test_a_call_that_ended_meanwhile_is_closed_in_the_ledger(site: Site, story: Story) -> None:
    """Hung up while the bridge was dead: its grants expire at the return, and it is sealed."""
    assert site.records.answers(story.calls["hung up"].call_id)[-1][0] == "expired"
    assert site.records.is_over(story.calls["hung up"].call_id)


async def test_a_forged_variable_is_told_as_an_attack(site: Site, story: Story) -> None:
    """A variable that says granted without a yes in ledger or journal: no fork, and an error in the log."""
    suspected = {event.get("call_id") for event in site.service.events("attack.suspected")}
    assert story.refused.call_id in suspected
    assert site.forks_of(story.refused.call_id) == []


async def test_orphans_are_swept_at_once(site: Site, story: Story) -> None:
    """Back before the leases have ended: the old forks are hung up, no voice is sent to two ports for long."""
    swept = [event["swept_forks"] for event in site.service.events("pbx.connected")]
    assert swept[-1] > 0
    for name in ORDINARY:
        assert (story.live_at_the_end or {})[name] == 2


async def test_the_file_is_sound(site: Site, story: Story) -> None:
    """Killed twice in the midst of writing: SQLite's check says ok, the chain is verified, no verdict is lost."""
    assert site.records.integrity() == "ok"
    assert site.records.verified() > 0
    assert story.verdicts_at_kill is not None
    for name, verdicts in _verdicts(site, story).items():
        assert verdicts >= story.verdicts_at_kill[name] > 0, name


async def test_nothing_stays_behind(site: Site, story: Story) -> None:
    """When all have hung up: no channel, no bridge with anybody in it."""
    assert story.end_ns
    await site.empty()
