"""Laws of the copy that a person gets: everything that is kept, with its proof, and nothing of anybody else."""

from __future__ import annotations

import json
from datetime import date

import pytest

from consent import receipts
from consent.access import Site, export, receipt_of_agent
from consent.entry import Entry
from consent.ledger import Ledger
from consent.notice import Notice
from consent.parties import Party
from consent.rights import Rights, commitment
from consent.states import Answer, Why
from tests.conftest import AGENTS
from tests.consent.closed_calls import MEASURED, Clock, ClosedCalls

SITE = Site("Example SARL", "privacy@example.org", "fr")


@pytest.fixture
def rights(calls: ClosedCalls, clock: Clock) -> Rights:
    """Over the same ledger and clock as the calls."""
    return Rights(calls.ledger, clock)


async def test_everything_is_in_the_copy(calls: ClosedCalls, rights: Rights) -> None:
    """A valid receipt, every answer with its place in the chain, what was measured, and the days on which it goes."""
    copy = await export(rights, await calls.made(), SITE)
    assert json.loads(json.dumps(copy)) == copy
    receipts.validate(copy["receipt"])
    assert [one["answer"] for one in copy["answers"]] == ["asked", "granted", "expired"]
    chain = dict(await calls.ledger.database.read(lambda c: c.execute("SELECT seq, commitment FROM ledger").fetchall()))
    assert all(chain[one["seq"]] == one["commitment"] for one in copy["answers"])
    assert copy["measured"] == MEASURED
    assert copy["kept_until"] == {"measured": "2050-12-22", "answers": "2051-11-22"}
    assert (copy["hold"], copy["in_progress"]) == (None, False)


async def test_that_it_was_handed_out_is_proven(calls: ClosedCalls, rights: Rights) -> None:
    """A public record of the day holds a commitment that only the person's salt explains."""
    copy = await export(rights, await calls.made(), SITE)
    proof, note = copy["proof"], await calls.ledger.last_note("rights.exported")
    assert note == {"what": "rights.exported", "at": "2050-11-22", "commitment": proof["commitment"]}
    assert commitment(proof["salt"], proof["record_id"]) == proof["commitment"]


async def test_a_call_in_progress_says_so(calls: ClosedCalls, rights: Rights) -> None:
    """What is being measured is not sealed yet: the copy says that the call goes on, not that nothing is measured."""
    copy = await export(rights, await calls.open(), SITE)
    assert copy["in_progress"]
    assert copy["measured"] == {}


async def test_after_a_withdrawal_nothing_measured_is_in_it(calls: ClosedCalls, rights: Rights) -> None:
    """The copy then holds the answers alone, the withdrawal among them."""
    await rights.withdraw(await calls.made(), "web")
    copy = await export(rights, await calls.record(), SITE)
    assert copy["measured"] == {}
    assert copy["kept_until"]["measured"] is None
    assert copy["answers"][-1]["answer"] == "withdrawn"


async def test_a_stop_that_names_no_notice_leaves_the_receipt(calls: ClosedCalls, rights: Rights) -> None:
    """The receipt tells the notice of the yes, in its layers; a stop that names none changes nothing of it."""
    await calls.open()
    stopped = Entry(calls.clock(), Answer.WITHDRAWN, Why.STOP_KEYS, "call-1", Party.CALLER, "", "", "bridge")
    await calls.ledger.record(stopped)
    receipt = (await export(rights, await calls.close(), SITE))["receipt"]
    receipts.validate(receipt)
    assert calls.notice.notice_id in json.dumps(receipt)


async def test_an_agent_gets_a_receipt(ledger: Ledger, staff_notice: Notice) -> None:
    """Of the acknowledgement that is on record, with an agent's ways of taking it back; nobody else has one."""
    assert await receipt_of_agent(ledger, "nobody", SITE) is None
    receipt = await receipt_of_agent(ledger, AGENTS[0], SITE)
    assert receipt is not None
    receipts.validate(receipt)
    assert staff_notice.notice_id in json.dumps(receipt)


async def test_a_hold_is_told(calls: ClosedCalls, rights: Rights) -> None:
    """A person learns that a record is held, why, by whom and until when."""
    await rights.hold(await calls.made(), "case 12", "the DPO", date(2051, 1, 1))
    copy = await export(rights, await calls.record(), SITE)
    assert copy["hold"] == {"reason": "case 12", "author": "the DPO", "until": "2051-01-01"}
