"""Cards on desk phones behind a FreeSWITCH."""

import pytest

from tests.lab.switch_site import SwitchSite
from tests.live.freeswitch.people import talk

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]


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
