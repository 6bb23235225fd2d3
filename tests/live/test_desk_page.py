"""The page of an agent at a real PBX: paired by dialling, it follows a call, contests its score and stops it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import expect

from consent.parties import Party
from tests.ari_bridge.web.browser.opened import browsing
from tests.lab import chromium
from tests.lab.installation import Installation
from tests.lab.site import Site, open_site
from tests.live.line_caller import OnLine
from tests.live.people import lines, speak, talk

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(installation: Installation, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    """A site whose staff dial 602 and the digits of a page."""
    environment = {"OUIDIRE_SCREENS__PAIR_NUMBER": "602"}
    async with open_site(installation, tmp_path_factory.mktemp("site"), environment=environment) as opened:
        await opened.agent(1001)
        yield opened


async def test_an_agent_pairs_a_page_and_uses_it_in_a_call(site: Site, tmp_path: Path) -> None:
    """Law: the digits of the page, dialled from the agent's telephone, open it; it follows the call, a contest on it
    erases the score, and its Stop is the agent's objection. The log names neither the digits nor the agent.
    """
    async with browsing(chromium.find(), tmp_path) as browser:
        page = await (await browser.new_context(locale="en")).new_page()
        await page.goto(f"{site.service.base_url}/desk")
        await page.get_by_role("button", name="Show a code to dial").click()
        code = await page.locator(".code strong").inner_text()
        line = await OnLine.dial(await site.agent(1001), f"602{code}")
        await line.hears("pair_done")
        await expect(page.locator("#consent")).to_have_text("No call here is analysed now.")
        met = await talk(site, "51001", "0619000002", 1001)
        await expect(page.locator("#consent")).to_have_text("Consent: granted.")
        speak(met.dialled.call, lines(Party.CALLER)[:4])
        await page.locator("button[value=contest]").click(timeout=90_000)
        async with page.expect_navigation():
            await page.locator("button[value='contest/confirm']").click()
        await expect(page.locator("#lines")).to_contain_text("Score contested and erased.")
        await page.locator("button[value=stop]").click()
        await expect(page.locator("#consent")).to_have_text("Consent: stopped by the agent.")
        await met.dialled.call.hang_up()
        await expect(page.locator("#consent")).to_have_text("Call ended.")
    told = str(site.service.events())
    assert code not in told
    assert "page" not in told
