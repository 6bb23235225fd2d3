"""Which family each endpoint's phone is of."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping

import pytest
from structlog.testing import capture_logs

from ari_bridge.pbx.port import PbxRefused
from ari_bridge.run import phone_families
from ari_bridge.run.phone_families import PhoneFamilies
from ari_bridge.run.sections import Family, ScreensSection

YEALINK, SNOM, SOFT = "Yealink SIP-T46S 66.86.0.15", "snomD785/10.1.54.13", "Zoiper v2.10.20"
AUTO = ScreensSection(default_family=Family.AUTO, families={"1009": Family.CISCO, "1010": Family.NONE})


class Registered:
    """The user agents of a PBX, which may refuse to tell them."""

    def __init__(self, agents: Mapping[str, tuple[str, ...]]) -> None:
        self.agents = agents
        self.error: Exception | None = None
        self.asked = 0

    async def user_agents(self) -> Mapping[str, tuple[str, ...]]:
        """As `AsteriskPhones.user_agents`."""
        self.asked += 1
        if self.error is not None:
            raise self.error
        return self.agents


async def test_a_phone_is_of_the_family_that_it_names() -> None:
    """Law: before the first look nothing is known; then a desk phone has its family, a softphone none."""
    pbx = Registered({"1001": (YEALINK,), "1002": (SOFT,), "1003": (SOFT, YEALINK)})
    families = PhoneFamilies(AUTO.family_of, pbx.user_agents)
    assert families.family_of("1001") == "none"
    await families.look()
    assert [families.family_of(one) for one in ("1001", "1002", "1003", "1004")] == [
        "yealink", "none", "yealink", "none",
    ]  # fmt: skip


async def test_the_settings_come_first() -> None:
    """Law: what a person wrote for an endpoint holds, whatever its phone calls itself; none is a word too."""
    pbx = Registered({"1009": (YEALINK,), "1010": (YEALINK,)})
    families = PhoneFamilies(AUTO.family_of, pbx.user_agents)
    await families.look()
    assert (families.family_of("1009"), families.family_of("1010")) == ("cisco", "none")


async def test_two_makers_on_one_endpoint_get_no_document() -> None:
    """Law: a NOTIFY reaches every contact of an endpoint: no phone is sent another maker's document by guess."""
    families = PhoneFamilies(AUTO.family_of, Registered({"1001": (YEALINK, SNOM)}).user_agents)
    await families.look()
    assert families.family_of("1001") == "none"


@pytest.mark.parametrize("error", [PbxRefused("no"), TimeoutError(), OSError()])
async def test_a_pbx_that_does_not_answer_changes_nothing(error: Exception) -> None:
    """Law: what was known stays known while the PBX is away, and the service goes on."""
    pbx = Registered({"1001": (YEALINK,)})
    families = PhoneFamilies(AUTO.family_of, pbx.user_agents)
    await families.look()
    pbx.error = error
    await families.look()
    assert families.family_of("1001") == "yealink"


async def test_it_looks_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Law: a phone that was exchanged is known by its new name without a restart."""
    monkeypatch.setattr(phone_families, "LOOK_EVERY_S", 0.0)
    pbx = Registered({"1001": (SOFT,)})
    families = PhoneFamilies(AUTO.family_of, pbx.user_agents)
    watch = asyncio.ensure_future(families.watch())
    while pbx.asked < 2:
        await asyncio.sleep(0)
    pbx.agents = {"1001": (YEALINK,)}
    for _ in range(10):
        await asyncio.sleep(0)
    assert families.family_of("1001") == "yealink"
    watch.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await watch


async def test_a_phone_that_registered_a_moment_ago_is_looked_for_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Law: an agent's first call after registering shows its card, not a minute later; an endpoint that has no desk
    phone is looked for once, not with each of its calls, and one that the settings name never.
    """
    monkeypatch.setattr(phone_families, "LOOK_AT_MOST_EVERY_S", 0.0)
    pbx = Registered({})
    families = PhoneFamilies(AUTO.family_of, pbx.user_agents)
    watch = asyncio.ensure_future(families.watch())
    await _turns()
    pbx.agents = {"1001": (YEALINK,)}
    assert [families.family_of(one) for one in ("1001", "1004", "1009", "1010")] == ["none", "none", "cisco", "none"]
    await _turns()
    assert families.family_of("1001") == "yealink"
    assert pbx.asked == 2
    assert families.family_of("1004") == "none"
    await _turns()
    assert pbx.asked == 2
    watch.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await watch


async def test_a_pbx_that_was_not_there_yet_is_asked_again_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Law: a service that starts before its PBX knows the phones moments after that is there, with one warning."""
    monkeypatch.setattr(phone_families, "LOOK_AT_MOST_EVERY_S", 0.0)
    pbx = Registered({"1001": (YEALINK,)})
    pbx.error = TimeoutError()
    families = PhoneFamilies(AUTO.family_of, pbx.user_agents)
    with capture_logs() as logs:
        watch = asyncio.ensure_future(families.watch())
        await _turns()
        pbx.error = None
        await _turns()
    assert families.family_of("1001") == "yealink"
    assert [line["log_level"] for line in logs].count("warning") == 1
    asked = pbx.asked
    await _turns()
    assert pbx.asked == asked
    watch.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await watch


async def _turns() -> None:
    for _ in range(10):
        await asyncio.sleep(0)
