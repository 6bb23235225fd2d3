"""Laws of the page on which a person exercises rights: by the reference alone, and nobody guesses one."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from aiohttp.test_utils import TestClient, TestServer
from aiohttp.web import Application, Request

from ari_bridge.web.app import Readiness, make_app
from ari_bridge.web.rights_views import RightsViews
from consent.access import Site
from consent.guesses import Guesses
from consent.ledger import Ledger
from consent.reference import Reference
from consent.rights import Rights
from tests.ari_bridge.web.reading import Page as Read
from tests.conftest import Callers

SITE = Site("Example SARL", "privacy@example.org", "fr")
DERIVED = json.dumps(
    {"scores": [], "facts": {"heard_s": 9, "talk_s": 4, "overlap_s": 0, "longest_pause_s": 1}}
).encode()


class Page:
    """A browser on the page, and a call whose reference its owner knows."""

    def __init__(self, client: TestClient[Request, Application], ledger: Ledger, reference: Reference) -> None:
        self.client = client
        self.ledger = ledger
        self.reference = reference

    async def post(self, path: str, **fields: str) -> tuple[int, str]:
        """Send a form; status and text."""
        answer = await self.client.post(path, data={"reference": self.reference.for_eyes, "lang": "en"} | fields)
        return answer.status, await answer.text()


@pytest.fixture
async def page(ledger: Ledger, callers: Callers) -> AsyncIterator[Page]:
    """A call that is over, and the site."""
    rights = Rights(ledger)
    views = RightsViews(rights, Guesses(ledger.database, ledger.keyring, ledger.keys), SITE)
    async with TestClient(TestServer(make_app([views], lambda: Readiness(True, {})))) as client:
        await callers.says_yes()
        reference = await rights.mint("call-1")
        await ledger.close("call-1", lambda _: DERIVED)
        yield Page(client, ledger, reference)


async def test_what_is_kept_is_shown_and_can_be_taken_along(page: Page) -> None:
    """With the reference: receipt, measurements, and the same as JSON; without a cookie, and kept by no cache."""
    status, text = await page.post("/rights")
    assert status == 200
    assert "Example SARL" in text
    assert "you said yes" in text
    answer = await page.client.post("/rights/copy.json", data={"reference": page.reference.digits})
    assert (await answer.json())["measured"]["facts"]["talk_s"] == 4
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"


async def test_a_yes_is_taken_back_with_one_button(page: Page) -> None:
    """What was measured is gone, and the page says so; a second time it says that nothing was left to take back."""
    assert "Your yes is taken back" in (await page.post("/rights/stop"))[1]
    record = await page.ledger.keyring.of(page.ledger.keys.mac("call", "call-1"))
    assert record is not None
    assert record.derived is None
    assert "nothing to take back" in (await page.post("/rights/stop"))[1]


async def test_erasure_wants_a_tick_and_hands_out_its_proof(page: Page) -> None:
    """No slip of a finger erases; afterwards the page holds what proves it, and the reference means nothing."""
    status, _ = await page.post("/rights/erase")
    assert status == 400
    status, text = await page.post("/rights/erase", sure="yes")
    assert status == 200
    day, salt, record_id, commitment = Read(text).all("//dd//text()")
    assert sha256(f"{salt}\n{record_id}".encode()).hexdigest() == commitment
    note = await page.ledger.last_note("rights.erased")
    assert note is not None
    assert (note["at"], note["commitment"]) == (day, commitment)
    assert (await page.post("/rights"))[0] == 404


async def test_what_is_held_is_not_erased(page: Page) -> None:
    """The page says that a hold keeps it; looking it up says why and until when."""
    rights = Rights(page.ledger)
    record = await rights.of_reference(page.reference.digits)
    assert record is not None
    await rights.hold(record, "case 12", "the DPO", datetime.now(UTC).date() + timedelta(days=10))
    assert (await page.post("/rights/erase", sure="yes"))[0] == 409
    assert "case 12" in (await page.post("/rights"))[1]


async def test_nobody_guesses(page: Page) -> None:
    """Three unknown references from one address, and the right one is not taken there either."""
    for number in range(3):
        other = Reference.fresh(datetime.now(UTC).date())
        assert other != page.reference, number
        assert (await page.post("/rights", reference=other.digits))[0] == 404
    assert (await page.post("/rights"))[0] == 429
    assert (await page.post("/rights/erase", sure="yes"))[0] == 429


async def test_no_reference_is_in_an_address_or_a_log(page: Page, caplog: pytest.LogCaptureFixture) -> None:
    """Every form posts; a GET names no call; our log holds neither the reference nor the address."""
    caplog.set_level(logging.DEBUG)
    _, text = await page.post("/rights")
    read = Read(text)
    assert set(read.all("//form/@method")) == {"post"}
    assert not [link for link in read.all("//@href | //@action") if "?" in link and "lang=" not in link]
    await page.post("/rights/stop")
    assert page.reference.digits not in caplog.text
    assert page.reference.for_eyes not in caplog.text
    answer = await page.client.get("/rights", params={"reference": page.reference.digits})
    assert page.reference.digits not in await answer.text()


async def test_a_form_of_another_site_is_refused(page: Page) -> None:
    """It has nothing to ride on, and does not get to guess."""
    answer = await page.client.post(
        "/rights", data={"reference": page.reference.digits}, headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert answer.status == 403


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"reference=%00%ff", b"reference[]=1&reference=", b"x" * 1000])
async def test_odd_forms_are_unknown_references(page: Page, body: bytes) -> None:
    """Whatever is posted, the answer is the form with a sentence."""
    answer = await page.client.post("/rights", data=body, headers={"Content-Type": "application/x-www-form-urlencoded"})
    assert answer.status == 404
    assert "No call has this reference" in await answer.text()


async def test_the_page_speaks_the_persons_language(page: Page) -> None:
    """By choice, else by the browser's wish; the style sheet is our own and the policy allows nothing else."""
    answer = await page.client.get("/rights", headers={"Accept-Language": "fr-FR"})
    assert "Référence de l’appel" in await answer.text()
    answer = await page.client.get("/rights?lang=it", headers={"Accept-Language": "fr-FR"})
    assert "Riferimento della chiamata" in await answer.text()
    assert "default-src 'none'; style-src 'self'; form-action 'self'" in answer.headers["Content-Security-Policy"]
    style = await page.client.get("/pages.css")
    assert style.content_type == "text/css"
    assert style.headers["Content-Security-Policy"].startswith("default-src 'none'; frame-ancestors")
