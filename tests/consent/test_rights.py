"""Laws of what a person may ask for afterwards: it is done at once, wholly, and proven without naming anybody."""

from __future__ import annotations

import json
from datetime import date, timedelta
from hashlib import sha256

import pytest

from consent import sealed_rows
from consent.errors import CallNotOver, Held, InvalidValue, NothingKept
from consent.forgetting import Forgetting
from consent.reference import Reference
from consent.rights import MAX_STATEMENT, Rights, commitment
from consent.states import Answer
from consent.verification import verify
from tests.consent.closed_calls import MEASURED, Clock, ClosedCalls


@pytest.fixture
def rights(calls: ClosedCalls, clock: Clock) -> Rights:
    """Over the same ledger and clock as the calls."""
    return Rights(calls.ledger, clock)


async def is_whole(calls: ClosedCalls) -> bool:
    """Whether the ledger verifies: nothing is missing that no certificate names."""
    records = await calls.ledger.keyring.all()
    return (await calls.ledger.database.read(lambda c: verify(c, records))).rows > 0


async def test_a_reference_finds_its_call_alone(calls: ClosedCalls, rights: Rights) -> None:
    """The reference made at a yes names the day of the call, finds its record, and is given once."""
    record = await calls.open()
    reference = await rights.mint("call-1")
    assert (reference.day, reference.month) == (22, 11)
    found = await rights.of_reference(reference.for_eyes)
    assert found is not None
    assert found.record_id == record.record_id
    with pytest.raises(NothingKept):
        await rights.mint("call-1")
    with pytest.raises(NothingKept):
        await rights.mint("a call that nobody knows")


async def test_a_reference_that_is_taken_is_drawn_anew(
    calls: ClosedCalls, rights: Rights, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two calls never have one reference, even where chance has it so."""
    first, second = Reference.fresh(date(2050, 11, 22)), Reference.fresh(date(2050, 11, 22))
    drawn = iter([first, first, second])
    monkeypatch.setattr(Reference, "fresh", lambda _: next(drawn))
    for call_id in ("call-1", "call-2"):
        await calls.open(call_id)
    assert [await rights.mint("call-1"), await rights.mint("call-2")] == [first, second]


async def test_what_is_kept_is_told(calls: ClosedCalls, rights: Rights) -> None:
    """How many verdicts there are, and until when."""
    kept = await rights.kept(await calls.made())
    assert (kept.measurements, kept.until) == (2, date(2050, 11, 22) + timedelta(days=30))


@pytest.mark.parametrize("source", ["line", "web", "desk"])
async def test_a_call_that_is_over_can_be_stopped(calls: ClosedCalls, rights: Rights, source: str) -> None:
    """A yes is taken back later as well: the answer is recorded with its way, what was derived is gone, once."""
    record = await calls.made()
    assert await rights.withdraw(record, source)
    after = await calls.record()
    assert after.derived is None
    assert await rights.measured(after) == {}
    last = (await rights.answers(after))[-1]
    assert (last["answer"], last["source"], last["why"]) == ("withdrawn", source, source)
    assert not await rights.withdraw(after, source)
    assert await is_whole(calls)


async def test_a_call_in_progress_is_stopped_where_the_bridge_sees_it(calls: ClosedCalls, rights: Rights) -> None:
    """Stopped elsewhere, the call is on the list that the bridge looks at; when it is over nothing of it is sealed."""
    record = await calls.open()
    assert await rights.withdraw(record, "web")
    assert set(await calls.ledger.stopped_elsewhere()) == {"call-1"}
    assert (await calls.close()).derived is None
    assert await rights.measured(await calls.record()) == {}


async def test_a_no_cannot_be_taken_back(calls: ClosedCalls, rights: Rights) -> None:
    """Where there was no yes, stopping changes nothing."""
    for answer in (Answer.ASKED, Answer.REFUSED):
        await calls.answer("call-1", answer)
    assert not await rights.withdraw(await calls.record(), "line")


async def test_a_number_stops_its_own_calls_and_hears_nothing(calls: ClosedCalls, rights: Rights) -> None:
    """All calls of a number, over or in progress, whose yes holds; nobody else's; nothing comes back but how many."""
    for call_id, number in (("call-1", "+331"), ("call-2", "+331"), ("call-3", "+332")):
        await calls.made(call_id, number)
    await calls.open("call-4", "+331")
    await calls.made("call-5")
    assert await rights.stop_number("+331", "line") == 3
    assert await rights.stop_number("+331", "line") == 0
    assert await rights.stop_number("+339", "line") == 0
    kept = [call_id for call_id in ("call-1", "call-2", "call-3", "call-5") if (await calls.record(call_id)).derived]
    assert kept == ["call-3", "call-5"]


async def test_what_is_erased_is_in_no_file(calls: ClosedCalls, rights: Rights) -> None:
    """After an erasure neither file holds a key or a seal of it; the chain verifies, and the proof names nobody."""
    record = await calls.made()
    ids = await calls.ledger.database.read(lambda c: list(sealed_rows.ids_of(c, record)))
    made = await rights.erase(record, "desk")
    assert made.answers == sealed_rows.ROWS_OF_A_CALL
    assert (await calls.record()).kind == "gone"
    for file in calls.ledger.database.path.parent.rglob("*"):
        content = file.read_bytes() if file.is_file() else b""
        secrets = [record.secret, record.derived or b"", record.record_id.encode(), *ids, b"call-1"]
        assert not [one for one in secrets if one in content], file
    note = await calls.ledger.last_note("rights.erased")
    assert note == {
        "what": "rights.erased", "at": "2050-11-22", "records": 1, "answers": 4, "commitment": made.commitment,
    }  # fmt: skip
    assert commitment(made.salt, made.record_id) == made.commitment
    assert await is_whole(calls)


async def test_a_call_in_progress_is_erased_when_it_is_over(calls: ClosedCalls, rights: Rights, clock: Clock) -> None:
    """It is stopped at once; what is left of it goes with the first run of retention after the hang-up."""
    made = await rights.erase(await calls.open(), "web")
    assert made.is_to_come
    assert set(await calls.ledger.stopped_elsewhere()) == {"call-1"}
    assert (await Forgetting(calls.ledger, clock).run()).is_nothing
    await calls.close()
    assert (await Forgetting(calls.ledger, clock).run()).records == 1
    assert (await calls.record()).kind == "gone"
    assert await calls.sealed() == 0
    assert await is_whole(calls)


async def test_a_person_outranks_the_model(calls: ClosedCalls, rights: Rights) -> None:
    """The statement stands in place of the numbers, under a new key, and goes on the same day."""
    record = await calls.made()
    made = await rights.rectify(record, "  I was in a tunnel.\nI was not angry. ")
    after = await calls.record()
    measured = await rights.measured(after)
    assert (measured["scores"], measured["facts"]) == ([], None)
    assert measured["statement"] == "I was in a tunnel.\nI was not angry."
    assert after.derived not in (None, record.derived)
    assert after.derived_goes_on == record.derived_goes_on
    assert await calls.ledger.database.read(lambda c: sealed_rows.derived_of(c, record)) == b""
    note = await calls.ledger.last_note("rights.rectified")
    assert note == {"what": "rights.rectified", "at": "2050-11-22", "commitment": made.commitment}
    await rights.rectify(after, "x" * MAX_STATEMENT)
    assert await is_whole(calls)


@pytest.mark.parametrize("statement", ["", "  \n ", "x" * (MAX_STATEMENT + 1), "a\0b", "a\x1b[2Jb"])
async def test_a_statement_is_text(calls: ClosedCalls, rights: Rights, statement: str) -> None:
    """An empty one, one that is too long and control characters are refused; what was measured stays."""
    record = await calls.made()
    with pytest.raises(InvalidValue):
        await rights.rectify(record, statement)
    assert await rights.measured(record) == json.loads(json.dumps(MEASURED))


async def test_only_what_is_there_can_be_put_right(calls: ClosedCalls, rights: Rights) -> None:
    """Not a call in progress, not one whose numbers are gone."""
    record = await calls.open()
    with pytest.raises(CallNotOver):
        await rights.rectify(record, "no")
    await calls.close()
    await rights.withdraw(await calls.record(), "desk")
    with pytest.raises(NothingKept):
        await rights.rectify(await calls.record(), "no")


async def test_a_hold_says_why_and_until_when(calls: ClosedCalls, rights: Rights, clock: Clock) -> None:
    """What is held is not erased before its end; the refusal and the public record name reason, author and end."""
    record = await calls.made()
    await rights.hold(record, "case 12/2050", "the DPO", date(2051, 3, 1))
    held = await calls.record()
    for attempt in (rights.erase(held, "desk"), rights.rectify(held, "no")):
        with pytest.raises(Held, match=r"the DPO until 2051-03-01.*case 12/2050"):
            await attempt
    note = await calls.ledger.last_note("rights.held")
    assert note is not None
    assert note["record"] == sha256(record.record_id.encode()).hexdigest()
    clock.later(60)  # the numbers were due after 30 days
    assert (await Forgetting(calls.ledger, clock).run()).is_nothing
    await rights.release(held)
    assert (await Forgetting(calls.ledger, clock).run()).derived == 1
    assert (await calls.record()).held_until == ""


async def test_a_hold_delays_a_withdrawal_no_longer_than_itself(
    calls: ClosedCalls, rights: Rights, clock: Clock
) -> None:
    """A yes can be taken back while a hold lasts; what was derived goes when the hold ends."""
    await rights.hold(await calls.made(), "case", "the DPO", date(2050, 11, 25))
    assert await rights.withdraw(await calls.record(), "line")
    assert (await calls.record()).derived is not None
    clock.later(3)
    await Forgetting(calls.ledger, clock).run()
    assert (await calls.record()).derived is None


@pytest.mark.parametrize(
    ("reason", "author", "days"), [("", "a", 5), ("r", " ", 5), ("r", "a", 0), ("r", "a", -1), ("r", "a", 366)]
)
async def test_no_hold_without_reason_author_and_end(
    calls: ClosedCalls, rights: Rights, clock: Clock, reason: str, author: str, days: int
) -> None:
    """A hold for ever, for nobody or for nothing is refused."""
    record = await calls.made()
    with pytest.raises(InvalidValue):
        await rights.hold(record, reason, author, clock().date() + timedelta(days=days))


async def test_nobody_holds_what_goes_on(calls: ClosedCalls, rights: Rights) -> None:
    """A call in progress is not held; what nobody holds is not released."""
    record = await calls.open()
    with pytest.raises(CallNotOver):
        await rights.hold(record, "r", "a", date(2050, 12, 1))
    with pytest.raises(NothingKept):
        await rights.release(record)
