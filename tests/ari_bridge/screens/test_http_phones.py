"""Laws of sending straight to phones, against a real web server that asks as phones do."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from ari_bridge.screens.challenges import Login
from ari_bridge.screens.http_phone import HttpPhone
from ari_bridge.screens.http_phones import REST_S, HttpPhones, PasswordRefused, PhoneRefused, open_phones
from ari_bridge.screens.http_push import HttpPush, Proof
from tests.ari_bridge.screens.clock import Clock
from tests.ari_bridge.screens.web_phone import PASSWORD, USERNAME, Asks, WebPhone, certified

LOGIN = Login(USERNAME, PASSWORD)
POST = HttpPush.posted("/servlet?push=xml", "text/xml; charset=UTF-8", b"xml=<A/>")
GET = HttpPush("GET", "/minibrowser.htm?url=http%3A%2F%2F192.0.2.1%2Fphone%2Fsnom%2FT")


@asynccontextmanager
async def sending(phone: HttpPhone, clock: Clock | None = None) -> AsyncIterator[HttpPhones]:
    """A sender that knows one phone, of the endpoint 1001."""
    phones = HttpPhones({"1001": phone}, clock or Clock())
    await phones.start()
    try:
        yield phones
    finally:
        await phones.stop()


@pytest.mark.parametrize("push", [POST, GET], ids=["post", "get"])
@pytest.mark.parametrize("qop", [None, "auth", "auth-int, auth"])
@pytest.mark.parametrize("algorithm", [None, "MD5", "MD5-sess", "SHA-256", "SHA-256-sess"])
async def test_digest_convinces_a_phone(algorithm: str | None, qop: str | None, push: HttpPush) -> None:
    """Whatever form of Digest a phone asks for (RFC 2069, 2617, 7616), it takes the very request, once."""
    async with (
        WebPhone(Asks(algorithm=algorithm, qop=qop, opaque='o"')) as phone,
        sending(HttpPhone(phone.origin, LOGIN)) as phones,
    ):
        await phones.push("1001", push)
        (taken,) = phone.taken
        assert (taken.method, taken.target, taken.body) == (push.method, push.path, push.body)
        assert phone.asked == 1


async def test_the_next_card_needs_one_request() -> None:
    """The phone's challenge is answered again with a count that rises, before it asks; a new one is taken up."""
    async with WebPhone(Asks()) as phone, sending(HttpPhone(phone.origin, LOGIN)) as phones:
        for _ in range(3):
            await phones.push("1001", POST)
        assert (len(phone.taken), phone.asked) == (3, 1)
        phone.nonce = "n1"
        await phones.push("1001", POST)
        assert (len(phone.taken), phone.asked) == (4, 2)
        assert phone.counts == ["00000001", "00000002", "00000003", "00000001"]


async def test_the_stronger_way_is_taken_whatever_comes_first() -> None:
    """Where a phone offers Basic before Digest, the password is not told."""
    async with (
        WebPhone(Asks(schemes=("basic", "digest"))) as phone,
        sending(HttpPhone(phone.origin, LOGIN)) as phones,
    ):
        await phones.push("1001", HttpPush("GET", "/", proof=Proof.BASIC))
        assert phone.taken[0].headers["Authorization"].startswith("Digest ")


async def test_the_password_goes_in_clear_where_the_family_knows_nothing_else() -> None:
    """Basic is answered for a family whose guides know only that, and for no other."""
    async with WebPhone(Asks(schemes=("basic",))) as phone:
        async with sending(HttpPhone(phone.origin, LOGIN)) as phones:
            await phones.push("1001", HttpPush("GET", "/", proof=Proof.BASIC))
            await phones.push("1001", HttpPush("GET", "/", proof=Proof.BASIC))
            assert (len(phone.taken), phone.asked) == (2, 1)
        async with sending(HttpPhone(phone.origin, LOGIN)) as phones:
            with pytest.raises(PasswordRefused):
                await phones.push("1001", POST)
        assert len(phone.taken) == 2


async def test_a_phone_that_changed_its_family_does_not_hear_the_password() -> None:
    """What was told in clear to a phone of a family that knows nothing else is not told to one that knows Digest."""
    async with WebPhone(Asks(schemes=("basic",))) as phone, sending(HttpPhone(phone.origin, LOGIN)) as phones:
        await phones.push("1001", HttpPush("GET", "/", proof=Proof.BASIC))
        with pytest.raises(PasswordRefused):
            await phones.push("1001", POST)
        assert (len(phone.taken), phone.asked) == (1, 2)


@pytest.mark.parametrize("login", [Login(USERNAME, "wrong"), Login("nobody", PASSWORD), None])
@pytest.mark.parametrize("scheme", ["digest", "basic"])
async def test_a_refused_password_is_tried_once_in_five_minutes(login: Login | None, scheme: str) -> None:
    """A phone that locks its web server after a few wrong passwords is not locked by us; nothing is shown by it."""
    clock = Clock()
    async with WebPhone(Asks(schemes=(scheme,))) as phone, sending(HttpPhone(phone.origin, login), clock) as phones:
        push = HttpPush("GET", "/", proof=Proof.BASIC)
        for _ in range(4):
            with pytest.raises(PasswordRefused):
                await phones.push("1001", push)
        assert phone.asked == (1 if login is None else 2)
        clock.now_s += REST_S
        with pytest.raises(PasswordRefused):
            await phones.push("1001", push)
        assert phone.asked == (2 if login is None else 4)
        assert phone.taken == []


async def test_a_phone_may_know_us_by_our_address() -> None:
    """Without a name in the settings nothing of a password is sent."""
    async with WebPhone() as phone, sending(HttpPhone(phone.origin)) as phones:
        await phones.push("1001", POST)
        (taken,) = phone.taken
        assert "Authorization" not in taken.headers
        assert "User-Agent" not in taken.headers
        assert taken.headers["Content-Type"] == "text/xml; charset=UTF-8"


async def test_tls_is_pinned(tmp_path: Path) -> None:
    """The phone whose certificate the settings name gets the card, however old that is; another gets no byte of it."""
    tls, fingerprint = certified(tmp_path)
    async with WebPhone(Asks(schemes=("basic",)), tls=tls) as phone:
        async with sending(HttpPhone(phone.origin, LOGIN, fingerprint)) as phones:
            await phones.push("1001", POST)
            assert phone.taken[0].body == POST.body
        async with sending(HttpPhone(phone.origin, LOGIN, bytes(32))) as phones:
            with pytest.raises(aiohttp.ServerFingerprintMismatch):
                await phones.push("1001", POST)
        assert (len(phone.taken), phone.asked) == (1, 1)


@pytest.mark.parametrize("status", [302, 307, 400, 403, 404, 500, 503])
async def test_what_is_no_yes_is_a_no(status: int) -> None:
    """A phone that answers anything but 2xx did not take the card; a redirection is not followed."""
    async with WebPhone(status=status) as phone, sending(HttpPhone(phone.origin)) as phones:
        phone.location = f"{phone.origin}/elsewhere"
        with pytest.raises(PhoneRefused, match=str(status)) as caught:
            await phones.push("1001", POST)
        assert not isinstance(caught.value, PasswordRefused)
        assert len(phone.taken) == 1


@pytest.mark.parametrize("in_pieces", [False, True])
async def test_a_no_may_come_with_200(in_pieces: bool) -> None:
    """Where a family says no in the body, in however many pieces, that is a no; it is nothing to another family."""
    async with (
        WebPhone(answer=b'<CiscoIPPhoneError Number="4"/>', in_pieces=in_pieces) as phone,
        sending(HttpPhone(phone.origin)) as phones,
    ):
        with pytest.raises(PhoneRefused):
            await phones.push("1001", HttpPush("POST", "/CGI/Execute", refusal=b"CiscoIPPhoneError"))
        await phones.push("1001", POST)


async def test_a_long_answer_is_not_read() -> None:
    """A phone, or what stands in its place, cannot fill our memory."""
    async with WebPhone(answer=b"x" * 3_000_000) as phone, sending(HttpPhone(phone.origin)) as phones:
        await phones.push("1001", HttpPush("POST", "/", refusal=b"no"))
        await phones.push("1001", POST)


async def test_a_phone_that_is_not_there_is_an_error() -> None:
    """A closed port is told as what it is."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    async with sending(HttpPhone(f"http://127.0.0.1:{port}")) as phones:
        with pytest.raises(OSError, match=r"127\.0\.0\.1"):
            await phones.push("1001", POST)


async def test_nothing_is_sent_before_the_start_or_after_the_stop() -> None:
    """A stopped sender sends nothing; stopping twice does no harm."""
    async with WebPhone() as phone:
        phones = HttpPhones({"1001": HttpPhone(phone.origin)})
        with pytest.raises(PhoneRefused):
            await phones.push("1001", POST)
        await phones.start()
        await phones.stop()
        await phones.stop()
        with pytest.raises(PhoneRefused):
            await phones.push("1001", POST)
        assert phone.taken == []


async def test_who_gives_up_leaves_no_request_behind() -> None:
    """A delivery that is cut off in its time ends the connection too, and the next one goes through."""
    async with WebPhone() as phone, sending(HttpPhone(phone.origin)) as phones:
        phone.goes_on.clear()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await phones.push("1001", POST)
        phone.goes_on.set()
        await phones.push("1001", POST)


def test_only_the_phones_of_the_settings_are_reached() -> None:
    """An endpoint without a way of its own has none."""
    phones = HttpPhones({"1001": HttpPhone("http://192.0.2.7")})
    assert phones.reaches("1001")
    assert not phones.reaches("1002")


def test_a_password_is_never_printed() -> None:
    """The value's own words name no password."""
    assert PASSWORD not in repr(HttpPhone("http://192.0.2.7", LOGIN)) + str(LOGIN)


async def test_without_phones_nothing_is_opened() -> None:
    """Law: where no phone is named there is no sender; else it lives as long as the stack."""
    async with AsyncExitStack() as stack:
        assert await open_phones({}, stack) is None
        opened = await open_phones({"1001": HttpPhone("http://192.0.2.7")}, stack)
        assert opened is not None
        assert opened.reaches("1001")
