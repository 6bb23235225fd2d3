"""Laws of the texts on a screen."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ari_bridge.screens.lettering import clean, latin1, literal, shorten, shorten_latin1
from tests.ari_bridge.screens.hostile import CONTROLS, texts


@given(texts)
def test_clean_text_holds_nothing_that_xml_forbids_or_that_deceives(text: str) -> None:
    """What remains is one line without controls, surrogates and reading-direction marks; twice cleaned is once."""
    cleaned = clean(text)
    assert not set(cleaned) & set(CONTROLS)
    assert all(unicodedata.category(character) not in ("Cc", "Cs", "Cf") for character in cleaned)
    assert clean(cleaned) == cleaned
    cleaned.encode("utf-8")


def test_clean_keeps_what_people_write() -> None:
    """Letters of any script, signs and pictures stay as they are; a line end becomes a space."""
    assert clean("Łódź, İstanbul\n(أحمد) 🙂") == "Łódź, İstanbul (أحمد) 🙂"


@given(texts, st.integers(min_value=0, max_value=40))
def test_shortened_text_fits_and_says_that_it_was_cut(text: str, characters: int) -> None:
    """At most so many characters, in Latin-1 too; what fits is not touched; what was cut ends in an ellipsis."""
    short = shorten(text, characters)
    assert len(short) <= characters
    assert short == text or not short or short.endswith("…")
    narrow = shorten_latin1(clean(text), characters)
    assert len(narrow) <= characters
    narrow.encode("iso-8859-1")


def test_no_cut_between_a_letter_and_its_accent() -> None:
    """A combining mark is dropped together with its letter, never left alone or orphaned from it."""
    assert shorten("abce\u0301f", 5) == "abc…"


@pytest.mark.parametrize(
    ("name", "spelled"),
    [
        ("Hélène Lefèvre, cœur", "Hélène Lefèvre, coeur"),
        ("Şükrü Yıldız İnanç", "Sükrü Yildiz Inanç"),
        ("Łukasz Gołąb-Ściśle", "Lukasz Golab-Scisle"),
        ("أحمد", "????"),
        ("5 € – “ok”…", '5 EUR - "ok"...'),
        ("e\u0301", "é"),
    ],
)
def test_latin1_spells_names_with_the_letters_it_has(name: str, spelled: str) -> None:
    """French stays whole, Turkish and Polish lose marks only, and what cannot be written is seen to be missing."""
    assert latin1(name) == spelled


@given(texts)
def test_latin1_always_encodes(text: str) -> None:
    """Whatever comes in, ISO-8859-1 can carry what comes out."""
    latin1(clean(text)).encode("iso-8859-1")


def test_a_phone_that_knows_variables_finds_none() -> None:
    """No dollar sign is left as itself: the phone would put a number or a name in its place."""
    assert literal("cost: $5 $(remote)\n${x}") == "cost: ＄5 ＄(remote) ＄{x}"
