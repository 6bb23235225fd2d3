"""How a phone shows its line's password to a PBX that asks (RFC 3261, 22.2; RFC 2617, MD5 with qop=auth). No socket."""

import hashlib
import re
import secrets
from dataclasses import dataclass, field

from tests.lab.phone import sip_wire
from tests.lab.phone.sip_wire import Headers, MalformedMessage, Request, Response

ASKING = {401: ("WWW-Authenticate", "Authorization"), 407: ("Proxy-Authenticate", "Proxy-Authorization")}
_PART = re.compile(r'(\w+)=(?:"([^"]*)"|([^\s,]+))')


@dataclass(frozen=True, slots=True)
class Login:
    """Of one line."""

    username: str
    password: str = field(repr=False)

    def shown(self, request: Request, response: Response, via: str) -> Request:
        """The request again, with the password shown: a new transaction, one CSeq further. Raises MalformedMessage
        where the response asks nothing that we can answer.
        """
        asked, told = ASKING.get(response.status, ("", ""))
        question = next((text for name, text in response.headers.fields if name.lower() == asked.lower()), None)
        if not asked or question is None:
            raise MalformedMessage(f"{response.status} asks for no password")
        parts = {name.lower(): quoted or bare for name, quoted, bare in _PART.findall(question)}
        number = sip_wire.cseq(request).number + 1
        fields = [one for one in request.headers.fields if one[0].lower() not in ("via", "cseq", told.lower())]
        first = [("Via", via), ("CSeq", f"{number} {request.method}"), (told, self._digest(request, parts))]
        return Request(request.method, request.uri, Headers([*first, *fields]), request.body)

    def _digest(self, request: Request, parts: dict[str, str]) -> str:
        realm, nonce, ours = parts.get("realm", ""), parts.get("nonce", ""), secrets.token_hex(8)
        known = _md5(f"{self.username}:{realm}:{self.password}")
        done = _md5(f"{request.method}:{request.uri}")
        proof = (
            f'Digest username="{self.username}", realm="{realm}", nonce="{nonce}", uri="{request.uri}", algorithm=MD5'
        )
        if "qop" not in parts:
            return f'{proof}, response="{_md5(f"{known}:{nonce}:{done}")}"'
        response = _md5(f"{known}:{nonce}:00000001:{ours}:auth:{done}")
        return f'{proof}, response="{response}", qop=auth, nc=00000001, cnonce="{ours}"'


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()  # the algorithm that PBXs ask for
