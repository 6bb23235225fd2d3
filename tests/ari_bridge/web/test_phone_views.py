"""Laws of what a desk phone fetches."""

from __future__ import annotations

import dataclasses
import xml.etree.ElementTree as ElementTree
from collections.abc import AsyncIterator

import pytest
import structlog
from aiohttp.test_utils import TestClient, TestServer
from aiohttp.web import Application, Request

from ari_bridge.calls.board import Stage
from ari_bridge.pbx.port import PbxRefused
from ari_bridge.screens.families import FAMILIES
from ari_bridge.web.app import Readiness, make_app
from ari_bridge.web.phone_views import PhoneStats, PhoneViews
from consent.errors import NotGranted
from tests.ari_bridge.web.desk_phones import DeskPhones

SUFFIXES = ("", "/card", "/stop", "/contest", "/contest/confirm", "/hide", "/hide/for_good")
Client = TestClient[Request, Application]


class Site:
    """The views on a test server; `stops` holds the calls that were objected to."""

    def __init__(self) -> None:
        self.phones = DeskPhones()
        self.stops: list[str] = []
        self.error: Exception | None = None
        self.contests: list[str] = []
        self.views = PhoneViews(self.phones.desk, self.stop, self.contest)
        self.client: Client = TestClient(TestServer(make_app([self.views], lambda: Readiness(True, {}))))

    async def stop(self, call_id: str) -> None:
        """As the switchboard does: the call is objected to, or the PBX is in trouble."""
        if self.error is not None:
            raise self.error
        self.stops.append(call_id)
        await self.phones.put(Stage.OBJECTED, "1001")

    def contest(self, call_id: str) -> bool:
        """As the switchboard does: the score is gone from the board before the answer."""
        self.contests.append(call_id)
        view = self.phones.board.view(call_id)
        if view is None:
            return False
        self.phones.board.put(dataclasses.replace(view, tone=None, contested=True))
        return True

    async def press(self, key: str, extension: str = "1001", family: str = "yealink") -> ElementTree.Element:
        """What the phone shows after a key."""
        async with self.client.get(f"/p/{FAMILIES[family].code}/{self.phones.token(extension)}{key}") as answer:
            assert answer.status == 200
            return ElementTree.fromstring(await answer.read())


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    """A granted call of the agents 1001 (Yealink) and 1002 (Cisco)."""
    site = Site()
    await site.phones.put(Stage.GRANTED, "1001", "1002")
    await site.client.start_server()
    yield site
    await site.client.close()


@pytest.mark.parametrize(
    ("extension", "family", "charset"), [("1001", "yealink", "UTF-8"), ("1002", "cisco", "ISO-8859-1")]
)
async def test_a_phone_fetches_its_card(site: Site, extension: str, family: str, charset: str) -> None:
    """XML in the family's charset with its length, kept by no cache, asked for again by the phone itself."""
    path = f"/p/{FAMILIES[family].code}/{site.phones.token(extension)}"
    async with site.client.get(path) as answer:
        body = await answer.read()
        assert answer.status == 200
        assert answer.headers["Content-Type"] == f"text/xml; charset={charset}"
        assert answer.headers["Refresh"] == f"5; url=http://192.0.2.10:8480{path}"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Content-Length"] == str(len(body))
    assert (ElementTree.fromstring(body).findtext("Text") or "").startswith("Consent: granted.")
    assert site.views.stats() == PhoneStats({family: 1}, {}, 0, 0)


async def test_wrong_and_dead_tokens_get_the_same_404_and_are_counted(site: Site) -> None:
    """Guessed, of another family, of an unknown family, hostile: nobody learns which, and nothing is stopped."""
    token = site.phones.token("1001")
    bodies = set()
    for path in (
        f"c/{token}",
        "y/" + "A" * 22,
        f"z/{token}",
        f"yealink/{token}",
        f"y/{token}x",
        "y/%00%0d%0a",
        "%F0%9F%99%82/x",
    ):
        for suffix in SUFFIXES:
            async with site.client.get(f"/p/{path}{suffix}") as answer:
                assert answer.status == 404
                bodies.add(await answer.text())
    assert len(bodies) == 1
    assert site.views.stats().not_found == 7 * len(SUFFIXES)
    assert site.stops == site.contests == []


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_stop_objects_to_the_call_of_the_token(site: Site, method: str) -> None:
    """The softkey's address stops that call, and the answer shows how it stands now."""
    async with site.client.request(method, f"/p/y/{site.phones.token('1001')}/stop") as answer:
        text = ElementTree.fromstring(await answer.read()).findtext("Text") or ""
    assert site.stops == ["c1"]
    assert text.startswith("Consent: stopped by the agent.")
    assert site.views.stats().pressed == {"yealink": 1}


@pytest.mark.parametrize("key", ["/stop", "/contest", "/contest/confirm"])
async def test_a_look_presses_no_key(site: Site, key: str) -> None:
    """HEAD only looks."""
    await site.press("/contest")
    async with site.client.head(f"/p/y/{site.phones.token('1001')}{key}") as answer:
        assert answer.status == 405
    assert site.stops == site.contests == []


@pytest.mark.parametrize("error", [PbxRefused("no"), TimeoutError(), ConnectionResetError(), NotGranted("gone")])
async def test_a_stop_that_failed_is_said_to_have_failed(site: Site, error: Exception) -> None:
    """The agent is told, in words on the phone, that the analysis may go on and which key ends it."""
    site.error = error
    token = site.phones.token("1001")
    with structlog.testing.capture_logs() as logs:
        async with site.client.get(f"/p/y/{token}/stop") as answer:
            text = ElementTree.fromstring(await answer.read()).findtext("Text") or ""
    assert "*9" in text
    assert site.views.stats().stop_failed == 1
    assert token not in str(logs)


async def test_after_hang_up_ended_for_60_s_then_404(site: Site) -> None:
    """A fetch and a late Stop both answer "call ended", without a refresh; a minute later both find nothing."""
    token = site.phones.token("1001")
    await site.phones.put(Stage.ENDED)
    for suffix in SUFFIXES:
        async with site.client.get(f"/p/y/{token}{suffix}") as answer:
            assert answer.status == 200
            assert "Refresh" not in answer.headers
            assert "Call ended." in await answer.text()
    assert site.stops == site.contests == []
    site.phones.clock.now_s += 60
    for suffix in SUFFIXES:
        async with site.client.get(f"/p/y/{token}{suffix}") as answer:
            assert answer.status == 404


def uris(screen: ElementTree.Element) -> dict[str, str]:
    """Where a Yealink's keys lead, by their labels."""
    return {key.findtext("Label") or "": key.findtext("URI") or "" for key in screen.findall("SoftKey")}


def said(screen: ElementTree.Element) -> str:
    """A screen's text."""
    return screen.findtext("Text") or ""


async def test_a_score_is_contested_by_two_keys(site: Site) -> None:
    """The first key asks and does nothing; the second, which lies elsewhere, drops the score, and the agent is told."""
    card = await site.press("")
    address = f"http://192.0.2.10:8480/p/y/{site.phones.token('1001')}"
    assert uris(card)["Contest"] == f"{address}/contest"
    question = await site.press("/contest")
    assert "Is the score wrong?" in said(question)
    assert "tense" not in said(question)
    assert uris(question) == {"Yes, contest": f"{address}/contest/confirm", "Back": f"{address}/card"}
    assert list(uris(card)).index("Contest") != list(uris(question)).index("Yes, contest")
    assert site.contests == []
    assert "rather tense" in said(await site.press("/card"))
    dropped = await site.press("/contest/confirm")
    assert site.contests == ["c1"]
    for screen in (dropped, await site.press("")):
        assert "Score contested and erased." in said(screen)
        assert "tense" not in said(screen)
        assert "Contest" not in uris(screen)
    assert site.views.stats().pressed == {"yealink": 1}


async def test_a_question_leads_back_by_itself(site: Site) -> None:
    """A phone that pulls goes on to the call's own card, and never to a key."""
    path = f"/p/y/{site.phones.token('1001')}"
    async with site.client.get(f"{path}/contest") as answer:
        assert answer.headers["Refresh"] == f"15; url=http://192.0.2.10:8480{path}"


async def test_the_second_key_alone_asks(site: Site) -> None:
    """A phone that follows an address by itself, repeats a request or comes late contests nothing: it is asked."""
    assert "Is the score wrong?" in said(await site.press("/contest/confirm"))
    site.phones.clock.now_s += 60
    assert "Is the score wrong?" in said(await site.press("/contest/confirm"))
    assert site.contests == []
    await site.press("/contest/confirm")
    assert site.contests == ["c1"]
    assert "Score contested and erased." in said(await site.press("/contest/confirm"))
    assert site.contests == ["c1"]


async def test_another_phones_question_is_no_answer(site: Site) -> None:
    """Who was asked answers: the key of one agent's phone does not confirm another's."""
    await site.press("/contest")
    await site.press("/contest/confirm", "1002", "cisco")
    assert site.contests == []


async def test_a_score_that_is_gone_is_said_to_be_gone(site: Site) -> None:
    """Between the two keys the score may leave the screen: nothing is contested, and the agent is told so."""
    await site.press("/contest")
    await site.phones.put(Stage.GRANTED, "1001", tone=None)
    screen = await site.press("/contest/confirm")
    assert "nothing was erased" in said(screen)
    assert site.contests == []


@pytest.mark.parametrize("stage", [Stage.PAUSED, Stage.OBJECTED, Stage.REFUSED, Stage.FAILED, Stage.ASKED])
async def test_where_no_score_is_shown_none_is_contested(site: Site, stage: Stage) -> None:
    """Neither key nor address contests what the screen does not show."""
    await site.phones.put(stage, "1001")
    for key in ("", "/contest", "/contest/confirm"):
        screen = await site.press(key)
        assert "Contest" not in uris(screen)
        assert "Is the score wrong?" not in said(screen)
    assert site.contests == []


async def test_who_handed_the_call_on_contests_nothing(site: Site) -> None:
    """The score on another agent's screen is that agent's to contest."""
    token = site.phones.token("1001")
    await site.press("/contest")
    await site.phones.put(Stage.GRANTED, "1002")
    async with site.client.get(f"/p/y/{token}/contest/confirm") as answer:
        assert "Call ended." in await answer.text()
    assert site.contests == []


async def test_a_card_is_for_the_phone_of_its_extension_alone(site: Site) -> None:
    """A token that came into wrong hands opens nothing from another address, presses no key, and is counted."""
    asked: list[tuple[str, str]] = []

    async def is_phone_of(endpoint: str, address: str) -> bool:
        asked.append((endpoint, address))
        return endpoint == "1002"

    views = PhoneViews(site.phones.desk, site.stop, site.contest, is_phone_of)
    tokens = {one: site.phones.token(one) for one in ("1001", "1002")}
    async with TestClient(TestServer(make_app([views], lambda: Readiness(True, {})))) as client:
        for suffix in SUFFIXES:
            async with client.get(f"/p/y/{tokens['1001']}{suffix}") as answer:
                assert answer.status == 404
        async with client.get(f"/p/c/{tokens['1002']}") as answer:
            assert answer.status == 200
        async with client.get("/p/y/nobody") as answer:
            assert answer.status == 404
    assert asked == [*[("1001", "127.0.0.1")] * len(SUFFIXES), ("1002", "127.0.0.1")]
    assert views.stats().not_found == len(SUFFIXES) + 1
    assert site.stops == site.contests == []
