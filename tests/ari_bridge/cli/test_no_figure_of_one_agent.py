"""No agent's figure, by any way that the product has: its commands, its addresses, and SQL on its file.

Two sites are the same but for one thing: whose callers were tense, and whose calls were hard to judge. Whoever reads
either, by whatever way, must not be able to tell them apart; so nothing that can be read there is about an agent.
"""

from __future__ import annotations

import ast
import asyncio
import json
import re
import sqlite3
from argparse import ArgumentParser, _SubParsersAction
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer
from aiohttp.web import Application

from analysis.conversation import PartyFacts
from analysis.emotion.score import Abstained, Estimate, Reason, ToneScore, Verdict
from analysis.store.group_row import Floor, Grouping
from analysis.store.groups import Groups
from analysis.store.scores import Scores
from analysis.store.weeks import Weeks
from ari_bridge.cli.parser import main, parser
from ari_bridge.run.drift_watch import served
from ari_bridge.run.records import open_ledger
from ari_bridge.run.settings import load
from ari_bridge.run.supervisor import _pages
from ari_bridge.web.app import Readiness, make_app
from consent.entry import Entry
from consent.gate import Gate
from consent.ledger import Ledger
from consent.notice import Notice
from consent.parties import Party
from consent.purposes import Purpose
from consent.retention import Retention
from consent.states import Answer, Why
from tests.fakes.groups import SALES
from tests.fakes.sums import Clock
from tests.house.places import ROOT

CALLS_EACH = 6
OF_THE_START = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z|[0-9a-f]{64}")
"""When the site's keys were made, and which: the only moment that a page has."""
TOLD = Notice(1, "en", "We measure.", "ab" * 32, frozenset({Purpose.FACTS, Purpose.TONE}), Retention(30))
STAFF = Notice(1, "en", "We count.", "cd" * 32, frozenset({Purpose.FACTS}), Retention(30), party=Party.AGENT)
TENSE = (Estimate(0.95, 0.1), Estimate(0.85, 0.1))
CALM = (Estimate(0.15, 0.1), Estimate(0.05, 0.1))
READING = (
    ("calls",),
    ("figures",),
    ("figures", "--json"),
    ("model", "drift"),
    ("model", "drift", "--json"),
    ("retention", "plan"),
    ("agent", "list"),
    ("settings",),
)
"""Every command that prints something of what was kept. `rights` needs the reference of a call: its caller's."""
NOISE = re.compile(r"ledger|checkpoints|notices|staff|sealed\w*|guess_\w+|sqlite_\w+|_sqlite_\w+")
"""Tables of seals, keys and moments, which differ anyhow: tests/consent/test_unlinkable.py says that they are noise."""


class World:
    """A week of a site with ten agents; `tense` is whose callers were, `unfit` who was hard to judge."""

    def __init__(self, ledger: Ledger, model_id: str, tense: str, unfit: str) -> None:
        self.ledger, self.model_id, self.tense, self.unfit = ledger, model_id, tense, unfit
        self.gate, self.scores = Gate(ledger), Scores(ledger.database)
        self.clock = Clock(datetime.now(UTC) - timedelta(days=7))
        grouping = Grouping({"sales": frozenset(SALES)})
        self.groups = Groups(ledger.database, grouping, Floor(), model_id, 30, self.clock)
        self.weeks = Weeks(ledger.database, model_id, 30, self.clock, lambda _: 0, self.groups.take)

    async def pass_by(self) -> None:
        """Let it pass."""
        await self.ledger.announce([TOLD, STAFF])
        await self.groups.open()
        for agent in SALES:
            row = (agent, "x", "2026-01-01")
            await self.ledger.database.write(
                lambda c, row=row: c.execute("INSERT INTO staff (endpoint, pin, added_on) VALUES (?, ?, ?)", row)  # type: ignore[misc]
            )
            await self.ledger.acknowledge(agent, STAFF.notice_id, datetime.now(UTC))
        for number in range(CALLS_EACH):
            for agent in SALES:
                await self.call(f"{number}.{agent}", agent)
        await self.weeks.fold()
        self.clock.later()
        await self.groups.fold()

    async def call(self, call_id: str, agent: str) -> None:
        """One call, from its question to its seal."""
        for answer in (Answer.ASKED, Answer.GRANTED):
            told = (TOLD.notice_id, "en")
            await self.ledger.record(Entry(datetime.now(UTC), answer, Why.KEY, call_id, Party.CALLER, *told, "event"))
        grants = await self.gate.open(call_id, agent)
        assert grants.agent is not None
        verdict: Verdict = ToneScore(1.0, 3.0, *(TENSE if agent == self.tense else CALM), self.model_id)
        if agent == self.unfit:
            verdict = Abstained(1.0, 3.0, Reason.BOTH_SPEAK)
        await self.scores.keep(grants.caller.admit(verdict))
        overlap_s = 9.0 if agent == self.unfit else 0.5
        await self.scores.keep_facts(grants.agent, PartyFacts(60.0, 30.0, 0.5, overlap_s, 7.5, 0, 2, 0.4))
        gather, votes = self.scores.gather(call_id), []

        def gathered(connection: sqlite3.Connection) -> bytes:
            votes.append(self.weeks.vote_of(connection, call_id))
            return gather(connection)

        assert await self.ledger.close(call_id, gathered)
        self.groups.asked({agent}, is_yes=True)
        (vote,) = votes
        assert vote is not None
        self.weeks.count(vote)


def make(settings_file: Path, tense: str, unfit: str) -> dict[str, object]:
    """The files of a site, as the service leaves them; what its pages say, by address."""
    settings = load(settings_file)

    async def work() -> dict[str, object]:
        async with open_ledger(settings.database.path, settings.keys.folder) as ledger:
            await World(ledger, served(settings)[0], tense, unfit).pass_by()
            return await pages(make_app(_pages(settings, ledger), lambda: Readiness(True, {})))

    return asyncio.run(work())


async def pages(app: Application) -> dict[str, object]:
    """What every address that needs no secret in it answers."""
    found: dict[str, object] = {}
    async with TestClient(TestServer(app)) as client:
        for route in app.router.routes():
            address = route.resource.canonical if route.resource else ""
            if route.method == "GET" and "{" not in address:
                async with client.get(address) as answer:
                    found[f"page: {address}"] = (answer.status, OF_THE_START.sub("*", await answer.text()))
    return found


def rows(file: Path) -> dict[str, list[tuple[object, ...]]]:
    """All that SQL finds in clear."""
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
        names = [
            name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type IN ('table', 'view')")
        ]
        return {
            name: sorted(connection.execute(f"SELECT * FROM {name}").fetchall(), key=repr)
            for name in names
            if not NOISE.fullmatch(name)
        }


@pytest.fixture
def worlds(settings_file: Path, capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    """What is read in two worlds: on each page, by each command, and by SQL."""
    found: list[dict[str, object]] = []
    for tense, unfit in ((SALES[0], SALES[1]), (SALES[7], SALES[0])):
        settings = load(settings_file)
        read = make(settings_file, tense, unfit)
        for words in READING:
            capsys.readouterr()
            assert main([*words, "--settings", str(settings_file)]) == 0
            read[" ".join(words)] = capsys.readouterr().out
        read |= {f"SQL: {name}": table for name, table in rows(settings.database.path).items()}
        found.append(read)
        for part in settings.database.path.parent.glob("ouidire.sqlite*"):
            part.unlink()
        for part in settings.keys.folder.glob("*"):
            part.unlink()
    return found


def test_nothing_that_can_be_read_knows_which_agent_it_was(worlds: list[dict[str, object]]) -> None:
    """Law: on every page, by every command and by plain SQL on the file, the site in which one agent's callers were
    tense is the same as the one in which another's were. That figures were made at all is seen by their being there.
    """
    for one, other in pairwise(worlds):
        assert one.keys() == other.keys()
        assert [way for way in one if one[way] != other[way]] == []
    assert {"page: /rights", "page: /staff", "page: /healthz"} < worlds[0].keys()
    assert "sales" in str(worlds[0]["figures"])
    assert "60" in str(worlds[0]["model drift"])
    assert len(worlds[0]["SQL: group_weeks"]) == 1  # type: ignore[arg-type]


def test_no_agent_is_named_beside_a_figure(worlds: list[dict[str, object]]) -> None:
    """Law: an endpoint stands in the list of staff and in the groups of the settings, and beside no figure."""
    named = [way for way, read in worlds[0].items() if any(one in str(read) for one in SALES[1:])]
    assert named == ["agent list"]


def test_all_tables_of_single_calls_are_empty(worlds: list[dict[str, object]]) -> None:
    """Law: of calls that are over SQL finds no row with a measure, a contest or an answer, hence none to group by."""
    for name in ("answers", "calls", "contests", "facts", "grants", "reviews", "scores"):
        assert worlds[0].get(f"SQL: {name}", []) == [], name


def options(one: ArgumentParser, path: str = "") -> Iterator[tuple[str, str]]:
    """Every option and argument of the command line, with its command."""
    for action in one._actions:
        if isinstance(action, _SubParsersAction):
            for name, below in action.choices.items():
                yield from options(below, f"{path} {name}".strip())
        else:
            yield path, " ".join(action.option_strings) or action.dest


def test_no_command_takes_an_agent_or_an_order() -> None:
    """Law: no option sorts, ranks, filters or exports by agent. Agents are named where they get a PIN or a phone, and
    commands with a person's word take whose it is: none of these reads what was measured.
    """
    found = list(options(parser()))
    assert len(found) > 40
    wanted = re.compile(r"agent|endpoint|extension|sort|order|rank|top|best|worst|group|by\b", re.IGNORECASE)
    assert {command.split()[0] for command, option in found if wanted.search(option)} <= {
        "agent", "keys", "notice", "phone",
    }  # fmt: skip


def test_no_address_takes_an_agent_or_an_order() -> None:
    """Law: no page and no document is of an agent: what an address varies in is a family, a token or a key, and no
    query of an address chooses but the language; the name and password that a phone passes on get one word.
    """
    variables, asked = set[str](), set[str]()
    for file in sorted((ROOT / "ari_bridge" / "web").rglob("*.py")):
        text = file.read_text(encoding="utf-8")
        texts = [one.value for one in ast.walk(ast.parse(text)) if isinstance(one, ast.Constant)]
        addresses = [one for one in texts if isinstance(one, str) and one.startswith("/")]
        variables.update(re.findall(r"\{(\w+)", " ".join(addresses)))
        asked.update(re.findall(r"\b(?:query|rel_url|query_string)\b(.*)", text))
    assert "token" in variables
    assert not [one for one in variables if re.search(r"agent|endpoint|extension|call|staff|group", one)]
    assert asked <= {'.get("lang", "")', '.get("UserID", "")', '.get("Password", "")'}


def test_a_quiet_day_with_one_agent_is_no_figure(settings_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Law: on a Sunday one agent takes all calls, as the PBX's own records say: totals of that day tell what callers
    answered, and nothing of what was measured.
    """

    async def work() -> None:
        settings = load(settings_file)
        async with open_ledger(settings.database.path, settings.keys.folder) as ledger:
            world = World(ledger, "m", SALES[0], SALES[0])
            await ledger.announce([TOLD, STAFF])
            row = (SALES[0], "x", "2026-01-01")
            await ledger.database.write(
                lambda c: c.execute("INSERT INTO staff (endpoint, pin, added_on) VALUES (?, ?, ?)", row)
            )
            await ledger.acknowledge(SALES[0], STAFF.notice_id, datetime.now(UTC))
            await world.groups.open()
            for number in range(6):
                await world.call(f"call-{number}", SALES[0])
            await world.weeks.fold()
            world.clock.later()
            await world.groups.fold()

    asyncio.run(work())
    told = {}
    for words in READING:
        capsys.readouterr()
        assert main([*words, "--settings", str(settings_file)]) == 0
        told[" ".join(words)] = capsys.readouterr().out
    assert re.search(r"  6      6    0   0\n$", told["calls"])
    assert told["figures"].startswith("No groups are set")
    assert told["model drift"].startswith("No week")
    assert json.loads(told["figures --json"]) == json.loads(told["model drift --json"])["weeks"] == []
