"""A whole site on FreeSWITCH: the PBX with the product installed, its bridge, a witness of what flows, and phones."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.lab.errors import LabError
from tests.lab.freeswitch import FreeSwitch, Way, open_freeswitch
from tests.lab.freeswitch_files import HOST, STAFF, STAFF_PASSWORD
from tests.lab.phone import Call, CallStatus, Pacer, Phone
from tests.lab.phone.login import Login
from tests.lab.records import Records
from tests.lab.relay import Passed, relaying
from tests.lab.service import FAMILIES, Service
from tests.lab.staff import acknowledge


@dataclass(frozen=True, slots=True)
class SwitchSite:
    """The parts, all of them running; made by `open_switch_site`. `passed` are the voices' connections, in order."""

    pbx: FreeSwitch
    service: Service
    pacer: Pacer
    records: Records
    passed: list[Passed]
    agents: dict[int, Phone] = field(default_factory=dict)
    callers: list[Phone] = field(default_factory=list)

    async def caller(self, number: str) -> Phone:
        """A stranger's phone."""
        phone = await Phone.open(self.pacer, number, (HOST, self.pbx.external_port), host="127.0.0.2")
        self.callers.append(phone)
        return phone

    async def agent(
        self, number: int, say: Sequence[NDArray[np.int16]] = (), user_agent: str = "Lab Phone 1.0"
    ) -> Phone:
        """The registered phone of agent 1001..1004, which answers by itself and then says the passages."""
        if number not in self.agents:
            port = self.pbx.ports.agent(number)
            login = Login(str(number), STAFF_PASSWORD)
            server = (HOST, self.pbx.internal_port)
            phone = await Phone.open(self.pacer, str(number), server, port=port, login=login, user_agent=user_agent)
            await phone.register()
            self.agents[number] = phone
        self.agents[number].answer_by_itself(0.1, say)
        return self.agents[number]

    async def met(self, number: str, *agents: int, limit_s: float = 40.0) -> Call:
        """The newest call from `number` that is up at one of the agents, once there is one. Raises LabError."""
        deadline_s = time.monotonic() + limit_s
        while time.monotonic() < deadline_s:
            for agent in agents:
                for call in reversed(self.agents[agent].calls):
                    if (
                        f"<sip:{number}@" in (call.invitation.headers.get("From") or "")
                        and call.status is CallStatus.UP
                    ):
                        return call
            await asyncio.sleep(0.02)
        raise LabError(f"{number} met no agent of {agents} within {limit_s:.0f} s; {self.pbx.last_words()}")

    async def channels(self) -> list[dict[str, Any]]:
        """The channels as the admin's own console lists them."""
        return list(json.loads(await self.pbx.api("show channels as json")).get("rows", []))

    async def call_of(self, number: str, limit_s: float = 5.0) -> str:
        """The PBX's id of the channel on which `number` calls: the call's id. Raises LabError."""
        deadline_s = time.monotonic() + limit_s
        while time.monotonic() < deadline_s:
            for channel in await self.channels():
                if channel["cid_num"] == number and channel["direction"] == "inbound":
                    return str(channel["uuid"])
            await asyncio.sleep(0.05)
        raise LabError(f"The PBX has no channel of {number}.")

    async def until(self, what: str, holds: Callable[[], bool], limit_s: float = 10.0) -> None:
        """Wait until `holds()` is true. Raises LabError naming `what` if it is not in time."""
        deadline_s = time.monotonic() + limit_s
        while not holds():
            if time.monotonic() > deadline_s:
                raise LabError(
                    f"Not within {limit_s:.0f} s: {what}. The bridge's log ends: {self.service.last_words()}"
                )
            await asyncio.sleep(0.05)

    async def close_phones(self) -> None:
        """Everybody hangs up."""
        await asyncio.gather(*(phone.close() for phone in (*self.callers, *self.agents.values())))
        self.callers.clear()
        self.agents.clear()


@asynccontextmanager
async def open_switch_site(
    folder: Path, way: Way = "websocket", acknowledged: Iterable[int] = STAFF
) -> AsyncIterator[SwitchSite]:
    """Set everything up in `folder`, and take it all down again whatever happens. Raises LabError.

    `acknowledged` are the agents who know the notice to staff.

    The gate in the PBX is told a witness's port, which passes WebSockets on to the bridge's; a tap's packets are seen
    on their way by tests.lab.fork_sound.
    """
    async with AsyncExitStack() as stack:
        pbx = await stack.enter_async_context(open_freeswitch(folder / "pbx", way))
        service = Service(pbx, folder)
        service.write_settings(FAMILIES | {"1003": "auto"})
        witness, own = pbx.ports.spare[5], pbx.ports.spare[7]
        await service.install()
        await acknowledge(service.settings, map(str, acknowledged))
        await pbx.restart()
        passed = await stack.enter_async_context(relaying(witness, own))
        service.environment["OUIDIRE_MEDIA__WEBSOCKET_PORT"] = str(own)
        stack.push_async_callback(service.finish)
        await service.start()
        pacer = stack.enter_context(Pacer())
        site = SwitchSite(pbx, service, pacer, Records(service.database, service.keys), passed)
        stack.push_async_callback(site.close_phones)
        yield site
