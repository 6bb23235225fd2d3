"""The PBX of the demo, and the witness of what it sends to the bridge: one place for each kind of PBX."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from tests.lab import gate_log, switch_log
from tests.lab.asterisk import Asterisk
from tests.lab.errors import LabError
from tests.lab.freeswitch import FreeSwitch
from tests.lab.freeswitch_files import HOST, STAFF_PASSWORD
from tests.lab.gate_log import Entry
from tests.lab.installation import Installation
from tests.lab.pbx_files import TRUNK_HOST
from tests.lab.phone import Pacer, Phone
from tests.lab.phone.login import Login
from tests.lab.ports import PortBlock, take_ports
from tests.lab.recorder import DTYPE, NO_RTP, Recorder, Recording
from tests.lab.relay import Passed, relaying
from tests.lab.service import PbxOfLab, Service

CALLER_NAME = "Caller"


class Place(Protocol):
    """What the demo needs of a PBX. `clock` says whose time a packet's is."""

    kind: str
    clock: str

    @property
    def pbx(self) -> PbxOfLab:
        """For the product's settings."""
        ...

    @property
    def version(self) -> str:
        """Of the PBX."""
        ...

    @property
    def origin(self) -> str:
        """Where it comes from."""
        ...

    @property
    def ports(self) -> PortBlock:
        """The laboratory's."""
        ...

    async def start(self, service: Service) -> None:
        """Run the PBX with the product installed."""
        ...

    async def caller(self, pacer: Pacer, number: str) -> Phone:
        """A stranger's phone."""
        ...

    async def agent(self, pacer: Pacer, number: str) -> Phone:
        """The phone of an agent, ready to be called."""
        ...

    def number_of(self, dialled: str) -> str:
        """What is dialled here, by the number that the demo names."""
        ...

    async def channels(self) -> tuple[str, ...]:
        """The channels that there are."""
        ...

    def last_words(self) -> str:
        """The end of the PBX's log."""
        ...

    async def witnessed(self) -> Recording:
        """All that went to the bridge, and no more after this."""
        ...

    def gate(self) -> tuple[Entry, ...]:
        """The forks that the PBX's own log tells of."""
        ...


@dataclass(slots=True)
class AsteriskPlace:
    """Asterisk, and a recorder of the kernel's on the fork ports."""

    pbx: Asterisk
    recorder: Recorder
    kind: str = "asterisk"
    clock: str = "packets by the kernel's time of arrival"

    @property
    def version(self) -> str:
        """See the role."""
        return self.pbx.version

    @property
    def origin(self) -> str:
        """See the role."""
        return self.pbx.installation.origin

    @property
    def ports(self) -> PortBlock:
        """See the role."""
        return self.pbx.ports

    async def start(self, service: Service) -> None:
        """See the role."""
        await service.install()
        await self.pbx.start()

    async def caller(self, pacer: Pacer, number: str) -> Phone:
        """See the role."""
        return await Phone.open(pacer, number, self.pbx.server, host=TRUNK_HOST, display=CALLER_NAME)

    async def agent(self, pacer: Pacer, number: str) -> Phone:
        """See the role."""
        return await Phone.open(pacer, number, self.pbx.server, port=self.pbx.ports.agent(int(number)))

    def number_of(self, dialled: str) -> str:
        """See the role."""
        return dialled

    async def channels(self) -> tuple[str, ...]:
        """See the role."""
        return tuple(await self.pbx.channels())

    def last_words(self) -> str:
        """See the role."""
        return self.pbx.last_words()

    async def witnessed(self) -> Recording:
        """See the role."""
        return await self.recorder.stop()

    def gate(self) -> tuple[Entry, ...]:
        """See the role."""
        return tuple(gate_log.GateLog(self.pbx.log / "full").entries())


@dataclass(slots=True)
class SwitchPlace:
    """FreeSWITCH, and a relay between it and the bridge: each connection of a voice is a "port" of its own."""

    pbx: FreeSwitch
    passed: list[Passed]
    version: str = ""
    kind: str = "freeswitch"
    clock: str = "what the PBX sent by the time at which a relay before the bridge read it"

    @property
    def origin(self) -> str:
        """See the role."""
        return str(self.pbx.program)

    @property
    def ports(self) -> PortBlock:
        """See the role."""
        return self.pbx.ports

    async def start(self, service: Service) -> None:
        """See the role."""
        await service.install()
        service.environment["OUIDIRE_MEDIA__WEBSOCKET_PORT"] = str(self.pbx.ports.spare[7])
        await self.pbx.start()
        self.version = (await self.pbx.api("version short")).strip()

    async def caller(self, pacer: Pacer, number: str) -> Phone:
        """See the role."""
        server = (HOST, self.pbx.external_port)
        return await Phone.open(pacer, number, server, host="127.0.0.2", display=CALLER_NAME)

    async def agent(self, pacer: Pacer, number: str) -> Phone:
        """See the role."""
        server, port = (HOST, self.pbx.internal_port), self.pbx.ports.agent(int(number))
        phone = await Phone.open(pacer, number, server, port=port, login=Login(number, STAFF_PASSWORD))
        await phone.register()
        return phone

    def number_of(self, dialled: str) -> str:
        """See the role."""
        return {"200": "1001", "201": "201001", "51002": "1002"}[dialled]

    async def channels(self) -> tuple[str, ...]:
        """See the role."""
        count = await self.pbx.channels()
        return (f"{count} channels",) if count else ()

    def last_words(self) -> str:
        """See the role."""
        return self.pbx.last_words()

    async def witnessed(self) -> Recording:
        """See the role."""
        rows = [
            (time_ns, 0x7F000001, at, at, 0, NO_RTP, 0, 0, 0, 0, at)
            for at, one in enumerate(self.passed, start=1)
            for time_ns in one.arrivals_ns
        ]
        return Recording(np.sort(np.array(rows, dtype=DTYPE), order="time_ns"), 0)

    def gate(self) -> tuple[Entry, ...]:
        """See the role."""
        return tuple(switch_log.entries(self.pbx.log_file.read_text(encoding="utf-8", errors="replace").splitlines()))


@asynccontextmanager
async def asterisk_place(installation: Installation, folder: Path, out: Path) -> AsyncIterator[AsteriskPlace]:
    """An Asterisk that is laid out in `folder` and not started; the recorder writes into `out`."""
    async with AsyncExitStack() as stack:
        pbx = Asterisk(installation, folder / "pbx")
        stack.push_async_callback(pbx.close)
        pbx.write()
        recorder = await Recorder.start(pbx.ports.forks, out / "packets.bin")
        stack.push_async_callback(_end, recorder)
        yield AsteriskPlace(pbx, recorder)


@asynccontextmanager
async def switch_place(program: Path, folder: Path) -> AsyncIterator[SwitchPlace]:
    """A FreeSWITCH that is laid out in `folder` and not started; the gate's port is the relay's, which passes on."""
    async with AsyncExitStack() as stack:
        pbx = FreeSwitch(program, folder / "pbx", take_ports())
        stack.callback(pbx.ports.release)
        stack.push_async_callback(pbx.stop)
        pbx.write()
        passed = await stack.enter_async_context(relaying(pbx.ports.spare[5], pbx.ports.spare[7]))
        yield SwitchPlace(pbx, passed)


async def _end(recorder: Recorder) -> None:
    with suppress(LabError):  # where it had died, the report has said so already
        await recorder.stop()
