"""What is written down of one call."""

import sqlite3

import pytest
import structlog

from analysis.conversation import ConversationFacts
from ari_bridge.calls.scribe import ERASES, Scribe
from ari_bridge.pbx.port import Answered
from consent.database import Database
from consent.errors import DatabaseUnavailable
from consent.parties import Party
from consent.states import Answer
from tests.ari_bridge.calls.bench import Bench
from tests.conftest import Callers

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
