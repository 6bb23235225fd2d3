"""A phone's own password, against the example of RFC 2617 and the lab's own question."""

import re
import secrets

import pytest

from tests.lab.phone.challenge import Challenge
from tests.lab.phone.login import Login
from tests.lab.phone.sip_wire import Headers, MalformedMessage, Request, Response, cseq

_FIELDS = [("Via", "SIP/2.0/UDP h;branch=z9hG4bK1"), ("CSeq", "7 INVITE"), ("From", "<sip:a@h>"), ("To", "<sip:b@h>")]
INVITE = Request("INVITE", "sip:b@h", Headers(_FIELDS), b"v=0")


def asks(status: int, question: str) -> Response:
    """Of a PBX."""
    name = "WWW-Authenticate" if status == 401 else "Proxy-Authenticate"
    return Response(status, "Show it", Headers([(name, question)]))


def test_the_password_is_shown_in_a_new_transaction() -> None:
    """Law: the request comes again one CSeq further with a branch of its own, and its body as it was."""
    again = Login("a", "secret").shown(
        INVITE, asks(407, 'Digest realm="pbx", nonce="n", qop="auth"'), "SIP/2.0/UDP new"
    )
    assert cseq(again) == (8, "INVITE")
    assert again.headers.all("Via") == ["SIP/2.0/UDP new"]
    assert again.body == INVITE.body
    assert again.headers.get("Proxy-Authorization") is not None
    assert "secret" not in repr(again) + repr(Login("a", "secret"))


def test_who_asks_lets_it_in() -> None:
    """Law: the lab's own question without qop takes the right password and no other."""
    challenge = Challenge("a", "secret")
    right = Login("a", "secret").shown(INVITE, asks(401, challenge.header()[1]), "v")
    wrong = Login("a", "guess").shown(INVITE, asks(401, challenge.header()[1]), "v")
    assert challenge.is_met(right)
    assert not challenge.is_met(wrong)


def test_it_reckons_as_the_standard_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """Law: RFC 2617, section 3.5: Mufasa's "Circle Of Life"."""
    monkeypatch.setattr(secrets, "token_hex", lambda _: "0a4f113b")
    request = Request("GET", "/dir/index.html", Headers([("Via", "v"), ("CSeq", "1 GET")]))
    question = 'Digest realm="testrealm@host.com", qop="auth,auth-int", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"'
    shown = Login("Mufasa", "Circle Of Life").shown(request, asks(401, question), "v")
    found = re.search(r'response="(\w+)"', dict(shown.headers.fields)["Authorization"])
    assert found is not None
    assert found[1] == "6629fae49393a05397450978507c4ef1"


def test_what_asks_nothing_is_not_answered() -> None:
    """Law: a refusal without a question is a refusal."""
    for response in (Response(401, "No", Headers()), Response(403, "No", Headers())):
        with pytest.raises(MalformedMessage, match="no password"):
            Login("a", "secret").shown(INVITE, response, "v")
