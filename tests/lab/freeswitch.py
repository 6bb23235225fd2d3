"""A running FreeSWITCH of our own: an admin's plain configuration in a folder, own ports, loopback only.

It is the one that is installed: Debian has no package and upstream's want a token, so none is fetched, and where none
is the tests that need it are skipped with that sentence.
"""

import asyncio
import contextlib
import json
import os
import secrets
import shutil
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from tests.lab.asterisk import dying_with_us
from tests.lab.errors import LabError
from tests.lab.freeswitch_files import GATEWAY, HOST, Modules, render
from tests.lab.ports import PortBlock, take_ports

PREFIX = "OUIDIRE_TEST_FREESWITCH"
"""The environment's word for an installation that is not on PATH: the folder over bin/freeswitch."""
NONE_INSTALLED = f"no FreeSWITCH is installed: put it on PATH, or name its prefix in {PREFIX}"
Way = Literal["websocket", "tap"]
START_LIMIT_S = 60.0
STOP_LIMIT_S = 15.0
_FOLDERS = (
    "log", "db", "run", "sounds", "scripts", "storage", "cache", "recordings", "certs", "temp", "grammar",
)  # fmt: skip


def find_freeswitch() -> Path | None:
    """The program, None where none is installed."""
    prefix = os.environ.get(PREFIX)
    if prefix:
        program = Path(prefix) / "bin" / "freeswitch"
        return program if os.access(program, os.X_OK) else None
    found = shutil.which("freeswitch") or shutil.which(
        "freeswitch", path="/usr/local/freeswitch/bin:/opt/freeswitch/bin"
    )
    return Path(found) if found else None


def modules_of(program: Path) -> Modules:
    """Where the program's modules lie. Raises LabError where they do not, or too few for the lab."""
    prefix = program.resolve().parent.parent
    for folder in (prefix / "lib/freeswitch/mod", prefix / "mod", *prefix.glob("lib*/**/freeswitch/mod")):
        modules = Modules(folder)
        if "sofia" in modules:
            if modules.missing:
                raise LabError(f"{program} lacks {', '.join(modules.missing)}: install these modules too.")
            return modules
    raise LabError(f"{program} is there, but not its modules (mod_sofia).")


@dataclass(slots=True)
class FreeSwitch:
    """One PBX. `config_folder` is DIR for `ouidire install --freeswitch`; after that `restart` where lua.conf.xml
    changed (mod_lua reads its hooks once, when it is loaded), else `reload`. `way`: how its voices travel.
    """

    program: Path
    folder: Path
    ports: PortBlock
    way: Way = "websocket"
    esl_password: str = field(default_factory=lambda: secrets.token_hex(16), repr=False)
    _process: asyncio.subprocess.Process | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        self.folder = self.folder.resolve()  # FreeSWITCH takes relative paths from elsewhere

    @property
    def config_folder(self) -> Path:
        """Its configuration: freeswitch.xml, autoload_configs/, dialplan/, directory/."""
        return self.folder / "conf"

    @property
    def folder_to_install(self) -> tuple[str, str]:
        """The words of `ouidire install` that name its configuration."""
        return "--freeswitch", str(self.config_folder)

    def settings(self) -> tuple[str, str, str]:
        """What `tests.lab.service` writes of it into the settings."""
        pbx = f'kind = "freeswitch"\nesl_port = {self.esl_port}\nconfig_dir = {json.dumps(str(self.config_folder))}'
        ways = f'transport = "{self.way}"\nwebsocket_port = {self.ports.spare[5]}\ntap_port = {self.ports.spare[6]}'
        return pbx, ways, json.dumps(["external", GATEWAY])

    @property
    def log_file(self) -> Path:
        """What FreeSWITCH writes of itself."""
        return self.folder / "log" / "freeswitch.log"

    @property
    def esl_port(self) -> int:
        """Where the event socket listens (TCP)."""
        return self.ports.ami

    @property
    def internal_port(self) -> int:
        """Where staff's phones send SIP to."""
        return self.ports.sip

    @property
    def external_port(self) -> int:
        """Where strangers' phones send SIP to."""
        return self.ports.spare[4]

    @property
    def pid(self) -> int:
        """The process id while it runs. Raises LabError if it does not."""
        if self._process is None or self._process.returncode is not None:
            raise LabError("FreeSWITCH is not running.")
        return self._process.pid

    def write(self) -> None:
        """Lay out all folders and files; what is there under the same name is overwritten."""
        modules = modules_of(self.program)
        for name in _FOLDERS:
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        for name, text in render(self.ports, self.esl_password, modules, self.log_file).items():
            path = self.config_folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")

    async def start(self) -> None:
        """Start and wait until its event socket lets us in. Raises LabError with the last lines of the log."""
        folders = {name: self.folder / name for name in _FOLDERS} | {
            "conf": self.config_folder,
            "mod": modules_of(self.program).folder,
        }
        places = [word for name, place in folders.items() for word in (f"-{name}", str(place))]
        library = self.program.resolve().parent.parent / "lib"
        with (self.folder / "console").open("ab") as console:
            self._process = await asyncio.create_subprocess_exec(
                *dying_with_us([str(self.program), "-nonat", "-nf", "-nc", "-np", *places]),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=console,
                stderr=console,
                start_new_session=True,
                env=os.environ | {"LD_LIBRARY_PATH": str(library)},
            )
        deadline_s = time.monotonic() + START_LIMIT_S
        while not await self._is_ready():
            if self._process.returncode is not None or time.monotonic() > deadline_s:
                await self.stop()
                raise LabError(f"FreeSWITCH does not start; its log {self.log_file} ends: {self.last_words()}")
            await asyncio.sleep(0.1)

    async def stop(self) -> None:
        """End it (SIGTERM, then SIGKILL). The files stay."""
        if self._process is None or self._process.returncode is not None:
            return
        self._process.terminate()
        try:
            await asyncio.wait_for(self._process.wait(), STOP_LIMIT_S)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()

    async def restart(self) -> None:
        """Stop and start again with the files as they now are."""
        await self.stop()
        await self.start()

    async def reload(self) -> None:
        """Have it read dialplan and directory again. Raises LabError where it finds them broken."""
        answer = await self.api("reloadxml")
        if "[Success]" not in answer:  # it begins with +OK all the same
            raise LabError(f"FreeSWITCH does not read its configuration: {answer.strip()}")

    async def api(self, line: str) -> str:
        """What its console answers to a line. Raises LabError if nothing answers."""
        _ = self.pid
        try:
            async with asyncio.timeout(10):
                return await _asked(self.esl_port, self.esl_password, line)
        except (OSError, TimeoutError, asyncio.IncompleteReadError) as error:
            raise LabError(f"FreeSWITCH's event socket does not answer {line!r}: {error!r}") from error

    async def channels(self) -> int:
        """How many channels exist now."""
        return int((await self.api("show channels count")).split()[0])

    def last_words(self) -> str:
        """The last lines of its log, on one line."""
        for path in (self.log_file, self.folder / "console"):
            with contextlib.suppress(OSError):
                lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
                if lines:
                    return " | ".join(lines[-3:])
        return "(empty)"

    async def _is_ready(self) -> bool:
        try:
            return (await self.api("sofia status")).count("RUNNING") >= 2
        except LabError:
            return False


@contextlib.asynccontextmanager
async def open_freeswitch(folder: Path, way: Way = "websocket") -> AsyncIterator[FreeSwitch]:
    """A running one, in that folder. Raises LabError where none is installed or it does not start."""
    program = find_freeswitch()
    if program is None:
        raise LabError(NONE_INSTALLED)
    pbx = FreeSwitch(program, folder, take_ports(), way)
    try:
        pbx.write()
        await pbx.start()
        yield pbx
    finally:
        await pbx.stop()
        pbx.ports.release()


async def _asked(port: int, password: str, line: str) -> str:
    """One command on a connection of its own, read as little as that needs: the product's own client is what the tests
    look at.
    """
    reader, writer = await asyncio.open_connection(HOST, port)
    try:
        await reader.readuntil(b"\n\n")
        writer.write(f"auth {password}\n\napi {line}\n\n".encode())
        told = await reader.readuntil(b"\n\n")
        if b"+OK" not in told:
            raise LabError(f"the event socket says {told.decode(errors='replace').strip()}")
        head = (await reader.readuntil(b"\n\n")).decode()
        length = next(int(one.partition(":")[2]) for one in head.splitlines() if one.startswith("Content-Length"))
        return (await reader.readexactly(length)).decode(errors="replace")
    finally:
        writer.close()
