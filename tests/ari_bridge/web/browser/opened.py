"""Debian's Chromium, without a window, on the pages of a service that a test writes on."""

from __future__ import annotations

import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import resources
from pathlib import Path
from typing import Any, Final

from aiohttp.test_utils import TestServer
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from tests.ari_bridge.web.desk_page import DeskPage
from tests.lab.chromium import Chromium

AXE: Final = (resources.files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
"""axe-core of Deque Systems (MPL-2.0), as the package brings it; it is run beside our pages and not shipped."""
_RULES: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SERIOUS: Final = frozenset({"serious", "critical"})


@asynccontextmanager
async def browsing(chromium: Chromium, home: Path) -> AsyncIterator[Browser]:
    """The browser, with nothing of the host's but a folder to write to. Its sandbox needs rights that tests have not;
    it opens pages of ours only.
    """
    environment = {**chromium.environment, "HOME": str(home), "LANG": "C.UTF-8"}
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=str(chromium.program), env=environment, chromium_sandbox=False
        )
        try:
            yield browser
        finally:
            await browser.close()


class Opened:
    """The pages on a server, and a browser's window on them. `complaints` hold what the browser had to say: a policy
    that was broken, an error of the script.
    """

    def __init__(self, desk: DeskPage, context: BrowserContext, page: Page, site: str) -> None:
        self.desk = desk
        self.context = context
        self.page = page
        self.site = site
        self.complaints: list[str] = []
        self._listen(page)

    async def pair(self, endpoint: str = "1001", language: str = "en") -> None:
        """Open the page, have a code shown, and dial it."""
        await self.page.goto(f"{self.site}/desk?lang={language}")
        await self.page.locator("form[action='/desk/code'] button").click()
        assert self.desk.dial(await self.code(), endpoint)
        await self.page.locator("#consent").wait_for()

    async def code(self) -> str:
        """The digits on the page."""
        return await self.page.locator(".code strong").inner_text()

    async def press(self, key: str) -> None:
        """Press a key with the mouse, and wait for what comes then."""
        async with self.page.expect_navigation():
            await self.page.locator(f"#keys button[value='{key}']").click()

    async def lines(self) -> str:
        """The lines of the card."""
        return await self.page.locator("#lines").inner_text()

    async def tab(self) -> Page:
        """One more tab on the page."""
        made = await self.context.new_page()
        self._listen(made)
        await made.goto(f"{self.site}/desk?lang=en")
        return made

    async def findings(self) -> list[str]:
        """What axe-core finds serious or worse on the page as it stands, by the rules of WCAG 2.2 AA."""
        await self.page.evaluate(AXE)
        found: dict[str, Any] = json.loads(
            await self.page.evaluate(f"axe.run(document, {{runOnly: {_RULES}}}).then((found) => JSON.stringify(found))")
        )
        assert found["passes"], "axe-core looked at nothing"
        return [f"{one['id']}: {one['help']}" for one in found["violations"] if one["impact"] in SERIOUS]

    def _listen(self, page: Page) -> None:
        page.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))


@asynccontextmanager
async def opening(
    browser: Browser, folder: Path, tls: ssl.SSLContext | None = None, **options: Any
) -> AsyncIterator[Opened]:
    """The pages on loopback, and a window of the browser; `options` are the context's, such as its size."""
    scheme = "http" if tls is None else "https"
    desk = DeskPage(folder, f"{scheme}://desk.example")
    server = TestServer(desk.app)
    await server.start_server(ssl=tls)
    try:
        context = await browser.new_context(**options)
        page = await context.new_page()
        try:
            yield Opened(desk, context, page, f"{scheme}://{server.host}:{server.port}")
        finally:
            await context.close()
            desk.views.close()
    finally:
        await server.close()
