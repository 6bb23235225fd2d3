"""Our own lines and codes on FreeSWITCH: callers, and staff. What is said is understood from the sound alone."""

import asyncio
import re
import time
from collections.abc import AsyncIterator
from functools import partial

import pytest
import pytest_asyncio

from consent.parties import Party
from tests.lab import ear
from tests.lab.freeswitch import NONE_INSTALLED, find_freeswitch
from tests.lab.freeswitch_files import PAIRING, RIGHTS_LINE, STAFF, STAFF_LINE
from tests.lab.switch_site import SwitchSite, open_switch_site
from tests.live.freeswitch.people import answer, our_user, ring, talk
from tests.live.line_caller import OnLine
from tests.live.people import lines

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]

NEW_AGENT = 1003
"""One who is no agent yet."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[SwitchSite]:
    """A site that one agent joins today."""
    if find_freeswitch() is None:
        pytest.skip(NONE_INSTALLED)
    others = [number for number in STAFF if number != NEW_AGENT]
    async with open_switch_site(tmp_path_factory.mktemp("site"), acknowledged=others) as opened:
        yield opened


def _pin(words: str) -> str:
    found = re.search(r"\b\d{6}\b", words)
    assert found is not None, words
    return found[0]


async def test_an_agent_is_heard_after_the_line_and_not_before(site: SwitchSite) -> None:
    """Law: an agent who knows nothing is not heard; after a wrong PIN, the right one, the whole notice and the key that
    acknowledges it, that leg is heard in the next granted call.
    """
    before = await talk(site, "0661000001", NEW_AGENT)
    await before.heard(1)
    await asyncio.sleep(1.5)
    await before.heard(1)
    await before.call.hang_up()
    code, words = await site.service.command("agent", "add", str(NEW_AGENT))
    assert code == 0, words
    pin = _pin(words)
    line = await OnLine.dial(await site.agent(NEW_AGENT), STAFF_LINE)
    await line.hears("staff_pin")
    await line.press(str((int(pin) + 1) % 1_000_000).zfill(6))
    await line.hears("staff_wrong")
    await line.hears("staff_pin")
    await line.press(pin)
    await line.hears("staff_notice")
    await line.hears("staff_menu", limit_s=45)
    await line.press("1")
    await line.hears("staff_acknowledged")
    await line.hears("staff_menu")
    await line.press("3")
    await line.hears("staff_receipt")
    await line.leave()
    after = await talk(site, "0661000002", NEW_AGENT)
    await after.heard(2)
    await after.call.hang_up()
    log = site.pbx.log_file.read_text(encoding="utf-8", errors="replace") + str(site.service.events())
    assert pin not in log


async def test_a_reference_erases_what_is_kept(site: SwitchSite) -> None:
    """Law: the reference is heard after the yes; from any phone it lets its holder hear what is kept, and erase it."""
    await site.agent(1001)
    call = await ring(site, "0662000001", "1001")
    call_id = await site.call_of("0662000001")
    await answer(call, "1")
    leg = await site.met("0662000001", 1001)
    reference = ear.reference(call.stream.heard(), "en")
    for samples in lines(Party.CALLER)[:4]:
        call.say(samples)
    await site.until("a verdict", lambda: _verdicts(site, call_id) > 0, 40)
    await asyncio.gather(call.hang_up(), leg.ended(10))
    await site.until("the call sealed", lambda: site.records.is_over(call_id))
    line = await OnLine.dial(await site.caller("0662000002"), RIGHTS_LINE)
    await _to_enter(line)
    await line.press(reference)
    await line.hears_out("rights_kept")
    await line.press("1")
    await line.hears("rights_measured")
    await line.hears_out("rights_kept")
    await line.press("2")
    await line.hears("rights_erased")
    await line.leave()
    assert site.records.file.record_of(call_id) is None
    log = site.pbx.log_file.read_text(encoding="utf-8", errors="replace") + str(site.service.events())
    assert reference not in log
    assert "0662000002" not in str(site.service.events())


async def _to_enter(line: OnLine) -> None:
    await line.hears("rights_menu")
    await line.press("2")
    await line.hears("rights_enter")


async def test_ones_own_number_stops_and_is_not_asked_again(site: SwitchSite) -> None:
    """Law: from one's own number 1 stops a call in progress, and a stranger's number stops nothing; 3 has that number
    never asked again, and no other. No log of ours, and none of the PBX's at its usual level, holds the tag.
    """
    met = await talk(site, "0667000001", 1001)
    await met.heard()
    stranger = await OnLine.dial(await site.caller("0667000002"), RIGHTS_LINE)
    await stranger.hears("rights_menu")
    await stranger.press("1")
    await stranger.hears("rights_stopped")
    await met.heard()
    own = await OnLine.dial(await site.caller("0667000001"), RIGHTS_LINE)
    await own.hears("rights_menu")
    await own.press("1")
    await own.hears("rights_stopped")
    await met.heard(0)
    assert site.records.answers(met.call_id)[-1] == ("withdrawn", "line", "line")
    assert met.call.status.value == "up"
    await own.hears("rights_menu")
    await own.press("3")
    await own.hears("rights_quiet")
    await asyncio.gather(own.leave(), stranger.leave(), met.call.hang_up())
    again = await ring(site, "0667000001", "1001")
    leg = await site.met("0667000001", 1001, limit_s=6.0)
    assert site.records.answers(await site.call_of("0667000001")) == []
    await asyncio.gather(again.hang_up(), leg.ended(5))
    asked = await ring(site, "0667000003", "1001")
    await asked.heard_out(time.time_ns())
    assert site.records.answers(await site.call_of("0667000003"))[0][0] == "asked"
    await asked.hang_up()


def _verdicts(site: SwitchSite, call_id: str) -> int:
    found = site.records.derived(call_id)
    return found.scores + found.abstained


async def test_a_stranger_gets_nowhere_on_the_staff_line(site: SwitchSite) -> None:
    """Law: three wrong PINs, and the line ends; no menu is heard."""
    line = await OnLine.dial(await site.agent(1004), STAFF_LINE)
    for _ in range(3):
        await line.hears("staff_pin")
        await line.press("123456")
        await line.hears("staff_wrong")
    await line.call.ended(15)
    assert {"staff_menu", "staff_notice"} & set(line.understood) == set()


async def test_two_presses_of_the_agent_contest(site: SwitchSite) -> None:
    """Law: the first *7 only asks; the second contests what stands, and where nothing does that is said; a score that
    stood is erased. The caller's own keys do nothing, and the log names nobody.
    """
    met = await talk(site, "0663000001", 1002)
    agent = OnLine(met.leg)
    for _ in range(2):
        await met.call.press("*7")
    await agent.press("*7")
    await agent.hears("contest_again")
    await asyncio.sleep(1.0)
    await agent.press("*7")
    await agent.hears("contest_none")
    for at in range(3):
        spoken = lines(Party.CALLER)[3 * at :][:3]
        began_s, before = time.monotonic(), site.records.derived(met.call_id).scores
        met.say(spoken, ())
        await site.until("a score", partial(_has_more, site, met.call_id, before), 60)
        # Beside the voice the whisper would be heard, but not understood by correlation.
        await asyncio.sleep(began_s + sum(map(len, spoken)) / 8000 + 0.5 - time.monotonic())
        await agent.press("*7")
        await agent.hears("contest_again")
        stood = site.records.derived(met.call_id).scores
        await asyncio.sleep(1.0)
        await agent.press("*7")
        if await agent.hears("contest_done", "contest_none") == "contest_done":
            break
    assert agent.understood[-1] == "contest_done"
    await site.until("the score erased", lambda: site.records.derived(met.call_id).scores < stood, 5)
    await met.call.hang_up()
    told = [str(one) for one in site.service.events() if re.search(r"contest|code\.", one["event"])]
    assert not [one for one in told if "1002" in one or "refused" in one]


async def test_a_code_that_no_page_showed_pairs_nothing(site: SwitchSite) -> None:
    """Law: whoever guesses hears that it is unknown; neither log keeps what was dialled from the code on."""
    line = await OnLine.dial(await site.agent(1002), f"{PAIRING}135790")
    assert await line.hears("pair_unknown", "unavailable", "pair_done") != "pair_done"
    await line.call.ended(5)
    assert "135790" not in str(site.service.events())


async def test_who_is_not_on_a_line_cannot_be_put_there(site: SwitchSite) -> None:
    """Law: events that say of a call's leg that it entered a line, pressed keys, contested or dialled a code change
    nothing and are logged as an attack; the gate plays nothing to it and does not end it.
    """
    met = await talk(site, "0664000001", 1001)
    heard_s = len(met.call.stream.heard())
    entered = [one for one in site.service.events() if one["event"] == "line.entered"]
    esl = await our_user(site)
    try:
        for did, more in (
            ("entered", "staff"), ("key", "1"), ("played", "ab" * 16 + ",whole"), ("paired", ""), ("contested", "x"),
        ):  # fmt: skip
            forged = {"Ouidire-Leg": met.call_id, "Ouidire-Did": did, "Ouidire-More": more}
            await esl.send_event("CUSTOM", {"Event-Subclass": "ouidire::line", **forged})
        asks = (
            {"Do": "play", "Play": "ab" * 16, "Prompts": "goodbye"}, {"Do": "hangup"},
            {"Do": "leave", "Where": "staff"}, {"Do": "answer", "Prompt": "contest_done"},
        )  # fmt: skip
        for ask in asks:
            headers = {f"Ouidire-{name}": value for name, value in {**ask, "Call": met.call_id}.items()}
            await esl.send_event("CUSTOM", {"Event-Subclass": "ouidire::ask", **headers})
        await site.until("the word attack", lambda: _attacks(site) >= 3)
        await asyncio.sleep(2.0)
    finally:
        await esl.close()
    assert [one for one in site.service.events() if one["event"] == "line.entered"] == entered
    assert {met.call.status.value, met.leg.status.value} == {"up"}
    assert not ear.listen(met.call.stream.heard()[heard_s:], ear.prompts("en", ("goodbye", "contest_done")))
    await met.call.hang_up()


def _has_more(site: SwitchSite, call_id: str, scores: int) -> bool:
    return site.records.derived(call_id).scores > scores


def _attacks(site: SwitchSite) -> int:
    return sum(one["event"] == "attack.suspected" for one in site.service.events())


async def test_without_the_bridge_it_is_said(site: SwitchSite) -> None:
    """Law: the service is dead: each line, the code and the contest say that nobody is there."""
    met = await talk(site, "0665000001", 1001)
    await site.service.kill()
    rights = await OnLine.dial(await site.caller("0665000002"), RIGHTS_LINE)
    staff = await OnLine.dial(await site.agent(1002), STAFF_LINE)
    page = await OnLine.dial(await site.agent(1004), f"{PAIRING}135790")
    for line in (rights, staff, page):
        await line.hears("unavailable")
        await line.call.ended(10)
    agent = OnLine(met.leg)
    await agent.press("*7")
    await agent.hears("contest_again")
    await asyncio.sleep(1.0)
    await agent.press("*7")
    await agent.hears("contest_failed")
    await met.call.hang_up()
