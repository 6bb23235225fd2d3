"""Who reaches the event socket, and what a forged answer opens."""

import asyncio

import pytest

from ari_bridge.pbx.port import PbxRefused
from tests.lab.switch_site import SwitchSite
from tests.live.freeswitch.people import answer, our_user, ring

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]


async def test_a_forged_yes_opens_nothing(site: SwitchSite) -> None:
    """Law: an event that says yes, without the variable on the caller's own channel, is logged as an attack and no
    voice flows; nor does one where the gate itself is asked for it.
    """
    before = len(site.passed)
    await site.agent(1002)
    call = await ring(site, "0644000001", "1002")
    call_id = await site.call_of("0644000001")
    await answer(call, "2")
    await site.met("0644000001", 1002)
    esl = await our_user(site)
    try:
        notice = next(iter(site.records.notices().values()))
        forged = {
            "Call": call_id,
            "Answer": "granted",
            "Why": "key",
            "Notice": notice,
            "Language": "en",
            "At": "1795000000",
        }
        headers = {f"Ouidire-{name}": value for name, value in forged.items()}
        channel = {"Unique-ID": call_id, "Channel-Name": "sofia/external/x", "Call-Direction": "inbound"}
        # With a live channel's id FreeSWITCH gives the event to that channel alone; without one all who listen get it.
        for sender in (channel, {}):
            await esl.send_event("CUSTOM", {"Event-Subclass": "ouidire::consent", **sender, **headers})
        ask = {"Ouidire-Do": "fork", "Ouidire-Call": call_id, "Ouidire-Leg": call_id, "Ouidire-Target": "ab" * 16}
        await esl.send_event("CUSTOM", {"Event-Subclass": "ouidire::ask", **ask})
        await site.until(
            "the word attack",
            lambda: any(
                one["event"] == "attack.suspected" and one.get("call_id") == call_id for one in site.service.events()
            ),
        )
        await asyncio.sleep(1.0)
    finally:
        await esl.close()
    assert len(site.passed) == before
    await call.hang_up()


@pytest.mark.parametrize(
    "words", [("uuid_kill", "x"), ("originate", "null/x", "&park"), ("uuid_setvar", "x", "y", "z")]
)
async def test_our_user_may_change_nothing(site: SwitchSite, words: tuple[str, ...]) -> None:
    """Law: what could open a voice or end a call is refused to the bridge's own user."""
    esl = await our_user(site)
    try:
        with pytest.raises(PbxRefused, match="may not use"):
            await esl.api(*words)
    finally:
        await esl.close()
