"""Two hundred calls: answers, languages, transfers, holds, *9 and hang-ups at random; what left the PBX, and when."""

import asyncio
import contextlib
import sqlite3
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass

import numpy as np
import pytest
import pytest_asyncio
from numpy.typing import NDArray

from consent.keys import KEYRING
from consent.parties import Party
from tests.lab.gate_log import calls_of
from tests.lab.installation import Installation
from tests.lab.kept import Kept
from tests.lab.service import UNMONITORED
from tests.lab.site import Site, open_site
from tests.live.crowd import End, Outcome, Way, plans, play
from tests.live.people import LAST_PACKET_MS, last_after_ms, lines, outside, rows

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]

CALLS = 200
AT_ONCE = 45
SEED = 20264
ALONE_NS = 1_000_000_000
RINGS_ITSELF = (Way.DIAL, Way.LOCAL)
"""Where an agent's phone rings as soon as the question is answered: in a queue somebody must be free."""


@dataclass(slots=True)
class Day:
    """All of it, when everybody has gone."""

    outcomes: list[Outcome]
    kept: dict[str, Kept]
    packets: NDArray[np.void]
    calls: NDArray[np.str_]
    took_s: float

    def times_ns(self, outcome: Outcome) -> NDArray[np.int64]:
        """When the packets of a call came."""
        times: NDArray[np.int64] = self.packets["time_ns"][self.calls == outcome.call_id]
        return times

    def answers(self, outcome: Outcome) -> list[str]:
        """What the ledger holds of a call."""
        return [one["answer"] for one in self.kept[outcome.call_id].answers]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(installation: Installation, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    """A site of its own, with all its staff."""
    async with open_site(installation, tmp_path_factory.mktemp("site")) as opened:
        for number in range(1001, UNMONITORED):
            await opened.agent(number, [lines(Party.AGENT)[0]], after_s=0.5)
        (await opened.caller("900", port=opened.pbx.ports.trunk)).answer_by_itself(0.2, [lines(Party.CALLER)[0]])
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def day(site: Site) -> Day:
    """Play it."""
    print(f"\nseed {SEED}")
    began_s, places = time.monotonic(), asyncio.Semaphore(AT_ONCE)
    outcomes = await asyncio.gather(*(play(site, plan, places) for plan in plans(SEED, CALLS)))
    with contextlib.suppress(Exception):  # what is left is a test's own matter
        await site.until("all calls sealed", lambda: not site.records.in_progress(), 10)
    packets = (await site.packets()).packets
    kept = {one.call_id: one for one in site.records.file.all()}
    calls = calls_of(packets, site.gate.entries())
    made = Day(list(outcomes), kept, packets, calls, time.monotonic() - began_s)
    _print(site, made)
    return made


def _print(site: Site, day: Day) -> None:
    heard = [outcome for outcome in day.outcomes if (day.calls == outcome.call_id).any()]
    answers = Counter(day.answers(one)[-1] for one in day.outcomes if one.call_id in day.kept)
    out = sum(_outside(day, outcome) for outcome in day.outcomes)
    rows(
        ("calls", "seconds", "heard", "forks", "packets", "outside a grant", "failed", "answers"),
        (
            len(day.outcomes), f"{day.took_s:.0f}", len(heard), len(site.gate.entries()), len(day.packets),
            out + int((day.calls == "").sum()), sum(bool(one.error) for one in day.outcomes), dict(answers),
        ),
    )  # fmt: skip
    left = [one.left for one in day.outcomes if one.left is not None and "withdrawn" in day.answers(one)]
    rows(
        ("last packet, ms after", "calls", "p50", "p99", "max"),
        ("the end of the 9 key", *_spread(_late_ms(day))),
        ("hanging up", *_spread([last_after_ms(day.times_ns(one), one.end_ns) for one in heard if not one.nine_ns])),
    )
    rows(
        ("withdrawn, looked at 5 s later", "rows derived from them"),
        (len(left), sum(one.scores + one.abstained + len(one.facts) for one in left)),
    )
    rows(
        ("answer", "calls", "rings, s after the key: p50", "p99", "max", "after the prompt: p50", "max"),
        *((name, *_spread(_rings_s(day, name, "key"), 2), *_spread(_rings_s(day, name, "notice"), 2)[1::2])
          for name in ("yes", "no", "silence")),
    )  # fmt: skip
    turns = Counter((str(one.plan.way), str(one.plan.turn)) for one in heard)
    rows(("heard calls by way and turn", ""), *((" / ".join(key), count) for key, count in sorted(turns.items())))
    for one in day.outcomes:
        if one.error:
            print(one)


def _outside(day: Day, outcome: Outcome) -> int:
    times_ns = day.times_ns(outcome)
    if outcome.yes_ns:
        return outside(times_ns, outcome.yes_ns, outcome.nine_ns or outcome.end_ns)
    return len(times_ns)


def _late_ms(day: Day) -> list[float]:
    """Of calls in which somebody was being heard when the *9 came."""
    heard = [one for one in day.outcomes if one.nine_ns and (day.calls == one.call_id).any()]
    return [last_after_ms(day.times_ns(one), one.nine_ns) for one in heard]


def _rings_s(day: Day, answer: str, since: str) -> list[float]:
    """How long after the answer the agent's phone rang; of a yes to which no further key was pressed."""
    found = []
    for one in day.outcomes:
        kept = day.kept.get(one.call_id)
        why = {(each["answer"], each["why"]) for each in kept.answers} if kept else set()
        wanted = {"yes": ("granted", "key"), "no": ("refused", "key"), "silence": ("refused", "silence")}[answer]
        hurried = answer == "yes" and (one.plan.hurries == "yes" or one.plan.end is End.CALLER_STOPS_EARLY)
        if wanted in why and one.rang_ns and one.plan.way in RINGS_ITSELF and not hurried:
            by_key = since == "key" and answer != "silence"
            found.append((one.rang_ns - (one.key_ns if by_key else one.noticed_ns)) / 1e9)
    return found


def _spread(values: Iterable[float], digits: int = 1) -> tuple[object, ...]:
    found = list(values)
    if not found:
        return 0, "-", "-", "-"
    return len(found), *(f"{one:.{digits}f}" for one in (*np.percentile(found, [50, 99]), max(found)))


async def test_everybody_did_what_was_planned(day: Day) -> None:
    """No call failed for a reason of its own: the figures below speak of two hundred calls."""
    assert [outcome for outcome in day.outcomes if outcome.error] == []
    assert len(day.outcomes) == CALLS


async def test_no_packet_outside_a_grant(day: Day) -> None:
    """Between the end of the yes key and the end of the 9 key or the hang-up (and 100 ms), and nowhere else: zero
    packets of calls without a yes, zero outside of the grant of those with one, zero of no call at all.
    """
    assert (day.calls == "").sum() == 0
    for outcome in day.outcomes:
        assert _outside(day, outcome) == 0, outcome
    assert set(day.calls.tolist()) <= {outcome.call_id for outcome in day.outcomes}


async def test_the_last_packet_comes_soon_after_the_key(day: Day) -> None:
    """Each *9, at any moment of any shape of call, by either party: 100 ms at most, and there were many of them."""
    late_ms = _late_ms(day)
    assert len(late_ms) > CALLS / 10
    assert max(late_ms) <= LAST_PACKET_MS


async def test_nothing_derived_is_left_after_five_seconds(day: Day) -> None:
    """Of a grant that the caller withdrew nothing is found 5 s later; of one that the agent stopped nothing of the
    agent.
    """
    looked = 0
    for outcome in day.outcomes:
        if outcome.left is not None and "withdrawn" in day.answers(outcome):
            assert outcome.left.is_nothing, outcome
            looked += 1
        elif outcome.left is not None:
            assert "agent" not in outcome.left.facts, outcome
    assert looked > CALLS / 20


async def test_the_ledger_agrees_with_the_people(day: Day) -> None:
    """Granted in the ledger are those who pressed 1 and nobody else; *9 is there as who pressed it."""
    for outcome in day.outcomes:
        answers = day.answers(outcome)
        assert answers[0] == "asked", outcome
        if outcome.yes_ns and 0 < outcome.end_ns - outcome.yes_ns < ALONE_NS and answers == ["asked", "refused"]:
            continue  # gone before the PBX could know that the key was pressed alone
        assert ("granted" in answers) == bool(outcome.yes_ns), outcome
        if outcome.yes_ns and outcome.nine_ns:
            assert answers[-1] == ("objected" if outcome.plan.end is End.AGENT_STOPS else "withdrawn"), outcome
        elif outcome.yes_ns:
            assert answers[-1] == "expired", outcome
        else:
            assert answers[-1] == "refused", outcome


async def test_a_no_reaches_the_agent_no_later_than_a_yes(day: Day) -> None:
    """Saying no, or nothing, costs no time: the agent's phone rings no later than for a yes that is heard out."""
    yes_s = _rings_s(day, "yes", "notice")
    assert yes_s
    for answer in ("no", "silence"):
        assert max(_rings_s(day, answer, "notice")) <= min(yes_s), answer


async def test_nothing_of_a_call_stands_in_clear(site: Site, day: Day) -> None:
    """When all is over: no row of a call in progress; in the bytes of the file no call's id and no moment of an answer;
    in no row an agent but in the list of who acknowledged; nowhere a caller's number.
    """
    assert site.records.rows_in_clear() == 0
    whole = _bytes(site)
    for kept in day.kept.values():
        assert kept.call_id.encode() not in whole
        for answer in kept.answers:
            assert answer["at"].encode() not in whole, answer
    for outcome in day.outcomes:
        for number in (outcome.plan.number, outcome.plan.number[1:]):
            assert number.encode() not in whole + site.service.log.read_bytes()
            assert number.encode() not in (site.service.keys / KEYRING).read_bytes()
    assert _texts(site) & {str(number) for number in range(1001, UNMONITORED + 1)} == set()
    assert "\n0 results found" in await site.pbx.cli("database show ouidire")
    assert list(site.service.say.glob("*")) == []


def _bytes(site: Site) -> bytes:
    folder = site.service.database.parent
    return b"".join(file.read_bytes() for file in sorted(folder.glob(f"{site.service.database.name}*")))


def _texts(site: Site) -> set[str]:
    """Every value of every table but that of who acknowledged."""
    with contextlib.closing(sqlite3.connect(f"{site.service.database.as_uri()}?mode=ro", uri=True)) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        assert len(tables) > 5
        return {
            str(value)
            for table in tables
            if table != "staff"
            for row in connection.execute(f"SELECT * FROM {table}")
            for value in row
            if isinstance(value, str)
        }


async def test_nothing_stays_behind(site: Site, day: Day) -> None:
    """At the end: no channel, bridge, snoop or fork on the PBX, no live grant, no tone of an agent, the chain sound."""
    assert day.outcomes
    await site.empty()
    assert await site.channels() == []
    assert site.records.scores_of_agents() == 0
    assert site.records.integrity() == "ok"
    assert site.records.verified() >= 2 * CALLS
