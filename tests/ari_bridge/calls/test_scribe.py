"""What is written down of one call."""

import sqlite3
from contextlib import closing
from typing import Final

import pytest
import structlog

from analysis.conversation import ConversationFacts
from analysis.emotion.score import Estimate, ToneScore, Verdict
from analysis.store.weeks import Vote
from ari_bridge.calls.scribe import ERASES, Scribe
from ari_bridge.pbx.port import Answered
from consent.database import Database
from consent.errors import DatabaseUnavailable
from consent.parties import Party
from consent.states import Answer
from tests.ari_bridge.calls.bench import Bench
from tests.conftest import AGENTS, Callers
from tests.fakes.models import SteadyTone

FACTS = ConversationFacts(10.0, 4.0, 3.0, 1.0, 2.0)


@pytest.fixture
def bench(callers: Callers, database: Database) -> Bench:
    """A bench that is not running: the scribe alone is tried."""
    return Bench(callers, database)


def scribe_of(bench: Bench) -> Scribe:
    """A scribe of one call."""
    return Scribe(bench.rooms, "call-1", structlog.get_logger())


async def test_an_answer_stays_until_the_file_has_it(bench: Bench, callers: Callers, database: Database) -> None:
    """Law: no answer is ever lost: with the file locked it stays the oldest, and the journal keeps it too."""
    scribe, entry = scribe_of(bench), callers.entry("call-1", Answer.ASKED)
    told = Answered("call-1", entry.answer, entry.why, entry.notice_id, "en", entry.at, None)
    scribe.note(entry, told)
    other = sqlite3.connect(database.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(DatabaseUnavailable):
        await scribe.write_next(None)
    assert scribe.has_work
    assert bench.pbx.forgotten == []
    other.execute("ROLLBACK")
    other.close()
    await scribe.write_next(None)
    assert not scribe.has_work
    assert bench.pbx.forgotten == [told]


@pytest.mark.parametrize(("answer", "left"), [(Answer.WITHDRAWN, set()), (Answer.OBJECTED, {Party.CALLER})])
async def test_a_stop_erases_what_is_derived(bench: Bench, callers: Callers, answer: Answer, left: set[Party]) -> None:
    """Law: the caller's stop erases all that was derived; the agent's erases the agent's own facts."""
    grants, scribe = await callers.says_yes(), scribe_of(bench)
    scribe.facts = FACTS
    await scribe.keep_facts(grants)
    assert len(await bench.scores.facts_of_call("call-1")) == 2
    scribe.note(callers.entry("call-1", answer), None)
    await scribe.write_next(grants)
    assert {row.party for row in await bench.scores.facts_of_call("call-1")} == left
    assert scribe.facts is None


async def test_facts_are_kept_before_the_grant_expires(bench: Bench, callers: Callers) -> None:
    """Law: a call that ends keeps its facts, under the grant that covered them while it lived."""
    grants, scribe = await callers.says_yes(), scribe_of(bench)
    scribe.facts = FACTS
    scribe.note(callers.entry("call-1", Answer.EXPIRED), None)
    await scribe.write_next(grants)
    assert len(await bench.scores.facts_of_call("call-1")) == 2


async def test_nothing_is_kept_under_an_ended_grant(bench: Bench, callers: Callers) -> None:
    """Law: nothing after a withdrawal, and no error either: it is simply not kept."""
    grants, scribe = await callers.says_yes(), scribe_of(bench)
    await callers.stops()
    scribe.facts = FACTS
    await scribe.keep_facts(grants)
    assert await bench.scores.facts_of_call("call-1") == []


def test_every_stop_erases_something() -> None:
    """Law: no way to stop leaves everything as it was."""
    assert set(ERASES) == {Answer.WITHDRAWN, Answer.OBJECTED}
    assert ERASES[Answer.WITHDRAWN] == set(Party)


SCORE: Final[Verdict] = ToneScore(1.0, 3.0, Estimate(0.6, 0.1), Estimate(0.2, 0.1), SteadyTone.model_id)


def counted(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> list[Vote]:
    """The votes that come into the weeks from now on."""
    found: list[Vote] = []
    monkeypatch.setattr(bench.weeks, "count", found.append)
    return found


async def test_a_call_counts_once_when_it_is_sealed(
    bench: Bench, callers: Callers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Law: not before, and sealed twice it counts once; the sum learns a bin and the agent, and no call."""
    found = counted(bench, monkeypatch)
    grants, scribe = await callers.says_yes(), scribe_of(bench)
    await scribe.keep(grants.caller.admit(SCORE))
    scribe.note(callers.entry("call-1", Answer.EXPIRED), None)
    await scribe.write_next(grants)
    assert found == []
    await scribe.seal()
    await scribe.seal()
    assert found == [Vote("scored", (6, 2), frozenset({AGENTS[0]}))]


@pytest.mark.parametrize("answer", [Answer.WITHDRAWN, Answer.OBJECTED])
async def test_a_call_that_was_stopped_counts_in_no_sum(
    bench: Bench, callers: Callers, answer: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Law: a call that either party stopped is in no figure of the site."""
    found = counted(bench, monkeypatch)
    grants, scribe = await callers.says_yes(), scribe_of(bench)
    await scribe.keep(grants.caller.admit(SCORE))
    scribe.note(callers.entry("call-1", answer), None)
    await scribe.write_next(grants)
    await scribe.seal()
    assert found == []


async def test_what_is_not_kept_counts_in_no_sum(
    bench: Bench, callers: Callers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Law: a call that was erased while it went on is not sealed, and is no part of a sum either."""
    found = counted(bench, monkeypatch)
    grants, scribe = await callers.says_yes(), scribe_of(bench)
    await scribe.keep(grants.caller.admit(SCORE))
    record = await callers.ledger.keyring.of(callers.ledger.keys.mac("call", "call-1"))
    assert record is not None
    await callers.ledger.erase_derived([record])
    await scribe.seal()
    assert found == []


async def test_a_seal_that_fails_counts_when_it_is_made(
    bench: Bench, callers: Callers, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Law: what is not committed is not counted, and what is tried again is counted once."""
    found = counted(bench, monkeypatch)
    grants, scribe = await callers.says_yes(), scribe_of(bench)
    await scribe.keep(grants.caller.admit(SCORE))
    with closing(sqlite3.connect(database.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(DatabaseUnavailable):
            await scribe.seal()
        other.execute("ROLLBACK")
    assert found == []
    await scribe.seal()
    assert len(found) == 1
