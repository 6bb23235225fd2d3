"""Taking a yes back on a real Asterisk, in every shape of call, with no bridge to help."""

import asyncio
import time
from dataclasses import dataclass

import pytest

from tests.dialplan.live.conftest import Site, say_yes, until_answered
from tests.lab.phone import Call, Phone

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]

STOP_LIMIT_MS = 100
"""From the end of the 9 key to the last packet."""
GAP_LIMIT_MS = 60


@dataclass(frozen=True, slots=True)
class Shape:
    """One way in which a caller reaches an agent, and who presses *9 how slowly."""

    name: str
    dialled: str
    agent: int
    who: str
    gap_s: float
    answer: str


SHAPES = (
    Shape("two parties, caller", "51011", 1011, "caller", 0.1, "withdrawn"),
    Shape("two parties, agent", "51012", 1012, "agent", 0.1, "objected"),
    Shape("slow hands, caller", "51004", 1004, "caller", 2.5, "withdrawn"),
    Shape("slow hands, agent", "51005", 1005, "agent", 2.5, "objected"),
    Shape("local channel, caller", "61006", 1006, "caller", 0.1, "withdrawn"),
    Shape("local channel, agent", "61007", 1007, "agent", 0.1, "objected"),
    Shape("queue with local members, agent", "300", 1001, "agent", 0.1, "objected"),
)


@dataclass(slots=True)
class Made:
    """A granted call in one of these shapes."""

    shape: Shape
    phones: tuple[Phone, Phone]
    caller: Call
    agent: Call
    unique_id: str


async def make(site: Site, shapes: tuple[Shape, ...]) -> list[Made]:
    """All of them at once, each granted and answered."""
    phones = [(await site.caller(f"063{at:07}"), await site.agent(one.agent)) for at, one in enumerate(shapes)]
    calls = [await until_answered(await phones[at][0].dial(one.dialled)) for at, one in enumerate(shapes)]
    unique_ids = [await site.unique_id(f"063{at:07}") for at in range(len(shapes))]
    await say_yes(calls)
    return [
        Made(one, phones[at], calls[at], await phones[at][1].incoming(), unique_ids[at])
        for at, one in enumerate(shapes)
    ]


async def test_star_nine_ends_every_fork_of_the_call(site: Site) -> None:
    """Law: whoever presses, through Local channels and queues, slowly or not: both legs' forks end within 100 ms of the
    key, the caller's word is changed, journal and event say who; the other calls' forks go on.
    """
    every = await make(site, SHAPES)
    journal = await site.journal()
    assert all(("granted", one.unique_id) in journal for one in every)
    for made in every:
        legs = await site.ari.legs(made.unique_id)
        assert len(legs) == 2, made.shape.name
        forks = [await site.ari.fork(leg) for leg in legs]
        witness = [one for one in every if one is not made][-1]
        other = await site.ari.fork(witness.unique_id)
        await asyncio.sleep(0.3)
        who = made.caller if made.shape.who == "caller" else made.agent
        [_, end_ns] = await who.press("*9", gap_s=made.shape.gap_s)
        await asyncio.sleep(0.4)
        late_ms = [(fork.ear.arrivals_ns[-1] - end_ns) / 1e6 for fork in forks]
        assert max(late_ms) < STOP_LIMIT_MS, (made.shape.name, late_ms)
        is_last = made is every[-1]
        assert is_last or other.ear.arrivals_ns[-1] > end_ns + 200e6
        assert await site.ari.consent(made.unique_id) == made.shape.answer
        assert (made.shape.answer, made.unique_id) in await site.journal(), made.shape.name
        told = [one for one in site.ari.user_events("OuidireAnswer") if one["Call"] == made.unique_id]
        assert (told[-1]["Answer"], told[-1]["Why"]) == (made.shape.answer, "star9")
        await site.ari.ask("DELETE", f"/channels/{other.snoop}")
    await again(site, every)
    for made in every:
        await made.caller.hang_up()
        for phone in made.phones:
            await phone.close()


async def again(site: Site, every: list[Made]) -> None:
    """After an objection the caller may still withdraw; after a withdrawal nothing changes any more."""
    objected = next(one for one in every if one.shape.answer == "objected")
    withdrawn = next(one for one in every if one.shape.answer == "withdrawn")
    await asyncio.sleep(2)  # the stop prompt keeps its hearer's keys to itself
    await objected.caller.press("*9")
    await withdrawn.agent.press("*9")
    await asyncio.sleep(2.5)  # hung up in the prompt, Asterisk warns of a sub-routine that was left early
    journal = await site.journal()
    assert ("withdrawn", objected.unique_id) in journal
    assert ("objected", withdrawn.unique_id) not in journal
    assert await site.ari.consent(objected.unique_id) == "withdrawn"
    assert await site.ari.consent(withdrawn.unique_id) == "withdrawn"


@pytest.mark.parametrize("who", ["caller", "agent"])
async def test_who_pressed_hears_that_it_stopped_and_the_talk_goes_on(site: Site, who: str) -> None:
    """Law: a confirmation for who pressed, in the call; the other party hears neither it nor the keys, and no voice is
    cut: beside the keys themselves, during which Asterisk passes no voice, no gap is larger than 60 ms.
    """
    [made] = await make(site, (Shape("heard", "51001", 1001, who, 0.1, ""),))
    presser, other = (made.caller, made.agent) if who == "caller" else (made.agent, made.caller)
    await asyncio.sleep(1.5)
    before = len(presser.stream.heard()), len(other.stream.heard())
    [_, end_ns] = await presser.press("*9")
    await asyncio.sleep(3.0)
    at_presser = abs(presser.stream.heard()[before[0] :].astype(int)).max()
    at_other = abs(other.stream.heard()[before[1] :].astype(int)).max()
    assert at_presser > 3000
    assert at_other < 500
    assert other.stream.keys == []
    until_ns = time.time_ns()
    gaps_ms = [call.stream.gap_max_ms(end_ns + 60_000_000, until_ns) for call in (presser, other)]
    assert max(gaps_ms) < GAP_LIMIT_MS
    assert not [name for name in await site.pbx.channels() if not name.startswith("PJSIP/")]
    await made.caller.hang_up()
    for phone in made.phones:
        await phone.close()


@pytest.mark.parametrize(("extension", "answer"), [("withdrawn", "withdrawn"), ("objected", "objected")])
async def test_the_bridge_stops_where_the_pbx_does_not_look(site: Site, extension: str, answer: str) -> None:
    """Law: in a conference *9 is lost to the PBX; a snoop sent to ouidire-stop does the same work."""
    phone = await site.caller("0640000001")
    call = await until_answered(await phone.dial("400"))
    unique_id = await site.unique_id("0640000001")
    await say_yes([call])
    await asyncio.sleep(1)
    fork = await site.ari.fork(unique_id)
    await asyncio.sleep(0.3)
    assert fork.ear.arrivals_ns
    await site.ari.stop(unique_id, extension)
    await asyncio.sleep(0.3)
    stopped = len(fork.ear.arrivals_ns)
    await asyncio.sleep(0.3)
    assert len(fork.ear.arrivals_ns) == stopped
    assert (answer, unique_id) in await site.journal()
    again = await site.ari.fork(unique_id)
    await asyncio.sleep(0.3)
    assert not again.ear.arrivals_ns
    await call.hang_up()
    await phone.close()


async def test_a_stop_while_the_caller_is_asked_is_a_refusal(site: Site) -> None:
    """Law: *9 in the question is lost to the PBX; the bridge's word counts, and a yes that comes after it does not."""
    phone = await site.caller("0640000002")
    call = await until_answered(await phone.dial("400"))
    unique_id = await site.unique_id("0640000002")
    await site.ari.stop(unique_id, "withdrawn")
    await say_yes([call])
    await asyncio.sleep(1)
    journal = await site.journal()
    assert journal["refused", unique_id].startswith("star9|")
    assert ("granted", unique_id) not in journal
    fork = await site.ari.fork(unique_id)
    await asyncio.sleep(0.3)
    assert not fork.ear.arrivals_ns
    await call.hang_up()
    await phone.close()


async def test_nothing_is_left_and_nothing_is_complained_of(site: Site) -> None:
    """Law: no channel stays behind, and our dialplan raised no warning."""
    await asyncio.sleep(1.5)
    assert await site.pbx.channels() == []
    assert site.complaints() == []
