"""How to be let in at an Asterisk: addresses, users and passwords as values that never print a password."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from consent.errors import InvalidValue


def _check(**words: str) -> None:
    for name, word in words.items():
        if not word or not word.isprintable():
            raise InvalidValue(f"{name} must be one line of printable characters")


@dataclass(frozen=True, slots=True)
class AriAccess:
    """A user of ari.conf. `url` is the ARI's root, as in http://127.0.0.1:8088/ari.

    Raises:
        InvalidValue: not such an address, a user with a colon (HTTP's basic scheme cannot carry it), or a control
            character anywhere.
    """

    url: str
    user: str
    password: str = field(repr=False)

    def __post_init__(self) -> None:
        _check(url=self.url, user=self.user, password=self.password)
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.username:
            raise InvalidValue("the ARI's url must be http(s)://host:port/ari, without a password in it")
        if ":" in self.user:
            raise InvalidValue("an ARI user has no colon in its name")

    @property
    def authorization(self) -> str:
        """The header's value: never a password in a URL, which proxies and logs keep."""
        return "Basic " + b64encode(f"{self.user}:{self.password}".encode()).decode("ascii")


@dataclass(frozen=True, slots=True)
class AmiAccess:
    """A user of manager.conf, with the place where the AMI listens.

    Raises:
        InvalidValue: an impossible port, or a control character (it would be one more AMI header) anywhere.
    """

    host: str
    port: int
    user: str
    password: str = field(repr=False)

    def __post_init__(self) -> None:
        _check(host=self.host, user=self.user, password=self.password)
        if not 1 <= self.port <= 65535:
            raise InvalidValue(f"not a port: {self.port}")
