"""Laws of the page in the whole service: dialled digits open it, and without a number to dial there is no page."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from ari_bridge.calls.board import Board, CallView, Stage
from ari_bridge.pbx.port import Paired
from ari_bridge.run import page_site, supervisor
from ari_bridge.run.codes import Codes
from ari_bridge.run.page_site import open_page
from ari_bridge.run.settings import Settings
from ari_bridge.run.supervisor import serve
from tests import papers
from tests.ari_bridge.run.test_supervisor import free_port, ready
from tests.ari_bridge.web.desk_page import DeskPage
from tests.ari_bridge.web.desk_phones import FACTS, TONE
from tests.ari_bridge.web.reading import Page


def _settings(folder: Path, number: str) -> Settings:
    secrets = folder / "secrets.toml"
    secrets.touch(mode=0o600)
    secrets.write_text('ari_password = "a"\nami_password = "b"\nphones_password = "c"\n')
    port = free_port()
    return Settings.model_validate(
        {
            "profile": papers.PROFILE,
            "asking": papers.ASKING,
            "pbx": {
                "ari_url": f"http://127.0.0.1:{free_port()}/ari",
                "ami_port": free_port(),
                "secrets_file": secrets,
                "config_dir": folder / "etc",
            },
            "database": {"path": folder / "ouidire.sqlite"},
            "keys": {"folder": papers.keys_folder(folder)},
            "media": {"say_folder": folder / "say"},
            "screens": {"port": port, "base_url": f"http://127.0.0.1:{port}", "pair_number": number},
            "metrics": {"port": free_port()},
        }
    )


@pytest.fixture
def board(monkeypatch: pytest.MonkeyPatch) -> Board:
    """The board of the service."""
    made = Board()
    monkeypatch.setattr(supervisor, "Board", lambda _failed: made)
    return made


@pytest.fixture
def codes(monkeypatch: pytest.MonkeyPatch) -> list[Codes]:
    """What takes the dialled codes, once the service runs."""
    made: list[Codes] = []

    def make(*given: Any) -> Codes:
        made.append(Codes(*given))
        return made[0]

    monkeypatch.setattr(supervisor, "Codes", make)
    return made


@pytest.fixture
async def browser() -> AsyncIterator[aiohttp.ClientSession]:
    """A browser."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as made:
        yield made


async def test_an_agent_dials_the_digits_and_sees_the_own_call(
    tmp_path: Path, board: Board, codes: list[Codes], browser: aiohttp.ClientSession
) -> None:
    """Law: the page shows what the telephone's screen would, live, and the service stops while it is open."""
    settings = _settings(tmp_path, "602")
    site = settings.screens.base_url
    service = asyncio.create_task(serve(settings))
    await ready(settings)
    async with browser.post(f"{site}/desk/code", data={"lang": "en"}, headers={"Origin": site}) as answer:
        shown = Page(await answer.text())
    assert "602" in shown.text
    code = shown.all("//p[@class='code']/strong/text()")[0]
    codes[0].take(Paired("1001", code, "channel"))
    board.put(CallView("c1", Stage.GRANTED, datetime.now(UTC), "en", ("1001",), TONE, FACTS))
    async with browser.get(f"{site}/desk?lang=en") as answer:
        text = await answer.text()
    assert "Consent: granted." in text
    assert "rather tense (uncertain)" in text
    async with browser.get(f"{site}/desk/events") as stream:
        assert b"state" in await stream.content.readline()
        service.cancel()
        async with asyncio.timeout(5):
            await asyncio.gather(service, return_exceptions=True)


async def test_without_a_number_to_dial_there_is_no_page(
    tmp_path: Path, board: Board, browser: aiohttp.ClientSession
) -> None:
    """Law: a page that nobody could pair is not there."""
    del board
    settings = _settings(tmp_path, "")
    service = asyncio.create_task(serve(settings))
    await ready(settings)
    for path in ("/desk", "/desk.js", "/desk/events"):
        async with browser.get(f"{settings.screens.base_url}{path}") as answer:
            assert answer.status == 404
    service.cancel()
    await asyncio.gather(service, return_exceptions=True)


async def test_what_is_over_is_erased_without_a_look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Law: what was kept for a page goes when its time is up, though nobody opens it again."""
    monkeypatch.setattr(page_site, "EXPIRE_S", 0.01)
    desk, looked = DeskPage(tmp_path), asyncio.Event()
    codes = Codes(None, None, None, desk.contest)  # type: ignore[arg-type]
    screens = _settings(tmp_path, "602").screens
    async with AsyncExitStack() as stack:
        page = open_page(screens, desk.board, desk.cues, desk.redrawn.append, desk.stop, desk.contest, codes, stack)
        assert page is not None
        monkeypatch.setattr(type(page.pairings), "expire", lambda _: looked.set())
        async with asyncio.timeout(5):
            await looked.wait()
