"""Laws of the page for staff: everything that holds is on it, and nobody in person."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from aiohttp.test_utils import TestClient, TestServer
from aiohttp.web import Application, Request

from ari_bridge.web.app import Readiness, make_app
from ari_bridge.web.staff_views import StaffViews
from consent.ledger import Ledger
from consent.wording import LANGUAGES
from tests.ari_bridge.web.reading import Page
from tests.conftest import AGENTS, Callers

Client = TestClient[Request, Application]
COUNCIL = {"date": "2026-01-06", "sha256": "ab" * 32, "title": "Consultation <1>"}


@pytest.fixture
async def client(ledger: Ledger) -> AsyncIterator[Client]:
    """A browser on the page."""
    async with TestClient(TestServer(make_app([StaffViews(ledger)], lambda: Readiness(True, {})))) as opened:
        yield opened


async def text_of(client: Client, language: str = "en") -> str:
    """What the page says."""
    answer = await client.get("/staff", params={"lang": language})
    assert answer.status == 200
    return Page(await answer.text()).text


async def test_conditions_settings_and_their_changes_are_on_it(client: Client, ledger: Ledger) -> None:
    """Each document with date and digest; each setting as it is; each change with before and after."""
    first = {"profile.council": COUNCIL, "profile.assessment": None, "retention.scores_days": 30}
    await ledger.note("settings", {"settings": first, "changed": sorted(first)})
    second = first | {"retention.scores_days": 60}
    await ledger.note("settings", {"settings": second, "changed": ["retention.scores_days"]})
    text = await text_of(client)
    assert "2026-01-06, Consultation <1>" in text
    assert "ab" * 32 in text
    assert "Impact assessment: none is named" in text
    assert "retention.scores_days: 60" in text
    assert "retention.scores_days: 30 → 60" in text


async def test_the_notices_are_on_it_word_for_word(client: Client) -> None:
    """What callers are told, and what staff is told."""
    text = await text_of(client)
    assert "We measure tone. Press 1 or 2." in text
    assert "We count how much you talk." in text


async def test_nobody_in_person_is_on_it(client: Client, ledger: Ledger, callers: Callers) -> None:
    """No call, no agent, no answer: only records that concern nobody."""
    await callers.says_yes("call-77")
    await ledger.note("retention.run", {"at": "2026-11-22", "records": 20, "commitments": ["cd" * 32] * 20})
    checkpoint = await ledger.checkpoint()
    text = await text_of(client)
    assert "call-77" not in text
    assert not [agent for agent in AGENTS if agent in text]
    assert "granted" not in text
    assert "commitments: (20)" in text
    assert checkpoint.hash in text


async def test_nobody_watches_an_answer_come(client: Client, ledger: Ledger, callers: Callers) -> None:
    """The page is the same before and after an answer: who asks it all the time learns of no call what was answered."""
    await ledger.checkpoint()
    before = await text_of(client)
    await callers.says_yes("call-77")
    assert await text_of(client) == before


@pytest.mark.parametrize("language", LANGUAGES)
async def test_an_empty_site_has_a_page_in_every_language(client: Client, language: str) -> None:
    """Before the first record too."""
    assert await text_of(client, language)
