"""Laws of /desk/history over real HTTP: an agent's own calls are on the page of that agent, and on no other."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import CookieJar
from aiohttp.test_utils import TestClient, TestServer

from ari_bridge.calls.board import Stage
from consent.wording import LANGUAGES
from tests.ari_bridge.web.desk_page import DeskPage
from tests.ari_bridge.web.test_page_views import Browser

HISTORY = "/desk/history?lang=en"


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[DeskPage]:
    """The pages."""
    made = DeskPage(tmp_path)
    yield made
    made.views.close()


@pytest.fixture
async def browsers(desk: DeskPage) -> AsyncIterator[list[Browser]]:
    """Two browsers: the first is 1001's, who had a call with a score; the second nobody's."""
    server = TestServer(desk.app)
    async with server:
        made = [Browser(TestClient(server, cookie_jar=CookieJar(unsafe=True))) for _ in range(2)]
        assert desk.dial(await made[0].code())
        desk.put(Stage.GRANTED, "1001")
        yield made
        desk.views.close()
        for one in made:
            await one.client.close()


async def calls(browser: Browser) -> list[str]:
    """The calls in a browser's list; none where it has no page."""
    return (await browser.get(HISTORY)).all("//ul[@class='lines']/li/text()")


async def test_an_agent_reads_the_own_calls(desk: DeskPage, browsers: list[Browser]) -> None:
    """Law: a link leads from the own page to the list and back, and the list says what the screen said."""
    assert (await browsers[0].get()).all("//a[starts-with(@href, '/desk/history')]")
    (line,) = await calls(browsers[0])
    assert "now. Consent: granted." in line
    assert "rather tense (uncertain)" in line
    desk.put(Stage.ENDED, tone=None)
    desk.put(Stage.REFUSED, "1001", call_id="c2", tone=None)
    newest, first = await calls(browsers[0])
    assert "Consent: refused." in newest
    assert "now" not in first
    page = await browsers[0].get(HISTORY)
    assert page.all("//a[@href='/desk?lang=en']")
    assert "telephone 1001" in page.text
    for language in LANGUAGES:
        assert (await browsers[0].get(f"/desk/history?lang={language}")).all(f"//html[@lang='{language}']")


async def test_nobody_else_has_it(desk: DeskPage, browsers: list[Browser]) -> None:
    """Law: a browser without a page is led to where one is paired; another agent's has the own calls; no query, path,
    header or form chooses whose they are.
    """
    other = browsers[1]
    answer = await other.client.get(HISTORY, allow_redirects=False)
    assert (answer.status, answer.headers["Location"], await answer.text()) == (303, "/desk?lang=en", "")
    assert desk.dial(await other.code(), "1002")
    for way in ("", "&endpoint=1001", "&agent=1001", "&extension=1001", "&sort=tone", "&order=desc"):
        assert await calls_of(other, HISTORY + way) == []
    for path in ("/desk/history/1001", "/desk/1001/history", "/desk/history.json", "/desk/history.csv"):
        assert (await other.client.get(path)).status == 404
    for header in ("X-Endpoint", "X-Forwarded-User", "From", "Authorization"):
        answer = await other.client.get(HISTORY, headers={header: "1001"})
        assert "Consent:" not in await answer.text()
    assert (await other.post("/desk/history", endpoint="1001")).status == 405
    answer = await browsers[0].client.get(HISTORY, headers={"Accept": "application/json, text/csv"})
    assert answer.content_type == "text/html"
    assert len(await calls(browsers[0])) == 1


async def calls_of(browser: Browser, address: str) -> list[str]:
    """The calls that an address lists."""
    return (await browser.get(address)).all("//ul[@class='lines']/li/text()")


async def test_logout_erases_it(desk: DeskPage, browsers: list[Browser]) -> None:
    """Law: who sits down at the telephone next finds nothing, after a logout as after another pairing."""
    assert (await browsers[0].post("/desk/leave")).status == 303
    assert "1001" not in repr(vars(desk.history))
    assert desk.dial(await browsers[0].code())
    assert await calls(browsers[0]) == []
    desk.put(Stage.GRANTED, "1001", call_id="c2")
    assert len(await calls(browsers[0])) == 1
    assert desk.dial(await browsers[1].code())
    assert await calls(browsers[1]) == []
    answer = await browsers[0].client.get(HISTORY, allow_redirects=False)
    assert answer.status == 303


async def test_a_no_and_a_contest_reach_it(desk: DeskPage, browsers: list[Browser]) -> None:
    """Law: a score that is gone from the screen for good is gone from the list in the same moment."""
    await browsers[0].press("contest")
    await browsers[0].press("contest/confirm")
    (line,) = await calls(browsers[0])
    assert "contested the last score" in line
    assert "tense" not in line
    desk.put(Stage.GRANTED, "1001", call_id="c2")
    desk.put(Stage.WITHDRAWN, "1001", call_id="c2")
    assert not [line for line in await calls(browsers[0]) if "tense" in line]
