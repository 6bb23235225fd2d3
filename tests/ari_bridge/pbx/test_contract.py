"""The laws of the port `Pbx`, held by every adapter: each law on bytes recorded from Asterisk and from FreeSWITCH."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

import pytest

from ari_bridge.pbx.asterisk import link as asterisk_link
from ari_bridge.pbx.asterisk.adapter import AsteriskPbx
from ari_bridge.pbx.freeswitch import link as freeswitch_link
from ari_bridge.pbx.freeswitch.adapter import FreeSwitchPbx
from ari_bridge.pbx.port import Connected, Disconnected, Pbx, PbxEvent, PbxRefused
from ari_bridge.run.pbx_choice import DialInPbx
from consent.errors import Withdrawn
from consent.states import Answer
from tests import wire
from tests.ari_bridge.pbx.asterisk.ami_server import ami_server
from tests.ari_bridge.pbx.asterisk.ari_server import ari_server, channel
from tests.ari_bridge.pbx.freeswitch import gate
from tests.ari_bridge.pbx.freeswitch.esl_server import esl_server, printed
from tests.conftest import Callers


@dataclass(slots=True)
class Bench:
    """An adapter at work, and what of its PBX a law must reach. `asks`: how often the PBX was asked to open or to end
    something; `lose` ends the connection, `hang_up` the one call that there is.
    """

    pbx: Pbx
    lines: DialInPbx
    call_id: str
    target: str
    asks: Callable[[], int]
    lose: Callable[[], None]
    hang_up: Callable[[], None]
    events: list[PbxEvent] = field(default_factory=list)
    refusal: PbxRefused | None = None

    async def read(self) -> None:
        """Read its events until it ends."""
        try:
            async for event in self.pbx.events():
                self.events.append(event)
        except PbxRefused as refusal:
            self.refusal = refusal


async def until(condition: Callable[[], object]) -> None:
    """Let the loop run until it holds."""
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.01)


@asynccontextmanager
async def on_asterisk(password: str = "") -> AsyncIterator[Bench]:
    """Asterisk's adapter, with one granted call."""
    async with ari_server() as ari, ami_server(wire.VERSIONS[0]) as ami:
        call_id = "1700000000.12"
        ari.channels[call_id] = channel(
            call_id, "PJSIP/trunk-00000001", OUIDIRE_CALL=call_id, OUIDIRE_CONSENT="granted"
        )

        def asks() -> int:
            return sum(one.startswith(("POST", "DELETE")) for one in ari.paths()) + len(ami.named("Setvar"))

        access = ari.access(password) if password else ari.access()
        pbx = AsteriskPbx(access, ami.access(password) if password else ami.access(), 8)
        yield Bench(pbx, pbx, call_id, "41400", asks, ami.drop, ari.channels.clear)


@asynccontextmanager
async def on_freeswitch(password: str = "") -> AsyncIterator[Bench]:
    """FreeSWITCH's adapter, with one granted call and a gate that does what the real one would."""
    async with esl_server() as server:
        there = {gate.CALL}

        def tell(asked: dict[str, str]) -> tuple[str, str]:
            is_there = asked["Ouidire-Call"] in there if "Ouidire-Call" in asked else True
            match asked["Ouidire-Do"]:
                case "stop":
                    return "stopped", {"caller": "withdrawn", "agent": "objected"}[
                        asked["Ouidire-Who"]
                    ] if is_there else ""
                case "fork" | "renew" if not is_there:
                    return "denied", "consent is not asked"
                case "play" | "quiet" | "leave" | "hangup" | "answer" if not is_there:
                    return "denied", "no such channel on a line of ours"
                case _:
                    return "done", "0"

        gate.with_gate(server, tell)
        server.answers["api uuid_getvar"] = lambda command: printed(
            "granted" if command.split()[2] in there else "-ERR No such channel!\n"
        )
        journal = {
            f"granted-{gate.CALL}": "1795000002|key|0123456789abcdef|en",
            f"asked-{gate.CALL}": "1795000001|notice|0123456789abcdef|en",
            "odd": "odd",
        }
        server.answers["api db list"] = lambda command: printed(",".join(journal) + ",")
        server.answers["api db select"] = lambda command: printed(journal[command.rpartition("/")[2]])
        access = server.access(password) if password else server.access()
        asks = lambda: len(server.sent("sendevent"))  # noqa: E731 - as short as what it counts
        pbx = FreeSwitchPbx(access)
        yield Bench(pbx, pbx.lines, gate.CALL, "ab" * 16, asks, server.drop, there.clear)


MAKERS = {"asterisk": on_asterisk, "freeswitch": on_freeswitch}


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    for one in (asterisk_link, freeswitch_link):
        monkeypatch.setattr(one, "FIRST_PAUSE_S", 0.05)
    monkeypatch.setattr(freeswitch_link, "LAG_S", 0.0)


@pytest.fixture(params=MAKERS)
async def bench(request: pytest.FixtureRequest) -> AsyncIterator[Bench]:
    """Each adapter, connected."""
    async with AsyncExitStack() as stack:
        made = await stack.enter_async_context(MAKERS[request.param]())
        task = asyncio.create_task(made.read())
        await until(lambda: made.events)
        yield made
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_the_first_event_is_what_holds_now(bench: Bench) -> None:
    """Law: events begin with Connected and its snapshot."""
    assert isinstance(bench.events[0], Connected)


async def test_a_lost_pbx_is_told_and_comes_back(bench: Bench) -> None:
    """Law: after a loss comes Disconnected with a sentence, and by itself Connected again."""
    bench.lose()
    await until(lambda: len([one for one in bench.events if isinstance(one, Connected)]) == 2)
    [lost] = [one for one in bench.events if isinstance(one, Disconnected)]
    assert lost.sentence


@pytest.mark.parametrize("kind", MAKERS)
async def test_a_wrong_password_ends_the_events(kind: str) -> None:
    """Law: where no retry can help the events end with a refusal."""
    async with MAKERS[kind]("wrong") as made:
        async with asyncio.timeout(10):
            await made.read()
        assert made.refusal is not None
        assert not [one for one in made.events if isinstance(one, Connected)]


async def test_consent_is_read_on_the_call_itself(bench: Bench) -> None:
    """Law: what the PBX holds is what is said; of a call that it has not, nothing."""
    assert await bench.pbx.consent_of(bench.call_id) == Answer.GRANTED
    bench.hang_up()
    assert await bench.pbx.consent_of(bench.call_id) == ""


async def test_a_fork_is_of_that_leg_to_that_target(bench: Bench, callers: Callers) -> None:
    """Law: a live grant opens one leg towards one target, and what it opened can be renewed, and ended twice."""
    grant = (await callers.says_yes(bench.call_id)).caller
    fork = await bench.pbx.fork(grant, bench.call_id, bench.target)
    assert (fork.channel_id, fork.target) == (bench.call_id, bench.target)
    await bench.pbx.renew(fork)
    await bench.pbx.end_fork(fork)
    await bench.pbx.end_fork(fork)


async def test_an_ended_grant_does_not_even_ask(bench: Bench, callers: Callers) -> None:
    """Law: no grant, no voice: after a withdrawal the PBX is asked for nothing."""
    grant = (await callers.says_yes(bench.call_id)).caller
    await callers.stops(bench.call_id)
    before = bench.asks()
    with pytest.raises(Withdrawn):
        await bench.pbx.fork(grant, bench.call_id, bench.target)
    assert bench.asks() == before


async def test_a_leg_that_is_gone_is_refused(bench: Bench, callers: Callers) -> None:
    """Law: a leg that the PBX has not (any more) is a refusal, never a fork."""
    grant = (await callers.says_yes(bench.call_id)).caller
    bench.hang_up()
    with pytest.raises(PbxRefused):
        await bench.pbx.fork(grant, bench.call_id, bench.target)


@pytest.mark.parametrize("answer", [Answer.GRANTED, Answer.ASKED, Answer.REFUSED, Answer.EXPIRED])
async def test_nothing_but_a_stop_can_be_told(bench: Bench, answer: Answer) -> None:
    """Law: the bridge can never write a yes into the PBX."""
    before = bench.asks()
    with pytest.raises(PbxRefused):
        await bench.pbx.stop_call(bench.call_id, answer)
    assert bench.asks() == before


async def test_the_journal_comes_oldest_first(bench: Bench) -> None:
    """Law: answers that the PBX keeps come in the order in which a call can answer, without what is odd."""
    answers = [one.answer for one in await bench.pbx.journal()]
    assert answers[:2] == [Answer.ASKED, Answer.GRANTED]
    await bench.pbx.forget((await bench.pbx.journal())[0])


async def test_while_it_is_away_everything_is_a_timeout(bench: Bench, callers: Callers) -> None:
    """Law: without a connection each question ends as a TimeoutError, at once."""
    grant = (await callers.says_yes(bench.call_id)).caller
    bench.lose()
    await until(lambda: isinstance(bench.events[-1], Disconnected))
    with pytest.raises(TimeoutError):
        await bench.pbx.fork(grant, bench.call_id, bench.target)


async def test_what_plays_on_a_line_can_be_stopped_twice(bench: Bench) -> None:
    """Law: each play has an id of its own; stopping it, also once it has ended, is no error."""
    first = await bench.lines.play(bench.call_id, ["staff_pin", "1"])
    second = await bench.lines.play(bench.call_id, ["goodbye"])
    assert first != second
    for _ in range(2):
        await bench.lines.stop_playing(second)


async def test_a_line_is_handed_back_and_ended(bench: Bench) -> None:
    """Law: the dialplan's own place is taken as a place; a line can be ended, and what has ended is no error."""
    await bench.lines.send_line(bench.call_id, "ouidire-quiet", "s")
    await bench.lines.hang_up_line(bench.call_id)
    bench.hang_up()
    await bench.lines.hang_up_line(bench.call_id)


async def test_nothing_is_played_to_who_is_gone(bench: Bench) -> None:
    """Law: a channel that is not on a line (any more) is a refusal: nothing is played there, and it is sent nowhere."""
    bench.hang_up()
    with pytest.raises(PbxRefused):
        await bench.lines.play(bench.call_id, ["goodbye"])
    with pytest.raises(PbxRefused):
        await bench.lines.send_line(bench.call_id, "ouidire-quiet", "s")


async def test_a_code_is_answered(bench: Bench) -> None:
    """Law: whoever waits for the answer to a code is told one prompt by its name."""
    before = bench.asks()
    await bench.lines.answer_code(bench.call_id, "pair_done")
    assert bench.asks() == before + 1


async def test_a_line_of_a_pbx_that_is_away_is_a_timeout(bench: Bench) -> None:
    """Law: without a connection each wish ends as a TimeoutError, at once."""
    bench.lose()
    await until(lambda: isinstance(bench.events[-1], Disconnected))
    with pytest.raises(TimeoutError):
        await bench.lines.play(bench.call_id, ["goodbye"])
