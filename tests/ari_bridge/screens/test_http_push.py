"""Laws of a request to a phone."""

from __future__ import annotations

import pytest

from ari_bridge.screens.http_push import HttpPush, Proof
from consent.errors import InvalidValue


def test_a_post_names_its_type_first() -> None:
    """A body goes with its type and the headers of the family."""
    push = HttpPush.posted("/push", "text/xml", b"<A/>", ("Referer", "192.0.2.1"), proof=Proof.BASIC, refusal=b"no")
    assert push == HttpPush(
        "POST", "/push", (("Content-Type", "text/xml"), ("Referer", "192.0.2.1")), b"<A/>", Proof.BASIC, b"no"
    )


@pytest.mark.parametrize("path", ["", "push", "http://192.0.2.1/", "/a b", "/a\r\nHost: x", "/é", "/\x00"])
def test_a_target_is_a_path(path: str) -> None:
    """Nothing ends the request's line early, and no path leads to another host."""
    with pytest.raises(InvalidValue):
        HttpPush("GET", path)


@pytest.mark.parametrize("header", [("A", "b\r\nC: d"), ("A\n", "b"), ("A", "é"), ("A", "\x00")])
def test_a_header_is_one_line(header: tuple[str, str]) -> None:
    """Nothing that a card holds can add a header."""
    with pytest.raises(InvalidValue):
        HttpPush("GET", "/", (header,))


def test_the_token_is_never_printed() -> None:
    """The value's own words hold neither the address nor the card."""
    push = HttpPush("GET", "/minibrowser.htm?url=SECRET", (("Referer", "SECRET"),), b"SECRET")
    assert "SECRET" not in repr(push)
