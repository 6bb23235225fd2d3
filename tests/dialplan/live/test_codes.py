"""What agents press and dial on a real Asterisk: a contest, the code of a page; the test is the bridge."""

import asyncio
import time
from collections.abc import Callable

import numpy as np
import pytest

from tests.dialplan.live.conftest import SETTINGS, Site, say_yes, until_answered, write_recording
from tests.lab.phone import Call, Phone

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]

PITCHES_HZ = {
    "contest_again": 700, "contest_done": 1000, "contest_none": 1300, "contest_failed": 1600, "pair_done": 1900,
    "pair_unknown": 2200, "unavailable": 2500,
}  # fmt: skip
"""Each prompt by a tone of its own, so that a test hears which one was played."""
TONE_S = 0.6
GAP_LIMIT_MS = 60
TOLD_LIMIT_S = 1.0
"""From the key or the digits to the first sound of the answer, where the bridge answers at once."""


class Talk:
    """A granted call between a caller and an agent."""

    def __init__(self, phones: tuple[Phone, Phone], caller: Call, agent: Call, call_id: str) -> None:
        self.phones = phones
        self.caller = caller
        self.agent = agent
        self.call_id = call_id

    async def end(self) -> None:
        await self.caller.hang_up()
        for phone in self.phones:
            await phone.close()


async def talk(site: Site, number: str, agent: int, dialled: str) -> Talk:
    """A call in progress, with tones for prompts."""
    for notice in SETTINGS.notices:
        for name, pitch_hz in PITCHES_HZ.items():
            tone = np.sin(2 * np.pi * pitch_hz * np.arange(int(8000 * TONE_S)) / 8000)
            sounds = site.pbx.data / "sounds" / notice.language / "ouidire"
            write_recording(sounds / f"{name}.wav", (tone * 9000).astype("<i2"))
    phones = await site.caller(number), await site.agent(agent)
    call = await until_answered(await phones[0].dial(dialled))
    await say_yes([call])
    incoming = await phones[1].incoming()
    await incoming.answered()
    await asyncio.sleep(1.0)
    return Talk(phones, call, incoming, site.ari.asked()[number])


def heard(call: Call, since: int) -> list[str]:
    """The prompts in what a party heard since a sample, in order."""
    sound = call.stream.heard()[since:].astype(float)
    frames = sound[: len(sound) // 160 * 160].reshape(-1, 160)
    found: list[tuple[int, str]] = []
    for name, pitch_hz in PITCHES_HZ.items():
        wave = np.exp(-2j * np.pi * pitch_hz * np.arange(160) / 8000)
        loud = np.flatnonzero(np.abs(frames @ wave) > 160 * 2000)
        if len(loud) > 10:
            found.append((int(loud[0]), name))
    return [name for _, name in sorted(found)]


async def heard_soon(call: Call, since: int, prompt: str, timeout_s: float = 4.0) -> float:
    """Seconds until the party hears a prompt."""
    began = time.monotonic()
    async with asyncio.timeout(timeout_s):
        while prompt not in heard(call, since):
            await asyncio.sleep(0.02)
    return time.monotonic() - began


async def tell(site: Site, leg: str, prompt: str) -> None:
    """What the bridge does: name a prompt on the channel with that unique id."""
    for name in await site.pbx.channels():
        if name.startswith("PJSIP/") and leg in await site.pbx.cli(f"core show channel {name}"):
            await site.pbx.cli(f"dialplan set chanvar {name} OUIDIRE_TOLD {prompt}")


def events(site: Site, name: str) -> list[dict[str, object]]:
    """Every event of that name, whole."""
    return [one for one in site.ari.events if one["type"] == "ChannelUserevent" and one["eventname"] == name]


async def another(site: Site, name: str, before: int) -> dict[str, object]:
    """The next event of that name."""
    async with asyncio.timeout(5):
        while len(found := events(site, name)) <= before:
            await asyncio.sleep(0.01)
    return found[-1]


async def test_two_presses_contest_and_one_only_asks(site: Site) -> None:
    """Law: the first *7 asks in a whisper and tells nobody; the second tells the bridge which leg pressed, in its own
    context, and its answer is whispered; the caller hears neither, and nothing of the talk is cut.
    """
    made = await talk(site, "0650000001", 1011, "51011")
    since, at_caller = len(made.agent.stream.heard()), len(made.caller.stream.heard())
    [_, asked_ns] = await made.agent.press("*7")
    await heard_soon(made.agent, since, "contest_again")
    assert events(site, "OuidireContest") == []
    await asyncio.sleep(1.0)
    gaps_ms = [call.stream.gap_max_ms(asked_ns + 60_000_000, time.time_ns()) for call in (made.agent, made.caller)]
    before = len(events(site, "OuidireContest"))
    [_, sure_ns] = await made.agent.press("*7")
    event = await another(site, "OuidireContest", before)
    channel = event["channel"]
    assert isinstance(channel, dict)
    assert isinstance(event["userevent"], dict)
    assert event["userevent"]["Call"] == made.call_id != channel["id"]
    assert channel["name"].startswith("PJSIP/1011-")
    assert channel["dialplan"]["context"] == "ouidire-contest"
    await tell(site, channel["id"], "contest_done")
    await heard_soon(made.agent, since, "contest_done")
    await asyncio.sleep(1.0)
    gaps_ms += [call.stream.gap_max_ms(sure_ns + 60_000_000, time.time_ns()) for call in (made.agent, made.caller)]
    assert heard(made.agent, since) == ["contest_again", "contest_done"]
    assert heard(made.caller, at_caller) == []
    assert made.caller.stream.keys == []
    assert max(gaps_ms) < GAP_LIMIT_MS, gaps_ms
    assert len(events(site, "OuidireContest")) == before + 1
    # A third press asks anew.
    since = len(made.agent.stream.heard())
    await made.agent.press("*7")
    await heard_soon(made.agent, since, "contest_again")
    assert len(events(site, "OuidireContest")) == before + 1
    await asyncio.sleep(1.0)
    assert await site.ari.consent(made.call_id) == "granted"
    await made.end()


async def test_where_the_bridge_does_not_answer_it_is_said(site: Site) -> None:
    """Law: silence is not taken for success; and an agent behind a Local channel is reached as well."""
    made = await talk(site, "0650000002", 1006, "61006")
    since, before = len(made.agent.stream.heard()), len(events(site, "OuidireContest"))
    await made.agent.press("*7")
    await heard_soon(made.agent, since, "contest_again")
    await asyncio.sleep(0.8)
    await made.agent.press("*7")
    await heard_soon(made.agent, since, "contest_failed", 6)
    event = await another(site, "OuidireContest", before)
    assert event["channel"]["name"].startswith("PJSIP/1006-")  # type: ignore[index]
    assert event["channel"]["dialplan"]["context"] == "ouidire-contest"  # type: ignore[index]
    await asyncio.sleep(0.8)
    await made.end()


async def test_a_caller_contests_nothing(site: Site) -> None:
    """Law: the caller's *7, twice, is heard by nobody and tells nobody; *9 works after it."""
    made = await talk(site, "0650000003", 1012, "51012")
    at_caller, at_agent = len(made.caller.stream.heard()), len(made.agent.stream.heard())
    before = len(events(site, "OuidireContest"))
    for _ in range(2):
        await made.caller.press("*7")
        await asyncio.sleep(1.0)
    assert len(events(site, "OuidireContest")) == before
    assert (heard(made.caller, at_caller), heard(made.agent, at_agent)) == ([], [])
    await made.caller.press("*9")
    await asyncio.sleep(2.5)
    assert await site.ari.consent(made.call_id) == "withdrawn"
    await made.end()


async def _dial_code(site: Site, phone: Phone, code: str, answer: Callable[[], str]) -> tuple[Call, float]:
    """Dial it, answer as the bridge would, and hear it out; the seconds from the call's answer to the prompt."""
    before = len(events(site, "OuidirePair"))
    call = await until_answered(await phone.dial(f"602{code}"))
    event = await another(site, "OuidirePair", before)
    channel = event["channel"]
    assert isinstance(channel, dict)
    assert (channel["dialplan"]["context"], channel["dialplan"]["exten"]) == ("ouidire-pair", code)
    assert channel["name"].startswith(f"PJSIP/{phone.number}-")
    if answer():
        await tell(site, channel["id"], answer())
    took_s = await heard_soon(call, 0, answer() or "unavailable")
    await call.ended(4)
    return call, took_s


@pytest.mark.parametrize(("answer", "code"), [("pair_done", "000000"), ("pair_unknown", "987654"), ("", "123456")])
async def test_a_code_reaches_the_bridge_with_the_telephone(site: Site, answer: str, code: str) -> None:
    """Law: the channel itself says whose telephone it is and what was dialled; the word of the bridge is heard, and
    without one that the line is not available; the call ends, and is in no list of calls.
    """
    phone = await site.agent(1013)
    call, took_s = await _dial_code(site, phone, code, lambda: answer)
    assert heard(call, 0) == [answer or "unavailable"]
    assert not answer or took_s < TOLD_LIMIT_S + TONE_S
    await phone.close()
    assert f"602{code}" not in (site.pbx.log / "cdr-csv" / "Master.csv").read_text()


async def test_a_stranger_pairs_nothing(site: Site) -> None:
    """Law: where the admin put the number within reach of a trunk, no word of it leaves the PBX."""
    phone, before = await site.caller("0650000004"), len(events(site, "OuidirePair"))
    call = await until_answered(await phone.dial("602123456"))
    await heard_soon(call, 0, "pair_unknown")
    await call.ended(4)
    assert len(events(site, "OuidirePair")) == before
    await phone.close()


async def test_an_event_from_outside_stands_elsewhere(site: Site) -> None:
    """Law: who may write to the ARI can raise such an event for somebody's leg, but the leg does not stand in the
    code's context then, which is what the bridge looks at.
    """
    made = await talk(site, "0650000005", 1014, "51014")
    legs = await site.ari.legs(made.call_id)
    agent = next(leg for leg in legs if leg != made.call_id)
    for name in ("OuidireContest", "OuidirePair"):
        before = len(events(site, name))
        raised = f"/events/user/{name}?application=ouidire&source=channel:{agent}"
        assert await site.ari.ask("POST", raised, {"variables": {"Call": made.call_id}}) == 204
        event = await another(site, name, before)
        assert not event["channel"]["dialplan"]["context"].startswith("ouidire-")  # type: ignore[index]
    await made.end()


async def test_nothing_is_left_and_nothing_is_complained_of(site: Site) -> None:
    """Law: no channel stays behind, and our dialplan raised no warning."""
    await asyncio.sleep(1.5)
    assert await site.pbx.channels() == []
    assert site.complaints() == []
