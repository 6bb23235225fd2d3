"""Laws of looking up a reference: its owner gets through, a stranger does not, and a restart forgives nobody."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from consent.errors import TooManyTries
from consent.guesses import REFERENCE, Guesses
from consent.keyring import Record
from consent.ledger import Ledger
from consent.reference import BUDGET_HOLDS, MAX_SLIPS, MAX_UNKNOWN, Reference
from consent.retention import Retention
from tests.consent.closed_calls import Clock


@pytest.fixture
def guesses(ledger: Ledger, clock: Clock) -> Guesses:
    """Over the real file and keyring."""
    return Guesses(ledger.database, ledger.keyring, ledger.keys, clock)


async def given(ledger: Ledger, clock: Clock, call_id: str = "call-1") -> tuple[Reference, Record]:
    """A reference that was given for a call of today."""
    today = clock().date()
    record = await ledger.keyring.open(ledger.keys.mac("call", call_id), "call", "", Retention(30), today)
    reference = Reference.fresh(today)
    assert await ledger.keyring.give_reference(record.record_id, ledger.keys.mac(REFERENCE, reference.digits))
    return reference, record


def strange(reference: Reference) -> Reference:
    """A well-formed reference of the same day that nobody was given."""
    while (other := Reference.parse(Reference.fresh(datetime(2050, 11, 22, tzinfo=UTC)).digits)) == reference:
        pass
    return other


async def test_the_owner_gets_through_as_often_as_wanted(ledger: Ledger, guesses: Guesses, clock: Clock) -> None:
    """A right reference costs nothing, however it is typed and however often."""
    reference, record = await given(ledger, clock)
    for _ in range(10):
        assert await guesses.find(reference.for_eyes, "10.0.0.1") == record


async def test_a_slip_costs_no_try_of_the_three(ledger: Ledger, guesses: Guesses, clock: Clock) -> None:
    """Who mistypes a digit, more than three times, still gets through; who does nothing else does not."""
    reference, record = await given(ledger, clock)
    wrong = reference.digits[:-1] + str((int(reference.digits[-1]) + 1) % 10)
    for _ in range(MAX_SLIPS - 1):
        assert await guesses.find(wrong, "10.0.0.1") is None
    assert await guesses.find(reference.digits, "10.0.0.1") == record
    assert await guesses.find(wrong, "10.0.0.1") is None
    with pytest.raises(TooManyTries):
        await guesses.find(reference.digits, "10.0.0.1")


async def test_three_unknown_references_a_day_from_one_source(ledger: Ledger, guesses: Guesses, clock: Clock) -> None:
    """The fourth is not looked at, not even the right one; another source may, and tomorrow everybody."""
    reference, record = await given(ledger, clock)
    for _ in range(MAX_UNKNOWN):
        assert await guesses.find(strange(reference).digits, "10.0.0.1") is None
    restarted = Guesses(ledger.database, ledger.keyring, ledger.keys, clock)
    with pytest.raises(TooManyTries):
        await restarted.find(reference.digits, "10.0.0.1")
    assert await restarted.find(reference.digits, "10.0.0.2") == record
    clock.now += timedelta(days=1)
    assert await restarted.find(reference.digits, "10.0.0.1") == record


async def test_a_clock_set_back_forgives_nobody(ledger: Ledger, guesses: Guesses, clock: Clock) -> None:
    """Yesterday's date does not give today's tries back."""
    reference, _ = await given(ledger, clock)
    for _ in range(MAX_UNKNOWN):
        await guesses.find(strange(reference).digits, "10.0.0.1")
    clock.now -= timedelta(days=1)
    with pytest.raises(TooManyTries):
        await guesses.find(reference.digits, "10.0.0.1")


async def test_strangers_everywhere_share_one_budget(
    ledger: Ledger, guesses: Guesses, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a day with many references two guesses in the world empty the budget; days later one more can be paid."""
    reference, record = await given(ledger, clock)
    alive = BUDGET_HOLDS // 2

    async def many(day: object) -> int:
        return alive if str(day) == "2050-11-22" else 0

    monkeypatch.setattr(ledger.keyring, "referenced_on", many)
    for source in ("10.0.0.1", "10.0.0.2"):
        assert await guesses.find(strange(reference).digits, source) is None
    with pytest.raises(TooManyTries):
        await Guesses(ledger.database, ledger.keyring, ledger.keys, clock).find(reference.digits, "10.0.0.3")
    clock.now += timedelta(days=19)
    assert await guesses.find(reference.digits, "10.0.0.3") == record


async def test_no_source_and_no_reference_is_in_the_files(ledger: Ledger, guesses: Guesses, clock: Clock) -> None:
    """Neither an address, nor a number, nor a reference is written anywhere in clear."""
    reference, _ = await given(ledger, clock)
    unknown = strange(reference)
    await guesses.find(unknown.digits, "+33123456789")
    await guesses.find(reference.digits, "+33123456789")
    for file in ledger.database.path.parent.rglob("*"):
        content = file.read_bytes() if file.is_file() else b""
        for text in (reference.digits, unknown.digits, "33123456789"):
            assert text.encode() not in content, file


def test_the_files_lie_where_the_test_looks(ledger: Ledger, tmp_path: Path) -> None:
    """The grep above sees file and keyring."""
    assert {one.name for one in tmp_path.rglob("*.sqlite")} == {"ouidire.sqlite", "keyring.sqlite"}
