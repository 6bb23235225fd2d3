"""Laws of reading the product's files from outside."""

from pathlib import Path

from consent.database import Database
from consent.parties import Party
from consent.states import Answer
from tests.conftest import AGENTS, Callers
from tests.lab.records import Records


async def test_what_was_written_is_read_while_it_is_open(database: Database, callers: Callers, tmp_path: Path) -> None:
    """Answers in the chain's order, what ended each grant, and nothing derived where nothing was."""
    await callers.says_yes("1.1")
    await callers.stops("1.1")
    records = Records(database.path, tmp_path / "keys")
    assert [answer for answer, _, _ in records.answers("1.1")] == [Answer.ASKED, Answer.GRANTED, Answer.WITHDRAWN]
    assert records.calls() == records.in_progress() == ["1.1"]
    assert records.grants("1.1") == {Party.CALLER: "withdrawn", Party.AGENT: "withdrawn"}
    assert records.derived("1.1").is_nothing
    assert records.integrity() == "ok"
    assert records.verified() == 3 + len(AGENTS)


async def test_what_is_over_is_read_with_the_keys(database: Database, callers: Callers, tmp_path: Path) -> None:
    """Sealed answers are the same answers; nothing of the call is in clear."""
    await callers.says_yes("1.1")
    await callers.stops("1.1")
    await callers.ledger.close("1.1", lambda _: b"")
    records = Records(database.path, tmp_path / "keys")
    assert [answer for answer, _, _ in records.answers("1.1")] == [Answer.ASKED, Answer.GRANTED, Answer.WITHDRAWN]
    assert records.calls() == ["1.1"]
    assert records.is_over("1.1")
    assert records.rows_in_clear() == 0
    assert records.verified() >= 3 + len(AGENTS)  # each call leaves as many rows as any other
