"""Laws of what is sent to each family by HTTP."""

from __future__ import annotations

import random
import xml.etree.ElementTree as ElementTree
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from ari_bridge.screens.card import CardState
from ari_bridge.screens.document import TooLarge
from ari_bridge.screens.families import FAMILIES
from ari_bridge.screens.http_push import HttpPush, Proof
from ari_bridge.screens.http_ways import WAYS, by_http
from ari_bridge.screens.wording import card_of
from tests.ari_bridge.screens import hostile

URL = "https://192.0.2.10:8480/p/{}/SECRETSECRETSECRETSECR"
LONG = "https://192.0.2.10:8480/" + "x" * 500
CARD = card_of(CardState.GRANTED, language="fr")
FORM = (("Content-Type", "application/x-www-form-urlencoded"),)


def _push(family: str, url: str | None = None) -> HttpPush:
    http = FAMILIES[family].http
    assert http is not None
    return http(CARD, url or _url(family))


def _url(family: str) -> str:
    return URL.format(FAMILIES[family].code)


def test_the_families_whose_guides_document_a_push_have_a_way() -> None:
    """Grandstream's guide knows none, so it has none; a family of ours that is named here has its way."""
    ways = {name for name, family in FAMILIES.items() if family.http is not None}
    assert ways == set(FAMILIES) - {"grandstream"}
    assert ways <= set(WAYS)
    assert by_http(FAMILIES["grandstream"]) is FAMILIES["grandstream"]


def test_yealink_gets_the_card_behind_its_field() -> None:
    """The whole card as it would be fetched, bare behind `xml=`."""
    push, drawn = _push("yealink"), FAMILIES["yealink"].render(CARD, _url("yealink"))
    assert (push.method, push.path, push.headers) == (
        "POST", "/servlet?push=xml", (("Content-Type", "text/xml; charset=UTF-8"),),
    )  # fmt: skip
    assert push.body == b"xml=" + drawn.body
    assert push.proof is Proof.DIGEST


def test_mitel_gets_the_card_and_who_sends_it() -> None:
    """The whole card; the header that names us holds our address and not the token."""
    push, drawn = _push("mitel"), FAMILIES["mitel"].render(CARD, _url("mitel"))
    assert (push.method, push.path, push.body) == ("POST", "/", b"xml=" + drawn.body)
    assert push.headers == (("Content-Type", "text/xml; charset=UTF-8"), ("Referer", "192.0.2.10"))


def test_fanvil_gets_the_bare_card() -> None:
    """The whole card without a field, with the password in clear where the phone asks for it so."""
    push = _push("fanvil")
    assert (push.method, push.path, push.proof) == ("POST", "/xmlService", Proof.BASIC)
    assert ElementTree.fromstring(push.body).tag == "FanvilIPPhoneText"


@pytest.mark.parametrize(("family", "proof"), [("cisco", Proof.DIGEST), ("cisco-cucm", Proof.BASIC)])
def test_cisco_gets_the_address_at_once(family: str, proof: Proof) -> None:
    """An object of at most 512 bytes in the field XML, opened in a call too; Basic for those that know no other."""
    push = _push(family)
    assert (push.method, push.path, push.headers, push.proof) == ("POST", "/CGI/Execute", FORM, proof)
    (written,) = parse_qs(push.body.decode(), strict_parsing=True)["XML"]
    (item,) = ElementTree.fromstring(written)
    assert item.attrib == {"Priority": "0", "URL": _url(family)}
    assert len(written.encode()) <= 512
    assert push.refusal == b"CiscoIPPhoneError"


def test_snom_is_told_what_to_open() -> None:
    """The address percent-encoded as a whole, so that nothing of it is read as the phone's own."""
    push = _push("snom")
    assert (push.method, push.body) == ("GET", b"")
    path, _, url = push.path.partition("=")
    assert path == "/minibrowser.htm?url"
    assert (unquote(url), set(url) & set(":/?&=")) == (_url("snom"), set())


def test_poly_gets_the_path_as_critical() -> None:
    """The phone puts its own server's root before the path, and shows in a call only what is critical."""
    push = _push("poly")
    assert (push.path, push.headers) == ("/push", (("Content-Type", "application/x-com-polycom-spipx"),))
    (url,) = ElementTree.fromstring(push.body)
    assert (url.tag, url.text, url.attrib) == (
        "URL", "/p/p/SECRETSECRETSECRETSECR", {"priority": "Critical"},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("root", "scheme", "port"),
    [
        ("http://192.0.2.10", "http", "80"),
        ("https://192.0.2.10", "https", "443"),
        ("http://192.0.2.10:81", "http", "81"),
    ],
)
def test_unify_is_woken(root: str, scheme: str, port: str) -> None:
    """The application that has our name on the phone is opened, unless the agent has another one open."""
    push = _push("unify", f"{root}/p/u/T")
    assert (push.method, push.path, push.headers) == ("POST", "/server_push.html/ServerPush", FORM)
    form = {name: value for name, (value,) in parse_qs(push.body.decode(), keep_blank_values=True).items()}
    assert form == {
        "ServerAddr": urlsplit(root).hostname, "ServerPort": port, "ProgramName": "/p/u/T",
        "RequestType": "active", "MidletName": "ouidire", "ServerProtocol": scheme, "ServerContextKey": "",
        "ServerContextValue": "",
    }  # fmt: skip


@pytest.mark.parametrize("family", ["cisco", "cisco-cucm", "snom", "poly"])
def test_an_address_that_the_phone_would_cut_is_not_sent(family: str) -> None:
    """A phone is told no address that it cannot open."""
    with pytest.raises(TooLarge):
        _push(family, LONG)


@pytest.mark.parametrize("family", ["yealink", "mitel", "fanvil"])
def test_what_is_sent_whole_keeps_the_letters(family: str) -> None:
    """Accents of the card arrive in the letters that the type names."""
    text = "".join(ElementTree.fromstring(_push(family).body.removeprefix(b"xml=")).itertext())
    assert CARD.consent in text


@pytest.mark.parametrize("family", sorted(set(FAMILIES) - {"grandstream"}))
def test_no_card_breaks_out_of_its_request(family: str) -> None:
    """Of 2,000 hostile cards each makes one request to the family's own target, with headers that no card can change;
    a body of XML is one document, a form holds the family's fields and no other.
    """
    chance, http = random.Random(7), FAMILIES[family].http
    assert http is not None
    usual = http(CARD, _url(family))
    for _ in range(2000):
        push = http(hostile.card(chance), _url(family))
        assert (push.method, push.path, push.headers) == (usual.method, usual.path, usual.headers)
        if push.headers == FORM:
            assert push.body == usual.body
        elif push.body:
            ElementTree.fromstring(push.body.removeprefix(b"xml="))
