"""Languages by their primary tags."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.emotion.languages import UNKNOWN, primary, untried


@pytest.mark.parametrize("tag", ["en", "EN", "en_GB", "en-US", "en_US_f_Allison", " en ", "en-"])
def test_a_country_is_no_other_language(tag: str) -> None:
    """However a PBX writes it, English is English."""
    assert primary(tag) == "en"


@pytest.mark.parametrize("tag", ["", "e", "english", "12", "_en", "e\u0301n", "ｅｎ", "e n", "-", "\u00e9n"])
def test_what_is_no_tag_is_unknown(tag: str) -> None:
    """Law: fail closed: no guess is made from something odd."""
    assert primary(tag) == UNKNOWN


@given(st.text(max_size=20))
def test_any_text_is_a_small_tag_or_unknown(text: str) -> None:
    """Of whatever a PBX may say there comes a tag of two or three small letters, of itself its own tag, or nothing."""
    found = primary(text)
    assert found == UNKNOWN or (len(found) in (2, 3) and found.isascii() and found.islower())
    assert primary(found) == found


def test_every_language_that_is_named_counts() -> None:
    """Law: the stricter wins: either alone may be a default that nobody chose."""
    tried = frozenset({"de", "en"})
    assert untried(("en_GB", "EN"), tried) == []
    assert untried(("en", "de-AT"), tried) == []
    assert untried(("en", "tr"), tried) == ["tr"]
    assert untried(("fr_CA", "en"), tried) == ["fr"]
    assert untried(("fr", ""), tried) == [UNKNOWN, "fr"]


def test_the_unknown_was_never_tried() -> None:
    """Law: fail closed, even where somebody wrote that nothing was tried."""
    assert untried(("en", "?"), frozenset({"en", UNKNOWN})) == [UNKNOWN]
