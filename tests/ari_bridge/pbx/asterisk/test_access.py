"""Access values."""

import base64

import pytest

from ari_bridge.pbx.asterisk.access import AmiAccess, AriAccess
from consent.errors import InvalidValue

URL = "http://127.0.0.1:8088/ari"


def test_a_password_is_never_printed() -> None:
    """Law: neither logs nor tracebacks that print a value show its password."""
    assert "geheim" not in repr(AriAccess(URL, "u", "geheim")) + repr(AmiAccess("127.0.0.1", 5038, "u", "geheim"))


def test_the_header_is_http_basic() -> None:
    """Law: the password goes into a header (RFC 7617), as UTF-8."""
    scheme, _, token = AriAccess(URL, "u", "pä:ss").authorization.partition(" ")
    assert (scheme, base64.b64decode(token).decode()) == ("Basic", "u:pä:ss")


@pytest.mark.parametrize(
    ("url", "user", "password"),
    [
        ("ftp://127.0.0.1/ari", "u", "p"),
        ("http:///ari", "u", "p"),
        ("http://u:p@127.0.0.1/ari", "u", "p"),
        ("http://127.0.0.1/ari?api_key=u:p", "u", "p"),
        (URL, "a:b", "p"),
        (URL, "u", "p\r\nX: y"),
        (URL, "", "p"),
    ],
)
def test_an_odd_ari_access_cannot_be_born(url: str, user: str, password: str) -> None:
    """Law: a password in an address, a header in a password or a user with a colon is refused at once."""
    with pytest.raises(InvalidValue):
        AriAccess(url, user, password)


@pytest.mark.parametrize(
    ("host", "port", "user", "password"),
    [
        ("127.0.0.1", 0, "u", "p"),
        ("127.0.0.1", 70000, "u", "p"),
        ("127.0.0.1", 1, "u\nAction: x", "p"),
        ("", 1, "u", "p"),
    ],
)
def test_an_odd_ami_access_cannot_be_born(host: str, port: int, user: str, password: str) -> None:
    """Law: user and password of AMI are one line each, and the port is one."""
    with pytest.raises(InvalidValue):
        AmiAccess(host, port, user, password)
