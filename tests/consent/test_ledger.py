"""The ledger: the only issuer of grants, append-only, chained."""

from __future__ import annotations

import asyncio
import dataclasses
import gc
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from consent import sealed_rows
from consent.chain import Checkpoint, check_signature
from consent.database import Database
from consent.entry import ENDINGS
from consent.errors import DatabaseUnavailable, NotGranted
from consent.keyring import Record
from consent.ledger import Ledger
from consent.notice import Notice
from consent.parties import Party
from consent.purposes import Purpose
from consent.states import Answer, Why
from consent.verification import verify, verify_chain
from tests.conftest import AGENTS, Callers

CALL = "call-1"
NOBODY = "1003"


def nothing(connection: sqlite3.Connection) -> bytes:
    """Of a call of which nothing was derived."""
    return b""


def something(connection: sqlite3.Connection) -> bytes:
    """Of a call of which something was."""
    return b'{"scores": [1], "facts": null}'


async def record_of(ledger: Ledger, call_id: str = CALL) -> Record:
    """What the keyring holds of a call."""
    found = await ledger.keyring.of(ledger.keys.mac("call", call_id))
    assert found is not None
    return found


async def in_clear(database: Database) -> int:
    """Rows of calls that stand in clear."""
    query = "SELECT (SELECT count(*) FROM calls) + (SELECT count(*) FROM answers) + (SELECT count(*) FROM grants)"
    return await database.read(lambda c: int(c.execute(query).fetchone()[0]))


# Who is granted.


async def test_no_yes_no_grant(callers: Callers) -> None:
    """Law: no grant, no voice: without a recorded yes nothing is struck, for either party."""
    await callers.ledger.record(callers.entry("c", Answer.ASKED))
    for party, endpoint in ((Party.CALLER, ""), (Party.AGENT, AGENTS[0])):
        with pytest.raises(NotGranted, match="no yes"):
            await callers.ledger.strike("c", party, endpoint)


@pytest.mark.parametrize("ending", sorted(ENDINGS))
async def test_no_grant_after_an_ending(callers: Callers, ending: Answer) -> None:
    """Law: nothing is struck after refused, withdrawn, objected or expired, not even with a later yes."""
    await callers.ledger.record(callers.entry("c", Answer.GRANTED))
    await callers.ledger.record(callers.entry("c", ending))
    with pytest.raises(NotGranted):
        await callers.ledger.strike("c", Party.CALLER)
    await callers.ledger.record(callers.entry("c", Answer.GRANTED))
    with pytest.raises(NotGranted):
        await callers.ledger.strike("c", Party.AGENT, AGENTS[0])


@pytest.mark.parametrize("ending", sorted(ENDINGS))
async def test_no_grant_after_a_call_was_sealed(callers: Callers, ending: Answer) -> None:
    """Law: what is over stays over: a yes that is told once more, even where the keyring was not closed, is no yes."""
    ledger = callers.ledger
    await callers.says_yes(CALL)
    await ledger.record(callers.entry(CALL, ending))
    await ledger.close(CALL, nothing)
    record = await record_of(ledger)
    await ledger.keyring._database.write(
        lambda c: c.execute("UPDATE records SET closed = 0 WHERE record_id = ?", (record.record_id,))
    )
    assert not await ledger.record(callers.entry(CALL, Answer.GRANTED))
    with pytest.raises(NotGranted):
        await ledger.strike(CALL, Party.CALLER)
    assert await ledger.open_calls() == frozenset()


async def test_a_yes_to_an_unknown_notice_is_no_yes(callers: Callers, staff_notice: Notice) -> None:
    """Law: informed: a yes counts only for a notice that we announced to callers."""
    for call_id, notice_id in (("c", "forged"), ("d", staff_notice.notice_id)):
        entry = dataclasses.replace(callers.entry(call_id, Answer.GRANTED), notice_id=notice_id)
        await callers.ledger.record(entry)
        with pytest.raises(NotGranted, match="never announced"):
            await callers.ledger.strike(call_id, Party.CALLER)


async def test_grants_cover_what_the_law_lets_them(callers: Callers) -> None:
    """Law: the agent's grant covers facts alone, whatever the notice names."""
    grants = await callers.says_yes()
    assert grants.agent is not None
    assert grants.caller.purposes == {Purpose.FACTS, Purpose.TONE}
    assert grants.agent.purposes == {Purpose.FACTS}


async def test_a_withdrawal_overtakes_a_grant_in_the_making(callers: Callers) -> None:
    """Law: a stop that comes while the grant is being struck wins."""
    await callers.ledger.record(callers.entry("c", Answer.GRANTED))
    striking = asyncio.ensure_future(callers.ledger.strike("c", Party.CALLER))
    await asyncio.sleep(0)
    recording = asyncio.ensure_future(callers.ledger.record(callers.entry("c", Answer.WITHDRAWN)))
    with pytest.raises(NotGranted):
        await striking
    assert await recording


async def test_a_stop_that_could_not_be_written_holds_all_the_same(callers: Callers, database: Database) -> None:
    """Law: a locked file takes no stop back, though every grant that it ended was dropped since."""
    grants = await callers.says_yes(CALL)
    other = sqlite3.connect(database.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(DatabaseUnavailable):
        await callers.ledger.record(callers.entry(CALL, Answer.WITHDRAWN))
    other.execute("ROLLBACK")
    other.close()
    assert not grants.caller.is_live
    del grants
    gc.collect()
    with pytest.raises(NotGranted, match="withdrawn"):
        await callers.ledger.strike(CALL, Party.CALLER)
    assert (await record_of(callers.ledger)).ended, "and a bridge that dies now knows it when it comes back"
    assert await callers.ledger.record(callers.entry(CALL, Answer.WITHDRAWN))
    with pytest.raises(NotGranted):
        await callers.ledger.strike(CALL, Party.CALLER)


async def test_the_same_grant_after_a_restart(callers: Callers, database: Database) -> None:
    """Law: one grant for each call and party, however often the bridge starts."""
    before = await callers.says_yes()
    again = Ledger(database, callers.ledger.keyring, callers.ledger.keys)
    assert (await again.strike(CALL, Party.CALLER)).grant_id == before.caller.grant_id


# The agent's own yes.


async def test_an_agent_who_did_not_acknowledge_has_no_grant(callers: Callers) -> None:
    """Law: every party: staff that was not told is not heard, not even for facts."""
    await callers.says_yes()
    with pytest.raises(NotGranted, match="acknowledged"):
        await callers.ledger.strike(CALL, Party.AGENT, NOBODY)
    with pytest.raises(NotGranted):
        await callers.ledger.strike(CALL, Party.AGENT, "")


async def test_an_acknowledgement_taken_back_ends_the_next_strike(callers: Callers) -> None:
    """Law: from then on that leg is not heard, in a call in progress neither; others are not touched."""
    await callers.says_yes()
    assert await callers.ledger.withdraw_acknowledgement(AGENTS[0], datetime.now(UTC))
    assert not await callers.ledger.withdraw_acknowledgement(AGENTS[0], datetime.now(UTC))
    for call_id in (CALL, "call-2"):
        with pytest.raises(NotGranted):
            await callers.ledger.strike(call_id, Party.AGENT, AGENTS[0])
    assert (await callers.ledger.strike(CALL, Party.AGENT, AGENTS[1])).is_live
    assert await callers.ledger.stopped_elsewhere() == {CALL: Answer.OBJECTED}


async def test_an_acknowledgement_runs_out(callers: Callers, staff_notice: Notice) -> None:
    """Law: no acknowledgement holds for longer than its record is kept; a clock that is set back revives none."""
    ledger, now = callers.ledger, datetime.now(UTC)
    await callers.says_yes()
    later = now + timedelta(days=staff_notice.retention.records_days)
    for moment in (later, now):
        clocked = Ledger(ledger.database, ledger.keyring, ledger.keys, lambda moment=moment: moment)  # type: ignore[misc]
        with pytest.raises(NotGranted):
            await clocked.strike(CALL, Party.AGENT, AGENTS[0])


async def test_what_staff_answered_is_sealed(callers: Callers, staff_notice: Notice) -> None:
    """Law: an acknowledgement and its withdrawal are records of the chain, provable like a caller's."""
    ledger, at = callers.ledger, datetime(2026, 3, 1, 12, tzinfo=UTC)
    await ledger.acknowledge(AGENTS[0], staff_notice.notice_id, at)
    await ledger.withdraw_acknowledgement(AGENTS[0], at + timedelta(hours=1))
    record = await ledger.keyring.of(ledger.keys.mac("staff", f"{AGENTS[0]}\n2026-03-01T12:00:00.000Z"))
    assert record is not None
    answers = await ledger.database.read(lambda c: sealed_rows.answers_of(c, record))
    assert [(one["answer"], one["endpoint"], one["notice_id"]) for one in answers] == [
        ("granted", AGENTS[0], staff_notice.notice_id),
        ("withdrawn", AGENTS[0], staff_notice.notice_id),
    ]
    assert record.derived is None


# What is written.


async def test_an_answer_is_recorded_once(callers: Callers, database: Database) -> None:
    """Law: journal and event tell the same answer; the chain holds it once, of a call that is over too."""
    before = (await database.read(verify_chain)).rows
    for _ in range(2):
        await callers.ledger.record(callers.entry("c", Answer.GRANTED))
    assert (await database.read(verify_chain)).rows == before + 1
    await callers.ledger.close("c", nothing)
    assert not await callers.ledger.record(callers.entry("c", Answer.GRANTED))
    assert await callers.ledger.record(callers.entry("c", Answer.EXPIRED))
    assert (await database.read(verify_chain)).rows == before + sealed_rows.ROWS_OF_A_CALL + 1


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE ledger SET body = 'x'",
        "DELETE FROM ledger",
        "UPDATE notices SET language = 'xx'",
        "DELETE FROM notices",
        "UPDATE answers SET answer = 'granted'",
    ],
)
async def test_append_only(callers: Callers, database: Database, change: str) -> None:
    """Law: the file itself refuses to change what was recorded."""
    await callers.says_yes()
    with pytest.raises(sqlite3.IntegrityError):
        await database.write(lambda c: c.execute(change))


async def test_where_a_call_was_heard_is_kept(callers: Callers) -> None:
    """Law: after a restart only the conversation that was heard before may be heard again, so it is written down."""
    await callers.says_yes()
    await callers.ledger.heard_in(CALL, "f" * 32)
    standing = await callers.ledger.standing(CALL)
    assert standing.heard_in == "f" * 32
    assert standing.is_granted
    assert await callers.ledger.open_calls() == {CALL}
    await callers.stops()
    assert not (await callers.ledger.standing(CALL)).is_granted
    assert set((await callers.ledger.grant_ids(CALL)).values()) == set(Party)


async def test_every_call_is_open_until_it_is_sealed(callers: Callers, database: Database) -> None:
    """Law: after a restart every call that is not sealed is known; once it is, nothing of it stands in clear."""
    await callers.says_yes(CALL)
    await callers.ledger.record(callers.entry("undecided", Answer.ASKED))
    assert await callers.ledger.open_calls() == {CALL, "undecided"}
    for call_id in (CALL, "undecided"):
        await callers.ledger.record(callers.entry(call_id, Answer.EXPIRED))
        await callers.ledger.close(call_id, something)
    assert await callers.ledger.open_calls() == frozenset()
    assert await in_clear(database) == 0
    assert not (await callers.ledger.standing(CALL)).answers


async def test_what_was_derived_is_sealed_with_its_call(callers: Callers, database: Database) -> None:
    """Law: what the caller allowed is kept under a secret of its own, and answers come back in their order."""
    await callers.says_yes(CALL)
    await callers.ledger.record(callers.entry(CALL, Answer.EXPIRED))
    await callers.ledger.close(CALL, something)
    record = await record_of(callers.ledger)
    assert record.closed
    assert await database.read(lambda c: sealed_rows.derived_of(c, record)) == something(None)  # type: ignore[arg-type]
    answers = await database.read(lambda c: sealed_rows.answers_of(c, record))
    assert [one["answer"] for one in answers] == ["asked", "granted", "expired"]


async def test_sealing_twice_keeps_what_was_sealed_once(callers: Callers, database: Database) -> None:
    """Law: an answer that is told once more after the call, or a second try to seal, erases nothing that is kept."""
    await callers.says_yes(CALL)
    await callers.ledger.close(CALL, something)
    await callers.ledger.record(callers.entry(CALL, Answer.GRANTED))
    await callers.ledger.close(CALL, nothing)
    record = await record_of(callers.ledger)
    assert await database.read(lambda c: sealed_rows.derived_of(c, record)) == something(None)  # type: ignore[arg-type]


async def test_nothing_that_was_derived_outlives_a_withdrawal(callers: Callers, database: Database) -> None:
    """Law: whatever is left when a stopped call is sealed goes, secret and all; after the call it goes the same way."""
    await callers.says_yes("during")
    await callers.stops("during")
    await callers.ledger.close("during", something)
    await callers.says_yes("after")
    await callers.ledger.record(callers.entry("after", Answer.EXPIRED))
    await callers.ledger.close("after", something)
    await callers.ledger.record(callers.entry("after", Answer.WITHDRAWN, Why.LINE))
    for call_id in ("during", "after"):
        assert (await record_of(callers.ledger, call_id)).derived is None
    assert await database.read(lambda c: c.execute("SELECT count(*) FROM sealed_pieces").fetchone()) == (0,)


async def test_a_withdrawal_that_is_told_again_finishes_the_erasure(callers: Callers) -> None:
    """Law: where the erasure failed the first time, the same word once more does it."""
    await callers.says_yes(CALL)
    await callers.ledger.close(CALL, something)
    record = await record_of(callers.ledger)
    withdrawn = callers.entry(CALL, Answer.WITHDRAWN, Why.WEB)
    await callers.ledger.database.write(lambda c: sealed_rows.append(c, record, withdrawn.fields))
    assert not await callers.ledger.record(withdrawn)
    assert (await record_of(callers.ledger)).derived is None


async def test_erasing_leaves_the_chain_and_a_certificate(callers: Callers, database: Database) -> None:
    """Law: nothing of the record opens any more, the certificate counts it, and the proof still holds."""
    await callers.says_yes(CALL)
    await callers.ledger.close(CALL, something)
    record = await record_of(callers.ledger)
    assert await callers.ledger.erase([record], "rights.erased", {"records": 1}) == sealed_rows.ROWS_OF_A_CALL
    left = await record_of(callers.ledger)
    assert (left.kind, left.derived, left.number_tag) == ("gone", None, "")
    assert left.secret != record.secret
    assert await database.read(lambda c: sealed_rows.has_answers(c, record)) is False
    note = await callers.ledger.last_note("rights.erased")
    assert note is not None
    assert note["answers"] == sealed_rows.ROWS_OF_A_CALL
    records = await callers.ledger.keyring.all()
    assert (await database.read(lambda c: verify(c, records))).certified == sealed_rows.ROWS_OF_A_CALL


async def test_what_is_erased_is_not_told_back(callers: Callers, database: Database) -> None:
    """Law: an answer that the PBX's journal tells once more brings nothing of an erased call back, and no grant."""
    await callers.says_yes(CALL)
    await callers.ledger.close(CALL, something)
    record = await record_of(callers.ledger)
    await callers.ledger.erase([record], "rights.erased", {"records": 1})
    for answer in (Answer.ASKED, Answer.GRANTED, Answer.WITHDRAWN):
        assert not await callers.ledger.record(callers.entry(CALL, answer, Why.STOP_KEYS))
    assert await in_clear(database) == 0
    assert await database.read(lambda c: c.execute("SELECT count(*) FROM sealed").fetchone()) == (2,)  # of two agents
    with pytest.raises(NotGranted):
        await callers.ledger.strike(CALL, Party.CALLER)


async def test_public_records_come_back_in_their_order(callers: Callers) -> None:
    """Law: what concerns nobody in person can be read by everybody, each kind by its name."""
    assert await callers.ledger.last_note("settings") is None
    for number in range(3):
        await callers.ledger.note("settings", {"n": number})
        await callers.ledger.note("other", {})
    assert [one["n"] for one in await callers.ledger.notes("settings")] == [0, 1, 2]
    assert len(await callers.ledger.notes()) == 6
    newest = await callers.ledger.last_note("settings")
    assert newest is not None
    assert newest["n"] == 2


async def test_a_checkpoint_is_signed_and_kept_twice(callers: Callers, database: Database, tmp_path: Path) -> None:
    """Law: the head of the chain, signed, beside the chain and with the keys; the newest is the one that is kept."""
    for _ in range(2):
        await callers.ledger.record(callers.entry("c", Answer.ASKED))
        made = await callers.ledger.checkpoint()
        check_signature(made)
        assert Checkpoint.from_json(callers.ledger.keys.kept_checkpoint()) == made
    assert made.seq == (await database.read(verify_chain)).rows
    assert await database.read(lambda c: c.execute("SELECT count(*) FROM checkpoints").fetchone()) == (1,)
