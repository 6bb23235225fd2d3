"""Nobody gets at an agent's own list but that agent: by every address and metric, in the log, by SQL, in the files.

Two services run the same calls. In the one the agent has a page, and a list; in the other the agent has logged out.
Whatever anybody else can read of either must be the same.
"""

from __future__ import annotations

import asyncio
import re
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from structlog.testing import capture_logs

from ari_bridge.calls.board import Board, CallView, Stage
from ari_bridge.pbx.port import Paired
from ari_bridge.run import metrics_site, supervisor
from ari_bridge.run.codes import Codes
from ari_bridge.run.settings import Settings
from ari_bridge.run.supervisor import serve
from ari_bridge.web.app import make_app
from tests.ari_bridge.run.test_page_site import _settings
from tests.ari_bridge.run.test_supervisor import ready
from tests.ari_bridge.web.desk_phones import FACTS, TONE
from tests.ari_bridge.web.reading import Page
from tests.house.places import ROOT

AGENT, OTHER = "agent-7391", "agent-2046"
TOLD = "rather tense"
GUESSES = (AGENT, "c1")
"""What is put where an address has a variable."""
QUERIES = ("", f"?endpoint={AGENT}", f"?agent={AGENT}&sort=tone", "?call=c1&format=csv")
OF_THE_RUN = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+\S*|\b[0-9a-f]{8,}\b|\b\d{6}\b|\d+\.\d+|\d+")


class Running:
    """A service, its applications, its board, and agents who dial."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.board = Board()
        self.codes: list[Codes] = []
        self.apps: list[web.Application] = []

    def make_app(self, *given: Any) -> web.Application:
        """As the product, and remembered."""
        self.apps.append(make_app(*given))
        return self.apps[-1]

    def make_codes(self, *given: Any) -> Codes:
        """As the product, and remembered."""
        self.codes.append(Codes(*given))
        return self.codes[-1]

    def put(self, stage: Stage, call_id: str, agent: str) -> None:
        """A view of a call in which the caller sounds tense."""
        tone = TONE if stage is Stage.GRANTED else None
        self.board.put(CallView(call_id, stage, datetime.now(UTC), "en", (agent,), tone, FACTS))

    async def pair(self, browser: aiohttp.ClientSession, endpoint: str) -> None:
        """Open the page of an endpoint in a browser."""
        site = self.settings.screens.base_url
        async with browser.post(f"{site}/desk/code", data={"lang": "en"}, headers={"Origin": site}) as answer:
            shown = Page(await answer.text())
        self.codes[0].take(Paired(endpoint, shown.all("//p[@class='code']/strong/text()")[0], "channel"))

    async def read(self, browser: aiohttp.ClientSession) -> dict[str, str]:
        """What every address answers, by way; without what differs in each run anyhow."""
        found: dict[str, str] = {}
        for app, site in zip(self.apps, (self.settings.screens.base_url, self.settings.metrics.url), strict=True):
            base = "/".join(site.split("/")[:3])
            for method, path in sorted({(r.method, r.resource.canonical) for r in app.router.routes() if r.resource}):
                if "events" in path or method not in ("GET", "POST"):
                    continue
                for guess in GUESSES if "{" in path else ("",):
                    for query in QUERIES if method == "GET" and "{" not in path else ("",):
                        address = re.sub(r"{\w+}", guess, path) + query
                        async with browser.request(method, base + address, headers={"Origin": base}) as answer:
                            text = f"{answer.status} {await answer.text()}"
                        found[f"{method} {address}"] = text
        return found


@asynccontextmanager
async def running(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Running]:
    """The service, until the block is left."""
    made = Running(settings)
    monkeypatch.setattr(supervisor, "Board", lambda _failed: made.board)
    monkeypatch.setattr(supervisor, "Codes", made.make_codes)
    monkeypatch.setattr(supervisor, "make_app", made.make_app)
    monkeypatch.setattr(metrics_site, "make_app", made.make_app)
    service = asyncio.create_task(serve(settings))
    await ready(settings)
    while len(made.apps) < 2:  # phones are served first, then who watches
        await asyncio.sleep(0.01)
    yield made
    service.cancel()
    await asyncio.gather(service, return_exceptions=True)


def dump(file: Path) -> str:
    """All that SQL finds in a file, rows and names."""
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
        return "\n".join(connection.iterdump())


async def world(folder: Path, monkeypatch: pytest.MonkeyPatch, *, has_page: bool) -> dict[str, str]:
    """Two calls of an agent, with a page or without; what others can read of it."""
    jar = aiohttp.CookieJar
    settings = _settings(folder, "602")
    with capture_logs() as logs:
        async with (
            running(settings, monkeypatch) as service,
            aiohttp.ClientSession(cookie_jar=jar(unsafe=True)) as own,
            aiohttp.ClientSession(cookie_jar=jar(unsafe=True)) as other,
            aiohttp.ClientSession() as stranger,
        ):
            await service.pair(other, OTHER)
            await service.pair(own, AGENT)
            if not has_page:
                site = settings.screens.base_url
                async with own.post(f"{site}/desk/leave", data={"lang": "en"}, headers={"Origin": site}) as answer:
                    assert answer.status == 200
            for call_id in ("c1", "c2"):
                service.put(Stage.GRANTED, call_id, AGENT)
                service.put(Stage.ENDED, call_id, AGENT)
            if has_page:
                async with own.get(f"{settings.screens.base_url}/desk/history?lang=en") as answer:
                    assert (await answer.text()).count(TOLD) == 2
            found = {f"colleague: {way}": text for way, text in (await service.read(other)).items()}
            found |= {f"stranger: {way}": text for way, text in (await service.read(stranger)).items()}
    found["logs"] = "\n".join(sorted(str(one) for one in logs))
    found |= {f"SQL: {file.name}": dump(file) for file in sorted(settings.database.path.parent.glob("*.sqlite"))}
    return found


async def test_with_a_list_and_without_all_that_others_read_is_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Law: by each address of both servers with what a curious colleague would put into it, paired or not, in the log
    and by SQL: nothing shows what is in an agent's list, nor that there is one.
    """
    folders = [tmp_path / name for name in ("with", "none")]
    for folder in folders:
        folder.mkdir()
    worlds = [await world(folder, monkeypatch, has_page=folder.name == "with") for folder in folders]
    one, other = ({way: OF_THE_RUN.sub("*", read) for way, read in each.items()} for each in worlds)
    assert one.keys() == other.keys()
    assert {"colleague: GET /desk/history", "stranger: GET /desk/history", "logs"} < one.keys()
    assert any("metrics" in way for way in one)
    assert not [way for way, read in worlds[0].items() if TOLD in read]
    assert [way for way, read in worlds[0].items() if AGENT in read and "?" not in way and way != "logs"] == []
    for way in one:
        if "SQL" not in way and "/metrics" not in way:
            assert one[way].replace("/with/", "/none/") == other[way], way


async def test_nothing_of_it_is_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Law: while the service runs with a list and after it stopped no file below its folders has the agent's name."""
    settings = _settings(tmp_path, "602")
    async with running(settings, monkeypatch) as service, aiohttp.ClientSession(
        cookie_jar=aiohttp.CookieJar(unsafe=True)
    ) as own:  # fmt: skip
        await service.pair(own, AGENT)
        service.put(Stage.GRANTED, "c1", AGENT)
        async with own.get(f"{settings.screens.base_url}/desk/history?lang=en") as answer:
            assert TOLD in await answer.text()
        assert not holding(tmp_path)
    assert not holding(tmp_path)


def holding(folder: Path) -> list[Path]:
    """The files in which the agent, or what was told, can be found."""
    sought = (AGENT.encode(), TOLD.encode())
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files
    return [path for path in files if any(one in path.read_bytes() for one in sought)]


def test_three_modules_know_of_it() -> None:
    """Law: what keeps the lists is known to the page, its words and what wires them: to no command, metric, table, push
    or screen of a telephone.
    """
    knowing = {
        str(file.relative_to(ROOT))
        for file in (ROOT / "ari_bridge").rglob("*.py")
        if re.search(r"own_history|OwnHistory", file.read_text(encoding="utf-8")) and file.name != "own_history.py"
    }
    assert knowing == {"ari_bridge/run/page_site.py", "ari_bridge/web/own_calls.py", "ari_bridge/web/page_views.py"}
