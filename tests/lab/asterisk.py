"""A running Asterisk of our own: an admin's plain configuration in a folder, own ports, loopback only, no root."""

import asyncio
import contextlib
import json
import shutil
import tempfile
import time
import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests.lab.errors import LabError
from tests.lab.installation import Installation
from tests.lab.pbx_files import PbxFolders, render
from tests.lab.ports import PortBlock, take_ports

START_LIMIT_S = 30.0
STOP_LIMIT_S = 5.0
_BORROWED = ("documentation", "rest-api", "static-http", "keys", "firmware", "agi-bin")
_TONES_HZ = {
    "beep": 880,
    "beeperr": 220,
    "pbx-transfer": 660,
    "pbx-invalid": 330,
    "pbx-parkingfailed": 300,
    "privacy-incorrect": 300,
}
_TUNE_HZ = (523, 659, 784, 1047, 880, 698, 587, 988, 740, 622)


def dying_with_us(command: list[str]) -> list[str]:
    """The command, wrapped so that the kernel kills it when this process dies in any way (util-linux setpriv)."""
    return ["setpriv", "--pdeathsig", "KILL", "--", *command] if shutil.which("setpriv") else command


class Asterisk:
    """One PBX. `write()` lays its files out, then install what is under test into `etc`, then `await start()`.

    etc: its configuration. data: astdatadir, with sounds/ of its own. log: `full`, `console`, cdr-csv/Master.csv.
    """

    def __init__(
        self, installation: Installation, folder: Path, language: str = "en", ports: PortBlock | None = None
    ) -> None:
        self.installation = installation
        self.folder = folder = folder.resolve()  # Asterisk takes relative paths from elsewhere
        self.language = language
        self.ports = ports or take_ports()
        self.etc = folder / "etc"
        self.data = folder / "data"
        self.log = folder / "log"
        self._run: Path | None = None
        self._process: asyncio.subprocess.Process | None = None

    @property
    def version(self) -> str:
        """22.10.1, as the program says."""
        return self.installation.version

    @property
    def pid(self) -> int:
        """The process id while it runs. Raises LabError if it does not."""
        if self._process is None or self._process.returncode is not None:
            raise LabError("Asterisk is not running.")
        return self._process.pid

    @property
    def server(self) -> tuple[str, int]:
        """Where phones send SIP to."""
        return "127.0.0.1", self.ports.sip

    @property
    def folder_to_install(self) -> tuple[str, str]:
        """The words of `ouidire install` that name its configuration."""
        return "--asterisk", str(self.etc)

    def settings(self) -> tuple[str, str, str]:
        """What `tests.lab.service` writes of it into the settings."""
        ari = f'ari_url = "http://127.0.0.1:{self.ports.http}/ari"\nami_port = {self.ports.ami}'
        return f"{ari}\nconfig_dir = {json.dumps(str(self.etc.resolve()))}", 'transport = "rtp"', '["trunk"]'

    @property
    def cdr_file(self) -> Path:
        """One line a call (cdr_csv)."""
        return self.log / "cdr-csv" / "Master.csv"

    @property
    def cel_file(self) -> Path:
        """One line for whatever a channel does (cel_custom)."""
        return self.log / "cel-custom" / "Master.csv"

    def write(self) -> None:
        """Lay out all folders and files of the admin's PBX. What is already in `etc` under the same name is
        overwritten.
        """
        if self._run is None:
            self._run = Path(
                tempfile.mkdtemp(prefix="ouidire-pbx-")
            )  # a Unix socket's path must be short (sun_path, 108 bytes)
        folders = PbxFolders(
            self.etc,
            self.data,
            self.folder / "db",
            self.log,
            self.folder / "spool",
            self._run,
            self.installation.modules,
        )
        records = (folders.log / "cdr-csv", folders.log / "cel-custom")
        for path in (folders.etc, folders.data / "sounds", folders.db, *records, folders.spool):
            path.mkdir(parents=True, exist_ok=True)
        for name in _BORROWED:
            link, source = folders.data / name, self.installation.data / name
            if source.is_dir() and not link.exists():
                link.symlink_to(source)
        for name, text in render(folders, self.ports, self.language).items():
            (folders.etc / name).write_text(text, encoding="utf-8")
        self._write_sounds()

    async def start(self) -> None:
        """Start and wait until fully booted. Raises LabError with the last lines of the log."""
        if self._run is None:
            self.write()
        with (self.log / "console").open("ab") as console:
            self._process = await asyncio.create_subprocess_exec(
                *dying_with_us([*self.installation.command, "-f", "-C", str(self.etc / "asterisk.conf")]),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=console,
                stderr=console,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_LIMIT_S
        while "fully booted" not in await self._remote("core waitfullybooted"):
            if self._process.returncode is not None or time.monotonic() > deadline:
                await self.stop()
                raise LabError(
                    f"Asterisk {self.version} does not start; its log {self.log}/full ends: {self.last_words()}"
                )
            await asyncio.sleep(0.1)

    async def stop(self) -> None:
        """End it (SIGTERM, then SIGKILL) and release what `write` took outside the folder. The files stay."""
        if self._process is not None and self._process.returncode is None:
            self._process.terminate()
            try:
                await asyncio.wait_for(self._process.wait(), STOP_LIMIT_S)
            except TimeoutError:
                self._process.kill()
                await self._process.wait()
        if self._run is not None:
            shutil.rmtree(self._run, ignore_errors=True)
            self._run = None

    async def close(self) -> None:
        """Stop, and give the ports to others: it is not started again."""
        await self.stop()
        self.ports.release()

    async def restart(self) -> None:
        """Stop and start again with the files as they now are: no `write`, what was installed stays."""
        run = self._run
        await self.stop()
        if run is not None:
            run.mkdir(mode=0o700, exist_ok=True)
            self._run = run
        await self.start()

    async def __aenter__(self) -> "Asterisk":
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def cli(self, command: str) -> str:
        """What Asterisk's console answers to `command`. Raises LabError if it does not run."""
        _ = self.pid
        return await self._remote(command)

    async def channels(self) -> list[str]:
        """Names of the channels that exist now."""
        lines = (await self.cli("core show channels concise")).splitlines()
        return [line.split("!", 1)[0] for line in lines if "!" in line]

    def last_words(self) -> str:
        """The last lines of its log, on one line."""
        for name in ("full", "console"):
            with contextlib.suppress(OSError):
                lines = (self.log / name).read_text(encoding="utf-8", errors="replace").splitlines()
                if lines:
                    return " | ".join(lines[-3:])
        return "(empty)"

    async def _remote(self, command: str) -> str:
        process = await asyncio.create_subprocess_exec(
            *self.installation.command, "-C", str(self.etc / "asterisk.conf"), "-rx", command,
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        output, _ = await process.communicate()
        return output.decode(errors="replace")

    def _write_sounds(self) -> None:
        """Short tones where Asterisk would say words (the sound packages are not fetched), a soft chord as music on
        hold, and a tune as the company's own announcement.
        """
        for name, tone_hz in _TONES_HZ.items():
            _write_wav(self.data / "sounds" / "en" / f"{name}.wav", _chord((tone_hz,), 0.15))
        _write_wav(self.data / "sounds" / "en" / "company-tune.wav", tune())
        _write_wav(self.data / "moh" / "chord.wav", music(10.0))


def tune() -> NDArray[np.int16]:
    """The company's announcement, two seconds, int16 (n,) at 8 kHz."""
    return np.concatenate([_chord((tone_hz,), 0.2) for tone_hz in _TUNE_HZ])


def music(seconds: float) -> NDArray[np.int16]:
    """The music on hold, likewise; it is the same in each second."""
    return _chord((220, 277, 330), seconds)


def _chord(tones_hz: tuple[int, ...], seconds: float) -> NDArray[np.int16]:
    at_s = np.arange(int(8000 * seconds)) / 8000
    chord = sum((np.sin(2 * np.pi * tone_hz * at_s) for tone_hz in tones_hz), start=np.zeros_like(at_s))
    return (chord * 2500 / len(tones_hz)).astype(np.int16)


def _write_wav(path: Path, samples: NDArray[np.int16]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(samples.astype("<i2").tobytes())
