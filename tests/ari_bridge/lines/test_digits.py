"""Numbers and days, digit by digit."""

from datetime import date

import pytest

from ari_bridge.lines.digits import day, digits
from consent.errors import InvalidValue


def test_a_day_is_eight_digits() -> None:
    """Law: day, month, year, each with its zeros."""
    assert "".join(day(date(2026, 2, 1))) == "01022026"


@pytest.mark.parametrize("text", ["", "1a", "-1", "١", "1 2"])
def test_only_digits_can_be_said(text: str) -> None:
    """Law: nothing but the ten prompts is ever named."""
    assert digits("207") == ("2", "0", "7")
    with pytest.raises(InvalidValue):
        digits(text)
