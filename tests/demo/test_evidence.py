"""Laws of reading what the product wrote, on a real ledger and store."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from analysis.conversation import PartyFacts
from analysis.emotion.score import Abstained, Estimate, Reason, ToneScore
from analysis.store.schema import MIGRATIONS as STORE
from analysis.store.scores import Scores
from consent.database import Database
from consent.entry import Entry
from consent.ledger import Ledger
from consent.notice import Notice
from consent.parties import Party
from consent.purposes import Purpose
from consent.retention import Retention
from consent.states import Answer, Why
from consent.tables import MIGRATIONS as CONSENT
from tests.demo import evidence
from tests.demo.made_up import ZERO_NS, at

NOTICE = Notice(1, "en", "May we?", "0" * 64, frozenset({Purpose.FACTS, Purpose.TONE}), Retention(30))
BEGAN = datetime.fromtimestamp(ZERO_NS / 1e9, UTC)


@pytest.fixture
async def file(tmp_path: Path) -> AsyncIterator[Path]:
    path = tmp_path / "ouidire.sqlite"
    database = await Database.open(path, [CONSENT, STORE])
    ledger, scores = Ledger(database), Scores(database)
    await ledger.announce([NOTICE])
    for answer, why in ((Answer.ASKED, Why.NOTICE), (Answer.GRANTED, Why.KEY)):
        await ledger.record(Entry(BEGAN, answer, why, "17.0", Party.CALLER, NOTICE.notice_id, "en", "event"))
    caller = await ledger.strike("17.0", Party.CALLER)
    await scores.keep(caller.admit(ToneScore(1, 4, Estimate(0.5, 0.1), Estimate(0.2, 0.1), "m")))
    await scores.keep(caller.admit(Abstained(5, 6, Reason.NOISE)))
    await scores.keep_facts(caller, PartyFacts(10, 5, 0.5, 1, 2))
    yield path
    await database.close()


async def test_a_call_is_found_by_its_time(file: Path) -> None:
    """The PBX writes whole seconds: a call that was dialled 0.7 s later is still this one, and no earlier call is."""
    found = evidence.call_between(file, at(0.7), at(30))
    assert found is not None
    assert (found.call_id, found.answer.answer, found.scores, found.abstained) == ("17.0", "granted", 1, {"noise": 1})
    assert found.facts[Party.CALLER]["talk_s"] == 5
    assert found.yes is not None
    assert found.yes.at_ns == ZERO_NS
    assert evidence.call_between(file, at(1), at(30)) is None
    assert evidence.call_between(file, at(-60), at(-30)) is None


async def test_rows_and_ledger_are_counted(file: Path) -> None:
    """All that was derived counts as a row, and the chain is verified from outside of the product."""
    assert evidence.derived_rows(file, "17.0") == 3
    assert evidence.derived_rows(file, "18.0") == 0
    assert evidence.ledger_state(file) == evidence.LedgerState(2, "verified", "ok")
