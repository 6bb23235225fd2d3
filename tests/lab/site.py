"""A whole site: a PBX with the product installed, its bridge, a recorder on the fork ports, and people with phones."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import aiohttp
import numpy as np
from numpy.typing import NDArray

from tests.lab import gate_log
from tests.lab.asterisk import Asterisk
from tests.lab.errors import LabError
from tests.lab.installation import Installation
from tests.lab.pbx_files import ADMIN_PASSWORD, REGISTERING, STAFF, TRUNK_HOST
from tests.lab.phone import Call, CallStatus, Pacer, Phone
from tests.lab.recorder import Recorder, Recording, read
from tests.lab.records import Records
from tests.lab.service import FAMILIES, Service
from tests.lab.staff import acknowledge

RECORDER_LAG_S = 0.1
"""After so long what was on the wire is in the recorder's file."""


@dataclass(frozen=True, slots=True)
class Site:
    """The parts, all of them running; made by `open_site`."""

    pbx: Asterisk
    service: Service
    recorder: Recorder
    pacer: Pacer
    records: Records
    gate: gate_log.GateLog
    agents: dict[int, Phone] = field(default_factory=dict)
    callers: list[Phone] = field(default_factory=list)

    async def caller(self, number: str, display: str = "", port: int = 0) -> Phone:
        """A stranger's phone. `port` is pbx.ports.trunk for the one that staff reach by dialling out."""
        phone = await Phone.open(
            self.pacer, number, self.pbx.server, host=TRUNK_HOST, port=port, display=display or f"Caller {number}"
        )
        self.callers.append(phone)
        return phone

    async def agent(self, number: int, say: Sequence[NDArray[np.int16]] = (), after_s: float = 0.2) -> Phone:
        """The phone of agent 1001..1040, which answers by itself and then says the passages."""
        if number not in self.agents:
            port = self.pbx.ports.agent(number)
            self.agents[number] = await Phone.open(self.pacer, str(number), self.pbx.server, port=port)
        self.agents[number].answer_by_itself(after_s, say)
        return self.agents[number]

    async def met(self, number: str, *agents: int, limit_s: float = 30.0) -> tuple[int, Call]:
        """The newest call from `number` that is up at one of the agents, once there is one; and which agent it is.

        Raises LabError if there is none in time.
        """
        deadline_s = time.monotonic() + limit_s
        while time.monotonic() < deadline_s:
            for agent in agents or tuple(self.agents):
                for call in reversed(self.agents[agent].calls):
                    from_number = f"<sip:{number}@" in (call.invitation.headers.get("From") or "")
                    if from_number and call.status is CallStatus.UP:
                        return agent, call
            await asyncio.sleep(0.02)
        raise LabError(f"{number} met no agent of {agents} within {limit_s:.0f} s; {self.pbx.last_words()}")

    async def channels(self) -> list[dict[str, Any]]:
        """The channels as ARI lists them to the admin's own read-only user."""
        return list(await self._ask("channels"))

    async def channel(self, channel_id: str) -> dict[str, Any]:
        """One of them by its id. Raises LabError where the PBX has it not."""
        for channel in await self.channels():
            if channel["id"] == channel_id:
                return channel
        raise LabError(f"The PBX has no channel {channel_id}.")

    async def bridges(self) -> list[dict[str, Any]]:
        """The bridges, likewise."""
        return list(await self._ask("bridges"))

    async def channel_of(self, number: str, limit_s: float = 5.0, besides: Collection[str] = ()) -> str:
        """The PBX's id of the trunk channel on which `number` calls, `besides` others of that number: the call's id.

        Raises LabError.
        """
        deadline_s = time.monotonic() + limit_s
        while time.monotonic() < deadline_s:
            for channel in await self.channels():
                is_theirs = channel["caller"]["number"] == number and channel["name"].startswith("PJSIP/trunk-")
                if is_theirs and channel["id"] not in besides:
                    return str(channel["id"])
            await asyncio.sleep(0.05)
        raise LabError(f"The PBX has no channel of {number}.")

    async def forks_now(self) -> list[str]:
        """Names of the snoops and fork channels that the PBX has now."""
        return [
            name for name in await self.pbx.channels() if name.startswith(("AudioSocket/", "Snoop/", "UnicastRTP/"))
        ]

    async def packets(self) -> Recording:
        """What was recorded so far."""
        await asyncio.sleep(RECORDER_LAG_S)
        return read(self.recorder.out)

    def forks_of(self, call_id: str) -> list[gate_log.Entry]:
        """The forks of a call that came to the PBX's gate, by the PBX's own log."""
        return [entry for entry in self.gate.entries() if entry.call_id == call_id]

    async def times_of(self, call_id: str) -> NDArray[np.int64]:
        """When each packet of a call's forks came, ns since 1970, shape (n,), in order."""
        packets = (await self.packets()).packets
        times: NDArray[np.int64] = packets["time_ns"][gate_log.calls_of(packets, self.gate.entries()) == call_id]
        return np.sort(times)

    async def until(self, what: str, holds: Callable[[], bool], limit_s: float = 10.0) -> None:
        """Wait until `holds()` is true. Raises LabError naming `what` if it is not in time."""
        deadline_s = time.monotonic() + limit_s
        while not holds():
            if time.monotonic() > deadline_s:
                raise LabError(
                    f"Not within {limit_s:.0f} s: {what}. The bridge's log ends: {self.service.last_words()}"
                )
            await asyncio.sleep(0.05)

    async def empty(self, limit_s: float = 5.0) -> None:
        """Wait until the PBX has no channel and no bridge with anybody in it. Raises LabError naming what is left."""
        deadline_s = time.monotonic() + limit_s
        while True:
            left = [*await self.pbx.channels(), *(b["id"] for b in await self.bridges() if b["channels"])]
            if not left:
                return
            if time.monotonic() > deadline_s:
                raise LabError(f"Left on the PBX after {limit_s:.0f} s: {', '.join(left)}")
            await asyncio.sleep(0.1)

    async def close_phones(self) -> None:
        """Everybody hangs up."""
        await asyncio.gather(*(phone.close() for phone in (*self.callers, *self.agents.values())))
        self.callers.clear()
        self.agents.clear()

    async def _ask(self, what: str) -> Any:
        url = f"http://127.0.0.1:{self.pbx.ports.http}/ari/{what}"
        login = {"Authorization": aiohttp.encode_basic_auth("wallboard", ADMIN_PASSWORD)}
        async with aiohttp.ClientSession(headers=login) as http, http.get(url) as response:
            return await response.json()


@asynccontextmanager
async def open_site(
    installation: Installation,
    folder: Path,
    families: Mapping[str, str] = FAMILIES,
    environment: Mapping[str, str] = MappingProxyType({}),
    database: Path | None = None,
    acknowledged: Iterable[int] = (*STAFF, *REGISTERING),
) -> AsyncIterator[Site]:
    """Set everything up in `folder`, and take it all down again whatever happens. Raises LabError.

    `acknowledged` are the agents who have answered the notice to staff before; the others' legs are not heard.
    """
    async with AsyncExitStack() as stack:
        pbx = Asterisk(installation, folder / "pbx")
        stack.callback(pbx.ports.release)
        pbx.write()
        stack.push_async_callback(pbx.stop)
        service = Service(pbx, folder, database)
        service.environment.update(environment)
        service.write_settings(families)
        await service.install()
        await acknowledge(service.settings, map(str, acknowledged))
        recorder = await Recorder.start(pbx.ports.forks, folder / "packets.bin")
        stack.push_async_callback(_end, recorder)
        await pbx.start()
        stack.push_async_callback(service.finish)
        await service.start()
        pacer = stack.enter_context(Pacer())
        site = Site(
            pbx, service, recorder, pacer, Records(service.database, service.keys), gate_log.GateLog(pbx.log / "full")
        )
        stack.push_async_callback(site.close_phones)
        yield site


async def _end(recorder: Recorder) -> None:
    with suppress(LabError):  # where it had died, the tests have seen it
        await recorder.stop()
