"""Who is asked on a real Asterisk, and what of a caller's number leaves the dialplan: a tag, and nothing else."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from consent.keys import NumberKey
from dialplan import render
from dialplan.render import RenderSettings
from tests.dialplan.live.conftest import KEY, NOTICE_S, OLD_KEY, SETTINGS, Site, say_yes, until_answered

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]

CALLER = "+33612345678"
HOSTILE = "%24%7BSHELL%28touch%20/tmp/x%29%7D%22%29%2C06%3F1%3A23"
"""As it stands in the URI: ${SHELL(touch /tmp/x)}"),06?1:23"""
MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]


async def is_asked(site: Site, number: str, dialled: str = "51001") -> bool:
    """Whether a caller is asked; without a question the agent's phone rings at once."""
    before = len(site.ari.user_events("OuidireAnswer"))
    phone = await site.caller(number)
    call = await until_answered(await phone.dial(dialled))
    await asyncio.sleep(0.3)
    asked = len(site.ari.user_events("OuidireAnswer")) > before
    await call.hang_up()
    await phone.close()
    await asyncio.sleep(0.1)
    return asked


async def install(site: Site, settings: RenderSettings) -> None:
    """Let the PBX read other settings."""
    (site.pbx.etc / "ouidire" / "extensions.conf").write_text(render.extensions(settings))
    (site.pbx.etc / "ouidire" / "numbers.conf").write_text(render.numbers(settings))
    await site.pbx.cli("dialplan reload")


async def tag_of(site: Site, number: str) -> str:
    """The tag of a caller who is being asked."""
    phone = await site.caller(number)
    call = await until_answered(await phone.dial("51001"))
    await asyncio.sleep(0.3)
    tag = await site.ari.tag(site.ari.user_events("OuidireAnswer")[-1]["Call"])
    await call.hang_up()
    await phone.close()
    await asyncio.sleep(0.1)
    return tag


async def test_only_who_comes_over_a_trunk_is_asked(site: Site) -> None:
    """Law: a stranger is; staff who pass the same step on the way to a colleague are not, and nothing is said of it."""
    assert await is_asked(site, CALLER)
    journal, events = await site.journal(), len(site.ari.events)
    agent, colleague = await site.agent(1003), await site.agent(1004)
    call = await agent.dial("71004")
    await until_answered(call)
    await colleague.incoming()
    assert "OUIDIRE" not in await site.pbx.cli(f"core show channel {(await site.pbx.channels())[0]}")
    assert not [one for one in site.ari.events[events:] if one["type"] == "ChannelUserevent"]
    assert await site.journal() == journal
    await call.hang_up()
    await agent.close()
    await colleague.close()


@pytest.mark.parametrize(("number", "dialled"), [(CALLER, "202"), ("112", "200"), ("15", "200"), ("911", "51002")])
async def test_listed_extensions_and_emergency_services_are_not_asked(site: Site, number: str, dialled: str) -> None:
    """Law: by what was dialled and by who calls; no event, no journal, no variable that a gate would open for."""
    journal = await site.journal()
    assert not await is_asked(site, number, dialled)
    assert await site.journal() == journal


async def test_a_tag_stands_for_the_number_of_one_call(site: Site) -> None:
    """Law: the key finds the number by it, and a second call has another. The caller's channel alone has it: no event,
    no journal and no log, since it must go with the record.
    """
    found = {await tag_of(site, CALLER) for _ in range(2)}
    assert len(found) == 2
    log = (site.pbx.log / "full").read_text(encoding="utf-8", errors="replace")
    for tag in found:
        assert KEY.tag(tag.partition("-")[0], CALLER) == tag
        assert re.fullmatch(r"\d{18}-[0-9a-f]{40}", tag)
        assert tag not in log
        assert tag not in str(await site.journal())
        assert tag not in str(site.ari.user_events("OuidireAnswer"))


@pytest.mark.parametrize(("number", "kept"), [("anonymous", ""), (HOSTILE, ""), ("06%2C1%292%223", "06123")])
async def test_a_number_that_is_none_or_hostile_is_harmless(site: Site, number: str, kept: str) -> None:
    """Law: digits and a plus are all that is taken of it; without any there is no tag, and the caller is asked all the
    same. (Of quotes and brackets that do not match Asterisk's own parser leaves nothing.)
    """
    asked = len(site.ari.user_events("OuidireAnswer"))
    tag = await tag_of(site, number)
    assert len(site.ari.user_events("OuidireAnswer")) > asked
    assert tag == (KEY.tag(tag.partition("-")[0], kept) if kept else "")


async def quiet(site: Site) -> list[str]:
    """The do-not-ask list: hashes."""
    lines = (await site.pbx.cli("database show ouidire-quiet")).splitlines()
    return [line.split()[0].removeprefix("/ouidire-quiet/").rstrip(":") for line in lines if line.startswith("/")]


async def test_who_wants_no_question_is_not_asked(site: Site) -> None:
    """Law: the person's own channel puts the number's hash on the list; from then on that number is not asked, others
    are; a hash under the key used before still counts and becomes one under the new key.
    """
    caller = await site.caller(CALLER)
    line = await until_answered(await caller.dial("803"))
    await line.ended(5)
    await caller.close()
    assert await quiet(site) == [KEY.quiet(CALLER)]
    assert not await is_asked(site, CALLER)
    assert await is_asked(site, "+33612345679")
    await site.pbx.cli(f"database put ouidire-quiet {OLD_KEY.quiet('0700000001')} 1712345678")
    assert not await is_asked(site, "0700000001")
    assert sorted(await quiet(site)) == sorted([KEY.quiet(CALLER), KEY.quiet("0700000001")])
    assert "1712345678" in await site.pbx.cli(f"database get ouidire-quiet {KEY.quiet('0700000001')}")


async def test_a_withheld_number_cannot_be_listed(site: Site) -> None:
    """Law: there is nothing to list, and the caller hears that it did not work."""
    before = await quiet(site)
    caller = await site.caller("anonymous")
    line = await until_answered(await caller.dial("803"))
    await line.ended(5)
    await caller.close()
    assert await quiet(site) == before


async def test_a_lost_key_asks_nobody_and_a_new_one_is_read_at_once(site: Site) -> None:
    """Law: without a key no question, and an error in the log; a rotated key holds without any reload."""
    file = site.pbx.etc / "ouidire" / "numbers.conf"
    kept = file.read_text()
    fresh = NumberKey.fresh()
    for text in ("", "[newest]\ninner_secret = \nouter_secret = ab\n"):
        await asyncio.sleep(1.1)  # Asterisk tells a changed file by its second
        file.write_text(text)
        assert not await is_asked(site, "0700000002")
    assert "has no key for numbers" in (site.pbx.log / "full").read_text()
    await asyncio.sleep(1.1)
    file.write_text(render.numbers(replace(SETTINGS, number_keys=((fresh.inner, fresh.outer),))))
    tag = await tag_of(site, "0700000002")
    assert fresh.tag(tag.partition("-")[0], "0700000002") == tag
    await asyncio.sleep(1.1)
    file.write_text(kept)


async def test_hours_and_quota(site: Site) -> None:
    """Law: out of hours nobody is asked; of 30 calls with a quota of a half some are asked and some are not."""
    now = datetime.now(UTC)
    never = f"*,*,*,{MONTHS[(now.month + 5) % 12]}"
    try:
        await install(site, replace(SETTINGS, hours=(never,)))
        assert not await is_asked(site, "0700000003")
        await install(site, replace(SETTINGS, hours=(never, "*,*,*,*")))
        assert await is_asked(site, "0700000003")
        await install(site, replace(SETTINGS, quota_percent=50))
        found = await asked_of(site, [f"0701{at:06}" for at in range(30)])
        assert 3 <= found <= 27
    finally:
        await install(site, SETTINGS)


async def asked_of(site: Site, numbers: Sequence[str]) -> int:
    """How many of these callers are asked, who all call at the same time."""
    phones = [await site.caller(number) for number in numbers]
    calls = [await until_answered(await phone.dial("51001")) for phone in phones]
    await asyncio.sleep(0.3)
    found = len(set(numbers) & set(site.ari.asked()))
    for call in calls:
        await call.hang_up()
    for phone in phones:
        await phone.close()
    return found


async def test_no_number_and_no_key_is_in_the_lines_that_we_make_asterisk_log(site: Site) -> None:
    """Law: Asterisk logs each line of a dialplan with its arguments as they are after evaluation. Asked, answered,
    listed, not asked: no line of our contexts names a number or a key, and nothing at all names a key.
    """
    phone = await site.caller("0698765432")
    call = await until_answered(await phone.dial("51001"))
    await asyncio.sleep(0.2)
    await say_yes([call])
    await asyncio.sleep(NOTICE_S)
    await call.hang_up()
    await phone.close()
    log = (site.pbx.log / "full").read_text(encoding="utf-8", errors="replace")
    ours = [line for line in log.splitlines() if "@ouidire-" in line]
    assert len(ours) > 100
    numbers = re.compile(r"33612345678|698765432|612345679|70000000\d|7010000\d\d|SHELL")
    assert [line for line in ours if numbers.search(line)] == []
    for key in (KEY.inner, KEY.outer, OLD_KEY.inner, OLD_KEY.outer):
        assert key not in log
