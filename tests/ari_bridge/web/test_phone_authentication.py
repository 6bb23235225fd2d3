"""Laws of the answer to a phone that asks whether a push is ours."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp.test_utils import TestClient, TestServer

from ari_bridge.screens.challenges import Login
from ari_bridge.screens.http_phone import HttpPhone
from ari_bridge.web import patience
from ari_bridge.web.app import Readiness, make_app
from ari_bridge.web.phone_authentication import PhoneAuthentication

HERE = HttpPhone("http://127.0.0.1", Login("push", "s3cret"))
ELSEWHERE = HttpPhone("http://192.0.2.7", Login("other", "s3cret2"))


async def _answers(phones: list[HttpPhone], *queries: dict[str, str]) -> list[tuple[int, str]]:
    app = make_app([PhoneAuthentication(phones)], lambda: Readiness(True, {}))
    async with TestClient(TestServer(app)) as client:

        async def one(query: dict[str, str]) -> tuple[int, str]:
            async with client.get("/phone/authenticate", params=query) as answer:
                return answer.status, await answer.text()

        return list(await asyncio.gather(*map(one, queries)))


async def test_the_phone_that_we_push_to_hears_yes() -> None:
    """The one word, with nothing after it, for the very name and password that we send to that phone."""
    query = {"UserID": "push", "Password": "s3cret", "devicename": "SEP001122334455"}
    assert await _answers([HERE, ELSEWHERE], query) == [(200, "AUTHORIZED")]


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"UserID": "push"},
        {"UserID": "push", "Password": ""},
        {"UserID": "push", "Password": "wrong"},
        {"UserID": "", "Password": "s3cret"},
        {"UserID": "other", "Password": "s3cret2"},
        {"UserID": "push:s3cret", "Password": ""},
        {"UserID": "pushé", "Password": "s3cret"},
    ],
)
async def test_everything_else_hears_no(query: dict[str, str]) -> None:
    """A wrong name or password, and the right ones of a phone that is elsewhere."""
    assert await _answers([HERE, ELSEWHERE], query) == [(200, "UN-AUTHORIZED")]


async def test_without_a_password_there_is_no_such_page() -> None:
    """Where no phone has a password the address does not exist."""
    assert (await _answers([HttpPhone("http://127.0.0.1")], {}))[0][0] == 404


async def test_guessing_is_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who guesses gets few answers a second."""
    monkeypatch.setattr(patience, "FREE_PER_S", 2.0)
    monkeypatch.setattr(patience, "HELD_S", 0.3)
    clock = asyncio.get_running_loop().time
    start_s = clock()
    await _answers([HERE], *[{"UserID": "push", "Password": str(number)} for number in range(5)])
    assert clock() - start_s >= 0.3
