"""A real Asterisk tells which phones are registered."""

from __future__ import annotations

from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from ari_bridge.pbx.asterisk.access import AmiAccess
from ari_bridge.pbx.asterisk.phones import AsteriskPhones
from ari_bridge.run.phone_families import PhoneFamilies
from ari_bridge.run.sections import Family, ScreensSection
from tests.lab.asterisk import Asterisk
from tests.lab.installation import find
from tests.lab.pbx_files import REGISTERING
from tests.lab.phone.pacer import Pacer
from tests.lab.phone.phone import Phone

pytestmark = pytest.mark.live

USER_AGENTS = {
    "yealink": "Yealink SIP-T46S 66.86.0.15",
    "cisco": "Cisco-CP-8841-3PCC/11.0.1",
    "grandstream": "Grandstream GXP2120 1.0.8.4",
    "none": "Zoiper v2.10.20",
}
_USER = """
[pusher]
secret=pusher-of-the-test
write=system
permit=127.0.0.1/255.255.255.255
"""


async def test_each_registered_phone_has_its_family(tmp_path: Path) -> None:
    """Law: with `auto` a phone that registers is of the family that its user agent names, and none when it has left."""
    pbx = Asterisk(find(), tmp_path / "pbx")
    pbx.write()
    with (pbx.etc / "manager.conf").open("a") as manager:
        manager.write(_USER)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(pbx.close)
        await pbx.start()
        phones = AsteriskPhones(AmiAccess("127.0.0.1", pbx.ports.ami, "pusher", "pusher-of-the-test"))
        stack.push_async_callback(phones.stop)
        families = PhoneFamilies(ScreensSection(default_family=Family.AUTO).family_of, phones.user_agents)
        pacer = stack.enter_context(Pacer())
        expected = {}
        for number, (family, user_agent) in zip(REGISTERING, USER_AGENTS.items(), strict=False):
            phone = await stack.enter_async_context(
                await Phone.open(pacer, str(number), pbx.server, user_agent=user_agent)
            )
            await phone.register()
            expected[str(number)] = family
        await families.look()
        assert {endpoint: families.family_of(endpoint) for endpoint in expected} == expected
        await phone.register(expires_s=0)
        await families.look()
        assert families.family_of(str(number)) == "none"
