"""Laws of whose address is a phone's."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, cast

import pytest
from aiohttp.test_utils import TestClient, TestServer
from structlog.testing import capture_logs

from ari_bridge.calls.board import Stage
from ari_bridge.pbx.port import PbxRefused
from ari_bridge.run.phone_addresses import FRESH_S, LOOK_AGAIN_S, PhoneAddresses, plain
from ari_bridge.run.sections import ScreensSection
from ari_bridge.run.supervisor import _phone_views
from ari_bridge.web.app import Readiness, make_app
from tests.ari_bridge.screens.clock import Clock
from tests.ari_bridge.web.desk_phones import DeskPhones


class Registered:
    """The PBX's answer, or its trouble; how often it was asked."""

    def __init__(self, **addresses: str) -> None:
        self.addresses = {endpoint: frozenset({address}) for endpoint, address in addresses.items()}
        self.error: Exception | None = None
        self.asked = 0

    async def __call__(self) -> Mapping[str, frozenset[str]]:
        self.asked += 1
        if self.error is not None:
            raise self.error
        return self.addresses


async def test_a_card_is_for_the_address_of_its_own_endpoint() -> None:
    """Another phone's address, an unknown one and an endpoint that is not registered are none."""
    phones = PhoneAddresses(Registered(a="192.0.2.1", b="192.0.2.2"), Clock())
    assert await phones.is_of("a", "192.0.2.1")
    assert not await phones.is_of("a", "192.0.2.2")
    assert not await phones.is_of("c", "192.0.2.1")
    assert not await phones.is_of("a", "")


async def test_who_comes_while_the_pbx_is_asked_waits_for_that_answer() -> None:
    """Phones that fetch their first cards at the same moment are all shown them, by one question to the PBX."""
    pbx = Registered(**{f"a{number}": f"192.0.2.{number}" for number in range(20)})

    async def slowly() -> Mapping[str, frozenset[str]]:
        await asyncio.sleep(0.02)
        return await pbx()

    phones = PhoneAddresses(slowly, Clock())
    assert all(await asyncio.gather(*(phones.is_of(f"a{number}", f"192.0.2.{number}") for number in range(20))))
    assert pbx.asked == 1


async def test_guesses_do_not_ask_the_pbx_each_time() -> None:
    """Whoever holds an address of a card and comes from elsewhere makes one question in five seconds at most."""
    clock, pbx = Clock(), Registered(a="192.0.2.1")
    phones = PhoneAddresses(pbx, clock)
    for _ in range(100):
        assert not await phones.is_of("a", "192.0.2.9")
    assert pbx.asked == 1
    clock.now_s += LOOK_AGAIN_S
    assert not await phones.is_of("a", "192.0.2.9")
    assert pbx.asked == 2


async def test_a_phone_that_moves_is_followed() -> None:
    """A new address is known within seconds, and the old one is a stranger's after a minute."""
    clock, pbx = Clock(), Registered(a="192.0.2.1")
    phones = PhoneAddresses(pbx, clock)
    assert await phones.is_of("a", "192.0.2.1")
    pbx.addresses = {"a": frozenset({"192.0.2.7"})}
    clock.now_s += FRESH_S
    assert not await phones.is_of("a", "192.0.2.1")
    assert await phones.is_of("a", "192.0.2.7")


@pytest.mark.parametrize("error", [PbxRefused("no"), TimeoutError(), ConnectionResetError()])
async def test_a_pbx_that_cannot_be_asked_opens_nothing(error: Exception) -> None:
    """What was known holds, what was not stays closed; the log names neither endpoint nor address."""
    clock, pbx = Clock(), Registered(a="192.0.2.1")
    phones = PhoneAddresses(pbx, clock)
    assert await phones.is_of("a", "192.0.2.1")
    pbx.error = error
    clock.now_s += FRESH_S
    with capture_logs() as logged:
        assert await phones.is_of("a", "192.0.2.1")
        assert not await phones.is_of("a", "192.0.2.9")
    assert [line["event"] for line in logged] == ["addresses.unknown"]
    assert "192.0.2" not in str(logged)


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("[2001:db8:0::1]", "2001:db8::1"),
        ("phone.example", "phone.example"),
        ("", ""),
    ],
)
def test_an_address_has_one_spelling(written: str, address: str) -> None:
    """A phone that comes by IPv6's spelling of its IPv4 address is no stranger."""
    assert plain(written) == address


@pytest.mark.parametrize(
    ("checks", "registered", "status"), [(True, "127.0.0.1", 200), (True, "192.0.2.1", 404), (False, "192.0.2.1", 200)]
)
async def test_the_setting_decides(checks: bool, registered: str, status: int) -> None:
    """As `serve` wires it: with the setting the server asks where the phone is registered, without it nobody."""
    floor = DeskPhones()
    await floor.put(Stage.GRANTED, "1001")
    settings = SimpleNamespace(screens=ScreensSection(check_addresses=checks))
    phones = SimpleNamespace(addresses=Registered(**{"1001": registered}))
    service = SimpleNamespace(stop=None, switchboard=SimpleNamespace(contest=None))
    views = _phone_views(cast(Any, settings), cast(Any, service), floor.desk, cast(Any, phones))
    async with (
        TestClient(TestServer(make_app([views], lambda: Readiness(True, {})))) as client,
        client.get(f"/p/y/{floor.token('1001')}") as answer,
    ):
        assert answer.status == status
