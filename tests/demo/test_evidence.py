"""Laws of reading what the product wrote, on a real ledger and store, in clear and sealed."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from analysis.conversation import PartyFacts
from analysis.emotion.score import Abstained, Estimate, Reason, ToneScore
from analysis.store.scores import Scores
from consent.database import Database
from consent.entry import Entry
from consent.ledger import Ledger
from consent.notice import Notice
from consent.parties import Party
from consent.states import Answer, Why
from tests.demo import evidence
from tests.demo.made_up import ZERO_NS, at
from tests.lab.kept import KeptFile

BEGAN = datetime.fromtimestamp(ZERO_NS / 1e9, UTC)


@pytest.fixture
def file(database: Database, tmp_path: Path) -> KeptFile:
    return KeptFile(database.path, tmp_path / "keys")


@pytest.fixture
async def end(ledger: Ledger, database: Database, notice: Notice) -> Callable[[], Awaitable[None]]:
    """A call that was heard; what ends it and has it sealed."""
    scores = Scores(database)

    async def record(answer: Answer, why: Why) -> None:
        entry = Entry(BEGAN, answer, why, "17.0", Party.CALLER, notice.notice_id, "en", "event")
        await ledger.record(entry)

    await record(Answer.ASKED, Why.NOTICE)
    await record(Answer.GRANTED, Why.KEY)
    caller, agent = await ledger.strike("17.0", Party.CALLER), await ledger.strike("17.0", Party.AGENT, "1001")
    await scores.keep(caller.admit(ToneScore(1, 4, Estimate(0.5, 0.1), Estimate(0.2, 0.1), "m")))
    await scores.keep(caller.admit(Abstained(5, 6, Reason.NOISE)))
    for grant in (caller, agent):
        await scores.keep_facts(grant, PartyFacts(10, 5, 0.5, 1, 2))

    async def ended() -> None:
        await record(Answer.EXPIRED, Why.CALL_ENDED)
        await ledger.close("17.0", scores.gather("17.0"))

    return ended


def _check(file: KeptFile, parties: set[Party]) -> None:
    found = evidence.call_between(file, at(0.7), at(30))
    assert found is not None
    assert (found.call_id, found.answer.answer, found.scores, found.abstained) == ("17.0", "granted", 1, {"noise": 1})
    assert set(found.facts) == parties
    assert found.facts[Party.CALLER]["talk_s"] == 5
    assert found.yes is not None
    assert found.yes.at_ns == ZERO_NS
    assert evidence.call_between(file, at(1), at(30)) is None
    assert evidence.call_between(file, at(-60), at(-30)) is None
    assert evidence.derived_rows(file, "17.0") == 2 + len(parties)
    assert evidence.derived_rows(file, "18.0") == 0


async def test_a_call_is_found_by_its_time(file: KeptFile, end: Callable[[], Awaitable[None]]) -> None:
    """The PBX writes whole seconds: a call that was dialled 0.7 s later is still this one, and no earlier call is. It
    is found while it goes on, and with the keys when it is over; then the agent's facts are gone.
    """
    _check(file, set(Party))
    await end()
    _check(file, {Party.CALLER})


async def test_the_chain_is_verified_from_outside(file: KeptFile, end: Callable[[], Awaitable[None]]) -> None:
    """Each answer that can be opened is the one that the chain binds to: two of staff, three of the caller at least."""
    await end()
    state = evidence.ledger_state(file)
    assert (state.chain, state.integrity) == ("verified", "ok")
    assert state.records >= 5
