"""Laws of the details and the picture that a phone fetches."""

from __future__ import annotations

import io
import xml.etree.ElementTree as ElementTree
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from aiohttp.test_utils import TestClient, TestServer
from aiohttp.web import Application, Request
from PIL import Image

from analysis.emotion.score import Estimate
from ari_bridge.calls.board import CallView, Stage
from ari_bridge.screens.sparkline import HEIGHT_PX, WIDTH_PX
from ari_bridge.web.app import Readiness, make_app
from ari_bridge.web.phone_views import PhoneViews
from tests.ari_bridge.web.desk_phones import FACTS, TONE, DeskPhones

TRACE = (Estimate(0.3, 0.1), None, Estimate(0.7, 0.15))


class Floor:
    """A desk with phones, and its server."""

    def __init__(self) -> None:
        self.phones = DeskPhones()
        self.views = PhoneViews(self.phones.desk, self.stop, lambda call_id: False)
        self.client: TestClient[Request, Application] = TestClient(
            TestServer(make_app([self.views], lambda: Readiness(True, {})))
        )

    async def stop(self, call_id: str) -> None:
        """Never pressed here."""
        raise AssertionError(call_id)

    def put(
        self, stage: Stage = Stage.GRANTED, agents: tuple[str, ...] = ("1001", "1002"),
        trace: tuple[Estimate | None, ...] = TRACE,
    ) -> None:  # fmt: skip
        """A view of the call."""
        self.phones.board.put(CallView("c1", stage, datetime.now(UTC), "en", agents, TONE, FACTS, trace=trace))

    async def read(self, key: str, extension: str = "1001", code: str = "y") -> tuple[int, str, bytes]:
        """Status, type and body of what that phone gets."""
        path = f"/p/{code}/{self.phones.token(extension)}/{key}"
        async with self.client.get(path) as answer:
            return answer.status, answer.content_type, await answer.read()


@pytest.fixture
async def floor() -> AsyncIterator[Floor]:
    one = Floor()
    async with one.client:
        yield one
        await one.phones.pusher.stop()


def _labels(body: bytes) -> list[str]:
    return [label.text or "" for label in ElementTree.fromstring(body).iter("Label")]


async def test_the_key_leads_to_figures_with_their_error_and_back(floor: Floor) -> None:
    """Law: the evidence for what stands on the card, in figures, and one key that leads back to it."""
    floor.put()
    status, _, body = await floor.read("details")
    assert status == 200
    assert "From calm (0) to tense (1): 0.70 ±0.15, heard over 3 s." in body.decode()
    assert _labels(body) == ["Stop", "Hide cues", "Graph", "Back"]
    assert floor.views.stats().pressed == {"yealink": 1}


async def test_a_picture_is_fetched_where_a_family_shows_one(floor: Floor) -> None:
    """Law: the screen names the picture's address below the call's own, and there it is, a PNG that others read."""
    floor.put()
    for extension, code, root in (("1001", "y", "YealinkIPPhoneImageScreen"), ("1002", "c", "CiscoIPPhoneImageFile")):
        _, _, body = await floor.read("picture", extension, code)
        assert ElementTree.fromstring(body).tag == root
        assert f"/p/{code}/{floor.phones.token(extension)}/trace.png".encode() in body
        status, content_type, image = await floor.read("trace.png", extension, code)
        assert (status, content_type) == (200, "image/png")
        assert Image.open(io.BytesIO(image)).size == (WIDTH_PX, HEIGHT_PX)


async def test_without_readings_there_is_no_picture_to_lead_to(floor: Floor) -> None:
    """Law: no key leads to an empty picture, which would look like calm."""
    floor.put(trace=(None, None))
    assert _labels((await floor.read("details"))[2]) == ["Stop", "Hide cues", "Back"]


@pytest.mark.parametrize("stage", [Stage.PAUSED, Stage.WITHDRAWN, Stage.OBJECTED, Stage.ENDED])
async def test_nothing_is_told_where_nothing_is_heard(floor: Floor, stage: Stage) -> None:
    """Law: before and after a live consent both addresses show the card as it stands, and there is no picture."""
    floor.put()
    token = floor.phones.token("1001")
    floor.put(stage)
    for key in ("details", "picture"):
        async with floor.client.get(f"/p/y/{token}/{key}") as answer:
            assert "0.70" not in await answer.text()
    async with floor.client.get(f"/p/y/{token}/trace.png") as answer:
        assert answer.status == 404


async def test_who_handed_the_call_on_sees_no_trace_of_it(floor: Floor) -> None:
    """Law: what another agent is told is not theirs: for them the call has ended."""
    floor.put(agents=("1001",))
    token = floor.phones.token("1001")
    floor.put(agents=("1002",))
    async with floor.client.get(f"/p/y/{token}/details") as answer:
        assert "Call ended" in await answer.text()
    async with floor.client.get(f"/p/y/{token}/trace.png") as answer:
        assert answer.status == 404
