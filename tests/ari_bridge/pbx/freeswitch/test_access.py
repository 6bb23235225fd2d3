"""Laws of the place and user of an event socket."""

import pytest

from ari_bridge.pbx.freeswitch.access import EslAccess
from consent.errors import InvalidValue


def test_it_never_prints_its_password() -> None:
    """Law: whatever writes an access into a log writes no password."""
    access = EslAccess("127.0.0.1", 8021, "ouidire@pbx.example", "secret")
    assert "secret" not in f"{access} {access!r} {[access]}"


@pytest.mark.parametrize("user", ["", "ouidire@pbx.example", "a@b"])
def test_both_ways_in_are_valid(user: str) -> None:
    """Law: a user of the directory with its domain, or none for the socket's own password."""
    assert EslAccess("127.0.0.1", 8021, user, "secret").user == user


@pytest.mark.parametrize("user", ["ouidire", "@pbx.example", "ouidire@", "ouidire@pbx:x", "a:b@c", "a@b\n", "a@b\0"])
def test_a_user_that_cannot_be_sent_is_not_born(user: str) -> None:
    """Law: a user without a domain, with a colon (where its password would begin) or a line end is refused at birth."""
    with pytest.raises(InvalidValue, match="user"):
        EslAccess("127.0.0.1", 8021, user, "secret")


@pytest.mark.parametrize("word", ["", "two\nlines", "two\rlines", "nul\0", "tab\t"])
def test_what_would_be_a_second_command_is_not_born(word: str) -> None:
    """Law: host and password are one line of printable characters, and the refusal does not repeat them."""
    for host, password in ((word, "secret"), ("127.0.0.1", word)):
        with pytest.raises(InvalidValue, match="printable") as refused:
            EslAccess(host, 8021, "a@b", password)
        assert not word or word not in str(refused.value)


@pytest.mark.parametrize("port", [-1, 0, 65536])
def test_a_port_is_a_port(port: int) -> None:
    """Law: 1 to 65535."""
    with pytest.raises(InvalidValue, match=str(port)):
        EslAccess("127.0.0.1", port, "", "secret")
