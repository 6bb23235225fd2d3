"""The product under demonstration, started as an admin would: `ouidire install`, a settings file, `ouidire serve`."""

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import aiohttp

from tests.lab.asterisk import Asterisk, dying_with_us
from tests.lab.errors import LabError

READY_LIMIT_S = 30.0
STOP_LIMIT_S = 10.0
LEASE_S = 8
FAMILIES = {"1001": "yealink", "1002": "cisco"}
_HOME = Path(__file__).parents[2]


class Service:
    """`ouidire` with a settings file of its own; one process at a time."""

    def __init__(self, pbx: Asterisk, database: Path, folder: Path, log: Path) -> None:
        self._pbx = pbx
        self._settings = folder / "ouidire.toml"
        self._secrets = folder / "secrets.toml"
        self._log = log
        self._port = pbx.ports.spare[0]
        self._process: asyncio.subprocess.Process | None = None
        self.database = database

    @property
    def base_url(self) -> str:
        """Where phones fetch their screens."""
        return f"http://127.0.0.1:{self._port}"

    def write_settings(self) -> None:
        """The settings file."""
        ports = self._pbx.ports
        families = ", ".join(f'{number} = "{family}"' for number, family in FAMILIES.items())
        self._settings.write_text(
            f"""[pbx]
ari_url = "http://127.0.0.1:{ports.http}/ari"
ami_port = {ports.ami}
secrets_file = {_quoted(self._secrets)}

[parties]
trunks = ["trunk"]

[media]
first_port = {ports.forks.start}
last_port = {ports.forks.stop - 1}
lease_s = {LEASE_S}

[database]
path = {_quoted(self.database)}

[screens]
port = {self._port}
base_url = "{self.base_url}"
families = {{ {families} }}
""",
            encoding="utf-8",
        )

    async def install(self) -> None:
        """`ouidire install` into the PBX's configuration folder. Raises LabError with its own words."""
        await self._finish("install", "--asterisk", str(self._pbx.etc))

    async def start(self) -> None:
        """`ouidire serve`; returns when /readyz says yes. Raises LabError with the last words of its log."""
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *dying_with_us(self._command("serve")),
                stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True, cwd=_HOME, env=_environment(),
            )  # fmt: skip
        deadline_s = time.monotonic() + READY_LIMIT_S
        while not await self._is_ready():
            if self._process.returncode is not None:
                raise LabError(f"`ouidire serve` ended with code {self._process.returncode}: {self._last_words()}")
            if time.monotonic() > deadline_s:
                raise LabError(f"`ouidire serve` is not ready after {READY_LIMIT_S:.0f} s: {self._last_words()}")
            await asyncio.sleep(0.1)

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

    def _running(self) -> asyncio.subprocess.Process:
        if self._process is None or self._process.returncode is not None:
            raise LabError(f"`ouidire serve` has ended by itself: {self._last_words()}")
        return self._process

    async def _finish(self, *arguments: str) -> None:
        process = await asyncio.create_subprocess_exec(
            *self._command(*arguments),
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
            cwd=_HOME, env=_environment(),
        )  # fmt: skip
        output, _ = await process.communicate()
        with self._log.open("ab") as log:
            log.write(output)
        if process.returncode != 0:
            raise LabError(f"`ouidire {arguments[0]}` failed: {output.decode(errors='replace').strip()[-500:]}")

    def _command(self, name: str, *arguments: str) -> list[str]:
        return [*console_script(), name, "--settings", str(self._settings), *arguments]

    async def _is_ready(self) -> bool:
        try:
            async with aiohttp.ClientSession() as http, http.get(f"{self.base_url}/readyz") as response:
                return response.status == 200
        except aiohttp.ClientError:
            return False

    def _last_words(self) -> str:
        lines = self._log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return " | ".join(lines[-3:]) or "(it said nothing)"


def console_script(bin_folder: Path = Path(sys.executable).parent) -> Sequence[str]:
    """The command `ouidire` of this virtual environment; from the source tree where it is not installed."""
    installed = bin_folder / "ouidire"
    if installed.is_file():
        return [str(installed)]
    return [sys.executable, "-c", "import sys; from ari_bridge.cli import main; sys.exit(main())"]


def _environment() -> dict[str, str]:
    """Ours, without what would override the settings file."""
    return {name: value for name, value in os.environ.items() if not name.startswith("OUIDIRE_")}


def _quoted(path: Path) -> str:
    return json.dumps(str(path.resolve()))  # a TOML basic string takes JSON's escapes
