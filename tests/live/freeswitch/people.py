"""What people do in a call on FreeSWITCH: listen to the notice, press a key, talk."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ari_bridge.pbx.freeswitch.access import EslAccess
from ari_bridge.pbx.freeswitch.esl_client import EslConnection
from ari_bridge.run.passwords import read_esl_password
from tests.lab.phone import Call
from tests.lab.switch_site import SwitchSite
from tests.live.people import BOTH_UP_NS, CUTS_AFTER_S, THINKS_S, Gaps, gaps_of


@dataclass(slots=True)
class Talk:
    """A caller and an agent who hear each other. `yes_ns`: the end of the key of a yes. `first`: which of the site's
    connections is the first that can be this call's.
    """

    site: SwitchSite
    call: Call
    leg: Call
    call_id: str
    yes_ns: int
    first: int

    def gaps(self, until_ns: int, since_ns: int = 0) -> Gaps:
        """The gaps of both until then; from the moment both were connected where no other is given."""
        return gaps_of(self.call, self.leg, since_ns or self.leg.answered_ns + BOTH_UP_NS, until_ns)

    def say(self, caller: Sequence[NDArray[np.int16]], agent: Sequence[NDArray[np.int16]]) -> None:
        """Both speak."""
        for leg, spoken in ((self.call, caller), (self.leg, agent)):
            for samples in spoken:
                leg.say(samples)

    async def heard(self, voices: int = 2) -> None:
        """Wait until so many voices flow now. Raises LabError."""
        await self.site.until(
            f"{voices} voices", lambda: sum(not one.ended_ns for one in self.site.passed[self.first :]) == voices, 15
        )


async def ring(site: SwitchSite, number: str, extension: str = "1001") -> Call:
    """A new stranger calls; the PBX has answered."""
    call = await (await site.caller(number)).dial(extension)
    await call.answered()
    return call


async def answer(call: Call, keys: str) -> int:
    """Hear the notice and press a key; when it ended, ns since 1970."""
    await call.heard_out(time.time_ns())
    await asyncio.sleep(THINKS_S)
    return (await call.press(keys))[-1]


async def talk(site: SwitchSite, number: str, agent: int = 1001, extension: str = "") -> Talk:
    """A new stranger says yes, wants to hear no reference, meets an agent, and both are heard by the bridge."""
    first = len(site.passed)
    await site.agent(agent)
    call = await ring(site, number, extension or str(agent))
    call_id = await site.call_of(number)
    yes_ns = await answer(call, "1")
    for _ in range(2):
        await asyncio.sleep(CUTS_AFTER_S)
        await call.press("0")
    leg = await site.met(number, agent)
    await asyncio.sleep(BOTH_UP_NS / 1e9)
    return Talk(site, call, leg, call_id, yes_ns, first)


async def our_user(site: SwitchSite) -> EslConnection:
    """Somebody at the event socket with the bridge's own password."""
    password = read_esl_password(site.service.secrets)
    return await EslConnection.open(EslAccess("127.0.0.1", site.pbx.esl_port, "ouidire@ouidire.invalid", password))
