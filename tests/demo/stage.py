"""Everything that stands while the demo plays: PBX, recorder, the product, two agents' phones."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.demo.places import Place
from tests.lab.kept import KeptFile
from tests.lab.pbx_files import agent_name
from tests.lab.phone import Pacer, Phone
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

    place: Place
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
        return await self.place.caller(self.pacer, number)


@asynccontextmanager
async def open_stage(place: Place, out: Path, folder: Path, say: Progress) -> AsyncIterator[Stage]:
    """Set everything up, and take it all down again whatever happens. Raises LabError.

    `out` gets the recording, the database and the product's log; `folder` the PBX's files and the passwords.
    """
    async with AsyncExitStack() as stack:
        (out / DATABASE).parent.mkdir(mode=0o700, exist_ok=True)
        service = Service(place.pbx, folder, out / DATABASE, out / "bridge.log")
        service.write_settings()
        say("ouidire install ...")
        await place.start(service)
        say(f"{place.kind} {place.version} ({place.origin}), with a witness out of the product's reach")
        say(f"agents {' and '.join(FAMILIES)} have acknowledged the notice to staff")
        await acknowledge(service.settings, FAMILIES)
        say("ouidire serve")
        stack.push_async_callback(service.finish)
        await service.start()
        pacer = stack.enter_context(Pacer())
        agents: dict[str, Phone] = {}
        for number in FAMILIES:
            phone = await place.agent(pacer, number)
            stack.push_async_callback(phone.close)
            phone.answer_by_itself(ANSWERS_AFTER_S)
            agents[number] = phone
        say(f"phones of {' and '.join(f'{number} ({agent_name(int(number))})' for number in agents)}")
        yield Stage(place, service, pacer, agents, say)
