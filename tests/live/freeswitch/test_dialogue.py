"""The dialogue with its turns on a real FreeSWITCH, and what doctor says of it while it runs."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

import pytest

from ari_bridge.cli.checks import event_socket
from ari_bridge.run.settings import load
from tests.lab.switch_site import SwitchSite
from tests.live.freeswitch.people import answer, ring

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


async def test_doctor_finds_all_well(site: SwitchSite) -> None:
    """Law: a site as install leaves it, restarted once, needs nothing: release, modules, rights, gate and trunks are
    ok, and the names by which calls come are FreeSWITCH's own.
    """
    await site.agent(1001)
    found = await event_socket.findings(load(site.service.settings))
    assert [one.sentence for one in found if not one.ok] == []
    assert len(found) == 6
    print(found[-1].sentence)
    assert found[-1].sentence.startswith("outside: profile external")


async def test_doctor_finds_staff_taken_for_callers(site: SwitchSite) -> None:
    """Law: a pattern that fits a registered user is named before that user's tone could be judged."""
    await site.agent(1001)
    settings = load(site.service.settings)
    parties = settings.parties.model_copy(update={"trunks": ("external", "10*")})
    found = await event_socket.findings(settings.model_copy(update={"parties": parties}))
    assert "10* fits the users 1001" in found[-1].sentence
    assert not found[-1].ok


async def test_a_yes_after_turns_is_a_yes(site: SwitchSite) -> None:
    """Law: who hears the notice again, asks for another language and presses a wrong key may still say yes."""
    call = await ring(site, "0641000090")
    call_id = await site.call_of("0641000090")
    for key in ("*", "3", "5"):
        await answer(call, key)
        await asyncio.sleep(0.5)
    await answer(call, "1")
    await site.until("a yes", lambda: "granted" in [str(one) for one, *_ in site.records.answers(call_id)], 10)
    await call.hang_up()


async def test_out_of_hours_nobody_is_asked(site: SwitchSite) -> None:
    """Law: of several hours one is enough, also in another time zone; out of all of them a call goes straight on."""
    in_tokyo = datetime.now(UTC) + timedelta(hours=9)
    never = f"*,*,*,{MONTHS[(in_tokyo.month + 5) % 12]}"
    start, end = (f"{in_tokyo + timedelta(minutes=by):%H:%M}" for by in (-2, 10))
    now = f"{start}-{end},{in_tokyo:%a},{in_tokyo.day},{in_tokyo:%b}".lower()
    await site.agent(1001)
    try:
        for hours, number, asked in (
            ([never, "*,*,*,*,Mars/Base"], "93", False),
            ([never, f"{now},Asia/Tokyo"], "94", True),
        ):
            site.service.environment["OUIDIRE_ASKING__HOURS"] = json.dumps(hours)
            await site.service.install()
            await site.pbx.reload()
            call = await (await site.caller(f"06410000{number}")).dial("1001")
            await call.answered()
            call_id = await site.call_of(f"06410000{number}")
            await asyncio.sleep(1.0)
            assert bool(site.records.answers(call_id)) is asked
            await call.hang_up()
    finally:
        del site.service.environment["OUIDIRE_ASKING__HOURS"]
        await site.service.install()
        await site.pbx.reload()


async def test_who_hangs_up_while_nobody_hears_has_said_no(site: SwitchSite) -> None:
    """Law: a hang-up during the question is a no; also where the bridge was away, and finds the question alone."""
    call = await ring(site, "0641000091")
    call_id = await site.call_of("0641000091")
    await asyncio.sleep(2.0)
    await call.hang_up()
    await site.until("a no", lambda: ("refused", "hangup", "event") in site.records.answers(call_id), 10)
    await site.service.kill()
    call = await ring(site, "0641000092")
    call_id = await site.call_of("0641000092")
    await asyncio.sleep(2.0)
    await call.hang_up()
    await asyncio.sleep(0.5)
    await site.service.start()
    await site.until("a no", lambda: ("refused", "hangup", "journal") in site.records.answers(call_id), 10)
