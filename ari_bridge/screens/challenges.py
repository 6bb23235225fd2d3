"""How we prove to a phone that we know its password. Pure.

Sources: RFC 7616 and RFC 2617 before it (Digest), RFC 7617 (Basic), RFC 9110 section 11 (challenges).
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from ari_bridge.screens.http_push import Proof
from consent.errors import InvalidValue

_WORD: Final = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_PIECE: Final = re.compile(rf"({_WORD})(?:\s*=\s*(?:\"((?:[^\"\\]|\\.)*)\"|({_WORD})))?")
_HASHES: Final[Mapping[str, Callable[[bytes], str]]] = {
    "sha-256": lambda data: hashlib.sha256(data).hexdigest(),
    "md5": lambda data: hashlib.md5(data, usedforsecurity=False).hexdigest(),  # phones know no other
}
"""The stronger first."""
_SESSION: Final = "-sess"
_SCHEMES: Final = ("digest", "basic")


@dataclass(frozen=True, slots=True)
class Challenge:
    """One of the ways in which a phone lets itself be convinced; names in lower case, values without their quotes."""

    scheme: str
    values: Mapping[str, str]

    @property
    def strength(self) -> int | None:
        """Which of two is answered: the lower. None for one that we cannot answer."""
        if not all(value.isprintable() for value in self.values.values()):
            return None
        if self.scheme == "basic":
            return len(_HASHES)
        algorithm = self.values.get("algorithm", "MD5").lower().removesuffix(_SESSION)
        speaks_auth = "qop" not in self.values or "auth" in _words(self.values["qop"])
        if algorithm not in _HASHES or not speaks_auth or not self.values.get("nonce") or "realm" not in self.values:
            return None
        return list(_HASHES).index(algorithm)


@dataclass(frozen=True, slots=True)
class Login:
    """Name and password of a phone's web server.

    Raises:
        InvalidValue: no name, a colon in it, or letters beyond printable ASCII, which phones spell as they like.
    """

    username: str
    password: str = field(repr=False)

    def __post_init__(self) -> None:
        if not self.username or ":" in self.username:
            raise InvalidValue("a user's name has a letter at least, and no colon")
        if not (self.username + self.password).isascii() or not (self.username + self.password).isprintable():
            raise InvalidValue("name and password of a phone are of printable ASCII")


def challenges(headers: Iterable[str]) -> tuple[Challenge, ...]:
    """What stands in the headers WWW-Authenticate of one answer, in order. What is no challenge is passed over."""
    found: list[tuple[str, dict[str, str]]] = []
    for header in headers:
        for piece in _PIECE.finditer(header):
            name, quoted, bare = piece.groups()
            if quoted is None and bare is None:
                found.append((name.lower(), {}))
            elif found:
                value = bare if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
                found[-1][1].setdefault(name.lower(), value)
    return tuple(Challenge(scheme, values) for scheme, values in found if scheme in _SCHEMES)


def chosen(offered: Iterable[Challenge], allowed: Proof) -> Challenge | None:
    """The strongest one that we answer. Basic, which tells the password, only where that is allowed."""
    answerable = [
        (strength, one)
        for one in offered
        if (strength := one.strength) is not None and (one.scheme == "digest" or allowed is Proof.BASIC)
    ]
    return min(answerable, key=lambda pair: pair[0])[1] if answerable else None


def basic(login: Login) -> str:
    """The header Authorization, RFC 7617."""
    return "Basic " + base64.b64encode(f"{login.username}:{login.password}".encode()).decode()


def digest(challenge: Challenge, login: Login, method: str, target: str, count: int, cnonce: str) -> str:
    """The header Authorization, RFC 7616 section 3.4; without `qop` as RFC 2069, which old phones speak.

    `target` is the request's target as sent, `count` how often this nonce has been used, this time included, `cnonce`
    random letters of ours.
    """
    values = challenge.values
    algorithm = values.get("algorithm", "MD5")
    hashed = _HASHES[algorithm.lower().removesuffix(_SESSION)]

    def joined(*parts: str) -> str:
        return hashed(":".join(parts).encode())

    realm, nonce = values["realm"], values["nonce"]
    who = joined(login.username, realm, login.password)
    if algorithm.lower().endswith(_SESSION):
        who = joined(who, nonce, cnonce)
    what = joined(method, target)
    counted = f"{count:08x}"
    told = {"username": login.username, "realm": realm, "nonce": nonce, "uri": target}
    if "qop" in values:
        told["response"] = joined(who, nonce, counted, cnonce, "auth", what)
        told["cnonce"] = cnonce
    else:
        told["response"] = joined(who, nonce, what)
        if algorithm.lower().endswith(_SESSION):
            told["cnonce"] = cnonce
    if "opaque" in values:
        told["opaque"] = values["opaque"]
    bare = {"algorithm": algorithm} if "algorithm" in values else {}
    bare |= {"qop": "auth", "nc": counted} if "qop" in values else {}
    return "Digest " + ", ".join(
        [f'{name}="{_escaped(value)}"' for name, value in told.items()] + [f"{k}={v}" for k, v in bare.items()]
    )


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"')


def _words(listed: str) -> set[str]:
    return {one.strip().lower() for one in listed.split(",")}
