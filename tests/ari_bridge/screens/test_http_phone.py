"""Laws of a phone that is reached by HTTP."""

from __future__ import annotations

import pytest

from ari_bridge.screens.http_phone import HttpPhone
from consent.errors import InvalidValue


@pytest.mark.parametrize(
    ("origin", "fingerprint"),
    [
        ("http://192.0.2.7/x", b""),
        ("http://192.0.2.7?x", b""),
        ("http://user:secret@192.0.2.7", b""),
        ("ftp://192.0.2.7", b""),
        ("http://", b""),
        ("https://192.0.2.7", b""),
        ("https://192.0.2.7", b"short"),
        ("http://192.0.2.7", bytes(32)),
    ],
)
def test_a_phone_has_an_origin_and_tls_a_fingerprint(origin: str, fingerprint: bytes) -> None:
    """No path, no password in the address, no TLS with an unknown certificate."""
    with pytest.raises(InvalidValue):
        HttpPhone(origin, None, fingerprint)


@pytest.mark.parametrize(
    ("address", "is_there"),
    [("192.0.2.7", True), ("::ffff:192.0.2.7", True), ("192.0.2.8", False), ("", False), ("phone", False)],
)
def test_an_address_is_known_in_each_spelling(address: str, is_there: bool) -> None:
    """A phone that comes by IPv6's spelling of IPv4 is the same phone; what is no address is not."""
    assert HttpPhone("http://192.0.2.7:8080").is_at(address) is is_there
    assert HttpPhone("http://[2001:db8::7]").is_at("2001:DB8:0::7")
