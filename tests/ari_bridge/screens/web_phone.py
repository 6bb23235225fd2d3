"""The web server of a desk phone, which a test lets ask for its password in the ways in which phones do."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

USERNAME, PASSWORD, REALM = "push", 'se"cr\\et', 'PUSH "Authentication"'


@dataclass(frozen=True, slots=True)
class Taken:
    """A request as the phone read it."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class Asks:
    """How the phone asks: `schemes` in the order of its headers; `algorithm` and `qop` None where it names none."""

    schemes: tuple[str, ...] = ("digest",)
    algorithm: str | None = "MD5"
    qop: str | None = "auth"
    opaque: str | None = None

    def headers(self, nonce: str) -> list[str]:
        """The headers WWW-Authenticate."""
        return [f'Basic realm="{_quoted(REALM)}"' if one == "basic" else self._digest(nonce) for one in self.schemes]

    def _digest(self, nonce: str) -> str:
        quoted = {"realm": REALM, "nonce": nonce, "qop": self.qop, "opaque": self.opaque}
        told = [f'{name}="{_quoted(value)}"' for name, value in quoted.items() if value is not None]
        return "Digest " + ", ".join([*told, *([f"algorithm={self.algorithm}"] if self.algorithm else [])])

    def is_proof(self, told: str, method: str, target: str, nonce: str) -> bool:
        """Whether a header Authorization shows the password, computed here as RFC 2617 and RFC 7616 write it."""
        scheme, _, rest = told.partition(" ")
        if scheme == "Basic" and "basic" in self.schemes:
            return base64.b64decode(rest).decode() == f"{USERNAME}:{PASSWORD}"
        if scheme != "Digest" or "digest" not in self.schemes:
            return False
        pairs = re.findall(r'(\w+)=(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))', rest)
        got = {name: re.sub(r"\\(.)", r"\1", quoted) or bare for name, quoted, bare in pairs}
        name = (self.algorithm or "MD5").removesuffix("-sess").replace("-", "").lower()

        def h(data: str) -> str:
            return hashlib.new(name, data.encode()).hexdigest()

        ha1 = h(f"{USERNAME}:{REALM}:{PASSWORD}")
        if (self.algorithm or "").endswith("-sess"):
            ha1 = h(f"{ha1}:{nonce}:{got['cnonce']}")
        ha2 = h(f"{method}:{target}")
        tail = f"{got['nc']}:{got['cnonce']}:{got['qop']}:{ha2}" if self.qop else ha2
        said = {"username": USERNAME, "realm": REALM, "nonce": nonce, "uri": target, "opaque": self.opaque}
        said |= {"algorithm": self.algorithm, "qop": "auth" if self.qop else None}
        return got["response"] == h(f"{ha1}:{nonce}:{tail}") and all(got.get(k) == v for k, v in said.items())


@dataclass(slots=True)
class WebPhone:
    """A real HTTP server on loopback, with or without TLS. `taken` holds what it took, `asked` counts its 401s."""

    asks: Asks | None = None
    tls: ssl.SSLContext | None = None
    status: int = 200
    answer: bytes = b""
    in_pieces: bool = False
    location: str = ""
    taken: list[Taken] = field(default_factory=list)
    asked: int = 0
    most_at_once: int = 0
    counts: list[str] = field(default_factory=list)
    goes_on: asyncio.Event = field(default_factory=asyncio.Event)
    nonce: str = "n0"
    _at_once: int = 0
    _runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        self.goes_on.set()
        self._runner = web.AppRunner(_app(self), access_log=None, shutdown_timeout=0.1, handler_cancellation=True)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0, ssl_context=self.tls).start()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.goes_on.set()
        if self._runner is not None:
            await self._runner.cleanup()

    @property
    def origin(self) -> str:
        """Where it listens."""
        if self._runner is None:
            raise RuntimeError("it does not listen")
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self._runner.addresses[0][1]}"

    async def handle(self, request: web.Request) -> web.Response:
        """Ask for the password, wait where it is slow, take the request."""
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            return await self._handled(request)
        finally:
            self._at_once -= 1

    async def _handled(self, request: web.Request) -> web.Response:
        body = await request.read()
        told = request.headers.get("Authorization", "")
        if self.asks is not None and not self.asks.is_proof(told, request.method, request.raw_path, self.nonce):
            self.asked += 1
            refused = web.Response(status=401)
            for header in self.asks.headers(self.nonce):
                refused.headers.add("WWW-Authenticate", header)
            return refused
        self.counts += re.findall(r"nc=(\w+)", told)
        await self.goes_on.wait()
        self.taken.append(Taken(request.method, request.raw_path, dict(request.headers), body))
        headers = {"Location": self.location} if self.location else {}
        held: AsyncIterator[bytes] | bytes = _in_pieces(self.answer) if self.in_pieces else self.answer
        return web.Response(status=self.status, body=held, headers=headers)


def certified(folder: Path) -> tuple[ssl.SSLContext, bytes]:
    """TLS with a certificate that the phone signed itself, as phones do; and its SHA-256."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "SEP001122334455")])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    dated = made.serial_number(1).not_valid_before(now - timedelta(days=9)).not_valid_after(now - timedelta(days=1))
    certificate = dated.sign(key, SHA256())
    file = folder / "phone.pem"
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(secret + certificate.public_bytes(Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context, certificate.fingerprint(SHA256())


async def _in_pieces(answer: bytes) -> AsyncIterator[bytes]:
    for octet in answer:
        yield bytes([octet])
        await asyncio.sleep(0)


def _app(phone: WebPhone) -> web.Application:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", phone.handle)
    return app


def _quoted(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"')
