"""The tests' own Asterisk behaves as the real one is known to."""

from __future__ import annotations

import pytest

from tests.ari_bridge.screens.asterisk_arguments import notify_body, separate


@pytest.mark.parametrize(
    ("value", "arguments"),
    [
        ("a=1,b=2", ["a=1", "b=2"]),
        ("a=(1,2),b=[3,4]", ["a=(1,2)", "b=[3,4]"]),
        ('a="1,2",b', ["a=1,2", "b"]),
        (r"a=1\,2", ["a=1,2"]),
        (r"a=\"1", ['a="1']),
        ("a,", ["a", ""]),
        ("", []),
        ("(a,b", ["(a,b"]),
        (")a,b", [")a", "b"]),
        ("<a b='c'>", ["<a b='c'>"]),
    ],
)
def test_arguments_are_cut_as_asterisk_cuts_them(value: str, arguments: list[str]) -> None:
    """Commas cut outside of quotes and brackets; quotes and backslashes vanish (main/app.c)."""
    assert separate(value) == arguments


@pytest.mark.parametrize("line", ['<a b="c,d">', "a\r\nAction: Originate", "a,b", "x" * 1005])
def test_the_double_notices_what_real_ami_breaks(line: str) -> None:
    """Quoted attributes, injected headers, stray commas and long lines do not pass it unchanged."""
    with pytest.raises(AssertionError):
        assert notify_body((line,)) == line
