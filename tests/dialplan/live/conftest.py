"""A real Asterisk with our dialplan installed into an admin's configuration, and nothing of the bridge."""

import asyncio
import contextlib
import os
import re
import time
import wave
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import numpy as np
import pytest
import pytest_asyncio
from numpy.typing import NDArray

from consent.keys import NumberKey
from dialplan.change import apply
from dialplan.install import plan
from dialplan.passwords import read_passwords
from dialplan.recordings import NAMES
from dialplan.render import NoticeLine, RenderSettings
from tests.dialplan.live.ari import Ari
from tests.lab import installation
from tests.lab.asterisk import Asterisk
from tests.lab.pbx_files import TRUNK_HOST
from tests.lab.phone import Call, Pacer, Phone

KEY, OLD_KEY = NumberKey("0123456789abcdef" * 4, "fedcba9876543210" * 4), NumberKey("a1" * 32, "b2" * 32)
SETTINGS = RenderSettings(
    (NoticeLine("en", "0123456789abcdef"), NoticeLine("fr", "fedcba9876543210")),
    lease_s=4,
    number_keys=((KEY.inner, KEY.outer), (OLD_KEY.inner, OLD_KEY.outer)),
    never_asked=("202",),
)
LISTED_BY_ITSELF = "\n[from-trunk](+)\nexten => 803,1,Answer()\n same => n,Goto(ouidire-quiet,s,1)\n"
"""Where the line on which people exercise their rights sends who wants no question any more."""
MISPLACED = "exten => _602XXXXXX,1,Goto(ouidire-pair,${EXTEN:3},1)\n"
"""An admin's mistake: staff's number for pairing, where strangers reach it too."""
SHORT_S = {"notice": 1.0, "more": 1.0, "keys": 1.0, "yes": 0.4, "stopped": 1.0}
"""How long the stand-ins of prompts last that most tests hear; of every other prompt SHORTEST_S."""
SHORTEST_S = 0.3
NOTICE_S = SHORT_S["notice"]
_COMPLAINT = re.compile(r"(?:WARNING|ERROR)\[\d+\]\[C-[0-9a-f]+\] (?:pbx|func|app_|chan_rtp|channel)")
"""A line of Asterisk's log, of a call, from where a dialplan is run."""


@dataclass(frozen=True, slots=True)
class Site:
    """The PBX, and the clock by which all phones send."""

    pbx: Asterisk
    pacer: Pacer
    ari: Ari

    async def caller(self, number: str) -> Phone:
        """A stranger's phone."""
        return await Phone.open(self.pacer, number, self.pbx.server, host=TRUNK_HOST, port=0)

    async def agent(self, number: int) -> Phone:
        """The phone of an agent, who answers at once."""
        phone = await Phone.open(self.pacer, str(number), self.pbx.server, port=self.pbx.ports.agent(number))
        phone.answer_by_itself(after_s=0.0)
        return phone

    async def unique_id(self, number: str) -> str:
        """The uniqueid of the channel of the caller with that number, while the call is up."""
        lines = (line.split("!") for line in (await self.pbx.cli("core show channels concise")).splitlines())
        [found] = {fields[13] for fields in lines if len(fields) > 13 and fields[7] == number and "trunk" in fields[0]}
        return found

    async def journal(self) -> dict[tuple[str, str], str]:
        """{(answer, call): why|notice|language} of all that Asterisk's database has kept."""
        kept: dict[tuple[str, str], str] = {}
        for line in (await self.pbx.cli("database show ouidire")).splitlines():
            if line.startswith("/ouidire/"):
                key, _, value = line.partition(" : ")
                answer, _, call = key.strip().removeprefix("/ouidire/").partition("-")
                kept[answer, call] = value.strip().partition("|")[2]
        return kept

    def complaints(self) -> list[str]:
        """Warnings and errors of Asterisk from where the dialplan runs."""
        log = (self.pbx.log / "full").read_text(encoding="utf-8", errors="replace")
        return [line for line in log.splitlines() if _COMPLAINT.search(line)]


async def until_answered(call: Call) -> Call:
    """The call, once it is up."""
    await call.answered()
    return call


async def say_yes(calls: list[Call], key: str = "1") -> None:
    """Let the notice end, then press."""
    await asyncio.sleep(max(call.answered_ns for call in calls) / 1e9 + NOTICE_S + 0.5 - time.time())
    await asyncio.gather(*(call.press(key) for call in calls))


@pytest.fixture(scope="module")
def suite() -> str | None:
    """OUIDIRE_TEST_ASTERISK=bullseye runs the same laws on Asterisk 16."""
    return os.environ.get("OUIDIRE_TEST_ASTERISK") or None


@contextlib.asynccontextmanager
async def running(
    folder: Path,
    suite: str | None,
    shorten: Callable[[Path], None],
    chosen: Callable[[Asterisk], RenderSettings] = lambda _: SETTINGS,
) -> AsyncIterator[Site]:
    """A PBX in a folder, installed with the same functions that `ouidire install` calls."""
    pbx = Asterisk(await asyncio.to_thread(installation.find, suite), folder)
    pbx.write()
    with (pbx.etc / "extensions.conf").open("a") as file:
        file.write(LISTED_BY_ITSELF + MISPLACED)
    secrets = folder / "secrets.toml"
    apply(plan(pbx.etc, chosen(pbx), secrets_file=secrets))
    shorten(pbx.data / "sounds")
    await pbx.start()
    passwords = read_passwords(pbx.etc, secrets)
    try:
        with Pacer() as pacer:
            async with aiohttp.ClientSession() as http:
                ari = Ari(http, f"http://127.0.0.1:{pbx.ports.http}/ari", passwords.ari)
                async with ari.connected():
                    yield Site(pbx, pacer, ari)
    finally:
        await pbx.close()


def stand_ins(sounds: Path) -> None:
    """A short tone in the place of each prompt, so that a test walks through many of them in little time."""
    for notice in SETTINGS.notices:
        for name in NAMES:
            seconds = SHORT_S.get(name, SHORTEST_S)
            tone = np.sin(2 * np.pi * 440 * np.arange(int(8000 * seconds)) / 8000)
            write_recording(sounds / notice.language / "ouidire" / f"{name}.wav", (tone * 9000).astype("<i2"))


def write_recording(path: Path, samples: NDArray[np.int16]) -> None:
    """A WAV file as the PBX plays it: 8 kHz, 16 bit, mono."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(samples.tobytes())


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(suite: str | None, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    """With stand-ins for prompts."""
    async with running(tmp_path_factory.mktemp("pbx"), suite, stand_ins) as running_site:
        yield running_site


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def speaking_site(suite: str | None, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    """With the prompts that are shipped."""
    async with running(tmp_path_factory.mktemp("pbx"), suite, lambda _: None) as running_site:
        yield running_site
