"""Laws of the table of releases."""

import pytest

from dialplan.versions import KNOWN_BAD, known_bad, release


@pytest.mark.parametrize(
    ("said", "number"),
    [
        ("22.10.1+dfsg+~cs6.17.60671434-1", (22, 10, 1)),
        ("Asterisk 16.28.0~dfsg-0+deb11u4", (16, 28, 0)),
        ("certified/18.9-cert5", (18, 9, 0)),
        ("22.11", (22, 11, 0)),
        ("GIT-master-ab12", None),
        ("", None),
    ],
)
def test_a_release_is_read_from_what_asterisk_says(said: str, number: tuple[int, int, int] | None) -> None:
    """Law: distributions decorate the number; a build without one has none."""
    assert release(said) == number


def test_a_bad_release_is_known_and_its_neighbours_are_not() -> None:
    """Law: 22.11.0 is refused by name, 22.10.1 and 22.11.1 are not."""
    bad = known_bad("22.11.0~rc1+dfsg-1")
    assert bad is not None
    assert "2134" in bad.source
    assert known_bad("22.10.1") is None
    assert known_bad("22.11.1") is None
    assert known_bad("no number") is None


def test_every_entry_says_what_and_where() -> None:
    """Law: a release is condemned with a fault and a source, never by rumour."""
    assert all(bad.first <= bad.last and bad.fault and "/issues/" in bad.source for bad in KNOWN_BAD)
