"""Everything that stands while the demo plays: PBX, recorder, the product, two agents' phones."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.lab.asterisk import Asterisk
from tests.lab.errors import LabError
from tests.lab.installation import Installation
from tests.lab.kept import KeptFile
from tests.lab.pbx_files import TRUNK_HOST, agent_name
from tests.lab.phone import Pacer, Phone
from tests.lab.recorder import Recorder
from tests.lab.service import FAMILIES, Service
from tests.lab.staff import acknowledge

ANSWERS_AFTER_S = 0.5
DATABASE = Path("database") / "ouidire.sqlite"
"""Where the file lies; its keys lie beside its folder, never in it."""


class Progress:
    """Says what happens, each line with the time since the start."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._start_s = time.monotonic()

    @property
    def elapsed_s(self) -> float:
        """Since the start."""
        return time.monotonic() - self._start_s

    def __call__(self, text: str) -> None:
        self._say(f"[{self.elapsed_s:5.1f} s] {text}")


@dataclass(frozen=True, slots=True)
class Stage:
    """The parts, all of them running."""

    pbx: Asterisk
    recorder: Recorder
    service: Service
    pacer: Pacer
    agents: dict[str, Phone]
    say: Progress

    @property
    def kept(self) -> KeptFile:
        """What the product writes down."""
        return KeptFile(self.service.database, self.service.keys)

    async def new_caller(self, number: str) -> Phone:
        """A stranger's phone at the trunk's address."""
        return await Phone.open(self.pacer, number, self.pbx.server, host=TRUNK_HOST, display="Caller")


@asynccontextmanager
async def open_stage(installation: Installation, out: Path, folder: Path, say: Progress) -> AsyncIterator[Stage]:
    """Set everything up, and take it all down again whatever happens. Raises LabError.

    `out` gets the recording, the database and the product's log; `folder` the PBX's files and the passwords.
    """
    async with AsyncExitStack() as stack:
        pbx = Asterisk(installation, folder / "pbx")
        stack.push_async_callback(pbx.close)
        pbx.write()
        (out / DATABASE).parent.mkdir(mode=0o700, exist_ok=True)
        service = Service(pbx, folder, out / DATABASE, out / "bridge.log")
        service.write_settings()
        say("ouidire install --asterisk ...")
        await service.install()
        say(f"agents {' and '.join(FAMILIES)} have acknowledged the notice to staff")
        await acknowledge(service.settings, FAMILIES)
        say("recorder on the fork ports, out of the product's reach")
        recorder = await Recorder.start(pbx.ports.forks, out / "packets.bin")
        stack.push_async_callback(_end, recorder)
        say(f"Asterisk {pbx.version} ({installation.origin})")
        await pbx.start()
        say("ouidire serve")
        stack.push_async_callback(service.stop)
        await service.start()
        pacer = stack.enter_context(Pacer())
        agents: dict[str, Phone] = {}
        for number in FAMILIES:
            phone = await Phone.open(pacer, number, pbx.server, port=pbx.ports.agent(int(number)))
            stack.push_async_callback(phone.close)
            phone.answer_by_itself(ANSWERS_AFTER_S)
            agents[number] = phone
        say(f"phones of {' and '.join(f'{number} ({agent_name(int(number))})' for number in agents)}")
        yield Stage(pbx, recorder, service, pacer, agents, say)


async def _end(recorder: Recorder) -> None:
    with suppress(LabError):  # where it had died, the report has said so already
        await recorder.stop()
