"""How to be let in at a FreeSWITCH: the place and a user, as a value that never prints a password."""

from __future__ import annotations

from dataclasses import dataclass, field

from consent.errors import InvalidValue


@dataclass(frozen=True, slots=True)
class EslAccess:
    """Where the event socket listens, and as whom to come: `user` as in the directory ("ouidire@pbx.example"), with the
    rights that are given there; "" for the socket's own password, which may do everything.

    Raises:
        InvalidValue: an impossible port, a user without a domain, or a control character anywhere.
    """

    host: str
    port: int
    user: str
    password: str = field(repr=False)

    def __post_init__(self) -> None:
        for name, word in (("host", self.host), ("password", self.password)):
            if not word or not word.isprintable():
                raise InvalidValue(f"{name} must be one line of printable characters")
        if not self.user.isprintable() or (self.user and not all(self.user.partition("@"))) or ":" in self.user:
            raise InvalidValue("user is a name with its domain, as in ouidire@pbx.example")
        if not 1 <= self.port <= 65535:
            raise InvalidValue(f"not a port: {self.port}")
