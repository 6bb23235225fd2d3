"""A phone that is reached by HTTP: where it is, and how it knows us. A value; nothing here opens a connection."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from ari_bridge.screens.challenges import Login
from consent.errors import InvalidValue


@dataclass(frozen=True, slots=True)
class HttpPhone:
    """A phone that is reached at `origin`, `http://` or `https://` with host and port and nothing else.

    `fingerprint` is the SHA-256 of its certificate (32 bytes), b"" for a phone in clear. `login` is None for one that
    knows us by our address.

    Raises:
        InvalidValue: no such origin; TLS without a fingerprint, or the other way round.
    """

    origin: str
    login: Login | None = None
    fingerprint: bytes = b""

    def __post_init__(self) -> None:
        parts = urlsplit(self.origin)
        if parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc:
            raise InvalidValue("a phone's origin is http:// or https:// with a host")
        if parts.path or parts.query or parts.fragment:
            raise InvalidValue("a phone's origin has no path")
        if (parts.scheme == "https") is not (len(self.fingerprint) == 32):
            raise InvalidValue("TLS and the fingerprint of the phone's certificate go together")

    def is_at(self, address: str) -> bool:
        """Whether that is its IP address, in whatever spelling."""
        try:
            ours, theirs = (ip_address(one) for one in (urlsplit(self.origin).hostname or "", address))
        except ValueError:
            return False
        return ours == (getattr(theirs, "ipv4_mapped", None) or theirs)
