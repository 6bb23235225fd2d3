"""Laws of the survey's pages: a slip's code is enough, nothing leads back, the council closes, texts are its own."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp.test_utils import TestClient, TestServer
from aiohttp.web import Application, Request

from ari_bridge.web.app import Readiness, make_app
from ari_bridge.web.pages import CSP
from ari_bridge.web.pulse_views import MAX_FORM_BYTES, PulseViews
from consent import envelopes
from consent.errors import DatabaseUnavailable
from consent.ledger import Ledger
from consent.pulse import MAX_TEXT, OPEN_AT_LEAST, QUESTIONS, Pulse, Results
from consent.shelf import ENVELOPES
from consent.slips import COUNCIL, as_typed, fresh_code
from consent.wording import LANGUAGES
from tests.ari_bridge.web.reading import Page as Read

CODE = fresh_code(COUNCIL)
KEY = envelopes.public_key(as_typed(CODE, COUNCIL) or "")


class Page:
    """A browser on the page, and a drawer of slips."""

    def __init__(self, client: TestClient[Request, Application], ledger: Ledger) -> None:
        self.client = client
        self.ledger = ledger
        self.at = datetime(2026, 3, 2, tzinfo=UTC)
        self.pulse = Pulse(ledger, lambda: self.at)
        self.codes: list[str] = []

    async def opened(self, codes: int = 8) -> None:
        """Open a survey."""
        self.codes = await self.pulse.open(KEY, codes, 5)

    async def get(self, path: str = "/pulse?lang=en") -> str:
        """Look."""
        answer = await self.client.get(path)
        assert answer.status == 200
        return await answer.text()

    async def post(self, path: str = "/pulse", **fields: str) -> tuple[int, str]:
        """Send a form; status and text."""
        answer = await self.client.post(path, data={"lang": "en"} | fields)
        assert "Set-Cookie" not in answer.headers
        assert answer.headers["Cache-Control"] == "no-store"
        return answer.status, await answer.text()


@pytest.fixture
async def page(ledger: Ledger) -> AsyncIterator[Page]:
    """The site without a survey."""
    made: list[Page] = []
    views = PulseViews(Pulse(ledger, lambda: made[0].at))
    async with TestClient(TestServer(make_app([views], lambda: Readiness(True, {})))) as client:
        made.append(Page(client, ledger))
        yield made[0]


async def test_an_answer_is_taken_once(page: Page) -> None:
    """With the code of a slip, as it was typed; a second time and with another code nothing is taken."""
    await page.opened()
    told = {"strained": "4", "added": "2", "text": "Zu laut hier.\r\nSehr. 🙂"}
    assert (await page.post(code=page.codes[0].lower().replace("-", " "), **told))[0] == 200
    assert (await page.post(code=page.codes[0], **told))[0] == 404
    status, text = await page.post(code="AAAA-AAAA-AAAA", **told)
    assert status == 404
    assert "not known" in Read(text).text
    for code in page.codes[1:5]:
        assert (await page.post(code=code, strained="4"))[0] == 200
    page.at += OPEN_AT_LEAST
    results = await page.pulse.close(CODE)
    assert isinstance(results, Results)
    assert results.marks == ((0, 0, 0, 5, 0), None, None)
    assert results.texts == ("Zu laut hier.\nSehr. 🙂",)


async def test_a_slip_of_a_finger_costs_nobody_the_text(page: Page) -> None:
    """A refused form comes back with all that was typed, escaped, and the problem is announced."""
    await page.opened()
    status, text = await page.post(code="wrong", strained="5", helped="9", text="<script>alert(1)</script>")
    assert status == 404
    read = Read(text)
    assert read.all("//textarea/text()") == ["<script>alert(1)</script>"]
    assert "<script" not in text
    assert read.all("//input[@type='radio'][@checked]/@id") == ["strained-5", "added-0", "helped-0"]
    assert read.all("//*[@role='alert']/text()")
    status, text = await page.post(code=page.codes[0], text="x" * (MAX_TEXT + 1))
    assert status == 400
    assert len(Read(text).all("//textarea/text()")[0]) == MAX_TEXT
    assert (await page.post(code=page.codes[0], text="\U0001f642" * MAX_TEXT))[0] == 200


async def test_the_council_closes_it(page: Page) -> None:
    """Not before four weeks, with its own code and a tick; then it sees sums and texts, and everybody else the sums."""
    await page.opened()
    for number, code in enumerate(page.codes[:6]):
        await page.post(code=code, strained="5", added="1", helped=str(number % 2 + 1), text="<b>loud</b> hall")
    assert (await page.post("/pulse/close", code=CODE, sure="yes"))[0] == 409
    page.at += OPEN_AT_LEAST
    assert (await page.post("/pulse/close", code=CODE))[0] == 400
    assert (await page.post("/pulse/close", code=page.codes[7], sure="yes"))[0] == 404
    status, text = await page.post("/pulse/close", code=CODE, sure="yes")
    assert status == 200
    assert Read(text).all("//blockquote/text()") == ["<b>loud</b> hall"] * 6
    public = Read(await page.get())
    assert public.all("//table[1]//td/text()") == ["0", "0", "0", "0", "6", "0"]
    assert "loud" not in public.text
    assert (await page.post("/pulse/close", code=CODE, sure="yes"))[0] == 409
    assert (await page.post(code=page.codes[7], strained="1"))[0] == 409


async def test_too_few_and_forged_are_said(page: Page) -> None:
    """Under the floor the page says so and nothing else; sums that do not add up carry their warning."""
    await page.opened()
    await page.post(code=page.codes[0], strained="5", text="only me")
    page.at += OPEN_AT_LEAST
    _, text = await page.post("/pulse/close", code=CODE, sure="yes")
    assert "Fewer than 5 people answered" in Read(text).text
    assert "only me" not in text
    assert not Read(text).all("//td/text()")
    page.at += timedelta(days=1)
    await page.opened()
    for code in page.codes[:6]:
        await page.post(code=code, strained="5")
    forged = envelopes.close(KEY, b"M\x05\x05\x05")
    await page.ledger.database.write(lambda c: ENVELOPES.put(c, forged[:16], forged))
    page.at += OPEN_AT_LEAST
    _, text = await page.post("/pulse/close", code=CODE, sure="yes")
    assert "6 codes were used and 7 answers could be read" in Read(text).text


async def test_no_code_is_in_an_address_or_a_log(page: Page, caplog: pytest.LogCaptureFixture) -> None:
    """Every form posts, an address names no code, and an answer writes no line at all: a line has a clock."""
    caplog.set_level(logging.DEBUG)
    await page.opened()
    for path in ("/pulse?lang=en", "/pulse/close?lang=en"):
        read = Read(await page.get(path))
        assert set(read.all("//form/@method")) == {"post"}
        assert not [link for link in read.all("//@href | //@action") if "?" in link and "lang=" not in link]
    caplog.clear()
    await page.post(code=page.codes[0], strained="1", text="quiet")
    assert not [one for one in caplog.records if one.name.startswith(("ari_bridge", "consent"))]
    assert page.codes[1] not in await page.get(f"/pulse?lang=en&code={page.codes[1]}")


async def test_a_form_of_another_site_is_refused(page: Page) -> None:
    """It would have to know a code, and does not get to try one."""
    for path in ("/pulse", "/pulse/close"):
        answer = await page.client.post(path, data={"code": CODE}, headers={"Sec-Fetch-Site": "cross-site"})
        assert answer.status == 403


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"", 404), (b"\xff\xfe", 404), (b"code=%00%ff&text=%ff", 404), (b"strained[]=1&code=&strained=1e9", 404),
     (b"code=A&text=" + b"x" * MAX_FORM_BYTES, 413)],
)  # fmt: skip
async def test_odd_forms_are_answered_in_words(page: Page, body: bytes, status: int) -> None:
    """Whatever is posted, nothing is taken and nothing breaks; what is too large is not read to its end."""
    await page.opened()
    answer = await page.client.post("/pulse", data=body, headers={"Content-Type": "application/x-www-form-urlencoded"})
    assert answer.status == status


async def test_guesses_wait_in_a_row(page: Page) -> None:
    """However many codes are tried at once, the file is asked for one of them at a time; a right one still gets in."""
    await page.opened()
    waiting: list[int] = []
    read = page.ledger.database.read

    async def counted(query: Callable[[object], object]) -> object:
        waiting.append(page.ledger.database.waiting)
        return await read(query)

    page.ledger.database.read = counted  # type: ignore[method-assign,assignment]
    views = PulseViews(page.pulse)
    async with TestClient(TestServer(make_app([views], lambda: Readiness(True, {})))) as client:
        forms = [{"code": fresh_code(12), "strained": "1"} for _ in range(60)] + [{"code": page.codes[0]}]
        answers = await asyncio.gather(*(client.post("/pulse", data=form) for form in forms))
    assert [one.status for one in answers] == [404] * 60 + [200]
    assert max(waiting) == 0


async def test_trouble_is_said(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that cannot be read or written: 503 with a sentence, and no code is burnt."""
    await page.opened()

    async def broken(*_: object) -> None:
        raise DatabaseUnavailable("disk full")

    monkeypatch.setattr(page.ledger.database, "erase", broken)
    assert (await page.post(code=page.codes[0], strained="1"))[0] == 503
    page.at += OPEN_AT_LEAST
    assert (await page.post("/pulse/close", code=CODE, sure="yes"))[0] == 503
    monkeypatch.setattr(page.ledger.database, "read", broken)
    for path in ("/pulse", "/pulse/close"):
        assert (await page.client.get(path)).status == 503
    monkeypatch.undo()
    assert (await page.post(code=page.codes[0], strained="1"))[0] == 200


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_page_works_by_keyboard_and_by_ear_in_every_language(page: Page, language: str) -> None:
    """Every field has its label, every group its legend, every table its caption; no script, one style sheet."""
    await page.opened()
    for code in page.codes[:5]:
        await page.post(code=code, strained="3", text="a word")
    page.at += OPEN_AT_LEAST
    _, results = await page.post("/pulse/close", code=CODE, sure="yes", lang=language)
    await page.opened()
    for text in (await page.get(f"/pulse?lang={language}"), await page.get(f"/pulse/close?lang={language}"), results):
        read = Read(text)
        assert read.all("/html/@lang") == [language]
        for field in read.all("//input[not(@type='hidden')]/@id | //textarea/@id"):
            assert read.all(f"//label[@for='{field}']/text()"), field
        assert len(read.all("//fieldset/legend/text()")) == len(read.all("//fieldset/@*")) or read.all(
            "//legend/text()"
        )
        assert len(read.all("//table/caption/text()")) == text.count("<table")
        assert not read.all("//script/@* | //img/@* | //@style | //@onclick")
        assert read.all("//link/@href") == ["/pages.css"]
        assert len(read.all("//h1/text()")) == 1
        assert "{" not in read.text
        assert len(set(read.all("//@id"))) == len(read.all("//@id"))
    answer = await page.client.get("/pulse")
    assert answer.headers["Content-Security-Policy"] == CSP


def test_every_question_has_its_words() -> None:
    """A question or a mark that is added has its words in the page, and they give nobody an order."""
    from ari_bridge.web.pages import words_of

    for language in LANGUAGES:
        words = words_of(language)
        assert all(words[f"pulse_{name}"].endswith("?") for name in QUESTIONS)
        assert not re.search(r"\bagent", json.dumps({n: t for n, t in words.items() if "pulse" in n}), re.IGNORECASE)
