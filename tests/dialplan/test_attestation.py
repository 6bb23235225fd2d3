"""Laws of a person's word for a recording."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.errors import InvalidValue
from dialplan.attestation import FILE, STATEMENT, Attestation, as_json, attest, read_attestations

WORD = attest("Ada Example", date(2026, 11, 22), b"text", b"sound")


def test_it_covers_exactly_what_was_heard() -> None:
    """Law: another text or another sound is not covered."""
    assert WORD.covers(b"text", b"sound")
    assert not WORD.covers(b"text", b"sound!")
    assert not WORD.covers(b"text!", b"sound")


def test_it_comes_back_as_it_was_written(tmp_path: Path) -> None:
    """Law: name, date and digests survive the file, which says what was attested."""
    (tmp_path / FILE).write_bytes(as_json({"notice": WORD}))
    assert read_attestations(tmp_path) == {"notice": WORD}
    assert STATEMENT in (tmp_path / FILE).read_text()


def test_no_file_is_no_word(tmp_path: Path) -> None:
    """Law: where nothing was attested there is nothing."""
    assert read_attestations(tmp_path) == {}


@given(
    st.one_of(st.binary(max_size=200), st.recursive(st.none() | st.text(), st.lists).map(lambda x: repr(x).encode()))
)
def test_whatever_the_file_holds_it_is_read_or_refused(data: bytes) -> None:
    """Law: a damaged file is one sentence, never a word that nobody gave."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / FILE).write_bytes(data)
        with pytest.raises(InvalidValue, match="attest again"):
            read_attestations(Path(folder))


@pytest.mark.parametrize("name", ["", "  ", "two\nlines", "x" * 201])
def test_who_attests_has_a_name(name: str) -> None:
    """Law: a word without a name on one line is none."""
    with pytest.raises(InvalidValue, match="name"):
        attest(name, date(2026, 11, 22), b"", b"")


def test_a_digest_has_its_form() -> None:
    """Law: nothing is bound to a digest that cannot match."""
    with pytest.raises(InvalidValue, match="digest"):
        Attestation("Ada", date(2026, 11, 22), "0" * 64, "Z" * 64)
