"""Laws of proving that we know a phone's password."""

from __future__ import annotations

import pytest

from ari_bridge.screens.challenges import Challenge, Login, basic, challenges, chosen, digest
from ari_bridge.screens.http_push import Proof
from consent.errors import InvalidValue

RFC_7616 = (
    'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm={}, '
    'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
)
MUFASA = Login("Mufasa", "Circle of Life")


@pytest.mark.parametrize(
    ("algorithm", "response"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_the_example_of_rfc_7616_is_met(algorithm: str, response: str) -> None:
    """RFC 7616, 3.9.1, word for word."""
    (challenge,) = challenges([RFC_7616.format(algorithm)])
    told = digest(challenge, MUFASA, "GET", "/dir/index.html", 1, "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ")
    assert f'response="{response}"' in told
    assert f"algorithm={algorithm}, qop=auth, nc=00000001" in told
    assert 'opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"' in told


def test_the_example_of_rfc_2617_is_met() -> None:
    """RFC 2617, 3.5: no algorithm is named, and none is answered."""
    (challenge,) = challenges(
        ['Digest realm="testrealm@host.com", qop="auth,auth-int", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"']
    )
    told = digest(challenge, Login("Mufasa", "Circle Of Life"), "GET", "/dir/index.html", 1, "0a4f113b")
    assert 'response="6629fae49393a05397450978507c4ef1"' in told
    assert "algorithm" not in told
    assert "opaque" not in told


def test_the_example_of_rfc_7617_is_met() -> None:
    """RFC 7617, section 2."""
    assert basic(Login("Aladdin", "open sesame")) == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="


def test_two_challenges_of_one_header_are_two() -> None:
    """RFC 9110, 11.6.1: a header may hold several, and several headers may come; other schemes are passed over."""
    found = challenges(['Negotiate abc==, Basic realm="a, b", Digest realm="c", nonce="d\\"e"', 'Basic realm="f"'])
    assert found == (
        Challenge("basic", {"realm": "a, b"}),
        Challenge("digest", {"realm": "c", "nonce": 'd"e'}),
        Challenge("basic", {"realm": "f"}),
    )


@pytest.mark.parametrize(
    "header",
    [
        "", "Digest", 'Digest realm="a"', 'Digest nonce="a"', 'Digest realm="a", nonce=""', "Bearer x",
        'Digest realm="a", nonce="b", algorithm=SHA-512-256', 'Digest realm="a", nonce="b", qop="auth-int"',
        'Digest realm="a", nonce="b\x7f"', 'Digest realm="a", nonce="b", opaque="\udc80"', "\x00,,==", '"',
    ],
)  # fmt: skip
def test_what_cannot_be_answered_is_not(header: str) -> None:
    """A broken challenge, or one of a way that we do not know, gets no password."""
    assert chosen(challenges([header]), Proof.BASIC) is None


def test_the_strongest_is_answered() -> None:
    """SHA-256 before MD5 before Basic, whatever comes first; Basic only where it is allowed."""
    weak, strong = (f'Digest realm="a", nonce="b", algorithm={name}' for name in ("MD5", "SHA-256"))
    every = challenges(['Basic realm="a"', weak, strong])
    assert [chosen(every[:kept], Proof.BASIC) for kept in (1, 2, 3)] == list(every)
    assert chosen(every[:1], Proof.DIGEST) is None
    assert chosen(every[:2], Proof.DIGEST) == every[1]


@pytest.mark.parametrize("login", [("", "a"), ("a:b", "c"), ("é", "a"), ("a", "é"), ("a\r\nb", "c"), ("a", "b\n")])
def test_a_login_is_of_letters_that_every_phone_spells_alike(login: tuple[str, str]) -> None:
    """No line's end, no colon in the name, nothing beyond ASCII."""
    with pytest.raises(InvalidValue):
        Login(*login)
