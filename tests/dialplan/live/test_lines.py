"""The lines that people dial, on a real Asterisk: the bridge holds them, and where it is away that is said."""

import asyncio

import pytest

from tests.dialplan.live.ari import APP
from tests.dialplan.live.conftest import KEY, Site, until_answered

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]

NUMBER = "0690000001"


async def test_a_line_enters_the_bridge_with_its_name_and_a_language(site: Site) -> None:
    """Law: StasisStart names the line; the channel speaks a language that has prompts; nobody was asked anything."""
    phone = await site.caller(NUMBER)
    call = await until_answered(await phone.dial("600"))
    event = await site.ari.event("StasisStart", lambda one: one["args"] == ["rights"])
    channel = event["channel"]
    assert isinstance(channel, dict)
    assert (channel["caller"]["number"], channel["language"]) == (NUMBER, "en")
    assert not site.ari.user_events("OuidireAnswer")
    await site.ari.ask("DELETE", f"/channels/{channel['id']}")
    await call.ended(3)
    await phone.close()


async def test_staff_reach_their_line_from_their_own_phone(site: Site) -> None:
    """Law: the endpoint says who calls."""
    phone = await site.agent(1005)
    call = await until_answered(await phone.dial("601"))
    event = await site.ari.event("StasisStart", lambda one: one["args"] == ["staff"])
    assert event["channel"]["name"].startswith("PJSIP/1005-")  # type: ignore[index]
    await call.hang_up()
    await phone.close()


async def test_from_the_line_to_the_list_of_those_who_are_not_asked(site: Site) -> None:
    """Law: the bridge sends the person's own channel on, and the dialplan lists its number, hears and says goodbye."""
    phone = await site.caller(NUMBER)
    before = len(site.ari.events)
    call = await until_answered(await phone.dial("600"))
    async with asyncio.timeout(3):
        while not (started := [one for one in site.ari.events[before:] if one["type"] == "StasisStart"]):
            await asyncio.sleep(0.01)
    leg = started[0]["channel"]["id"]  # type: ignore[index]
    await site.ari.ask("POST", f"/channels/{leg}/continue?context=ouidire-quiet&extension=s&priority=1")
    await call.ended(4)
    assert KEY.quiet(NUMBER) in await site.pbx.cli("database show ouidire-quiet")
    await phone.close()


async def test_where_the_bridge_is_away_it_is_said(site: Site) -> None:
    """Law: a prompt and the end, not silence; Asterisk's own words on the missing application are all it logs."""
    assert site.complaints() == []
    await site.ari.ask("DELETE", f"/applications/{APP}/subscription?eventSource=channel:")
    async with site.ari.http.ws_connect(f"{site.ari.url}/events?app={APP}", headers=site.ari._headers):
        pass  # who connects under the same name takes the place of the first, and then leaves
    await asyncio.sleep(0.5)
    phone = await site.caller(NUMBER)
    call = await until_answered(await phone.dial("600"))
    await call.ended(4)
    assert abs(call.stream.heard().astype(int)).max() > 3000
    await phone.close()
