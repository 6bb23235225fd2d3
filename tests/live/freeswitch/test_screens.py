"""Cards on desk phones behind a FreeSWITCH."""

import pytest

from tests.lab.switch_site import SwitchSite
from tests.live.freeswitch.people import talk

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]


async def test_a_phone_that_says_what_it_is_gets_its_card(site: SwitchSite) -> None:
    """Law: with auto an agent's phone gets the card of the family that it names as it registers."""
    phone = await site.agent(1003, user_agent="Yealink SIP-T46S 66.86.0.15")
    met = await talk(site, "064501003", 1003)
    await site.until("a card", lambda: bool(phone.notices), 20)
    assert phone.notices[0].headers.get("Event") == "Yealink-xml"
    await met.call.hang_up()


@pytest.mark.parametrize(
    ("agent", "event", "content_type", "beginning"),
    [(1001, "Yealink-xml", "application/xml", "<"), (1002, "XML-Service", "text/xml", "<")],
    ids=["yealink", "cisco"],
)
async def test_a_registered_phone_gets_its_card(
    site: SwitchSite, agent: int, event: str, content_type: str, beginning: str
) -> None:
    """Law: the phone of an agent gets a NOTIFY of its family's event and type within the call, and one more when the
    caller takes the yes back.
    """
    phone = await site.agent(agent)
    met = await talk(site, f"06450{agent}", agent)
    await site.until("a card", lambda: bool(phone.notices))
    first = phone.notices[0]
    assert (first.headers.get("Event"), first.headers.get("Content-Type")) == (event, content_type)
    assert first.body.decode().lstrip().startswith(beginning)
    before = len(phone.notices)
    await met.call.press("*9")
    await site.until("a card of the stop", lambda: len(phone.notices) > before)
    await met.call.hang_up()
