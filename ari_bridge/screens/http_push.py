"""One HTTP request that brings a card straight to a phone. A value; nothing here opens a connection."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Literal

from consent.errors import InvalidValue

_CONTENT_TYPE: Final = "Content-Type"


class Proof(StrEnum):
    """How we may prove to a phone who we are where the way to it is in clear. Over TLS both serve."""

    DIGEST = "digest"
    """The password never leaves us: a phone that asks for it in clear does not get it."""
    BASIC = "basic"
    """The family's guides know nothing else: the password goes in clear."""


@dataclass(frozen=True, slots=True)
class HttpPush:
    """The parts of a request. `path` is the request's target, with its query; it and the body may hold the token.

    Raises:
        InvalidValue: a target or a header that would end its line, or a target that is no path.
    """

    method: Literal["GET", "POST"]
    path: str = field(repr=False)
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    body: bytes = field(default=b"", repr=False)
    proof: Proof = Proof.DIGEST
    refusal: bytes = b""
    """What stands in the body of an answer of 200 that means no; b"" where the status says it all."""

    def __post_init__(self) -> None:
        if not self.path.startswith("/") or not self.path.isascii() or not self.path.isprintable() or " " in self.path:
            raise InvalidValue("the target of a request is a path of printable ASCII")
        if any(not (name + value).isprintable() or not (name + value).isascii() for name, value in self.headers):
            raise InvalidValue("a header of a request is one line of ASCII")

    @staticmethod
    def posted(
        path: str,
        content_type: str,
        body: bytes,
        *headers: tuple[str, str],
        proof: Proof = Proof.DIGEST,
        refusal: bytes = b"",
    ) -> HttpPush:
        """A POST of a body of that type."""
        return HttpPush("POST", path, ((_CONTENT_TYPE, content_type), *headers), body, proof, refusal)
