"""Laws of reading the product's file from outside."""

from consent.database import Database
from consent.parties import Party
from consent.states import Answer
from tests.conftest import Callers
from tests.lab.records import Records


async def test_what_was_written_is_read_while_it_is_open(database: Database, callers: Callers) -> None:
    """Answers in the chain's order, what ended each grant, and nothing derived where nothing was."""
    await callers.says_yes("1.1")
    await callers.stops("1.1")
    records = Records(database.path)
    assert [answer for answer, _, _ in records.answers("1.1")] == [Answer.ASKED, Answer.GRANTED, Answer.WITHDRAWN]
    assert records.calls() == ["1.1"]
    assert records.grants("1.1") == {Party.CALLER: "withdrawn", Party.AGENT: "withdrawn"}
    assert records.derived("1.1").is_nothing
    assert records.integrity() == "ok"
    assert records.verified() == 3
