"""One call: what is recorded, heard and shown."""

import asyncio
import sqlite3

import pytest
from structlog.testing import capture_logs

from analysis.engine.admission import MAX_CALLS
from ari_bridge.calls import session as session_module
from ari_bridge.calls.board import CallView, Stage
from ari_bridge.media.udp_receiver import RtpPlace
from ari_bridge.pbx.port import BridgeChanged, ChannelChanged, ChannelGone, ForkRefused, HoldChanged, PbxEvent
from consent.database import Database
from consent.parties import Party
from consent.states import Answer
from tests.ari_bridge.calls.bench import AGENT, CALLER, TOGETHER, Bench
from tests.fakes.pbx import channel
from tests.fakes.voice import Sender


async def test_a_yes_opens_one_fork_for_each_party(bench: Bench) -> None:
    """Law: with a recorded yes both legs are heard, each under the grant of its own party."""
    await bench.talk()
    assert {(grant.party, leg) for grant, leg in bench.pbx.opened} == {(Party.CALLER, "1.1"), (Party.AGENT, "1.2")}
    await bench.until(lambda: bench.stage() is Stage.GRANTED)
    assert bench.pbx.entries == [], "the journal is emptied once the ledger holds it"


@pytest.mark.parametrize("answer", [Answer.ASKED, Answer.REFUSED])
async def test_without_a_yes_nothing_is_forked(bench: Bench, answer: Answer) -> None:
    """Law: no grant, no voice."""
    await bench.connect()
    await bench.tell(ChannelChanged(CALLER), bench.says(Answer.ASKED), bench.says(answer))
    await bench.tell(ChannelChanged(AGENT), BridgeChanged("b", TOGETHER))
    await bench.until(lambda: bench.stage() == Stage(answer))
    await asyncio.sleep(0.7)
    assert bench.pbx.opened == []


@pytest.mark.parametrize(("answer", "who"), [(Answer.WITHDRAWN, CALLER), (Answer.OBJECTED, AGENT)])
async def test_a_stop_closes_everything_and_erases(bench: Bench, answer: Answer, who: object) -> None:
    """Law: nothing after a withdrawal: forks closed, grants dead, derived rows gone; objected erases the agent's."""
    await bench.talk()
    session = bench.switchboard.sessions()[0]
    forks = session.forks()
    with Sender(int(forks[0].target)) as one, Sender(int(forks[1].target)) as other:
        for _ in range(60):
            one.send()
            other.send()
            await asyncio.sleep(0.002)
    await asyncio.sleep(2.5)
    assert len(await bench.scores.facts_of_call("1.1")) == 2
    await bench.tell(bench.says(answer, by=AGENT if answer is Answer.OBJECTED else CALLER))
    await bench.until(lambda: not bench.pbx.forks)
    assert not any(fork.is_open or fork.grant.is_live for fork in forks)
    await bench.until(lambda: bench.pbx.entries == [])
    left = [row.party for row in await bench.scores.facts_of_call("1.1")]
    assert left == ([] if answer is Answer.WITHDRAWN else [Party.CALLER])
    assert bench.stage() == Stage(answer)


async def test_leases_are_renewed_while_it_is_heard(bench: Bench) -> None:
    """Law: a fork lives by its lease alone, which the bridge renews at a third of it."""
    await bench.talk()
    forks = bench.switchboard.sessions()[0].forks()
    with Sender(int(forks[0].target)) as one, Sender(int(forks[1].target)) as other:
        for _ in range(150):
            one.send()
            other.send()
            await asyncio.sleep(0.01)
    assert len(bench.pbx.renewed) >= 4


async def test_hold_pauses_and_resumes(bench: Bench) -> None:
    """Law: nothing is heard on hold; when it is taken back, new forks are made."""
    await bench.talk()
    await bench.until(lambda: bench.stage() is Stage.GRANTED)
    with capture_logs() as logged:
        await bench.tell(HoldChanged("1.2", True))
        await bench.until(lambda: not bench.pbx.forks)
    assert bench.stage() is Stage.PAUSED
    assert [line["reason"] for line in logged if line["event"] == "call.paused"] == ["hold"]
    await bench.tell(HoldChanged("1.2", False))
    await bench.until(lambda: len(bench.pbx.forks) == 2)


async def test_a_new_agent_gets_a_new_fork(bench: Bench) -> None:
    """Law: after a transfer the old agent is not heard, the new one is, under the same grants."""
    await bench.talk()
    await bench.tell(ChannelGone("1.2"), ChannelChanged(channel("1.7", "1002")))
    await bench.tell(BridgeChanged("b", frozenset({"1.1", "1.7"})))
    await bench.until(lambda: {f.channel_id for f in bench.pbx.forks.values()} == {"1.1", "1.7"})


async def test_a_new_agent_begins_with_new_facts(bench: Bench) -> None:
    """Law: an agent's facts are of that agent alone: after a transfer nobody is measured by another's talk."""
    await bench.talk()
    forks = bench.switchboard.sessions()[0].forks()
    with Sender(int(forks[0].target)) as one, Sender(int(forks[1].target)) as other:
        for _ in range(60):
            one.send()
            other.send()
            await asyncio.sleep(0.01)
    await bench.until(lambda: (facts := bench.engine.facts("1.1")) is not None and facts.heard_s > 0.5)
    await bench.tell(ChannelGone("1.2"), ChannelChanged(channel("1.7", "1002")))
    await bench.tell(BridgeChanged("b", frozenset({"1.1", "1.7"})))
    await bench.until(lambda: {f.channel_id for f in bench.pbx.forks.values()} == {"1.1", "1.7"})
    facts = bench.engine.facts("1.1")
    assert facts is None or facts.heard_s == 0


STRANGER = channel("1.3", "trunk")
MEANWHILE = {
    "hang-up": (ChannelGone("1.2"), BridgeChanged("b", frozenset({"1.1"}))),
    "hold": (HoldChanged("1.2", True),),
    "third party": (ChannelChanged(STRANGER), BridgeChanged("b", TOGETHER | {"1.3"})),
}


@pytest.mark.parametrize("happens", MEANWHILE.values(), ids=MEANWHILE)
async def test_what_happens_while_the_pbx_is_asked_counts(bench: Bench, happens: tuple[PbxEvent, ...]) -> None:
    """Law: an agent who hangs up, a hold or a third party while the PBX is asked for the yes: no fork is made for what
    is over, that is no failure, and the next agent is heard.
    """
    asked, plain = asyncio.Event(), bench.pbx.consent_of

    async def slow(call_id: str) -> str:
        asked.set()
        await asyncio.sleep(0.1)
        return await plain(call_id)

    bench.pbx.consent_of = slow  # type: ignore[method-assign]
    await bench.connect()
    await bench.tell(ChannelChanged(CALLER), bench.says(Answer.ASKED), bench.says(Answer.GRANTED))
    with capture_logs() as logged:
        await bench.tell(ChannelChanged(AGENT), BridgeChanged("b", TOGETHER))
        await asked.wait()
        await bench.tell(*happens)
        await asyncio.sleep(0.3)
    assert bench.pbx.opened == []
    assert [line["event"] for line in logged if line["log_level"] in ("warning", "error")] == []
    await bench.tell(ChannelGone("1.2"), ChannelGone("1.3"), ChannelChanged(channel("1.7", "1002")))
    await bench.tell(BridgeChanged("b", frozenset({"1.1", "1.7"})))
    await bench.until(lambda: {f.channel_id for f in bench.pbx.forks.values()} == {"1.1", "1.7"})
    await bench.until(lambda: bench.stage() is Stage.GRANTED)


async def test_the_pbxs_own_variable_must_agree(bench: Bench) -> None:
    """Law: forked only where variable and ledger both say granted."""
    await bench.connect()
    granted = bench.says(Answer.GRANTED)
    bench.pbx.variables["1.1"] = ""
    await bench.tell(ChannelChanged(CALLER), granted, ChannelChanged(AGENT), BridgeChanged("b", TOGETHER))
    await bench.until(lambda: bench.stage() is Stage.FAILED)
    assert bench.pbx.opened == []


async def test_a_full_gate_is_said_and_not_tried_in_a_loop(bench: Bench) -> None:
    """Law: silence never looks like calm: a refusal of the PBX's gate stands on the screen."""
    await bench.talk()
    await bench.tell(ForkRefused("1.1", "1.1", "full"))
    await bench.until(lambda: bench.stage() is Stage.FAILED)
    assert "full" in (bench.board.view("1.1") or pytest.fail("no view")).problem
    await asyncio.sleep(0.7)
    assert len(bench.pbx.opened) == 2


async def test_a_pbx_that_refuses_is_said_and_tried_again(bench: Bench) -> None:
    """Law: an error is said, and mends by itself when its cause is gone."""
    bench.pbx.refuses = "no such channel"
    await bench.connect()
    await bench.tell(
        ChannelChanged(CALLER), bench.says(Answer.GRANTED), ChannelChanged(AGENT), BridgeChanged("b", TOGETHER)
    )
    await bench.until(lambda: bench.stage() is Stage.FAILED)
    bench.pbx.refuses = ""
    await bench.until(lambda: len(bench.pbx.forks) == 2)


async def test_the_call_ends_and_the_grant_expires(bench: Bench) -> None:
    """Law: a grant ends with its call; the caller's facts are sealed then, the agent's die; nothing stays in clear."""
    await bench.talk()
    forks = bench.switchboard.sessions()[0].forks()
    with Sender(int(forks[0].target)) as one, Sender(int(forks[1].target)) as other:
        for _ in range(30):
            one.send()
            other.send()
            await asyncio.sleep(0.01)
    await bench.tell(ChannelGone("1.1"))
    await bench.until(lambda: not bench.switchboard.sessions())
    answers, derived = await bench.sealed()
    assert answers == ["asked", "granted", "expired"]
    assert derived["facts"]["heard_s"] > 0
    assert not bench.pbx.forks
    assert await bench.in_clear() == 0
    assert bench.stage() is Stage.ENDED


async def test_an_agent_who_has_not_acknowledged_is_not_heard(bench: Bench) -> None:
    """Law: an agent who has not acknowledged the notice to staff is not heard, not even for facts; the caller is."""
    stranger = channel("1.2", "1009")
    await bench.connect()
    await bench.tell(ChannelChanged(CALLER), bench.says(Answer.ASKED), bench.says(Answer.GRANTED))
    await bench.tell(ChannelChanged(stranger), BridgeChanged("b", TOGETHER))
    await bench.until(lambda: bench.stage() is Stage.GRANTED)
    assert [grant.party for grant, _ in bench.pbx.opened] == [Party.CALLER]
    await bench.tell(ChannelGone("1.1"))
    await bench.until(lambda: not bench.switchboard.sessions())
    assert not (await bench.sealed())[1], "facts of a talk of which one side is not heard would be false"


async def test_a_caller_hears_a_reference_after_a_yes(bench: Bench) -> None:
    """Law: as easy to take back as to give: a fresh yes is followed by the number by which the call is found again."""
    await bench.talk()
    assert bench.references.announced == [("1.1", "en")]


async def test_a_locked_database_stops_analysis_and_loses_no_answer(bench: Bench, database: Database) -> None:
    """Law: database locked: nothing is heard, it is said, and the stop is recorded once the lock is gone."""
    await bench.talk()
    other = sqlite3.connect(database.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    await bench.tell(bench.says(Answer.WITHDRAWN))
    await bench.until(lambda: not bench.pbx.forks)
    await asyncio.sleep(2.5)
    other.execute("ROLLBACK")
    other.close()
    await bench.until(lambda: bench.pbx.entries == [], timeout_s=10)
    assert Answer.WITHDRAWN in (await bench.ledger.standing("1.1")).answers


async def test_a_machine_out_of_sockets_is_said_and_mended(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Law: silence never looks like calm: a turn that fails in a way nobody foresaw is said, and taken again."""

    async def full(*args: object) -> None:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(session_module, "RETRY_S", 0.2)
    with monkeypatch.context() as patch:
        patch.setattr(RtpPlace, "open", full)
        await bench.connect()
        await bench.tell(ChannelChanged(CALLER), bench.says(Answer.ASKED), bench.says(Answer.GRANTED))
        await bench.tell(ChannelChanged(AGENT), BridgeChanged("b", TOGETHER))
        await bench.until(lambda: bench.stage() is Stage.FAILED)
    await bench.until(lambda: bench.stage() is Stage.GRANTED)
    await bench.tell(ChannelGone("1.1"))
    await bench.until(lambda: bench.stage() is Stage.ENDED)
    await bench.until(lambda: not bench.switchboard.sessions())
    assert "expired" in (await bench.sealed())[0]


async def test_a_screens_mistake_keeps_no_stop_out_of_the_ledger(bench: Bench) -> None:
    """Law: nothing after a withdrawal: it is recorded and erases, whatever becomes of those who show it."""
    await bench.talk()

    def stumble(view: object) -> None:
        raise ValueError("a screen's mistake")

    bench.board.watch(stumble)
    await bench.tell(bench.says(Answer.WITHDRAWN))
    await bench.until(lambda: bench.pbx.entries == [])
    assert Answer.WITHDRAWN in (await bench.ledger.standing("1.1")).answers


async def test_a_hold_waits_for_nothing(bench: Bench) -> None:
    """Law: on hold nobody is heard, from that moment, though the PBX keeps us waiting for a lease just then."""
    await bench.talk()
    await bench.until(lambda: bench.stage() is Stage.GRANTED)
    forks = bench.switchboard.sessions()[0].forks()
    never = asyncio.Event()

    async def stuck(fork: object) -> None:
        never.set()
        await asyncio.sleep(3600)

    bench.pbx.renew = stuck  # type: ignore[method-assign]
    await never.wait()
    await bench.tell(HoldChanged("1.2", held=True))
    await asyncio.sleep(0.05)
    assert not any(fork.is_open for fork in forks)
    assert bench.stage() is Stage.PAUSED


async def test_another_agents_facts_are_not_shown(bench: Bench) -> None:
    """Law: an agent's facts are shown to that agent alone: who joins or takes over sees none of them."""
    await bench.talk()
    session = bench.switchboard.sessions()[0]
    forks = session.forks()
    with Sender(int(forks[0].target)) as one, Sender(int(forks[1].target)) as other:
        for _ in range(60):
            one.send()
            other.send()
            await asyncio.sleep(0.002)
    await bench.until(lambda: (view := bench.board.view("1.1")) is not None and view.facts is not None)
    views: list[CallView] = []
    bench.board.watch(views.append)
    second = channel("1.3", "1002")
    await bench.tell(ChannelChanged(second), BridgeChanged("b", TOGETHER | {"1.3"}))
    await bench.until(lambda: bench.stage() is Stage.PAUSED)
    await bench.tell(BridgeChanged("b", frozenset({"1.1", "1.3"})))
    await bench.until(lambda: bench.stage() is Stage.GRANTED)
    assert any("1002" in view.agents for view in views)
    assert all(view.facts is None for view in views if "1002" in view.agents)


async def test_a_full_engine_is_said_once_and_tried_again(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Law: over capacity a call is not analysed, and its screen says why; no fork is made that nobody would hear. When
    a place is free it is heard, and keeps its place until it ends.
    """
    monkeypatch.setattr(session_module, "RETRY_S", 0.1)
    monkeypatch.setattr(session_module, "TURN_S", 0.05)
    for number in range(MAX_CALLS):
        bench.engine.reserve(f"other {number}", "en")
    with capture_logs() as logged:
        await bench.connect()
        await bench.tell(ChannelChanged(CALLER), bench.says(Answer.ASKED), bench.says(Answer.GRANTED))
        await bench.tell(ChannelChanged(AGENT), BridgeChanged("b", TOGETHER))
        await bench.until(lambda: bench.stage() is Stage.FAILED)
        await asyncio.sleep(0.5)
    view = bench.board.view("1.1")
    assert view is not None
    assert view.problem == f"the engine is full: {MAX_CALLS} calls"
    assert bench.pbx.opened == []
    told = [line for line in logged if line["event"] == "call.not_analysed" and line["log_level"] == "error"]
    assert [line["reason"] for line in told] == [view.problem]
    assert bench.engine.stats().refused_calls == 1
    bench.engine.forget("other 0")
    await bench.until(lambda: len(bench.pbx.forks) == 2 and bench.stage() is Stage.GRANTED)
    assert bench.engine.stats().admitted_calls == MAX_CALLS
    await bench.tell(ChannelGone("1.1"), ChannelGone("1.2"))
    await bench.until(lambda: bench.engine.stats().admitted_calls == MAX_CALLS - 1)


async def test_a_transferred_call_keeps_its_place(bench: Bench) -> None:
    """Law: running calls are unharmed: with the next agent all that was heard goes, and the place stays."""
    await bench.talk()
    for number in range(MAX_CALLS - 1):
        bench.engine.reserve(f"other {number}", "en")
    other = channel("1.3", "1002")
    await bench.tell(ChannelGone("1.2"), ChannelChanged(other), BridgeChanged("b", frozenset({"1.1", "1.3"})))
    await bench.until(lambda: {leg for _, leg in bench.pbx.opened} == {"1.1", "1.2", "1.3"})
    assert (bench.engine.stats().admitted_calls, bench.engine.stats().refused_calls) == (MAX_CALLS, 0)


async def test_a_stopped_call_gives_its_place_back(bench: Bench) -> None:
    """Law: whoever is not heard any more holds no place that another could have."""
    await bench.talk()
    assert bench.engine.stats().admitted_calls == 1
    await bench.tell(bench.says(Answer.WITHDRAWN))
    await bench.until(lambda: bench.engine.stats().admitted_calls == 0)
