"""What is sent straight to a phone by HTTP, family by family. Pure.

Sources: Yealink XML Browser Developer's Guide; XML API for Aastra SIP Phones (PA-001011-03-04) and the maker's PHP
classes; Cisco Unified IP Phone Services Application Development Notes (OL-20949-01) and the administration guides of
the SPA300 and 6800 MPP ("CISCO XML EXE Auth Mode"); Snomio's documentation of the minibrowser; Poly's Web Application
Developer Guide, UC Software 5.0.0; Fanvil XML Operation Guide 1.1; OpenStageSDK, `Push`.
"""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final
from urllib.parse import quote, urlencode, urlsplit

from ari_bridge.screens.document import Document, Family, TooLarge
from ari_bridge.screens.http_push import HttpPush, Proof
from ari_bridge.screens.xml_wire import Element, leaf, parent

MAX_CISCO_BYTES: Final = 512
"""Of the object in the field XML."""
MAX_SNOM_URL_CHARACTERS: Final = 255
"""Not in the documentation: that of the strictest family."""
UNIFY_APPLICATION: Final = "ouidire"
"""The name that the XML application has to have on the phone."""
PORTS: Final[Mapping[str, int]] = MappingProxyType({"http": 80, "https": 443})
_FORM: Final = "application/x-www-form-urlencoded"

Way = Callable[[Document, str], HttpPush]
"""What is sent for a card that is drawn already, given the card's own address.

Raises:
    TooLarge: the address is too long for the phone.
"""


def by_http(family: Family) -> Family:
    """The family with its way, where its guides document one. A card that cannot be drawn is not announced either."""
    way = WAYS.get(family.name)
    if way is None:
        return family
    return replace(family, http=lambda card, url: way(family.render(card, url), url))


def _yealink(card: Document, url: str) -> HttpPush:
    """The whole card; `xml=` and what follows it are not percent-encoded."""
    del url
    return HttpPush.posted("/servlet?push=xml", card.content_type, b"xml=" + card.body)


def _mitel(card: Document, url: str) -> HttpPush:
    """The whole card. The phone has no password for it: it knows its senders by their address."""
    referer = urlsplit(url).hostname or ""
    return HttpPush.posted("/", card.content_type, b"xml=" + card.body, ("Referer", referer))


def _fanvil(card: Document, url: str) -> HttpPush:
    """The whole card, bare."""
    del url
    return HttpPush.posted("/xmlService", card.content_type, card.body, proof=Proof.BASIC)


def _cisco(card: Document, url: str) -> HttpPush:
    """The card's address, to be opened at once even in a call. MPP and SPA phones ask for Digest."""
    del card
    return _executed(url, Proof.DIGEST)


def _cisco_cucm(card: Document, url: str) -> HttpPush:
    """The same. Phones with the firmware of Cisco's own call manager know Basic only."""
    del card
    return _executed(url, Proof.BASIC)


def _executed(url: str, proof: Proof) -> HttpPush:
    root = Element("CiscoIPPhoneExecute")
    parent(root, "ExecuteItem", Priority="0", URL=url)
    written = ElementTree.tostring(root)
    if len(written) > MAX_CISCO_BYTES:
        raise TooLarge(f"a push of {len(written)} bytes, the phone takes {MAX_CISCO_BYTES}")
    body = urlencode({"XML": written.decode()}).encode()
    return HttpPush.posted("/CGI/Execute", _FORM, body, proof=proof, refusal=b"CiscoIPPhoneError")


def _snom(card: Document, url: str) -> HttpPush:
    """The card's address, for the minibrowser to open."""
    del card
    if len(url) > MAX_SNOM_URL_CHARACTERS:
        raise TooLarge(f"an address of {len(url)} characters, we send {MAX_SNOM_URL_CHARACTERS}")
    return HttpPush("GET", f"/minibrowser.htm?url={quote(url, safe='')}")


def _poly(card: Document, url: str) -> HttpPush:
    """The card's path, which the phone sets behind its apps.push.serverRootURL; in a call it takes only Critical."""
    del card
    root = Element("PolycomIPPhone")
    leaf(root, "URL", urlsplit(url).path).set("priority", "Critical")
    return HttpPush.posted("/push", "application/x-com-polycom-spipx", ElementTree.tostring(root))


def _unify(card: Document, url: str) -> HttpPush:
    """Wakes the application that has our name on the phone: to the front, unless the agent has another one open."""
    del card
    address = urlsplit(url)
    form = {
        "ServerAddr": address.hostname or "",
        "ServerPort": str(address.port or PORTS[address.scheme]),
        "ProgramName": address.path,
        "RequestType": "active",
        "MidletName": UNIFY_APPLICATION,
        "ServerProtocol": address.scheme,
        "ServerContextKey": "",
        "ServerContextValue": "",
    }
    return HttpPush.posted("/server_push.html/ServerPush", _FORM, urlencode(form).encode())


WAYS: Final[Mapping[str, Way]] = MappingProxyType(
    {
        "yealink": _yealink,
        "mitel": _mitel,
        "snom": _snom,
        "cisco": _cisco,
        "cisco-cucm": _cisco_cucm,
        "poly": _poly,
        "fanvil": _fanvil,
        "unify": _unify,
    }
)
