"""The product as an admin runs it: a settings file, `ouidire install`, `ouidire serve` as a process of its own."""

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import aiohttp

from tests import papers
from tests.lab.asterisk import dying_with_us
from tests.lab.errors import LabError
from tests.lab.ports import PortBlock

READY_LIMIT_S = 30.0
STOP_LIMIT_S = 10.0
LEASE_S = 8
MAX_FORKS = 100
UNMONITORED = 1040
"""An agent whom nobody may hear."""
FAMILIES = {"1001": "yealink", "1002": "cisco"}
"""Which agents have a desk phone with a screen."""
_HOME = Path(__file__).parents[2]


class PbxOfLab(Protocol):
    """What the service must know of its PBX."""

    @property
    def ports(self) -> PortBlock:
        """Its ports, the service's among them."""
        ...

    @property
    def folder_to_install(self) -> tuple[str, str]:
        """The words of `ouidire install` that name its configuration."""
        ...

    def settings(self) -> tuple[str, str, str]:
        """The lines of [pbx] without passwords, those of [media] on voices, and strangers' endpoints as a list."""
        ...


class Service:
    """`ouidire` with a settings file of its own for one PBX; one process at a time.

    `environment` is added to ours; `program` is the command line before the name of a command.
    """

    def __init__(
        self,
        pbx: PbxOfLab,
        folder: Path,
        database: Path | None = None,
        log: Path | None = None,
        screens_port: int | None = None,
    ) -> None:
        self._pbx = pbx
        self._port = screens_port or pbx.ports.spare[0]
        self._metrics_port = pbx.ports.spare[9] if screens_port is None else 0
        self._process: asyncio.subprocess.Process | None = None
        self.environment: dict[str, str] = {}
        self.program: Sequence[str] = console_script()
        self.settings = folder / "ouidire.toml"
        self.secrets = folder / "secrets.toml"
        self.database = database or folder / "ouidire.sqlite"
        self.log = log or folder / "bridge.log"

    @property
    def keys(self) -> Path:
        """The folder of its keys."""
        return papers.keys_folder(self.database.parent.resolve())

    @property
    def say(self) -> Path:
        """The folder in which it lays down what the PBX shall say."""
        return self.settings.parent / "say"

    @property
    def base_url(self) -> str:
        """Where phones fetch their screens."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def pid(self) -> int:
        """The process id while it runs. Raises LabError if it does not."""
        return self._running().pid

    @property
    def is_running(self) -> bool:
        """Whether the process lives."""
        return self._process is not None and self._process.returncode is None

    def write_settings(self, families: Mapping[str, str] = FAMILIES) -> None:
        """The settings file."""
        ports, (pbx, media, trunks) = self._pbx.ports, self._pbx.settings()
        screens = ", ".join(f'{number} = "{family}"' for number, family in families.items())
        self.settings.write_text(
            f"""[pbx]
{pbx}
secrets_file = {quoted(self.secrets)}

{papers.as_toml(self.database.parent.resolve())}[parties]
trunks = {trunks}
unmonitored = ["{UNMONITORED}"]

[media]
{media}
first_port = {ports.forks.start}
last_port = {ports.forks.stop - 1}
max_forks = {MAX_FORKS}
lease_s = {LEASE_S}
say_folder = {quoted(self.say)}

[database]
path = {quoted(self.database)}

[screens]
port = {self._port}
base_url = "{self.base_url}"
families = {{ {screens} }}

[metrics]
port = {self._metrics_port}

[log]
level = "debug"
""",
            encoding="utf-8",
        )

    async def install(self) -> None:
        """`ouidire install` into the PBX's configuration folder. Raises LabError with its own words."""
        code, words = await self.command("install", *self._pbx.folder_to_install)
        if code != 0:
            raise LabError(f"`ouidire install` failed: {words[-500:]}")

    async def command(self, name: str, *arguments: str) -> tuple[int, str]:
        """Run a command of `ouidire` to its end: exit code and what it said."""
        process = await asyncio.create_subprocess_exec(
            *self._line(name, *arguments),
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
            cwd=_HOME, env=_environment() | self.environment,
        )  # fmt: skip
        output, _ = await process.communicate()
        with self.log.open("ab") as log:
            log.write(output)
        assert process.returncode is not None
        return process.returncode, output.decode(errors="replace").strip()

    async def start(self) -> None:
        """`ouidire serve`; returns when /readyz says yes. Raises LabError with the last words of its log."""
        await self.launch()
        deadline_s = time.monotonic() + READY_LIMIT_S
        while not await self.is_ready():
            if not self.is_running:
                raise LabError(f"`ouidire serve` ended with code {await self.ended(1)}: {self.last_words()}")
            if time.monotonic() > deadline_s:
                raise LabError(f"`ouidire serve` is not ready after {READY_LIMIT_S:.0f} s: {self.last_words()}")
            await asyncio.sleep(0.1)

    async def launch(self) -> None:
        """`ouidire serve`, without waiting for anything."""
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *dying_with_us(self._line("serve")),
                stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True, cwd=_HOME, env=_environment() | self.environment,
            )  # fmt: skip

    async def ended(self, limit_s: float) -> int:
        """The exit code, once it has ended by itself. Raises LabError if it has not in time."""
        if self._process is None:
            raise LabError("`ouidire serve` was not started.")
        try:
            return await asyncio.wait_for(self._process.wait(), limit_s)
        except TimeoutError:
            raise LabError(f"`ouidire serve` still runs after {limit_s:.0f} s: {self.last_words()}") from None

    async def kill(self) -> int:
        """SIGKILL; time.time_ns() of it."""
        process = self._running()
        now_ns = time.time_ns()
        process.send_signal(signal.SIGKILL)
        await process.wait()
        return now_ns

    async def stop(self) -> None:
        """SIGTERM, as a service manager does it; SIGKILL if that does not help. Nothing if it does not run."""
        process = self._process
        if process is None or process.returncode is not None:
            return
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), STOP_LIMIT_S)
        except TimeoutError:
            process.kill()
            await process.wait()

    async def finish(self) -> None:
        """Stop it for good. Raises LabError if it met what nobody foresaw: it goes on after that, and hides it so."""
        await self.stop()
        if faults := [
            f"{one['event']}: {json.dumps(one['exception'])[:300]}" for one in self.events() if "exception" in one
        ]:
            raise LabError(f"{len(faults)} faults in the bridge's log; the first: {faults[0]}")

    async def metrics(self) -> str:
        """What Prometheus would read now."""
        async with aiohttp.ClientSession() as http, http.get(f"http://127.0.0.1:{self._metrics_port}/metrics") as page:
            return await page.text()

    async def is_ready(self) -> bool:
        """What /readyz says; no where nobody answers."""
        try:
            async with aiohttp.ClientSession() as http, http.get(f"{self.base_url}/readyz") as response:
                return response.status == 200
        except aiohttp.ClientError:
            return False

    def events(self, name: str = "") -> list[dict[str, Any]]:
        """What it logged, in order; only the events of that name where one is given."""
        found = []
        for line in self.log.read_text(encoding="utf-8", errors="replace").splitlines():
            try:
                event = json.loads(line)
            except ValueError:
                continue
            if isinstance(event, dict) and name in ("", event.get("event")):
                found.append(event)
        return found

    def last_words(self) -> str:
        """The last lines of its log, on one line."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return " | ".join(lines[-3:]) or "(it said nothing)"

    def _running(self) -> asyncio.subprocess.Process:
        if self._process is None or self._process.returncode is not None:
            raise LabError(f"`ouidire serve` has ended by itself: {self.last_words()}")
        return self._process

    def _line(self, name: str, *arguments: str) -> list[str]:
        return [*self.program, name, "--settings", str(self.settings), *arguments]


def console_script(bin_folder: Path = Path(sys.executable).parent) -> Sequence[str]:
    """The command `ouidire` of this virtual environment; from the source tree where it is not installed."""
    installed = bin_folder / "ouidire"
    if installed.is_file():
        return [str(installed)]
    return [sys.executable, "-c", "import sys; from ari_bridge.cli import main; sys.exit(main())"]


def _environment() -> dict[str, str]:
    """Ours, without what would override the settings file."""
    return {name: value for name, value in os.environ.items() if not name.startswith("OUIDIRE_")}


def quoted(path: Path) -> str:
    """A path as TOML writes it."""
    return json.dumps(str(path.resolve()))  # a TOML basic string takes JSON's escapes
