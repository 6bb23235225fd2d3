"""Cards sent straight to phones by HTTP: to the addresses that the settings name, and nowhere else."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Final

import aiohttp
from yarl import URL

from ari_bridge.screens.challenges import Challenge, basic, challenges, chosen, digest
from ari_bridge.screens.http_phone import HttpPhone
from ari_bridge.screens.http_push import HttpPush, Proof
from consent.errors import OuidireError

REST_S: Final = 300.0
"""A phone that did not take our password is left alone for so long: many lock their web server after a few."""
MOST_READ_BYTES: Final = 4096
"""Of an answer whose body may say no."""
_UNAUTHORIZED: Final = 401


class PhoneRefused(OuidireError):
    """The phone did not take a request. The message names no address: it holds the card's token."""


class PasswordRefused(PhoneRefused):
    """The phone did not take our password, or asks for it in a way in which it does not get it."""


@dataclass(slots=True)
class _Line:
    """What is known of one phone: its newest challenge, how often it was answered, until when it is left alone."""

    phone: HttpPhone
    challenge: Challenge | None = None
    count: int = 0
    rests_until_s: float = field(default=float("-inf"))

    def authorization(self, push: HttpPush) -> dict[str, str]:
        """The header that answers the newest challenge, before the phone has to ask again."""
        if self.challenge is None or self.phone.login is None:
            return {}
        if self.challenge.scheme == "basic":
            return {"Authorization": basic(self.phone.login)} if self._allowed(push) is Proof.BASIC else {}
        self.count += 1
        answer = digest(self.challenge, self.phone.login, push.method, push.path, self.count, secrets.token_urlsafe(12))
        return {"Authorization": answer}

    def learn(self, offered: tuple[Challenge, ...], push: HttpPush) -> bool:
        """Take up what the phone asks for; False where that cannot be answered."""
        self.challenge = chosen(offered, self._allowed(push))
        self.count = 0
        return self.challenge is not None and self.phone.login is not None

    def _allowed(self, push: HttpPush) -> Proof:
        """Over TLS the password may be told to the phone whose certificate it is."""
        return Proof.BASIC if self.phone.fingerprint else push.proof


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    says_no: bool
    challenges: tuple[Challenge, ...]


class HttpPhones:
    """The phones that the settings name, by endpoint. `clock` gives steady seconds.

    Who pushes sees to it that one request at a time goes to a phone, and to the time that it may take.
    """

    def __init__(self, phones: Mapping[str, HttpPhone], clock: Callable[[], float] = time.monotonic) -> None:
        self._lines = {endpoint: _Line(phone) for endpoint, phone in phones.items()}
        self._clock = clock
        self._session: aiohttp.ClientSession | None = None

    async def start(self) -> None:
        """Ready to send. No connection is opened, kept between two cards, or shared; no proxy and no cookie is used."""
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(force_close=True, limit=0, use_dns_cache=False),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
            skip_auto_headers=("User-Agent", "Accept-Encoding"),
        )

    async def stop(self) -> None:
        """Close what is open."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def reaches(self, endpoint: str) -> bool:
        """Whether the settings name a way to that endpoint's phone."""
        return endpoint in self._lines

    async def push(self, endpoint: str, push: HttpPush) -> None:
        """Send a request to the phone of `endpoint`; returning means that the phone took it, never "displayed".

        Raises:
            PhoneRefused: an answer that says no, or a redirection, which is never followed.
            PasswordRefused: it did not take the password; for 300 s it is not asked again.
            OSError, aiohttp.ClientError: it cannot be reached, or its certificate is not the one in the settings.
        """
        line = self._lines[endpoint]
        if self._clock() < line.rests_until_s:
            raise PasswordRefused("the phone is left alone, since it did not take the password")
        answer = await self._ask(line.phone, push, line.authorization(push))
        if answer.status == _UNAUTHORIZED and line.learn(answer.challenges, push):
            answer = await self._ask(line.phone, push, line.authorization(push))
        if answer.status == _UNAUTHORIZED:
            line.challenge, line.rests_until_s = None, self._clock() + REST_S
            raise PasswordRefused("the phone did not take the password, or would have it in clear")
        if not 200 <= answer.status < 300 or answer.says_no:
            raise PhoneRefused(f"the phone answered {answer.status}{' and means no' * answer.says_no}")

    async def _ask(self, phone: HttpPhone, push: HttpPush, authorization: Mapping[str, str]) -> _Answer:
        if self._session is None:
            raise PhoneRefused("nothing is sent before the start or after the stop")
        async with self._session.request(
            push.method,
            URL(phone.origin + push.path, encoded=True),  # the phone computes its digest over what is sent
            data=push.body or None,
            headers={**dict(push.headers), **authorization},
            ssl=aiohttp.Fingerprint(phone.fingerprint) if phone.fingerprint else True,
            allow_redirects=False,
        ) as response:
            says_no = bool(push.refusal) and push.refusal in await _start_of(response)
            return _Answer(response.status, says_no, challenges(response.headers.getall("WWW-Authenticate", ())))


async def _start_of(response: aiohttp.ClientResponse) -> bytes:
    try:
        return await response.content.readexactly(MOST_READ_BYTES)
    except asyncio.IncompleteReadError as shorter:
        return shorter.partial


async def open_phones(phones: Mapping[str, HttpPhone], stack: AsyncExitStack) -> HttpPhones | None:
    """What sends to them until the stack is left; None where there are none."""
    if not phones:
        return None
    direct = HttpPhones(phones)
    await direct.start()
    stack.push_async_callback(direct.stop)
    return direct
