"""Laws of the page over real HTTP: whoever has the cookie has the page, and nobody else anything of it."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientResponse, CookieJar
from aiohttp.test_utils import TestClient, TestServer
from aiohttp.web import Application, Request
from structlog.testing import capture_logs

from ari_bridge.calls.board import Stage
from ari_bridge.web.pairing import OFFERED_FOR_S, PAIRED_FOR_S
from consent.wording import LANGUAGES
from tests.ari_bridge.web.desk_page import NUMBER, DeskPage
from tests.ari_bridge.web.reading import Page


class Browser:
    """A browser with a jar of cookies of its own."""

    def __init__(self, client: TestClient[Request, Application]) -> None:
        self.client = client
        self.headers = {"Origin": f"http://{client.host}:{client.port}", "Sec-Fetch-Site": "same-origin"}

    async def get(self, path: str = "/desk?lang=en") -> Page:
        """Look."""
        answer = await self.client.get(path)
        assert answer.status == 200
        assert answer.headers["Cache-Control"] == "no-store"
        assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
        assert "unsafe" not in answer.headers["Content-Security-Policy"]
        return Page(await answer.text())

    async def post(self, path: str, **fields: str) -> ClientResponse:
        """Send a form of the page."""
        return await self.client.post(path, data={"lang": "en"} | fields, headers=self.headers, allow_redirects=False)

    async def code(self) -> str:
        """Have a code shown."""
        assert (await self.post("/desk/code")).status == 303
        return (await self.get()).all("//p[@class='code']/strong/text()")[0]

    async def press(self, key: str) -> None:
        """Press a key of the page as it stands."""
        call = (await self.get()).all("//input[@name='call']/@value")[0]
        answer = await self.post("/desk/key", key=key, call=call)
        assert (answer.status, answer.headers["Location"]) == (303, "/desk?lang=en")

    async def keys(self) -> list[str]:
        """The keys on the page."""
        return (await self.get()).all("//form[@id='keys']//button/@value")


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[DeskPage]:
    """The pages."""
    made = DeskPage(tmp_path)
    yield made
    made.views.close()


@pytest.fixture
async def browsers(desk: DeskPage) -> AsyncIterator[list[Browser]]:
    """Two browsers on one server."""
    async with (
        TestServer(desk.app) as server,
        TestClient(server, cookie_jar=CookieJar(unsafe=True)) as one,
        TestClient(server, cookie_jar=CookieJar(unsafe=True)) as two,
    ):
        yield [Browser(one), Browser(two)]
        desk.views.close()


@pytest.fixture
async def paired(desk: DeskPage, browsers: list[Browser]) -> Browser:
    """A browser that is 1001's, who is in a call with a score."""
    desk.put(Stage.GRANTED, "1001")
    assert desk.dial(await browsers[0].code())
    return browsers[0]


async def test_a_page_is_an_agents_who_dialled_its_digits(desk: DeskPage, browsers: list[Browser]) -> None:
    """Law: first the page says how, then it shows digits, then, dialled, the agent's own call."""
    first = await browsers[0].get()
    assert not first.all("//script/@src")
    code = await browsers[0].code()
    waiting = await browsers[0].get()
    assert f"{NUMBER} {code}" in " ".join(waiting.text.split())
    desk.put(Stage.GRANTED, "1001")
    assert desk.dial(code)
    page = await browsers[0].get()
    assert page.all("//*[@id='consent']/text()") == ["Consent: granted."]
    assert "rather tense (uncertain)" in page.text
    assert "telephone 1001" in page.text
    assert await browsers[0].keys() == ["stop", "contest", "hide"]


async def test_the_same_browser_keeps_its_digits(browsers: list[Browser]) -> None:
    """Law: a second press on the button does not use up codes."""
    assert await browsers[0].code() == await browsers[0].code()
    assert await browsers[1].code() != await browsers[0].code()


async def test_without_a_cookie_there_is_nothing_of_any_call(paired: Browser, browsers: list[Browser]) -> None:
    """Law: a browser without the secret sees how a page is paired, gets no events and presses no key."""
    page = await browsers[1].get()
    assert "Consent" not in page.text
    assert "1001" not in page.text
    assert (await browsers[1].client.get("/desk/events")).status == 404
    for number in range(5):
        assert (await browsers[1].post("/desk/key", key="stop", call=str(number))).status == 303
    assert "contest" in await paired.keys()


@pytest.mark.parametrize("cookie", ["x", "é", "a" * 3000, ";", "0" * 22])
async def test_a_guessed_cookie_is_none(paired: Browser, browsers: list[Browser], cookie: str) -> None:
    """Law: a wrong secret is answered like none."""
    del paired
    answer = await browsers[1].client.get("/desk?lang=en", headers={"Cookie": f"ouidire-desk={cookie}"})
    assert answer.status == 200
    assert "Consent" not in await answer.text()
    assert (await browsers[1].client.get("/desk/events", headers={"Cookie": f"ouidire-desk={cookie}"})).status == 404


async def test_who_guesses_secrets_waits(
    desk: DeskPage, browsers: list[Browser], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Law: guesses beyond a few a second are answered late, so that they hold no call up; no cookie is no guess."""
    waits: list[None] = []

    async def wait() -> bool:
        waits.append(None)
        return True

    monkeypatch.setattr(desk.views._patience, "wait", wait)
    await browsers[0].get()
    assert not waits
    await browsers[0].client.get("/desk", headers={"Cookie": "ouidire-desk=x"})
    assert len(waits) == 1


@pytest.mark.parametrize(
    ("base_url", "name", "is_secure"),
    [("http://127.0.0.1:8480", "ouidire-desk", False), ("https://desk.example", "__Host-ouidire-desk", True)],
)
def test_the_cookie_goes_to_our_pages_alone(tmp_path: Path, base_url: str, name: str, is_secure: bool) -> None:
    """Law: no script reads it, no other site sends it along, and where there is TLS it travels over nothing else; it
    ends with the browser.
    """
    desk = DeskPage(tmp_path, base_url)

    async def offered() -> str:
        async with TestClient(TestServer(desk.app)) as client:
            headers = {"Origin": base_url}
            answer = await client.post("/desk/code", data={}, headers=headers, allow_redirects=False)
            return answer.headers["Set-Cookie"]

    jar: SimpleCookie = SimpleCookie(asyncio.run(offered()))
    cookie = jar[name]
    assert len(cookie.value) == 22
    assert (cookie["httponly"], cookie["samesite"], cookie["path"], cookie["domain"]) == (True, "Strict", "/", "")
    assert bool(cookie["secure"]) is is_secure
    assert (cookie["max-age"], cookie["expires"]) == ("", "")


@pytest.mark.parametrize("path", ["/desk/code", "/desk/key", "/desk/leave"])
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "null"},
        {"Origin": "http://elsewhere.example"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
async def test_no_other_site_presses_a_key(desk: DeskPage, paired: Browser, path: str, headers: dict[str, str]) -> None:
    """Law: a form that another site sends, or that does not say whose it is, does nothing, cookie or not."""
    if "Sec-Fetch-Site" in headers:
        headers = {"Origin": paired.headers["Origin"]} | headers
    answer = await paired.client.post(path, data={"key": "stop", "call": "1"}, headers=headers, allow_redirects=False)
    assert answer.status == 403
    assert desk.stopped == []
    assert "stop" in await paired.keys()


@pytest.mark.parametrize("path", ["/desk/code", "/desk/key", "/desk/leave"])
async def test_a_link_does_nothing(paired: Browser, path: str) -> None:
    """Law: nothing is done by a GET: a link that somebody sends presses no key."""
    assert (await paired.client.get(path)).status == 405


async def test_a_contest_takes_two_presses(desk: DeskPage, paired: Browser) -> None:
    """Law: the first press asks, the second one drops the score, which the page says."""
    await paired.press("contest")
    assert await paired.keys() == ["contest/confirm", "card"]
    assert desk.contested == []
    await paired.press("contest/confirm")
    assert desk.contested == ["c1"]
    assert "Score contested and erased" in (await paired.get()).text


async def test_a_stop_is_an_objection(desk: DeskPage, paired: Browser) -> None:
    """Law: the stop key of the page stops."""
    await paired.press("stop")
    assert desk.stopped == ["c1"]
    assert "stopped by the agent" in (await paired.get()).text
    assert await paired.keys() == []


async def test_cues_are_hidden_by_choice(paired: Browser) -> None:
    """Law: the key asks what shall hold, and the page says what does."""
    await paired.press("hide")
    assert await paired.keys() == ["hide/this_call", "hide/for_good", "hide/shown", "card"]
    await paired.press("hide/this_call")
    assert await paired.keys() == ["stop", "contest", "hide"]


@pytest.mark.parametrize(
    "fields", [{"key": "stop"}, {"key": "none", "call": "1"}, {"call": "1"}, {"key": "stop", "call": "²"}, {}]
)
async def test_what_is_no_key_does_nothing(desk: DeskPage, paired: Browser, fields: dict[str, str]) -> None:
    """Law: a form that names no key or no call leads back to the page."""
    assert (await paired.post("/desk/key", **fields)).status == 303
    answer = await paired.client.post(
        "/desk/key", data=b"\xff\xfe=1", headers=paired.headers | {"Content-Type": "text/plain"}, allow_redirects=False
    )
    assert answer.status == 303
    assert desk.stopped == []


async def test_nothing_of_a_call_is_read_as_html(desk: DeskPage, paired: Browser) -> None:
    """Law: whatever a sentence holds is text."""
    desk.put(Stage.FAILED, "1001", problem="<script>alert(1)</script>")
    page = await paired.get()
    assert "<script>alert(1)" in page.text
    assert page.all("//script/@src") == ["/desk.js"]
    assert page.all("//script/text()") == []


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_page_speaks_each_language(desk: DeskPage, browsers: list[Browser], language: str) -> None:
    """Law: page, card, keys and live updates are in the language that the agent chose, whatever the caller speaks."""
    code = await browsers[0].code()
    assert (await browsers[0].get(f"/desk?lang={language}")).all("/html/@lang") == [language]
    desk.dial(code)
    desk.put(Stage.GRANTED, "1001", language="en")
    page = await browsers[0].get(f"/desk?lang={language}")
    async with browsers[0].client.get(f"/desk/events?lang={language}") as stream:
        told = await state(stream)
    assert page.all("//*[@id='consent']/text()") == [told["consent"]]
    assert page.all("//ul[@id='lines']/li/text()") == [line["text"] for line in told["lines"]]
    assert page.all("//form[@id='keys']/button/text()") == [key["label"] for key in told["keys"]]
    if language != "en":
        english = await browsers[0].get("/desk?lang=en")
        assert not set(page.all("//*[@id='desk']//text()[normalize-space()]")) & set(
            english.all("//*[@id='desk']//text()[normalize-space()]")
        )


async def state(stream: ClientResponse) -> Any:
    """The next state of a stream, as the script reads it; None where it is over."""
    async with asyncio.timeout(5):
        while line := (await stream.content.readline()).decode():
            if line.startswith("event: over"):
                return None
            if line.startswith("data: {"):
                return json.loads(line.removeprefix("data: "))
    return None


async def test_live_updates_tell_what_the_page_shows(desk: DeskPage, paired: Browser) -> None:
    """Law: each change of the call comes by itself, up to its end."""
    async with paired.client.get("/desk/events?lang=en") as stream:
        for stage, consent in (
            (Stage.GRANTED, "Consent: granted."),
            (Stage.WITHDRAWN, "Consent: withdrawn by the caller."),
            (Stage.ENDED, "Call ended."),
        ):
            desk.put(stage, "1001")
            assert (await state(stream))["consent"] == consent


async def test_a_page_that_waits_learns_that_it_was_paired(desk: DeskPage, browsers: list[Browser]) -> None:
    """Law: the page opens by itself as soon as its digits were dialled."""
    code = await browsers[0].code()
    async with browsers[0].client.get("/desk/events") as stream:
        assert await state(stream) == {"page": "waiting"}
        desk.dial(code)
        assert (await state(stream))["page"] == "paired"


async def test_after_logout_nothing_is_shown_or_told(desk: DeskPage, paired: Browser) -> None:
    """Law: logout ends the live updates of all tabs, takes the cookie away, and the secret means nothing any more."""
    cookie = next(iter(paired.client.session.cookie_jar)).value
    async with paired.client.get("/desk/events") as stream:
        await state(stream)
        assert (await paired.post("/desk/leave")).status == 303
        assert await state(stream) is None
    assert not list(paired.client.session.cookie_jar)
    answer = await paired.client.get("/desk?lang=en", headers={"Cookie": f"ouidire-desk={cookie}"})
    assert "Consent" not in await answer.text()
    assert not desk.pairings.has_page("1001")


async def test_a_page_taken_over_shows_nothing_more(desk: DeskPage, paired: Browser, browsers: list[Browser]) -> None:
    """Law: a telephone has one page: the one before is told that it is over."""
    async with paired.client.get("/desk/events") as stream:
        await state(stream)
        assert desk.dial(await browsers[1].code())
        assert await state(stream) is None
    assert "Consent" not in (await paired.get()).text
    assert "Consent" in (await browsers[1].get()).text


async def test_each_agent_sees_the_own_call(desk: DeskPage, paired: Browser, browsers: list[Browser]) -> None:
    """Law: two pages of one service show each agent's own call, and its score to nobody else."""
    desk.dial(await browsers[1].code(), "1002")
    assert "No call here is analysed now." in (await browsers[1].get()).text
    desk.put(Stage.REFUSED, "1002", call_id="c2")
    assert "refused" in (await browsers[1].get()).text
    assert "granted" in (await paired.get()).text


async def test_time_ends_a_code_and_a_page(desk: DeskPage, browsers: list[Browser]) -> None:
    """Law: digits that nobody dialled go from the page, and a page of yesterday is nobody's."""
    code = await browsers[0].code()
    desk.clock.now_s += OFFERED_FOR_S
    assert code not in (await browsers[0].get()).text
    desk.dial(await browsers[0].code())
    desk.put(Stage.GRANTED, "1001")
    assert "granted" in (await browsers[0].get()).text
    desk.clock.now_s += PAIRED_FOR_S
    assert "granted" not in (await browsers[0].get()).text


async def test_no_log_holds_a_secret_a_code_or_an_endpoint(desk: DeskPage, paired: Browser) -> None:
    """Law: when which agent opened a page, and what was pressed there, stands in no log."""
    with capture_logs() as logs:
        await paired.press("contest")
        await paired.press("contest/confirm")
        await paired.post("/desk/leave")
        desk.dial(await paired.code())
    assert logs == []


def test_the_script_reads_no_text_as_html() -> None:
    """Law: the one script knows no way from a text to a tag or to code, and asks nobody but our own site."""
    script = (Path(__file__).parents[3] / "ari_bridge/web/templates/desk.js").read_text(encoding="utf-8")
    assert not re.search(r"innerHTML|outerHTML|insertAdjacent|document\.write|\beval\b|Function\(|https?://", script)


async def test_head_opens_no_stream(paired: Browser) -> None:
    """Law: looking whether there are events opens none."""
    assert (await paired.client.head("/desk/events")).status == 405
