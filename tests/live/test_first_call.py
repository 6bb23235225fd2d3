"""The first call, in all the ways in which a caller can answer. All are played at once; each test looks at one."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import numpy as np
import pytest
import pytest_asyncio
from numpy.typing import NDArray
from prometheus_client.parser import text_string_to_metric_families

from consent.parties import Party
from tests.lab.installation import Installation
from tests.lab.phone import Notice
from tests.lab.records import Derived
from tests.lab.site import Site, open_site
from tests.live.outcomes import at_once, of
from tests.live.people import GAP_MS, Gaps, Talk, dial, last_after_ms, lines, outside, rows, speak, talk

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]

FAMILIES = {"1001": "yealink", "1002": "cisco", "1003": "yealink"}
ERASED_WITHIN_S = 5.0
NOTICE_EARLY_S = 4.0
"""In the middle of the notice."""


@dataclass(slots=True)
class Outcome:
    """What is known of a call when it is over."""

    call_id: str
    answers: list[tuple[str, str, str]]
    grants: dict[str, str | None]
    is_over: bool
    derived: Derived
    forks: int
    times_ns: NDArray[np.int64]
    yes_ns: int = 0
    end_ns: int = 0
    gaps: Gaps | None = None
    notices: tuple[Notice, ...] = ()
    at_stop: Derived | None = None
    figures: str = ""
    was_ready: bool = False

    def says(self) -> list[str]:
        """The answers alone."""
        return [answer for answer, _, _ in self.answers]


async def _over(site: Site, call_id: str) -> Outcome:
    await asyncio.sleep(1.5)
    records = site.records
    return Outcome(
        call_id, records.answers(call_id), records.grants(call_id), records.is_over(call_id), records.derived(call_id),
        len(site.forks_of(call_id)), await site.times_of(call_id),
    )  # fmt: skip


async def _yes(site: Site) -> Outcome:
    """Yes, both talk until the caller was judged, the caller hangs up."""
    met = await talk(site, "51001", "0611000001", 1001)
    await _both_talk(met)
    await site.until("a score of the caller", lambda: site.records.derived(met.call_id).scores > 0, 20)
    end_ns = time.time_ns()
    gaps, at_stop = met.gaps(end_ns), site.records.derived(met.call_id)
    figures, was_ready = await site.service.metrics(), await site.service.is_ready()
    await met.dialled.call.hang_up()
    outcome = await _over(site, met.call_id)
    outcome.yes_ns, outcome.end_ns, outcome.gaps, outcome.at_stop = met.dialled.yes_ns, end_ns, gaps, at_stop
    outcome.figures, outcome.was_ready = figures, was_ready
    outcome.notices = tuple(site.agents[1001].notices)
    return outcome


async def _both_talk(met: Talk) -> None:
    speak(met.dialled.call, lines(Party.CALLER)[:5])
    met.leg.say(lines(Party.AGENT)[0])
    await asyncio.sleep(14)


async def _stopped(site: Site, number: str, extension: str, agent: int, who: Party) -> Outcome:
    """Yes, both talk, one of them presses *9, and both go on talking."""
    met = await talk(site, extension, number, agent)
    await _both_talk(met)
    await site.until("something judged of the caller", lambda: _is_judged(site.records.derived(met.call_id)), 20)
    at_stop = site.records.derived(met.call_id)
    leg = met.dialled.call if who is Party.CALLER else met.leg
    gaps = met.gaps(time.time_ns())
    end_ns = (await leg.press("*9", 0.1))[-1]
    await asyncio.sleep(ERASED_WITHIN_S - 1.5)
    outcome = await _over(site, met.call_id)
    outcome.yes_ns, outcome.end_ns, outcome.at_stop, outcome.gaps = met.dialled.yes_ns, end_ns, at_stop, gaps
    outcome.notices = tuple(site.agents[agent].notices)
    assert {met.dialled.call.status.value, met.leg.status.value} == {"up"}, "the call did not go on"
    await met.dialled.call.hang_up()
    return outcome


def _is_judged(derived: Derived) -> bool:
    return derived.scores + derived.abstained > 0 and len(derived.facts) == 2


async def _answers(site: Site, number: str, agent: int, *keys: str) -> Outcome:
    """Press these keys, one after each prompt; then talk a little."""
    dialled = await dial(site, f"5{agent}", number)
    for key in keys:
        await dialled.hear_notice()
        dialled.yes_ns = await dialled.press(key)
    met = await dialled.met(agent)
    if keys[-1:] == ("1",):
        await met.heard()
    met.dialled.call.say(lines(Party.CALLER)[0])
    await asyncio.sleep(3)
    await dialled.call.hang_up()
    return await _over(site, dialled.call_id)


async def _hangs_up(site: Site) -> Outcome:
    dialled = await dial(site, "51020", "0611000020")
    await asyncio.sleep(NOTICE_EARLY_S)
    await dialled.call.hang_up()
    return await _over(site, dialled.call_id)


async def _too_early(site: Site) -> Outcome:
    dialled = await dial(site, "51021", "0611000021")
    for _ in range(2):
        await asyncio.sleep(NOTICE_EARLY_S / 2)
        await dialled.press("1")
    met = await dialled.met(1021)
    await asyncio.sleep(2)
    await met.leg.hang_up()
    return await _over(site, dialled.call_id)


async def _french(site: Site) -> Outcome:
    met = await talk(site, "201", "0611000022", 1001)
    await met.dialled.call.hang_up()
    return await _over(site, met.call_id)


ACTS: dict[str, Callable[[Site], Awaitable[Outcome]]] = {
    "yes": _yes,
    "withdrawn": lambda site: _stopped(site, "0611000002", "51002", 1002, Party.CALLER),
    "objected": lambda site: _stopped(site, "0611000003", "51003", 1003, Party.AGENT),
    "no": lambda site: _answers(site, "0611000010", 1010, "2"),
    "silence": lambda site: _answers(site, "0611000011", 1011),
    "wrong keys": lambda site: _answers(site, "0611000012", 1012, "5", "7"),
    "wrong, then yes": lambda site: _answers(site, "0611000013", 1013, "5", "1"),
    "other language": lambda site: _answers(site, "0611000014", 1014, "3", "1"),
    "hang-up": _hangs_up,
    "too early": _too_early,
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(installation: Installation, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    """A site with three screens."""
    async with open_site(installation, tmp_path_factory.mktemp("site"), FAMILIES) as opened:
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def played(site: Site) -> dict[str, Outcome | BaseException]:
    """All acts, at once; the French one after them, since it rings at a phone whose screen is looked at."""
    for number in (1001, 1002, 1003, *range(1010, 1015), 1020, 1021):
        await site.agent(number)
    found = await at_once({name: act(site) for name, act in ACTS.items()})
    found |= await at_once({"French": _french(site)})
    _print(found)
    return found


def _print(found: dict[str, Outcome | BaseException]) -> None:
    rows(
        ("call", "answers", "forks", "packets", "last ms", "scores", "abst.", "gaps caller/agent/own"),
        *(
            (
                name, " ".join(o.says()), o.forks, len(o.times_ns),
                f"{last_after_ms(o.times_ns, o.end_ns):.1f}" if o.end_ns and len(o.times_ns) else "-",
                o.derived.scores, o.derived.abstained, o.gaps or "-",
            )
            if isinstance(o, Outcome) else (name, repr(o), *[""] * 6)
            for name, o in found.items()
        ),
    )  # fmt: skip


async def test_a_yes_opens_two_forks_between_key_and_hang_up(played: dict[str, Outcome | BaseException]) -> None:
    """A yes: one fork a party, no packet before the key was released or later than 100 ms after the hang-up."""
    yes = of(played["yes"])
    assert yes.says() == ["asked", "granted", "expired"]
    assert yes.is_over
    assert yes.forks == 2
    assert len(yes.times_ns) > 1000
    assert outside(yes.times_ns, yes.yes_ns, yes.end_ns) == 0


async def test_a_yes_is_judged(played: dict[str, Outcome | BaseException]) -> None:
    """A yes: the caller's tone is scored or said to be unfit, and both parties' facts are counted while the call lasts;
    of the agent nothing outlives it.
    """
    yes = of(played["yes"])
    assert yes.at_stop is not None
    assert yes.at_stop.facts == ("agent", "caller")
    assert yes.derived.scores > 0
    assert yes.derived.facts == ("caller",)


async def test_the_admin_sees_the_call_and_nobody_in_it(played: dict[str, Outcome | BaseException]) -> None:
    """While the call goes on the figures show its packets, none of them lost, and name neither call nor party; the
    service is ready.
    """
    outcome = of(played["yes"])
    figures = {
        (one.name, *one.labels.values()): one.value
        for family in text_string_to_metric_families(outcome.figures)
        for one in family.samples
    }
    shown = ("ouidire_packets_total", "ouidire_packets_lost_total", "ouidire_media_lag_seconds")
    rows(("figure", "value"), *((name, figures[(name,)]) for name in shown))
    assert outcome.was_ready
    assert figures[("ouidire_ready",)] == figures[("ouidire_engine_ready",)] == 1
    assert figures[("ouidire_calls", "granted")] >= 1
    assert figures[("ouidire_forks", "caller")] >= 1
    assert figures[("ouidire_packets_total",)] > 500
    assert figures[("ouidire_packets_lost_total",)] == 0
    assert figures[("ouidire_verdict_age_seconds_count",)] >= 1
    words = {word for key in figures for word in key}
    assert not words & {outcome.call_id, "0611000001", "1001", "trunk"}


async def test_the_parties_hear_each_other_without_a_gap(played: dict[str, Outcome | BaseException]) -> None:
    """No gap above 60 ms in what caller and agent receive, from both being up until the hang-up or the *9."""
    for name in ("yes", "withdrawn", "objected"):
        gaps = of(played[name]).gaps
        assert gaps is not None
        assert gaps.excess_ms <= GAP_MS, gaps


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("no", "key"), ("silence", "silence"), ("wrong keys", "wrong_keys"), ("too early", "silence"),
        ("hang-up", "hangup"),
    ],
)  # fmt: skip
async def test_whatever_is_no_yes_is_a_no(played: dict[str, Outcome | BaseException], name: str, why: str) -> None:
    """No, silence, wrong keys, keys during the notice, hang-up: not one packet, no grant, nothing derived."""
    refused = of(played[name])
    assert [(answer, reason) for answer, reason, _ in refused.answers] == [("asked", "notice"), ("refused", why)]
    assert refused.forks == 0
    assert len(refused.times_ns) == 0
    assert refused.grants == {}
    assert refused.derived.is_nothing


async def test_a_caller_who_hangs_up_rings_nobody(site: Site, played: dict[str, Outcome | BaseException]) -> None:
    """Hang-up during the notice: the agent's phone never rings."""
    assert of(played["hang-up"]).answers
    assert site.agents[1020].calls == []


@pytest.mark.parametrize("name", ["wrong, then yes", "other language", "French"])
async def test_a_second_chance_and_another_language_are_a_yes_too(
    played: dict[str, Outcome | BaseException], name: str
) -> None:
    """After one wrong key, after the language was changed, and in French, a 1 is a yes."""
    outcome = of(played[name])
    assert outcome.says() == ["asked", "granted", "expired"]
    assert outcome.forks == 2
    assert outside(outcome.times_ns, outcome.yes_ns, outcome.end_ns or 1 << 62) == 0


async def test_the_callers_star9_erases_all(played: dict[str, Outcome | BaseException]) -> None:
    """*9 by the caller: the last packet at most 100 ms after the key, and 5 s later no row derived of either party."""
    withdrawn = of(played["withdrawn"])
    assert withdrawn.says() == ["asked", "granted", "withdrawn"]
    assert withdrawn.at_stop is not None
    assert not withdrawn.at_stop.is_nothing
    assert withdrawn.derived.is_nothing
    assert outside(withdrawn.times_ns, withdrawn.yes_ns, withdrawn.end_ns) == 0
    assert set(withdrawn.grants.values()) == {"withdrawn"}


async def test_the_agents_star9_stops_and_erases_the_agents_facts(played: dict[str, Outcome | BaseException]) -> None:
    """*9 by the agent: the same end of both forks; the agent's own facts go, what is the caller's stays."""
    objected = of(played["objected"])
    assert objected.says() == ["asked", "granted", "objected"]
    assert objected.derived.facts == ("caller",)
    assert objected.derived.scores + objected.derived.abstained > 0
    assert outside(objected.times_ns, objected.yes_ns, objected.end_ns) == 0
    assert set(objected.grants.values()) == {"objected"}


@pytest.mark.parametrize(
    ("name", "kind", "words"),
    [
        ("yes", b"YealinkIPPhoneTextScreen", (b"Consent: granted", b"ended")),
        ("objected", b"YealinkIPPhoneTextScreen", (b"Consent: granted",)),
        ("withdrawn", b"CiscoIPPhone", ()),
    ],
)
async def test_the_agents_desk_phone_is_told(
    played: dict[str, Outcome | BaseException], name: str, kind: bytes, words: tuple[bytes, ...]
) -> None:
    """NOTIFYs arrive at the agent's phone in its own vendor's form: the consent first, and each change of it."""
    bodies = [notice.body for notice in of(played[name]).notices]
    assert bodies
    assert all(kind in body for body in bodies)
    for word in words:
        assert any(word in body for body in bodies), bodies


async def test_nothing_stays_behind(site: Site, played: dict[str, Outcome | BaseException]) -> None:
    """After all of it: no channel, no bridge, the chain verified, the file sound, no tone of an agent."""
    assert of(played["yes"])
    await site.empty()
    assert site.records.integrity() == "ok"
    assert site.records.verified() > 20
    assert site.records.scores_of_agents() == 0
