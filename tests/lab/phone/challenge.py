"""A phone that takes no request without its line's password (RFC 3261, 22.2; RFC 2617, MD5 without qop). No socket."""

import hashlib
import re
import secrets
from dataclasses import dataclass, field

from tests.lab.phone.sip_wire import Request

REALM = "lab phone"
_PART = re.compile(r'(\w+)=(?:"([^"]*)"|([^\s,]+))')


@dataclass(slots=True)
class Challenge:
    """Of one phone. `asked` counts the requests that showed no password, `failed` those that showed a wrong one."""

    username: str
    password: str
    nonce: str = field(default_factory=lambda: secrets.token_hex(8))
    asked: int = 0
    failed: int = 0

    def header(self) -> tuple[str, str]:
        """The question."""
        return "WWW-Authenticate", f'Digest realm="{REALM}", nonce="{self.nonce}", algorithm=MD5'

    def is_met(self, request: Request) -> bool:
        """Whether the request shows the password; counted where it does not."""
        told = [one for name, one in request.headers.fields if name.lower() == "authorization"]
        if not told:
            self.asked += 1
            return False
        parts = {name: quoted or bare for name, quoted, bare in _PART.findall(told[0])}
        known = _md5(f"{self.username}:{REALM}:{self.password}")
        wanted = _md5(f"{known}:{self.nonce}:{_md5(f'{request.method}:{request.uri}')}")
        if parts.get("response") == wanted and parts.get("username") == self.username:
            return True
        self.failed += 1
        return False


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()  # the algorithm that such phones know
