"""Laws of the addresses that stay."""

from __future__ import annotations

from aiohttp.test_utils import TestClient, TestServer

from ari_bridge.calls.board import Stage
from ari_bridge.cli.phones.seen import seen
from ari_bridge.screens.document import Document
from ari_bridge.screens.idle import NO_CALL
from ari_bridge.screens.push import Pusher
from ari_bridge.screens.tokens import Tokens
from ari_bridge.web.app import Readiness, make_app
from ari_bridge.web.desk import Desk
from ari_bridge.web.phone_views import PhoneViews
from ari_bridge.web.standing import Standing, digest, new_secret
from tests.ari_bridge.web.desk_phones import DeskPhones

FAMILY_OF = {"1001": "yealink", "1003": "grandstream", "1004": "unify", "1005": "none"}


class StandingPhones(DeskPhones):
    """Two phones that only fetch, each with its address, beside one that is pushed to."""

    def __init__(self) -> None:
        super().__init__()
        (self.third, third), (self.fourth, fourth), (self.fifth, fifth) = new_secret(), new_secret(), new_secret()
        digests = {"1003": third, "1004": fourth, "1005": fifth}

        def family_of(endpoint: str) -> str:
            return FAMILY_OF.get(endpoint, "none")

        self.tokens = Tokens(self.clock)
        standing = Standing(digests, self.tokens, family_of, "fr")
        self.desk = Desk(
            family_of, "http://192.0.2.10:8480", Pusher(self, self.clock), self.tokens, self.board.view, standing
        )
        self.board.watch(self.desk.changed)

    def shown(self, family: str, secret: str) -> str:
        """What stands on the screen at an address."""
        ticket = self.desk.find(family, secret)
        assert ticket is not None
        return text_of(self.desk.page(ticket))


def text_of(document: Document) -> str:
    """The lines of a document's screen."""
    return " ".join(seen(document.body).lines)


def test_a_secret_is_kept_as_its_digest_alone() -> None:
    """128 bits anew each time; what the settings hold opens nothing."""
    secret, sha256 = new_secret()
    assert secret != new_secret()[0]
    assert len(secret) >= 22
    assert sha256 == digest(secret)
    phones = StandingPhones()
    assert phones.desk.find("grandstream", digest(phones.third)) is None


async def test_the_same_address_shows_each_call_of_its_phone() -> None:
    """Between calls it says so, in the language of the house; in a call it shows that call, and after it none."""
    phones = StandingPhones()
    assert NO_CALL["fr"] in phones.shown("grandstream", phones.third)
    for call_id in ("c1", "c2"):
        await phones.put(Stage.GRANTED, "1003", call_id=call_id)
        assert "Consent: granted." in phones.shown("grandstream", phones.third)
        assert "rather tense" in phones.shown("grandstream", phones.third)
        await phones.put(Stage.ENDED, "1003", call_id=call_id)
        assert NO_CALL["fr"] in phones.shown("grandstream", phones.third)


async def test_an_address_shows_no_call_of_another_phone() -> None:
    """Another phone's call is not shown, nor is a call that was handed on."""
    phones = StandingPhones()
    await phones.put(Stage.GRANTED, "1003")
    assert NO_CALL["fr"] in phones.shown("unify", phones.fourth)
    await phones.put(Stage.GRANTED, "1004")
    assert "Consent" in phones.shown("unify", phones.fourth)
    assert "granted" not in phones.shown("grandstream", phones.third)


async def test_keys_stay_below_the_address_that_stays() -> None:
    """The phone is never led to the call's own token, which dies with the call."""
    phones = StandingPhones()
    await phones.put(Stage.GRANTED, "1003")
    ticket = phones.desk.find("grandstream", phones.third)
    assert ticket is not None
    body = phones.desk.page(ticket).body.decode()
    assert f"/p/g/{phones.third}/stop" in body
    assert ticket.token not in body


async def test_wrong_secrets_and_other_families_are_not_found() -> None:
    """A guess, an address under another family's name, one of a phone without a screen: 404, all alike, counted."""
    phones = StandingPhones()
    stopped: list[str] = []

    async def stop(call_id: str) -> None:
        stopped.append(call_id)

    views = PhoneViews(phones.desk, stop, lambda call_id: False)
    async with TestClient(TestServer(make_app([views], lambda: Readiness(True, {})))) as client:
        wrong = ("g/AAAAAAAAAAAAAAAAAAAAAA", f"y/{phones.third}", f"none/{phones.fifth}")
        assert [(await client.get(f"/p/{one}")).status for one in wrong] == [404, 404, 404]
        assert views.stats().not_found == 3
        assert (await client.get(f"/p/g/{phones.third}/stop")).status == 200
        assert stopped == []
        await phones.put(Stage.GRANTED, "1003")
        assert (await client.get(f"/p/g/{phones.third}/stop")).status == 200
        assert stopped == ["c1"]
