"""Laws of codes on paper."""

import pytest

from consent.slips import ALPHABET, COUNCIL, ONE_ANSWER, as_typed, fresh_code


@pytest.mark.parametrize("signs", [ONE_ANSWER, COUNCIL])
def test_a_code_is_found_again_as_it_was_printed(signs: int) -> None:
    """Law: groups of four, drawn from 32 signs, no two alike; typed back it is the same code."""
    drawn = {fresh_code(signs) for _ in range(200)}
    assert len(drawn) == 200
    for one in drawn:
        assert all(len(group) == 4 and not set(group) - set(ALPHABET) for group in one.split("-"))
        assert as_typed(one, signs) == one.replace("-", "")


@pytest.mark.parametrize("typed", ["oil0-1234-5678", " 0110 1234 5678\n", "011o\u20111234\u00a05678"])
def test_what_is_read_for_another_sign_is_that_sign(typed: str) -> None:
    """Law: case, blanks, dashes and O, I, L do not matter."""
    assert as_typed(typed, ONE_ANSWER) in {"011012345678"}


@pytest.mark.parametrize("typed", ["", "0110-1234-567", "0110-1234-56789", "0110-1234-567U", "é" * 12, "\x00" * 12])
def test_what_cannot_be_a_code_is_none(typed: str) -> None:
    """Law: another length or another sign is no code."""
    assert as_typed(typed, ONE_ANSWER) is None
