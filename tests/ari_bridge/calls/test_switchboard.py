"""All calls of one PBX."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import structlog

from analysis.conversation import PartyFacts
from ari_bridge.calls import switchboard as switchboard_module
from ari_bridge.calls.board import Stage
from ari_bridge.calls.topology import Topology
from ari_bridge.pbx.port import (
    Answered,
    BridgeChanged,
    Channel,
    ChannelChanged,
    ChannelGone,
    Connected,
    Disconnected,
    KeyPressed,
    PbxRefused,
    Snapshot,
)
from consent.states import Answer, Why
from tests.ari_bridge.calls.bench import AGENT, CALLER, TOGETHER, Bench
from tests.fakes.pbx import channel


async def test_an_agent_who_presses_1_is_not_heard(bench: Bench) -> None:
    """Law: who dialled says nothing; the yes of a staff endpoint opens nothing and is recorded nowhere."""
    staff, far = channel("1.1", "1001"), channel("1.2", "trunk")
    await bench.connect()
    await bench.tell(ChannelChanged(staff), bench.says(Answer.ASKED, by=staff), bench.says(Answer.GRANTED, by=staff))
    await bench.tell(ChannelChanged(far), BridgeChanged("b", TOGETHER))
    await asyncio.sleep(0.7)
    assert bench.pbx.opened == []
    assert not (await bench.ledger.standing("1.1")).answers
    assert bench.pbx.entries == []


async def test_a_forged_event_is_no_yes(bench: Bench) -> None:
    """Law: a UserEvent without the journal's entry yields no fork: whoever may send events cannot consent."""
    await bench.connect()
    forged = Answered("1.1", Answer.GRANTED, Why.KEY, bench.callers.notice.notice_id, "en", datetime.now(UTC), CALLER)
    bench.pbx.variables["1.1"] = "granted"
    await bench.tell(ChannelChanged(CALLER), forged, ChannelChanged(AGENT), BridgeChanged("b", TOGETHER))
    await asyncio.sleep(0.7)
    assert bench.pbx.opened == []


async def test_a_variable_alone_is_no_yes(bench: Bench) -> None:
    """Law: a variable that says granted without a yes in ledger or journal yields no fork."""
    forged = Channel("1.1", "PJSIP/trunk-1", "trunk", None, "1.1", "granted", "en")
    bench.pbx.variables["1.1"] = "granted"
    await bench.connect(forged, AGENT, bridged=True)
    await asyncio.sleep(0.7)
    assert bench.pbx.opened == []


@pytest.mark.parametrize(("leg", "answer"), [("1.1", Answer.WITHDRAWN), ("1.2", Answer.OBJECTED)])
async def test_stop_keys_that_the_pbx_does_not_see(bench: Bench, leg: str, answer: Answer) -> None:
    """Law: *9 in a queue or conference is caught by the bridge, for either party."""
    await bench.talk()
    now = datetime.now(UTC)
    await bench.tell(KeyPressed(leg, "*", now), KeyPressed(leg, "9", now + timedelta(seconds=2.4)))
    await bench.until(lambda: not bench.pbx.forks)
    await bench.until(lambda: bench.pbx.stopped == [("1.1", answer)])
    await bench.until(lambda: bench.pbx.entries == [])
    assert answer in (await bench.ledger.standing("1.1")).answers


@pytest.mark.parametrize(
    ("so_far", "then"),
    [
        ((Answer.ASKED,), {Answer.ASKED, Answer.REFUSED}),
        ((Answer.ASKED, Answer.REFUSED), {Answer.ASKED, Answer.REFUSED}),
    ],
)
async def test_stop_keys_mean_what_the_table_says(bench: Bench, so_far: tuple[Answer, ...], then: set[Answer]) -> None:
    """Law: *9 before the yes is a no, after a no it is nothing: only what was granted can be withdrawn."""
    await bench.connect()
    await bench.tell(ChannelChanged(CALLER), *(bench.says(answer) for answer in so_far))
    await bench.until(lambda: bench.stage() is not None)
    now = datetime.now(UTC)
    await bench.tell(KeyPressed("1.1", "*", now), KeyPressed("1.1", "9", now))
    await asyncio.sleep(0.2)
    assert (await bench.ledger.standing("1.1")).answers == then
    assert bench.pbx.stopped == []


async def test_while_the_pbx_is_away_nothing_is_heard(bench: Bench) -> None:
    """Law: keys may be missed while the PBX cannot be heard, so nothing is; the same talk goes on afterwards."""
    await bench.talk()
    before = {f.fork_id for f in bench.pbx.forks.values()}
    await bench.tell(Disconnected("gone"))
    await bench.until(lambda: not bench.pbx.forks)
    assert not bench.switchboard.is_connected
    await bench.connect(CALLER, AGENT, bridged=True)
    await bench.until(lambda: len(bench.pbx.forks) == 2)
    assert before.isdisjoint(bench.pbx.forks)


async def test_another_conversation_after_an_absence_is_not_heard(bench: Bench) -> None:
    """Law: a call whose keys may have been missed while the bridge was away is not forked again, and it is said."""
    await bench.talk()
    await bench.tell(Disconnected("gone"))
    await bench.until(lambda: not bench.pbx.forks)
    await bench.tell(Connected(Snapshot((CALLER, AGENT), {"other": TOGETHER})))
    await bench.until(lambda: bench.stage() is Stage.FAILED)
    await bench.tell(BridgeChanged("b", TOGETHER))
    await asyncio.sleep(0.7)
    assert not bench.pbx.forks


async def test_a_restarted_bridge_hears_only_what_both_granted(bench: Bench) -> None:
    """Law: after a restart the ledger's yes and the same conversation are needed; a yes of the meantime is no use."""
    await bench.callers.says_yes("1.1")
    seen = Topology()
    seen.reset(Snapshot((CALLER, AGENT), {"b": TOGETHER}))
    await bench.ledger.heard_in("1.1", seen.conversation("1.1").fingerprint)
    bench.pbx.variables["1.1"] = "granted"
    late, other = channel("2.1", "trunk"), channel("2.2", "1002")
    bench.says(Answer.GRANTED, by=None, call_id="2.1")
    await bench.tell(Connected(Snapshot((CALLER, AGENT, late, other), {"b": TOGETHER, "c": frozenset({"2.1", "2.2"})})))
    await bench.until(lambda: len(bench.pbx.forks) == 2)
    await bench.until(lambda: bench.stage("2.1") is Stage.FAILED)
    assert {f.channel_id for f in bench.pbx.forks.values()} == {"1.1", "1.2"}


async def test_a_conference_is_not_heard_after_an_absence(bench: Bench) -> None:
    """Law: where the PBX does not look for *9 a stop may have been missed, so that the same bridge is not enough."""
    await bench.connect()
    await bench.tell(ChannelChanged(CALLER), bench.says(Answer.ASKED), bench.says(Answer.GRANTED))
    await bench.tell(ChannelChanged(AGENT), BridgeChanged("b", TOGETHER, deaf=True))
    await bench.until(lambda: len(bench.pbx.forks) == 2)
    await bench.tell(Disconnected("gone"))
    await bench.until(lambda: not bench.pbx.forks)
    await bench.tell(Connected(Snapshot((CALLER, AGENT), {"b": TOGETHER}, deaf=frozenset("b"))))
    await bench.until(lambda: bench.stage() is Stage.FAILED)
    assert not bench.pbx.forks


async def test_a_stop_of_the_meantime_is_in_the_ledger(bench: Bench) -> None:
    """Law: *9 pressed while the bridge was dead is in the ledger afterwards, and the call is not heard."""
    await bench.callers.says_yes("1.1")
    bench.says(Answer.WITHDRAWN, by=None)
    await bench.connect(CALLER, AGENT, bridged=True)
    await bench.until(lambda: bench.pbx.entries == [])
    assert Answer.WITHDRAWN in (await bench.ledger.standing("1.1")).answers
    assert bench.pbx.opened == []


async def test_orphans_are_swept(bench: Bench) -> None:
    """Law: forks of a bridge that died are hung up when the next one connects."""
    await bench.talk()
    await bench.tell(Disconnected("gone"))
    await bench.until(lambda: not bench.pbx.forks)
    orphan = next(iter(bench.pbx.opened))
    bench.pbx.forks["orphan"] = await bench.pbx.fork(*orphan, "40000") if orphan[0].is_live else pytest.fail("dead")
    await bench.connect(CALLER)
    await bench.until(lambda: "orphan" not in bench.pbx.forks)


async def test_a_call_that_ended_in_the_meantime_expires(bench: Bench) -> None:
    """Law: a grant ends with its call, also where the bridge did not see it end."""
    await bench.callers.says_yes("1.1")
    await bench.connect()
    await bench.until(lambda: not bench.switchboard.sessions() and bench.switchboard.is_connected)
    assert "expired" in (await bench.sealed())[0]
    assert await bench.in_clear() == 0


async def test_a_fork_that_the_pbx_ended_is_made_anew_while_it_may_be(bench: Bench) -> None:
    """Law: a lease that ran out by mistake costs a moment, not the rest of the call."""
    await bench.talk()
    gone = next(iter(bench.pbx.forks))
    del bench.pbx.forks[gone]
    await bench.tell(ChannelGone(gone))
    await bench.until(lambda: len(bench.pbx.forks) == 2)


async def test_a_lost_pbx_is_on_the_screen(bench: Bench) -> None:
    """Law: silence never looks like calm: while the PBX is away the call does not stand there as analysed."""
    await bench.talk()
    await bench.until(lambda: bench.stage() is Stage.GRANTED)
    await bench.tell(Disconnected("gone"))
    await bench.until(lambda: bench.stage() is Stage.FAILED)
    await bench.connect(CALLER)
    await bench.until(lambda: bench.stage() is Stage.PAUSED)


async def test_who_waited_through_a_restart_is_no_attack(bench: Bench) -> None:
    """Law: a yes of the ledger is known after a restart even where no agent had answered yet; a stop key pressed in the
    queue may have been missed, so that the call is not heard, and that is said."""
    for answer in (Answer.ASKED, Answer.GRANTED):
        await bench.callers.ledger.record(bench.callers.entry("1.1", answer))
    bench.pbx.variables["1.1"] = "granted"
    with structlog.testing.capture_logs() as lines:
        await bench.connect(replace(CALLER, consent="granted"))
    assert "attack.suspected" not in {line["event"] for line in lines}
    await bench.tell(ChannelChanged(AGENT), BridgeChanged("b", TOGETHER))
    await bench.until(lambda: bench.stage() is Stage.FAILED)
    assert bench.pbx.opened == []


async def test_a_no_that_became_a_yes_while_the_bridge_was_away_is_an_attack(bench: Bench) -> None:
    """Law: a variable that says granted where the ledger holds a no is told, and the call stands there as refused."""
    for answer in (Answer.ASKED, Answer.REFUSED):
        await bench.callers.ledger.record(bench.callers.entry("1.1", answer))
    bench.pbx.variables["1.1"] = "granted"
    with structlog.testing.capture_logs() as lines:
        await bench.connect(replace(CALLER, consent="granted"), AGENT, bridged=True)
    assert "attack.suspected" in {line["event"] for line in lines}
    assert bench.stage() is Stage.REFUSED
    assert bench.pbx.opened == []


async def test_a_stop_that_nobody_was_there_to_obey_erases_at_the_start(bench: Bench) -> None:
    """Law: what was derived of a call that was stopped while the bridge was dead goes at once, not with the hang-up."""
    grants = await bench.callers.says_yes("1.1")
    await bench.scores.keep_facts(grants.caller, PartyFacts(10.0, 5.0, 0.5, 0.0, 1.0))
    await bench.callers.stops("1.1")
    assert await bench.scores.facts_of_call("1.1")
    bench.pbx.variables["1.1"] = "granted"
    await bench.connect(replace(CALLER, consent="granted"), AGENT, bridged=True)
    assert not await bench.scores.facts_of_call("1.1")
    assert bench.stage() is Stage.WITHDRAWN
    assert bench.pbx.opened == []


async def test_nothing_is_heard_before_the_journal_is_drained(bench: Bench) -> None:
    """Law: after a restart a call waits for the whole journal, whatever entry of its own wakes it before."""
    await bench.callers.says_yes("1.1")
    bench.says(Answer.ASKED, by=None)
    bench.says(Answer.REFUSED, by=None, call_id="9.9")  # of a call that is gone, about which the PBX is asked
    bench.pbx.variables = {"1.1": "granted"}
    answered = asyncio.Event()
    plain = bench.pbx.consent_of

    async def slow(call_id: str) -> str:
        if call_id == "9.9":
            await answered.wait()
        return await plain(call_id)

    bench.pbx.consent_of = slow  # type: ignore[method-assign]
    await bench.tell(Connected(Snapshot((CALLER, AGENT), {"other": TOGETHER})))
    await asyncio.sleep(0.3)
    assert bench.pbx.opened == []
    answered.set()
    await bench.until(lambda: bench.stage() is Stage.FAILED)
    assert bench.pbx.opened == []


async def test_a_connection_lost_while_calls_are_taken_up(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Law: calls are taken up as they stand at the newest connection, never as they stood at one that was lost."""
    monkeypatch.setattr(switchboard_module, "RETRY_S", 0.2)
    await bench.talk()
    await bench.tell(Disconnected("gone"))
    await bench.until(lambda: not bench.pbx.forks)
    heard_before = len(bench.pbx.opened)
    plain, tries = bench.pbx.sweep, 0

    async def fails(keep: frozenset[str]) -> int:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise TimeoutError("no answer")
        return await plain(keep)

    async def slow(call_id: str) -> str:
        await asyncio.sleep(0.3 if call_id == "9.9" else 0)
        return bench.pbx.variables.get(call_id, "")

    bench.pbx.sweep, bench.pbx.consent_of = fails, slow  # type: ignore[method-assign]
    await bench.callers.says_yes("9.9")  # of a call that is gone, about which the PBX is asked
    await bench.tell(Connected(Snapshot((CALLER, AGENT), {"b": TOGETHER})))
    await bench.until(lambda: tries == 1)
    await bench.tell(Disconnected("gone again"), Connected(Snapshot((CALLER, AGENT), {"other": TOGETHER})))
    await bench.until(lambda: bench.switchboard.is_connected)
    await bench.until(lambda: bench.stage() is Stage.FAILED)
    await asyncio.sleep(0.5)
    assert len(bench.pbx.opened) == heard_before


@pytest.mark.parametrize("failure", [TimeoutError("no answer"), KeyError("foreseen by nobody")])
async def test_a_pbx_that_cannot_be_taken_up_is_tried_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    """Law: a failure in taking up the calls, of whatever kind, is a sentence and a retry."""
    monkeypatch.setattr(switchboard_module, "RETRY_S", 0.1)
    plain, tries = bench.pbx.journal, 0

    async def fails() -> Sequence[Answered]:
        nonlocal tries
        tries += 1
        if tries < 3:
            raise failure
        return await plain()

    bench.pbx.journal = fails  # type: ignore[method-assign]
    await bench.tell(Connected(Snapshot((), {})))
    await bench.until(lambda: "cannot take up" in bench.switchboard.sentence)
    await bench.until(lambda: bench.switchboard.is_connected)
    assert bench.switchboard.sentence == ""


async def test_a_yes_that_could_not_be_read_is_read_again(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Law: where the PBX did not show its journal in time, the yes is not lost; until it is read nobody is heard."""
    monkeypatch.setattr(switchboard_module, "RETRY_S", 0.05)
    await bench.connect()
    shown, failures = bench.pbx.journal, [TimeoutError("late"), PbxRefused("busy")]

    async def journal() -> Sequence[Answered]:
        if failures:
            assert bench.pbx.opened == []
            raise failures.pop()
        return await shown()

    monkeypatch.setattr(bench.pbx, "journal", journal)
    await bench.tell(ChannelChanged(CALLER), bench.says(Answer.ASKED), bench.says(Answer.GRANTED))
    await bench.tell(ChannelChanged(AGENT), BridgeChanged("b", TOGETHER))
    await bench.until(lambda: len(bench.pbx.forks) == 2)
    assert not failures


async def test_a_yes_said_now_is_followed_by_a_reference(bench: Bench) -> None:
    """Law: once the ledger holds the yes, and once only, the caller hears a reference in the dialogue's language."""
    await bench.connect()
    yes = bench.says(Answer.GRANTED)
    await bench.tell(ChannelChanged(CALLER), bench.says(Answer.ASKED), yes, yes)
    await bench.until(lambda: bool(bench.references.announced))
    await asyncio.sleep(0.1)
    assert bench.references.announced == [("1.1", "en")]
    assert Answer.GRANTED in (await bench.ledger.standing("1.1")).answers


@pytest.mark.parametrize("then", [Answer.WITHDRAWN, Answer.REFUSED])
async def test_nobody_else_hears_a_reference(bench: Bench, then: Answer) -> None:
    """Law: a no, a yes taken back at once, and a yes that is long said (read from the journal) get none."""
    if then is Answer.REFUSED:
        await bench.connect()
        await bench.tell(ChannelChanged(CALLER), bench.says(Answer.ASKED), bench.says(then))
    else:
        bench.says(Answer.ASKED)
        bench.says(Answer.GRANTED)
        await bench.connect(CALLER)
        await bench.tell(bench.says(then))
    await bench.until(lambda: bench.pbx.entries == [])
    assert bench.references.announced == []


async def test_what_others_take_is_no_matter_of_a_call(bench: Bench) -> None:
    """Law: keys on our own lines never reach the calls; what others leave does."""
    taken: list[object] = []

    def others(event: object) -> bool:
        taken.append(event)
        return isinstance(event, KeyPressed)

    bench.switchboard._others = others
    await bench.talk()
    now = datetime.now(UTC)
    await bench.tell(KeyPressed("1.1", "*", now), KeyPressed("1.1", "9", now))
    await asyncio.sleep(0.2)
    assert bench.pbx.stopped == []
    assert len(bench.pbx.forks) == 2
    assert any(isinstance(event, Answered) for event in taken)
    bench.switchboard._others = lambda event: False
    await bench.tell(KeyPressed("1.1", "*", now), KeyPressed("1.1", "9", now))
    await bench.until(lambda: bench.pbx.stopped == [("1.1", Answer.WITHDRAWN)])


async def test_an_agent_who_takes_the_word_back_on_the_line_objects_there(bench: Bench) -> None:
    """Law: the call that is going on stops, and the ledger says that it was on the line and by no key of the call."""
    await bench.talk()
    await bench.ledger.withdraw_acknowledgement("1001", datetime.now(UTC))
    await bench.switchboard.obey()
    await bench.until(lambda: not bench.pbx.forks)
    await bench.until(lambda: bench.stage() is Stage.OBJECTED)
    query = "SELECT why, source FROM answers WHERE answer = 'objected'"
    async with asyncio.timeout(5):
        while not (said := await bench.database.read(lambda c: c.execute(query).fetchall())):
            await asyncio.sleep(0.02)
    assert said == [("line", "line")]
